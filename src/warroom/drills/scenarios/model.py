"""What a drill is made of; nothing here reads a file or starts anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from warroom.core.words import Category, Criterion, Priority
from warroom.drills.service.settings import Move


class Caller(StrEnum):
    """Who speaks up during a drill."""

    CLIENT = "client"
    MANAGEMENT = "management"
    SUPPORT = "support"
    MONITORING = "monitoring"
    ENGINEER = "engineer"


class Expects(StrEnum):
    """What a good commander does about an inject."""

    UPDATE = "update"
    ETA = "eta"
    NOTE = "note"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Containment:
    """One way to contain one of the faults."""

    fault: str
    set: Mapping[str, str]
    """Entries of the shop's state."""
    runbook: str
    """Its file without `.md`."""
    why: str
    """What makes it better or worse than another way."""


@dataclass(frozen=True, slots=True)
class WrongMove:
    """Something that looks like help and contains nothing."""

    set: Mapping[str, str]
    why: str
    """What it costs, told in the score."""
    says: str = ""
    """What support hears of it, soon after."""


@dataclass(frozen=True, slots=True)
class Inject:
    """Something somebody says while the drill runs."""

    after: float
    """Seconds after the start."""
    caller: Caller
    text: str
    expects: Expects


@dataclass(frozen=True, slots=True)
class Par:
    """Seconds from the first failure within which a good team is done."""

    acknowledge: float
    contain: float
    diagnose: float


@dataclass(frozen=True, slots=True)
class Truth:
    """What really happened: shown with the score, never before."""

    root_cause: str
    change: str
    """Text of the change record that caused it; empty when no change did."""
    boundary: Mapping[str, str]
    """Who is affected, by field of the access log; empty: everything."""
    category: Category
    priority: Priority
    criteria: Sequence[Criterion]
    follow_ups: Sequence[str]
    """What the review should come up with."""
    signs: Sequence[Sequence[str]]
    """What a diagnosis has to name to count as right: one word of every group."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One drill."""

    id: str
    title: str
    briefing: str
    """What the players are told before it starts."""
    difficulty: int
    """1 to 3."""
    seed: int
    rate: float
    """Requests per second."""
    moves: Sequence[Move]
    contained_by: Sequence[Containment]
    """Best first, for every fault."""
    wrong_moves: Sequence[WrongMove]
    injects: Sequence[Inject]
    par: Par
    truth: Truth

    @property
    def faults(self) -> tuple[str, ...]:
        """Names of the faults, in the order in which they are triggered."""
        return tuple(move.fault for move in self.moves if move.fault)

    @property
    def first_failure(self) -> float:
        """Seconds after the start at which the first fault may act."""
        return min(move.after + move.fails_after for move in self.moves if move.fault)

    def plan(self, speed: float = 1.0) -> tuple[Move, ...]:
        """Return the moves for the service, `speed` times as fast."""
        return tuple(
            replace(move, after=move.after / speed, fails_after=move.fails_after / speed)
            for move in self.moves
        )
