"""The whole answer: what a log says about an incident, put together from the single questions."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from warroom.logs.analysis import changes, groups, outcomes, parts, sentences
from warroom.logs.analysis.answer import Bars, Finding, Findings, Outcome
from warroom.logs.analysis.boundary import Boundary, find
from warroom.logs.analysis.edges import Edge, Edges, locate, own_interval
from warroom.logs.analysis.expect import chances
from warroom.logs.analysis.frame import Frame, Sample, thin
from warroom.logs.analysis.prepare import prepare
from warroom.logs.analysis.scan import LEAST_FAILURES, Span, excess, scan
from warroom.logs.table import Table

_ROUNDS = 2
_SHOWN = 50
_MOSTLY = 0.02
"""Share of failures over a whole log from which it may be mostly an outage."""
_MOSTLY_TIMES = 5.0
"""Times what is expected that the failures of such a log must be."""
_SLICES = 24
_LEAST_CALM = 2
"""Of so many parts of a log that must be calm, each failing a fifth as often as the average."""
HISTOGRAM_BUCKETS = 120


def analyse(
    table: Table,
    *,
    kinds: Sequence[str] | None = None,
    declared: Sequence[changes.Change] = (),
    where: Mapping[str, str] | None = None,
    without: Collection[str] = (),
    window: tuple[float, float] | None = None,
) -> Findings:
    """Answer since when, who is affected, what changed and what the messages say.

    Args:
        table: The requests; sampled denominators are said to be so.
        kinds: The outcomes to look at; None for all that the log can tell.
        declared: Changes known from elsewhere, ranked with those of the log.
        where: Only requests with these values, by field name (`route` and others derived from the
            path and the client included).
        without: Fields that must not be named as a boundary.
        window: Compare what is inside these two moments with what is outside, instead of looking
            for the moments.

    Raises:
        ValueError: `where` names a field that the log does not have; the message lists those
            that it has.
    """
    frame = prepare(table)
    if where or without:
        frame = narrowed(frame, where or {}, without)
    answer = analyse_frame(frame, kinds=kinds, declared=declared, window=window)
    return replace(answer, groups=groups.group(table)) if table.messages else answer


def analyse_frame(
    frame: Frame,
    *,
    kinds: Sequence[str] | None = None,
    declared: Sequence[changes.Change] = (),
    window: tuple[float, float] | None = None,
) -> Findings:
    """`analyse` for a frame already prepared, without messages."""
    if len(frame.at) < 2:
        nothing = ("No line has a time",)
        return Findings((), (), None, (), (), frame.requests, frame.sampled, nothing)
    found: list[Finding] = []
    said: list[Outcome] = []
    shown: tuple[Frame, np.ndarray] | None = None
    for part in _apart(frame):
        requests = float(part.weight.sum())
        told = outcomes.kinds(part)
        for kind in told if kinds is None else [kind for kind in told if kind in kinds]:
            bad = outcomes.mask(part, kind)
            finding = _examine(part, kind, bad, window) if bad.sum() >= LEAST_FAILURES else None
            failures = float(part.weight[bad].sum())
            if shown is None or (finding is not None and not found):
                shown = part, bad
            if finding is not None:
                found.append(finding)
            sentence = (
                finding.sentences[0]
                if finding is not None
                else sentences.no_onset(kind, failures, _routes_hit(part, bad))
            )
            said.append(Outcome(kind, failures, requests, finding is not None, sentence))
    gap = outcomes.silence(frame) if kinds is None or "silence" in kinds else None
    if gap is not None:
        found.append(_silent(frame, gap))
        sentence = found[-1].sentences[0]
        said.append(Outcome("silence", gap.missing, float(frame.weight.sum()), True, sentence))
    found.sort(key=lambda one: outcomes.ORDER.index(one.kind))
    return Findings(
        outcomes=tuple(said),
        findings=tuple(found),
        histogram=_histogram(*(shown or (frame, np.zeros(len(frame.at), bool)))),
        groups=(),
        changes=_ranked(frame, found, declared),
        requests=frame.requests,
        sampled=frame.sampled,
        notes=sentences.notes(frame, headless=_headless(frame, found)),
    )


def _apart(frame: Frame) -> tuple[Frame, ...]:
    """Requests, and the lines that are none: logs that were merged, or one that holds both."""
    asked = frame.status > 0
    if frame.failing is None or asked.all() or not asked.any():
        return (frame,)
    return tuple(frame.take(np.flatnonzero(rows), frame.weight[rows]) for rows in (asked, ~asked))


def _ranked(
    frame: Frame, found: list[Finding], declared: Sequence[changes.Change]
) -> tuple[changes.Ranked, ...]:
    known = (*changes.from_log(frame), *declared)
    if not found:
        newest = sorted(known, key=lambda one: -one.at)
        return tuple(changes.Ranked(one, 0.0, possible=True, why="") for one in newest)
    main = found[0]
    boundary = [item for part in main.boundary for item in part.fields]
    own = {main.onset.at} if main.kind == "silence" else set()  # a pause does not explain itself
    chosen = [change for change in known if change.source != "log" or change.at not in own]
    return changes.rank(chosen, main.onset, boundary, ramp=main.ramp is not None)


def _headless(frame: Frame, found: list[Finding]) -> bool:
    """Whether the log begins inside what was found, so that there is nothing to compare with."""
    if not found or found[0].kind == "silence":
        return False
    first, last = float(frame.at[0]), float(frame.at[-1])
    return found[0].onset.low - first < 0.01 * (last - first)


def narrowed(frame: Frame, where: Mapping[str, str], without: Collection[str]) -> Frame:
    """The rows with the values of `where`, and no field of `without`; see `analyse`."""
    rows = np.ones(len(frame.at), bool)
    for name, value in where.items():
        column = frame.fields.get(name)
        if column is None:
            known = ", ".join(sorted(frame.fields))
            raise ValueError(f"this log has no field {name!r}; it has {known}")
        values = list(column.values)
        rows &= column.codes == values.index(value) if value in values else False
    fewer = frame.take(np.flatnonzero(rows), frame.weight[rows])
    fields = {
        name: column
        for name, column in fewer.fields.items()
        if name not in without and name not in where
    }
    return replace(fewer, fields=fields, requests=round(float(fewer.weight.sum())))


def _examine(
    frame: Frame, kind: str, bad: np.ndarray, window: tuple[float, float] | None
) -> Finding | None:
    sample = thin(frame, bad)
    if window is not None:
        return _compare(sample, kind, *window)
    span, chance = _spanned(sample, chances(sample)[sample.frame.cell])
    if span is None or not span.real:
        calm = _calm(sample)
        if calm is None:
            return None
        span, chance = _spanned(sample, chances(sample, calm)[sample.frame.cell])
        if span is None or not span.real or span.failures < _MOSTLY_TIMES * span.expected:
            return None
    who = find(sample, chance, span.start, span.end, span.dispersion)
    return _report(sample, kind, chance, span, who)


def _spanned(sample: Sample, chance: np.ndarray) -> tuple[Span | None, np.ndarray]:
    """The stretch that stands out, and what is ordinary, learnt outside of it."""
    span = scan(sample, chance)
    for _ in range(_ROUNDS):
        if span is None or span.score < 12:
            break
        at = sample.frame.at
        outside = (at < span.start) | (at >= span.end)
        if outside.mean() < 0.2:
            break
        chance = chances(sample, outside)[sample.frame.cell]
        span = scan(sample, chance)
    return span, chance


def _calm(sample: Sample) -> np.ndarray | None:
    """Rows of the calm parts of a log that fails for most of its time; None for any other.

    There the average is no ordinary level. A log with a share below that of an outage is left
    alone: its calm parts would be chance.
    """
    at, weight, failures = sample.frame.at, sample.frame.weight, sample.failures
    if failures.sum() < _MOSTLY * weight.sum():
        return None
    place = np.minimum((at - at[0]) / (at[-1] - at[0] + 1e-6) * _SLICES, _SLICES - 1).astype(int)
    asked = np.bincount(place, weight, _SLICES)
    share = np.bincount(place, failures, _SLICES) / np.maximum(asked, 1e-9)
    calm = (asked > 0) & (share * _MOSTLY_TIMES < failures.sum() / weight.sum())
    return np.asarray(calm[place]) if calm.sum() >= _LEAST_CALM else None


def _compare(sample: Sample, kind: str, start: float, end: float) -> Finding | None:
    """The boundary of a window that someone chose; None where it holds no excess."""
    at = sample.frame.at
    outside = (at < start) | (at >= end)
    chance = chances(sample, outside if outside.any() else None)[sample.frame.cell]
    failures = float(sample.failures[~outside].sum())
    expected = float((chance * sample.frame.weight)[~outside].sum())
    if failures < LEAST_FAILURES or failures <= expected:
        return None
    score = float(excess(np.asarray(failures), np.asarray(max(expected, 1e-9))))
    span = Span(None, None, start, end, failures, expected, score, 1.3, 0)
    who = find(sample, chance, start, end, span.dispersion)
    finding = _report(sample, kind, chance, span, who)
    chosen = replace(
        finding, onset=Edge(start, start, start), end=Edge(end, end, end), ramp=None, gone=False
    )
    return replace(chosen, sentences=_told(chosen, float(at[-1])))


def _report(sample: Sample, kind: str, chance: np.ndarray, span: Span, who: Boundary) -> Finding:
    frame = sample.frame
    everything = np.ones(len(frame.at), bool)
    masks = [frame.mask(cause.slice.items) for cause in who.causes] or [everything]
    located = []
    for mask in masks:
        start, end = (
            own_interval(sample, chance, mask, span.start, span.end)
            if who.causes
            else (span.start, span.end)
        )
        located.append(locate(sample, chance, mask, start, end))
    common = _together(located)
    affected = np.logical_or.reduce(masks)
    at = frame.at
    stop = float(at[-1]) + 1 if common.open else common.end.at + frame.resolution
    window = (at >= common.onset.at) & (at < stop)
    earlier = affected & (at < common.onset.low)
    before = _share(sample, earlier)
    after = _share(sample, affected & window) or 0.0
    named = [  # one place for everything has no cause to go with it
        parts.named(sample, kind, cause, edges, common.onset.low)
        for cause, edges in zip(who.causes, located, strict=False)
    ]
    if who.kind == "everything":
        named = [parts.everything(kind, who, common, before, after)]
    table = tuple(parts.single(sample, one, who, common.onset.low) for one in who.singles)
    shows = np.flatnonzero(window & sample.bad & affected)
    misfits = np.flatnonzero(window & sample.bad & ~affected)
    failures = float(frame.weight[window & sample.bad].sum())
    expected = float((chance * frame.weight)[window].sum())
    finding = Finding(
        kind=kind,
        onset=common.onset,
        end=None if common.open else common.end,
        gone=common.gone,
        ramp=common.ramp,
        bursts=_in_bursts(sample, affected & window),
        before=before,
        after=after,
        failures=failures,
        expected=expected,
        score=span.score,
        boundary=tuple(named),
        table=table,
        quiet=tuple(
            name for name in frame.fields if name not in {one.fields[0][0] for one in table}
        ),
        shows=tuple(frame.row[shows[:_SHOWN]].tolist()),
        shows_total=float(frame.weight[shows].sum()),
        misfits=tuple(frame.row[misfits[:_SHOWN]].tolist()),
        misfits_total=float(frame.weight[misfits].sum()),
        sentences=(),
    )
    return replace(finding, sentences=_told(finding, float(at[-1])))


def _in_bursts(sample: Sample, rows: np.ndarray) -> bool:
    """Whether long stretches inside are free of failures.

    With five failures expected in each bucket an empty one has a chance of e^-5; a tenth of them
    empty is no chance.
    """
    at = sample.frame.at[rows & sample.bad]
    if len(at) < 50:
        return False
    bucket = np.floor((at - at[0]) / (at[-1] - at[0] + 1e-6) * (len(at) // 5)).astype(np.int64)
    return len(np.unique(bucket)) < 0.6 * (len(at) // 5)


def _told(finding: Finding, last: float) -> tuple[str, ...]:
    said = [
        sentences.onset(
            finding.kind,
            finding.onset,
            finding.end,
            ramp=finding.ramp,
            bursts=finding.bursts,
            gone=finding.gone,
            failures=finding.failures,
            expected=finding.expected,
            last=last,
        )
    ]
    if finding.boundary:
        said.append(sentences.boundary(finding.boundary))
    return tuple(said)


def _together(located: list[Edges]) -> Edges:
    """The earliest onset and the latest end of several causes, where they really differ."""
    common = located[0]
    for one in located[1:]:
        if one.onset.high < common.onset.low:
            common = replace(common, onset=one.onset, ramp=one.ramp)
        if one.open or one.end.low > common.end.high:
            common = replace(common, end=one.end, open=one.open or common.open, gone=one.gone)
    return common


def _share(sample: Sample, rows: np.ndarray) -> float | None:
    weight = sample.frame.weight[rows]
    total = float(weight.sum())
    return float(weight[sample.bad[rows]].sum()) / total if total else None


def _silent(frame: Frame, gap: outcomes.Gap) -> Finding:
    doubt = frame.jitter + 4 * (gap.end - gap.start) / gap.rows  # four usual pauses
    onset = Edge(gap.start, gap.start - frame.jitter, gap.start + frame.resolution + doubt)
    end = Edge(gap.end, gap.end - doubt, gap.end + frame.resolution + frame.jitter)
    return Finding(
        kind="silence",
        onset=onset,
        end=end,
        gone=False,
        ramp=None,
        bursts=False,
        before=None,
        after=0.0,
        failures=0.0,
        expected=gap.missing,
        score=gap.missing,
        boundary=(),
        table=(),
        quiet=(),
        shows=(),
        shows_total=0.0,
        misfits=(),
        misfits_total=0.0,
        sentences=(sentences.silence(gap.start, gap.end, gap.missing, float(frame.at[-1])),),
    )


def _routes_hit(frame: Frame, bad: np.ndarray) -> tuple[int, int]:
    route = frame.fields.get("route")
    if route is None:
        return 0, 0
    return len(np.unique(route.codes[bad])), len(route.values)


def _histogram(frame: Frame, bad: np.ndarray) -> Bars:
    start = float(frame.at[0])
    width = max(1.0, (float(frame.at[-1]) - start + 1e-6) / HISTOGRAM_BUCKETS)
    bucket = ((frame.at - start) / width).astype(np.int64)
    length = int(bucket[-1]) + 1
    return Bars(
        start,
        width,
        tuple(np.bincount(bucket, frame.weight, length).tolist()),
        tuple(np.bincount(bucket[bad], frame.weight[bad], length).tolist()),
    )
