"""The whole answer: what a log says about an incident, as values and as sentences."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from warroom.logs.analysis import outcomes, sentences, words
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


@dataclass(frozen=True, slots=True)
class Part:
    """One entry of a boundary, ready to show."""

    fields: tuple[tuple[str, str], ...]
    """Field name and value (foreign text, raw); empty for "everything"."""
    coverage: float
    """Share of the failures of the window that lie in it."""
    share_before: float | None
    """Share of all requests before the onset that lay in it; None without a before."""
    rate: float
    elsewhere: float
    lift: float
    failures: float
    requests: float
    sentence: str
    same: tuple[tuple[tuple[str, str], ...], ...] = ()
    edges: Edges | None = None
    sure: int = 0
    """0 to 3: how much evidence stands behind it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One outcome that left the ordinary."""

    kind: str
    onset: Edge
    end: Edge | None
    """None while it goes on."""
    gone: bool
    """The requests stopped, so that no recovery could be seen."""
    ramp: float | None
    before: float | None
    """Share before the onset in the boundary (everything, if that is it); None if unknown."""
    after: float
    """Share from the onset to the end in the same rows."""
    failures: float
    expected: float
    score: float
    boundary: tuple[Part, ...]
    """Named slices; one part with empty fields for "everything"; empty for nothing."""
    table: tuple[Part, ...]
    """The best value of each field, for the list of bars."""
    quiet: tuple[str, ...]
    """Fields whose values all fail alike."""
    shows: tuple[int, ...]
    """Row numbers of failures inside the boundary, first ones first."""
    shows_total: float
    misfits: tuple[int, ...]
    """Row numbers of failures of the window outside the boundary."""
    misfits_total: float
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How often an outcome was seen, and whether it is a finding."""

    kind: str
    failures: float
    requests: float
    found: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Bars:
    """Counts over time, estimated where good rows were thinned."""

    start: float
    width: float
    total: tuple[float, ...]
    failed: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything a log answers."""

    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]
    """The one that answers for the incident comes first."""
    histogram: Bars | None
    requests: int
    sampled: bool
    notes: tuple[str, ...]
    """What limits the answer: sampling, clocks, a missing before."""

    @property
    def main(self) -> Finding | None:
        """The finding to show; None where the log shows no incident."""
        return self.findings[0] if self.findings else None

    @property
    def sentences(self) -> tuple[str, ...]:
        """What to say, most important first."""
        said = self.main.sentences if self.main else ("No onset in this log",)
        return said + self.notes

    def as_json(self) -> dict[str, Any]:
        """The answer for a program."""
        main = self.main
        return {
            "onset": None if main is None else _onset_json(main),
            "boundary": [] if main is None else [_part_json(part) for part in main.boundary],
            "histogram": None if self.histogram is None else _bars_json(self.histogram),
            "outcomes": [
                {
                    "kind": one.kind,
                    "failures": round(one.failures),
                    "requests": round(one.requests),
                    "found": one.found,
                    "sentence": one.sentence,
                }
                for one in self.outcomes
            ],
            "requests": self.requests,
            "sampled": self.sampled,
            "notes": list(self.notes),
        }


def _onset_json(main: Finding) -> dict[str, Any]:
    return {
        "at": main.onset.at,
        "low": main.onset.low,
        "high": main.onset.high,
        "end": None if main.end is None else main.end.at,
        "before": main.before,
        "after": main.after,
    }


def _part_json(part: Part) -> dict[str, Any]:
    return {
        "fields": dict(part.fields),
        "coverage": part.coverage,
        "lift": part.lift,
        "failures": round(part.failures),
        "requests": round(part.requests),
        "sentence": part.sentence,
    }


def _bars_json(bars: Bars) -> dict[str, Any]:
    return {
        "start": bars.start,
        "width": bars.width,
        "total": [round(value) for value in bars.total],
        "failed": [round(value) for value in bars.failed],
    }


def analyse(table: Table, kinds: Sequence[str] | None = None) -> Findings:
    """Answer since when, who is affected and what else is to be seen.

    Args:
        table: The requests; sampled denominators are said to be so.
        kinds: The outcomes to look at; None for all that the log can tell.
    """
    return analyse_frame(prepare(table), kinds)


def analyse_frame(frame: Frame, kinds: Sequence[str] | None = None) -> Findings:
    """`analyse` for a frame already prepared."""
    if len(frame.at) < 2:
        return Findings((), (), None, frame.requests, frame.sampled, ("No line has a time",))
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
        requests=frame.requests,
        sampled=frame.sampled,
        notes=sentences.notes(frame, headless=_headless(frame, found)),
    )


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
