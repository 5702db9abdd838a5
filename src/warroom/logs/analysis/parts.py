"""Slices as they are shown: names for codes, shares before, a sentence each."""

import numpy as np

from warroom.logs.analysis import sentences, words
from warroom.logs.analysis.answer import Part
from warroom.logs.analysis.boundary import Boundary, Candidate, Cause
from warroom.logs.analysis.edges import Edges
from warroom.logs.analysis.frame import Frame, Sample


def _named(frame: Frame, items: tuple[tuple[str, int], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((name, frame.fields[name].values[code]) for name, code in items)


def _before(sample: Sample, items: tuple[tuple[str, int], ...], onset: float) -> float | None:
    frame = sample.frame
    earlier = frame.at < onset
    total = float(frame.weight[earlier].sum())
    if not total:
        return None
    return float(frame.weight[earlier & frame.mask(items)].sum()) / total


def named(sample: Sample, kind: str, cause: Cause, edges: Edges, onset: float) -> Part:
    """A cause, with the share of all requests that it had before the onset."""
    items = _named(sample.frame, cause.slice.items)
    return Part(
        fields=items,
        coverage=cause.coverage,
        share_before=_before(sample, cause.slice.items, onset),
        rate=cause.rate,
        elsewhere=cause.elsewhere,
        lift=cause.lift,
        failures=cause.slice.failures,
        requests=cause.slice.requests,
        sentence=sentences.cause(kind, words.describe(items), cause),
        same=tuple(_named(sample.frame, items) for items in cause.same),
        edges=edges,
        sure=_sure(cause.slice.gain),
    )


def single(sample: Sample, one: Candidate, who: Boundary, onset: float) -> Part:
    """The best value of a field, for the list of bars."""
    items = _named(sample.frame, one.items)
    rate = one.failures / max(one.requests, 1)
    others = max(who.requests - one.requests, 1)
    elsewhere = max(who.failures - one.failures, 0) / others
    return Part(
        fields=items,
        coverage=one.failures / who.failures,
        share_before=_before(sample, one.items, onset),
        rate=rate,
        elsewhere=elsewhere,
        lift=rate / max(elsewhere, 0.5 / others),
        failures=one.failures,
        requests=one.requests,
        sentence=words.describe(items),
        sure=_sure(one.gain),
    )


def _sure(gain: float) -> int:
    return int(np.searchsorted([0, 6, 25], gain))


def everything(kind: str, who: Boundary, edges: Edges, before: float | None, after: float) -> Part:
    """That no slice stands out."""
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
