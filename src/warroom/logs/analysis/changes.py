"""What changed: what the log shows and what was declared, by closeness to the onset.

Coincidence in time and in name; never a cause.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from warroom.core.text import clean_line
from warroom.logs.analysis import outcomes, words
from warroom.logs.analysis.edges import Edge
from warroom.logs.analysis.frame import Frame

FIRST_LINES = ("release", "upstream", "client version")
LEAST_ROWS = 20
_SURPRISE = 10.0
"""Rows that a value would have had before its first one at its later rate: e^-10 by chance."""
VOLUME_STEP = 2.0
_NEAR = 600.0
_NEAR_RAMP = 4 * 3600.0
"""Seconds that cost one point; a slow rise began long after what led to it."""
_AFTER = 30.0
_TWICE = 600.0
"""Seconds within which what was declared and what the log shows of one value are one event."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something that changed at a known time."""

    at: float
    text: str
    """Foreign text where it was declared: clean it before it is shown."""
    source: str
    """`log`, or where it was declared (deploy, git, flag, hand …)."""
    values: tuple[str, ...] = ()
    """Values of fields that it is about (a release, an upstream)."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A change with its distance from the onset."""

    change: Change
    points: float
    possible: bool
    """False for what came after the onset: it cannot have led to it."""
    why: str
    """Safe to print."""


def from_log(frame: Frame) -> tuple[Change, ...]:
    """First lines of new releases, upstreams and client versions, steps in volume, silence."""
    found = [change for name in FIRST_LINES for change in _first_lines(frame, name)]
    found += _volume_steps(frame)
    gap = outcomes.silence(frame)
    if gap is not None:
        found.append(Change(gap.start, f"no request for {words.span(gap.end - gap.start)}", "log"))
    return tuple(sorted(found, key=lambda change: change.at))


def _first_lines(frame: Frame, name: str) -> list[Change]:
    column = frame.fields.get(name)
    if column is None or len(frame.at) < 100:
        return []
    first, last = float(frame.at[0]), float(frame.at[-1])
    size = len(column.values)
    known = column.codes >= 0
    codes, at = column.codes[known], frame.at[known]
    if not len(codes):
        return []
    rows = np.bincount(codes, minlength=size)
    start = np.full(size, last)
    start[codes[::-1]] = at[::-1]  # the earliest row of each value is written last
    said = []
    for code in np.flatnonzero(rows >= LEAST_ROWS).tolist():
        own = at[codes == code]
        # its rate in the first half hour, against the time in which it was not seen
        early = own[own < start[code] + 1800]
        rate = len(early) / max(60.0, min(1800.0, last - start[code]))
        if rate * (start[code] - first) >= _SURPRISE:
            value = column.values[code]
            text = f"first line of {words.describe(((name, value),)).split(' ', 1)[-1]}"
            kind = name if name != "client version" else "client"
            said.append(Change(float(start[code]), f"{text} ({kind})", "log", (value,)))
    return said


def _volume_steps(frame: Frame) -> list[Change]:
    """Times at which the traffic doubled or halved for at least five minutes."""
    first, last = float(frame.at[0]), float(frame.at[-1])
    width = max(60.0, (last - first) / 240)
    length = int((last - first) / width)
    side = max(3, math.ceil(300 / width))
    if length < 3 * side:
        return []
    bucket = ((frame.at - first) / width).astype(np.int64)
    volume = np.bincount(bucket, frame.weight, length + 1)[:length]
    scale = float(np.square(frame.weight).sum() / frame.weight.sum())
    sums = np.concatenate([[0.0], volume.cumsum()])
    place = np.arange(side, length - side)
    before = (sums[place] - sums[place - side]) / scale
    after = (sums[place + side] - sums[place]) / scale
    ratio = (after + 0.5) / (before + 0.5)
    doubt = np.sqrt(1 / (after + 0.5) + 1 / (before + 0.5))
    strength = np.where(np.abs(np.log(ratio)) - 4 * doubt > 0, np.abs(np.log(ratio)), 0.0)
    said: list[Change] = []
    while len(said) < 6:
        best = int(strength.argmax())
        if strength[best] < math.log(VOLUME_STEP):
            break
        factor = float(ratio[best])
        word = (
            f"traffic {words.times(factor)}"
            if factor > 1
            else f"traffic fell to {words.prose(factor)}"
        )
        said.append(Change(first + float(place[best]) * width, word, "log"))
        strength[max(0, best - 2 * side) : best + 2 * side] = 0
    return said


def rank(
    changes: Iterable[Change],
    onset: Edge,
    boundary: Sequence[tuple[str, str]] = (),
    *,
    ramp: bool = False,
) -> tuple[Ranked, ...]:
    """Changes by closeness to the onset and by match with the boundary, impossible ones last.

    Args:
        changes: Declared ones and those of the log.
        onset: With its uncertainty.
        boundary: Field names and values of the failing slices.
        ramp: Whether the failures grew slowly: then the look-back is wider.
    """
    values = [value for _, value in boundary if len(value) > 2]
    near = _NEAR_RAMP if ramp else _NEAR
    ranked = []
    for change in changes:
        if change.at > onset.high + _AFTER:
            later = words.span(change.at - onset.at)
            why = f"{later} after the onset: cannot be the cause"
            ranked.append(Ranked(change, -math.inf, False, why))
            continue
        before = onset.at - change.at
        points = -max(before, 0.0) / near
        why = f"{words.span(before)} before the onset" if before >= 1 else "at the onset"
        if set(change.values) & set(values):
            points += 2
            why += ", and it is the failing slice"
        elif any(value in change.text for value in values):
            points += 1
            why += ", and it names the failing slice"
        if onset.low <= change.at <= onset.high:
            why += ", inside the uncertainty of the onset"
        ranked.append(Ranked(change, points, True, why))
    return tuple(sorted(ranked, key=lambda one: (-one.points, abs(one.change.at - onset.at))))


def sentence(ranked: Sequence[Ranked]) -> str:
    """The closest change and the next other event, labelled as what they are."""
    possible = [one for one in ranked if one.possible]
    if not possible:
        return "No change is known before the onset"
    closest = possible[0]
    said = f"closest change: {clean_line(closest.change.text, 200)}, {closest.why}"
    others = (one for one in possible[1:] if not _one_event(closest.change, one.change))
    following = next(others, None)
    if following is not None:
        said += f". Next: {clean_line(following.change.text, 200)}, {following.why}"
    return f"{said} (correlation, not proof)"


def _one_event(one: Change, other: Change) -> bool:
    """Whether two changes tell of one event: the same words, or one value from two sources."""
    if abs(one.at - other.at) > _TWICE:
        return False
    if one.text == other.text:
        return True
    named = any(value in other.text for value in one.values if len(value) > 2) or any(
        value in one.text for value in other.values if len(value) > 2
    )
    return one.source != other.source and (named or bool({*one.values} & {*other.values}))
