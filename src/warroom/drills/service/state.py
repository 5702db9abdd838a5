"""What is switched on in the shop: flat entries in one JSON file that is replaced, never edited."""

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

GOOD_RELEASE = "2026.11.19"
NEW_RELEASE = "2026.11.20"
RELEASES = (GOOD_RELEASE, NEW_RELEASE)
INSTANCES = ("app-1", "app-2", "app-3")

ON_OFF = ("on", "off")
OPTIONS: Mapping[str, tuple[str, ...]] = {
    "release": RELEASES,
    "config": ("c-41", "c-42"),
    "data": ("clean", "migrated", "restored"),
    "flag.new-cart": ON_OFF,
    "flag.bulk-export": ON_OFF,
    "fallback.payments": ON_OFF,
    "key.partner-7": ("valid", "revoked"),
    **{f"instance.{name}": ("in", "drained") for name in INSTANCES},
    **{
        f"route.{route}": ("open", "degraded", "closed")
        for route in ("POST /api/checkout", "POST /api/pay", "GET /api/search", "GET /api/export")
    },
}
"""Every entry of the state with the values it may have."""

FIRST: Mapping[str, str] = {
    **{key: options[0] for key, options in OPTIONS.items()},
    "fallback.payments": "off",
}
"""The entries of a healthy shop before anything happened."""


class StateError(ValueError):
    """An entry or a state file that the shop cannot have; the message says which and why."""


@dataclass(frozen=True, slots=True)
class State:
    """The shop's switches at one moment."""

    entries: Mapping[str, str] = field(default_factory=lambda: dict(FIRST))
    active_from: Mapping[str, float] = field(default_factory=dict)
    """Epoch seconds from which a fault, by name, may act; a fault that is absent never does."""
    changed_at: float = 0.0
    """Epoch seconds of the last change."""

    def with_entries(self, changes: Mapping[str, str], at: float) -> "State":
        """Return the state after `changes`; raises StateError for an unknown key or value."""
        check(changes)
        return replace(self, entries={**self.entries, **changes}, changed_at=at)

    def with_fault(self, name: str, start: float) -> "State":
        """Return the state in which fault `name` may act from `start` (epoch seconds) on."""
        return replace(self, active_from={**self.active_from, name: start})

    def without_fault(self, name: str) -> "State":
        """Return the state in which fault `name` never acts again: its cause was removed."""
        left = {fault: at for fault, at in self.active_from.items() if fault != name}
        return replace(self, active_from=left)

    def instances_in(self) -> tuple[str, ...]:
        """Names of the instances that get traffic."""
        return tuple(n for n in INSTANCES if self.entries[f"instance.{n}"] == "in")


def check(changes: Mapping[str, str]) -> None:
    """Raise StateError unless every entry exists and has an allowed value."""
    for key, value in changes.items():
        options = OPTIONS.get(key)
        if options is None:
            raise StateError(f"the shop has no switch {key!r}; it has: {', '.join(OPTIONS)}")
        if value not in options:
            raise StateError(f"{key} cannot be {value!r}; it can be: {', '.join(options)}")


def write_state(path: Path, state: State) -> None:
    """Replace the state file in one step, so that a reader sees the old or the new one whole."""
    text = json.dumps(
        {
            "entries": dict(state.entries),
            "active_from": dict(state.active_from),
            "changed_at": state.changed_at,
        },
        indent=1,
    )
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".state-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text + "\n")
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read_state(path: Path) -> State:
    """Read the state file; raises StateError, naming the file, when it is absent or not a state."""
    try:
        loaded = json.loads(path.read_text(encoding="utf-8"))
        entries = {str(key): str(value) for key, value in loaded["entries"].items()}
        active = {str(key): float(value) for key, value in loaded["active_from"].items()}
        state = State({**FIRST, **entries}, active, float(loaded["changed_at"]))
        check(state.entries)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StateError(f"{path} is not a state of the shop: {error}") from error
    return state
