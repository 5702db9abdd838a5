"""Short words for tests: commands with ids of their own and decisions that do not look."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from warroom.core import events as e
from warroom.core.decide import Decision
from warroom.core.journal import Appended, Journal, Origin
from warroom.core.state import Incident

START = datetime(2026, 11, 21, 14, 2, 11, 123456, tzinfo=UTC)
_numbers = itertools.count(1)


def origin(command_id: str | None = None, **more: object) -> Origin:
    number = next(_numbers)
    facts = {
        "actor": "ana",
        "device": "laptop",
        "command_id": command_id or f"command-{number}",
        "now": START + timedelta(seconds=number),
    }
    return Origin(**{**facts, **more})


def always(*events: e.Event) -> Callable[[Incident | None], Decision]:
    return lambda state: events


def declare(journal: Journal, title: str = "Checkout fails", **facts: object) -> Incident:
    done = journal.append(None, always(e.Declared(title=title, **facts)), origin())
    assert isinstance(done, Appended)
    return done.incident


def note(journal: Journal, incident: str, text: str, command_id: str | None = None) -> Appended:
    done = journal.append(incident, always(e.NoteAdded(text=text)), origin(command_id))
    assert isinstance(done, Appended)
    return done
