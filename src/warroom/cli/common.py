"""What every command needs: settings, the room, printing, and ending with the right status."""

import functools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from warroom.mishap import complain

if TYPE_CHECKING:
    from warroom.core.decide import Refusal
    from warroom.core.state import Incident
    from warroom.room.service import Done, Room
    from warroom.settings import Settings

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_REFUSED = 3
EXIT_NOT_FOUND = 4

fail = complain
"""Print one message to the error stream: what, then what to do."""

ZONE_HELP = "Zone of times that do not say theirs, of all logs or of one."
SKEW_HELP = "Add to every time of a log whose clock is off, as edge.log=-2.5s."


@dataclass
class State:
    """What the root command hands to the others."""

    config: str | None = None
    flags: dict[str, str | None] = field(default_factory=dict)
    logs: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    skews: tuple[str, ...] = ()
    clock: Callable[[], datetime] | None = None
    """What tells the time; None: this machine's clock."""

    @functools.cached_property
    def settings(self) -> "Settings":
        """The settings, read when first needed: `--help` never fails on a bad file."""
        from warroom.settings import load_settings

        path = Path(self.config) if self.config else None
        found = load_settings(path, self.flags)
        return replace(found, zones=(*found.zones, *self.zones), skews=(*found.skews, *self.skews))


def end(status: int) -> NoReturn:
    """Leave with an exit status."""
    raise click.exceptions.Exit(status)


def refused(refusal: "Refusal") -> NoReturn:
    """Say why a rule refused, and leave with its status."""
    fail(refusal.reason, refusal.hint)
    end(EXIT_REFUSED)


def emit(data: Any) -> None:
    """Print one JSON value and a newline."""
    from warroom.core.text import quiet_json

    click.echo(quiet_json(json.dumps(data, ensure_ascii=False, indent=2)))


def say(text: str) -> None:
    """Print text that may hold foreign parts."""
    from warroom.core.text import clean_text

    click.echo(clean_text(text))


def settings() -> "Settings":
    """The settings of the running command."""
    return _state().settings


def _state() -> State:
    context = click.get_current_context(silent=True)
    found = context.find_object(State) if context else None
    return found or State()


def present() -> datetime:
    """The instant by the clock of the running command, aware UTC."""
    state = _state()
    return datetime.now(UTC) if state.clock is None else state.clock()


@contextmanager
def open_room() -> Iterator["Room"]:
    """Open the room of the current settings for the length of a command."""
    from warroom.bootstrap import FRESH_SECONDS
    from warroom.bootstrap import open_room as opened

    room = opened(settings(), _state().clock, wait=FRESH_SECONDS)
    contact = room.contact()
    if not contact.online:
        fail(
            f"{contact.where} does not answer ({contact.trouble or contact.why}): "
            "this goes by what was known last",
            "What you do now is kept here and sent later.",
        )
    try:
        yield room
    finally:
        room.close()


def known(room: "Room", name: str) -> "Incident":
    """Return an incident, or leave with status 4 if there is none of that name."""
    incident = room.incident(name)
    if incident is None:
        fail(f"there is no incident {name!r}", "`warroom list --all` shows what there is.")
        end(EXIT_NOT_FOUND)
    return incident


def done(result: "Done | Refusal", *, as_json: bool, words: str) -> None:
    """Report what a command did, or leave with status 3 if it was refused."""
    from warroom.core.decide import Refusal

    if isinstance(result, Refusal):
        refused(result)
    if as_json:
        from warroom.core.views import incident_view

        emit(incident_view(result.incident, present()))
    else:
        say(words.format(id=result.incident.id))


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--json` to a command."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)
