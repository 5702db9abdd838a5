"""What is known about a block that was started."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from warroom.core.words import Outcome as OutcomeKind


@dataclass(frozen=True, slots=True)
class Identity:
    """Which process it is, so that a number given to another one later is not taken for it."""

    pid: int
    """0 where a step has no process of its own (a request, a query)."""
    start: int
    """Clock ticks after boot at which it started; 0 where the system does not tell."""
    boot: str
    """The system's boot id; empty where there is none."""


@dataclass(frozen=True, slots=True)
class Survivor:
    """A process that outlived its step."""

    pid: int
    name: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a block ended. All text is foreign: redacted, not yet cleaned for a screen."""

    kind: OutcomeKind
    reason: str
    """Why it did not succeed, in words; empty for a success."""
    exit_status: int | None
    """Of a process its exit status (minus the signal's number), of HTTP the status."""
    head: str
    tail: str
    """The end of the output, after what was cut; empty where the head holds all of it."""
    total_bytes: int
    seconds: float
    pid: int | None
    state: Mapping[str, str] = field(default_factory=dict)
    """What the block said about the state before, by `warroom-state: key=value` lines."""
    survivors: Sequence[Survivor] = ()
    """Daemons that the block started and that live on, or what could not be ended."""

    @property
    def succeeded(self) -> bool:
        """Whether it did what it should."""
        return self.kind is OutcomeKind.SUCCEEDED

    @property
    def output(self) -> str:
        """Head and tail with a mark for what was cut between them."""
        kept = len(self.head.encode()) + len(self.tail.encode())
        if not self.tail:
            return self.head
        return f"{self.head}\n… [cut: {max(0, self.total_bytes - kept)} bytes] …\n{self.tail}"


OnOutput = Callable[[str], None]
OnStart = Callable[[Identity], None]
OnState = Callable[[Mapping[str, str]], None]
"""Gets what a block says of the state before, by name, as it says it: only what is news."""
