"""What a facilitator sees of a drill: what is due, who did what, what it is worth so far."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from textwrap import wrap

from warroom.core import events as e
from warroom.core.drill import Mark
from warroom.core.spell import duration
from warroom.core.state import Incident
from warroom.core.timeline import timeline
from warroom.drills.play.card import Card
from warroom.drills.play.course import Said
from warroom.drills.play.score import ANSWER, OTHERS, answered_by, score
from warroom.drills.scenarios.model import Expects

DEEDS = 6
"""Of each player, the newest."""
_LEAST = 24
"""Cells that a text wants beside its head."""
_INDENT = 11
"""Cells before a text that stands below its head."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """One inject: said, or still to come."""

    at: float
    """Seconds after the start."""
    caller: str
    text: str
    expects: str
    stands: str
    """`due in 0:30`, `waits 0:20`, `answered by ana`, `waited in vain`, or empty."""


@dataclass(frozen=True, slots=True)
class Did:
    """What one player did."""

    player: str
    number: int
    deeds: tuple[tuple[float, str], ...]
    """The newest ones: seconds after the start, and words; foreign text is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """One drill."""

    title: str
    scenario: str
    elapsed: float
    """Seconds since the start."""
    speed: float
    stands: str
    """What the shop does: fails, is contained, is repaired."""
    truth: str
    spoken: tuple[Spoken, ...]
    players: tuple[Did, ...]
    marks: tuple[Mark, ...]
    points: int


def board(
    card: Card, incidents: Sequence[Incident], records: Sequence[e.Recorded], now: float
) -> Board:
    """Return a drill as it stands.

    Args:
        card: What only the drill itself knows.
        incidents: Its incidents, the one that is led at the front.
        records: Their events, from the journal.
        now: Epoch seconds.
    """
    course = card.course
    found = score(course, incidents, records, now)
    said = [_said(one, course.begun, records, now) for one in course.said]
    due = [
        Spoken(at - course.begun, inject.caller.value, inject.text, inject.expects.value,
               f"due in {_span(at - now)}" if at > now else "waits for an incident")
        for at, inject in card.due
    ]  # fmt: skip
    return Board(
        title=course.scenario.title,
        scenario=course.scenario.id,
        elapsed=now - course.begun,
        speed=course.speed,
        stands=_stands(card, now),
        truth=course.scenario.truth.root_cause,
        spoken=(*said, *due),
        players=_players(records, course.begun),
        marks=found.marks,
        points=found.points,
    )


def _said(one: Said, begun: float, records: Sequence[e.Recorded], now: float) -> Spoken:
    inject = one.inject
    by = answered_by(one, records)
    if inject.expects is Expects.NOTHING:
        stands = ""
    elif by is not None:
        stands = f"answered by {by}"
    elif now > one.at + ANSWER:
        stands = "waited in vain"
    else:
        stands = f"waits {_span(now - one.at)}"
    return Spoken(one.at - begun, inject.caller.value, inject.text, inject.expects.value, stands)


def _stands(card: Card, now: float) -> str:
    course = card.course
    if course.lifted_at is not None:
        return "repaired: what is in force can be taken back"
    wanted = course.scenario.faults
    acting = [name for name in wanted if course.started.get(name, now + 1) <= now]
    left = [name for name in acting if name not in course.quiet]
    if left:
        return f"fails: {', '.join(left)}"
    return "contained" if acting else f"fails in {_span(course.failing_since - now)}"


def _players(records: Sequence[e.Recorded], begun: float) -> tuple[Did, ...]:
    names = {record.actor for record in records} - OTHERS
    by_incident = groupby(sorted(records, key=lambda r: r.incident), key=lambda r: r.incident)
    entries = [entry for _, mine in by_incident for entry in timeline(mine)]
    deeds: dict[str, list[tuple[float, str]]] = {}
    for entry in sorted(entries, key=lambda entry: entry.at):
        if entry.actor in names:
            words = " ".join(f"{entry.word}: {entry.text}".split())
            deeds.setdefault(entry.actor, []).append((entry.at.timestamp() - begun, words))
    return tuple(
        Did(name, len(found), tuple(found[-DEEDS:])) for name, found in sorted(deeds.items())
    )


def _span(seconds: float) -> str:
    return duration(timedelta(seconds=max(0, round(seconds))))


def lines(one: Board, clock: datetime, width: int = 0) -> list[str]:
    """Return a board as lines of text; foreign text is in them, to be cleaned.

    Args:
        one: The drill.
        clock: What the room's clock shows.
        width: Cells of the terminal; what is longer goes on below its own beginning. 0: no limit.
    """
    fast = f", {one.speed:g} times as fast" if one.speed != 1 else ""
    since = f"{_span(one.elapsed)} since the start{fast}"
    told = [("", f"{one.scenario}  {one.title}   {since}   {clock:%H:%M:%S}")]
    told += [("  the shop      ", one.stands), ("  what it is    ", one.truth)]
    told += [("", ""), ("  who speaks", "")]
    told += [
        (
            f"  {_span(s.at):>7}  {s.caller:<11} {s.stands:<22} ",
            s.text + (f" (wants: {s.expects})" if s.expects != Expects.NOTHING else ""),
        )
        for s in one.spoken
    ] or [("           nobody", "")]
    told += [("", ""), ("  who did what", "")]
    for player in one.players:
        deeds = "deed" if player.number == 1 else "deeds"
        told.append((f"  {player.player}, {player.number} {deeds}", ""))
        told += [(f"  {_span(at):>7}  ", words) for at, words in player.deeds]
    told += [] if one.players else [("           nobody did anything yet", "")]
    told += [("", ""), (f"  so far {one.points} of 100, if it ended now", "")]
    told += [
        (f"  {mark.points:>4} of {mark.most:<3} {mark.what:<26} ", mark.reason)
        for mark in one.marks
    ]
    return [row for head, text in told for row in _hanging(head, text, width)]


def within(told: Sequence[str], height: int) -> list[str]:
    """Return lines for a terminal of so many rows: the beginning, which says what is due, stays."""
    if len(told) < height:
        return list(told)
    return [*told[: max(height - 2, 0)], "  … a taller window shows the rest, or --once"]


def _hanging(head: str, text: str, width: int) -> list[str]:
    """Return a line that goes on under the beginning of its text where it is too long."""
    room = width - len(head)
    if not text or not width or len(text) <= room:
        return [f"{head}{text}".rstrip()]
    if room < _LEAST:  # beside its head there is no room: below it
        below = wrap(text, max(width - _INDENT, 1))
        return [head.rstrip(), *(f"{' ' * _INDENT}{part}" for part in below)]
    first, *rest = wrap(text, room)
    return [f"{head}{first}", *(f"{' ' * len(head)}{part}" for part in rest)]
