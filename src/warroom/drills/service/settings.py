"""What every process of one shop is told: seed, ports, traffic and the plan of what goes wrong."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from warroom.drills.service.faults import FAULTS


@dataclass(frozen=True, slots=True)
class Move:
    """One thing that happens to the shop at its time."""

    after: float
    """Seconds after the start."""
    record: Mapping[str, str] = field(default_factory=dict)
    """The change record it leaves; empty: none."""
    sets: Mapping[str, str] = field(default_factory=dict)
    """Entries of the state it sets."""
    fault: str | None = None
    """The fault it triggers."""
    fails_after: float = 0.0
    """Seconds from this move until the fault may act."""


def trigger(fault: str, after: float, fails_after: float, *, silent: bool = False) -> Move:
    """Return the move that triggers `fault` with its own change; `silent` leaves no record."""
    what = FAULTS[fault]
    return Move(after, {} if silent else what.record, what.change, fault, fails_after)


@dataclass(frozen=True, slots=True)
class Settings:
    """One shop's settings, the same for all of its processes."""

    seed: int
    rate: float
    """Requests per second."""
    plan: Sequence[Move]
    ports: Mapping[str, int]
    """Loopback ports by name: `router`, `control`, `gateway`, `<release>/<instance>`."""

    def save(self, path: Path) -> None:
        """Write the settings for the children to read."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")


def load_settings(folder: Path) -> Settings:
    """Read the settings of the shop in `folder`; raises OSError or ValueError."""
    loaded: dict[str, Any] = json.loads((folder / "service.json").read_text(encoding="utf-8"))
    plan = tuple(Move(**move) for move in loaded["plan"])
    return Settings(loaded["seed"], loaded["rate"], plan, loaded["ports"])
