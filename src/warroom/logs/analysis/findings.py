"""The whole answer: what a log says about an incident, put together from the single questions."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from warroom.logs.analysis import changes, groups, outcomes, sentences, words
from warroom.logs.analysis.answer import Bars, Finding, Findings, Outcome, Part
from warroom.logs.analysis.boundary import Boundary, Candidate, Cause, find
from warroom.logs.analysis.edges import Edge, Edges, locate, own_interval
from warroom.logs.analysis.expect import chances
from warroom.logs.analysis.frame import Frame, Sample, thin
from warroom.logs.analysis.prepare import prepare
from warroom.logs.analysis.scan import Span, scan
from warroom.logs.table import Table

_ROUNDS = 2
_SHOWN = 50
HISTOGRAM_BUCKETS = 120


def analyse(
    table: Table,
    *,
    kinds: Sequence[str] | None = None,
    declared: Sequence[changes.Change] = (),
) -> Findings:
    """Answer since when, who is affected, what changed and what the messages say.

    Args:
        table: The requests; sampled denominators are said to be so.
        kinds: The outcomes to look at; None for all that the log can tell.
        declared: Changes known from elsewhere, ranked with those of the log.
    """
    answer = analyse_frame(prepare(table), kinds=kinds, declared=declared)
    return replace(answer, groups=groups.group(table)) if table.messages else answer


def analyse_frame(
    frame: Frame,
    *,
    kinds: Sequence[str] | None = None,
    declared: Sequence[changes.Change] = (),
) -> Findings:
    """`analyse` for a frame already prepared, without messages."""
    if len(frame.at) < 2:
        nothing = ("No line has a time",)
        return Findings((), (), None, (), (), frame.requests, frame.sampled, nothing)
    found: list[Finding] = []
    said: list[Outcome] = []
    requests = float(frame.weight.sum())
    for kind in kinds if kinds is not None else outcomes.kinds(frame):
        bad = outcomes.mask(frame, kind)
        finding = _examine(frame, kind, bad) if bad.sum() >= 6 else None
        failures = float(frame.weight[bad].sum())
        if finding is not None:
            found.append(finding)
        sentence = (
            finding.sentences[0]
            if finding is not None
            else sentences.no_onset(kind, failures, _routes_hit(frame, bad))
        )
        said.append(Outcome(kind, failures, requests, finding is not None, sentence))
    gap = outcomes.silence(frame)
    if gap is not None:
        quiet = _silent(frame, gap)
        place = sum(one.kind in {"5xx", "errors"} for one in found)
        found.insert(place, quiet)
        said.append(Outcome("silence", gap.missing, requests, True, quiet.sentences[0]))
    main = found[0].kind if found and found[0].kind != "silence" else "5xx"
    shown = outcomes.mask(frame, main if main in outcomes.kinds(frame) else "5xx")
    return Findings(
        outcomes=tuple(said),
        findings=tuple(found),
        histogram=_histogram(frame, shown),
        groups=(),
        changes=_ranked(frame, found, declared),
        requests=frame.requests,
        sampled=frame.sampled,
        notes=sentences.notes(frame, headless=_headless(frame, found)),
    )


def _ranked(
    frame: Frame, found: list[Finding], declared: Sequence[changes.Change]
) -> tuple[changes.Ranked, ...]:
    known = (*changes.from_log(frame), *declared)
    if not found:
        moment = Edge(float(frame.at[-1]), float(frame.at[-1]), float(frame.at[-1]))
        return changes.rank(sorted(known, key=lambda one: one.at), moment)
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


def _examine(frame: Frame, kind: str, bad: np.ndarray) -> Finding | None:
    sample = thin(frame, bad)
    chance = chances(sample)[sample.frame.cell]
    span = scan(sample, chance)
    for _ in range(_ROUNDS):  # what is ordinary is learnt outside the stretch that was found
        if span is None or span.score < 12:
            break
        at = sample.frame.at
        outside = (at < span.start) | (at >= span.end)
        if outside.mean() < 0.2:
            break
        chance = chances(sample, outside)[sample.frame.cell]
        span = scan(sample, chance)
    if span is None or not span.real:
        return None
    who = find(sample, chance, span.start, span.end, span.dispersion)
    return _report(sample, kind, chance, span, who)


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
    parts = (
        [
            _part(sample, kind, cause, edges, common.onset.low)
            for cause, edges in zip(who.causes, located, strict=bool(who.causes))
        ]
        if who.causes
        else []
    )
    if who.kind == "everything":
        parts = [_everything(kind, who, common, before, after)]
    table = tuple(_single(sample, one, who, common.onset.low) for one in who.singles)
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
        before=before,
        after=after,
        failures=failures,
        expected=expected,
        score=span.score,
        boundary=tuple(parts),
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


def _told(finding: Finding, last: float) -> tuple[str, ...]:
    said = [
        sentences.onset(
            finding.kind,
            finding.onset,
            finding.end,
            ramp=finding.ramp,
            gone=finding.gone,
            failures=finding.failures,
            expected=finding.expected,
            last=last,
        )
    ]
    said += [part.sentence for part in finding.boundary]
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


def _named(frame: Frame, items: tuple[tuple[str, int], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((name, frame.fields[name].values[code]) for name, code in items)


def _before(sample: Sample, items: tuple[tuple[str, int], ...], onset: float) -> float | None:
    frame = sample.frame
    earlier = frame.at < onset
    total = float(frame.weight[earlier].sum())
    if not total:
        return None
    return float(frame.weight[earlier & frame.mask(items)].sum()) / total


def _part(sample: Sample, kind: str, cause: Cause, edges: Edges, onset: float) -> Part:
    named = _named(sample.frame, cause.slice.items)
    return Part(
        fields=named,
        coverage=cause.coverage,
        share_before=_before(sample, cause.slice.items, onset),
        rate=cause.rate,
        elsewhere=cause.elsewhere,
        lift=cause.lift,
        failures=cause.slice.failures,
        requests=cause.slice.requests,
        sentence=sentences.cause(kind, words.describe(named), cause),
        same=tuple(_named(sample.frame, items) for items in cause.same),
        edges=edges,
        sure=_sure(cause.slice.gain),
    )


def _single(sample: Sample, one: Candidate, who: Boundary, onset: float) -> Part:
    named = _named(sample.frame, one.items)
    rate = one.failures / max(one.requests, 1)
    others = max(who.requests - one.requests, 1)
    elsewhere = max(who.failures - one.failures, 0) / others
    return Part(
        fields=named,
        coverage=one.failures / who.failures,
        share_before=_before(sample, one.items, onset),
        rate=rate,
        elsewhere=elsewhere,
        lift=rate / max(elsewhere, 0.5 / others),
        failures=one.failures,
        requests=one.requests,
        sentence=words.describe(named),
        sure=_sure(one.gain),
    )


def _sure(gain: float) -> int:
    return int(np.searchsorted([0, 6, 25], gain))


def _everything(kind: str, who: Boundary, edges: Edges, before: float | None, after: float) -> Part:
    return Part(
        fields=(),
        coverage=1.0,
        share_before=1.0,
        rate=after,
        elsewhere=0.0,
        lift=after / max(before or 0.0, 0.5 / max(who.requests, 1)),
        failures=who.failures,
        requests=who.requests,
        sentence=sentences.everything(kind, after),
        edges=edges,
        sure=3,
    )


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
