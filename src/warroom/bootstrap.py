"""Wire settings, store, room and console together: the only place that knows them all."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from warroom.core.journal import Journal
    from warroom.logs.opening import Reading
    from warroom.logs.protocol import Log
    from warroom.remote.room import RemoteRoom
    from warroom.room.local import LocalRoom
    from warroom.room.operator import Operator
    from warroom.room.service import Room
    from warroom.runbooks.trust import TrustStore
    from warroom.server.desk import Desk
    from warroom.settings import Settings
    from warroom.store import SqlJournal, TokenStore
    from warroom.tui.services import Services

FILTERS = "filters.json"
"""In the state folder: named filters of logs, and what was typed before."""
SEEN = "seen"
"""In the state folder: a mark that somebody had the console open."""
AFTER_THE_FIRST_FRAME = 0.3
"""Seconds that the index waits, so that its imports do not hold up the first frame."""


def open_store(settings: "Settings", *, read_only: bool = False) -> "Journal":
    """Open the journal that the settings name.

    Raises:
        JournalError: It cannot be opened; the message says why and what to do.
    """
    from warroom.store import open_journal

    return open_journal(
        settings.database(), read_only=read_only, anchors=settings.state_folder / "anchors.log"
    )


def open_local_room(
    settings: "Settings", clock: Callable[[], datetime] | None = None
) -> "LocalRoom":
    """Open the room over that journal; by default it goes by this machine's clock."""
    from warroom.room.changes import read_changes
    from warroom.room.local import LocalRoom, utc_now

    return LocalRoom(
        open_store(settings),
        actor=settings.person(),
        device=settings.device(),
        clock=clock or utc_now,
        changes=lambda since: read_changes(settings.change_files(), since),
        agreements=settings.agreements,
        drill=settings.drill,
    )


FRESH_SECONDS = 3.0
"""How long a single command waits for the server before it goes by what was known last."""


def open_room(
    settings: "Settings",
    clock: Callable[[], datetime] | None = None,
    *,
    wait: float = 0.0,
) -> "Room":
    """Open the room of these settings: over the journal here, or over a server.

    Args:
        settings: Where the incidents are.
        clock: What tells the time; by default this machine's clock.
        wait: Seconds for a server to bring the copy of its journal up to date.

    Raises:
        JournalError: It cannot be opened.
    """
    if settings.server() is None:
        return open_local_room(settings, clock)
    room = open_remote_room(settings, clock)
    room.settle(wait)
    return room


def open_remote_room(
    settings: "Settings", clock: Callable[[], datetime] | None = None
) -> "RemoteRoom":
    """Open the room over the server of the settings.

    Raises:
        JournalError: There is no copy of its journal yet, and it does not answer.
    """
    from warroom.core.journal import JournalError
    from warroom.remote.opening import open_remote
    from warroom.remotes import RemoteError
    from warroom.store import open_journal

    server = settings.server()
    if server is None:
        raise JournalError("no server is named", "Use --remote URL, or `remote` in the settings.")
    try:
        token = server.token()
    except RemoteError as error:
        raise JournalError(str(error), "`warroom token new` on the server makes one.") from None

    def replica(journal: str | None) -> "SqlJournal":
        anchors = settings.state_folder / "anchors.log"
        return open_journal(settings.database(), anchors=anchors, journal_id=journal)

    return open_remote(
        server,
        token,
        Path(settings.database()),
        replica,
        settings.person(),
        settings.device(),
        clock,
    )


@contextmanager
def open_desk(settings: "Settings", *, title: str) -> "Iterator[Desk]":
    """Open what a server stands on: the team's own journal, never a copy of another server's.

    Raises:
        JournalError: The journal cannot be opened.
    """
    from warroom.bootstrap_post import post_of, postman_of
    from warroom.room.changes import read_changes
    from warroom.room.local import LocalRoom
    from warroom.server.desk import Desk
    from warroom.store import TokenStore

    journal = _own_journal(settings)
    hall = LocalRoom(
        journal,
        actor=settings.person(),
        device=settings.device(),
        changes=lambda since: read_changes(settings.change_files(), since),
        agreements=settings.agreements,
    )
    try:
        yield Desk(
            hall=hall,
            tokens=TokenStore(journal),
            audit=settings.state_folder / "audit.log",
            title=title,
            postman=postman_of(settings, hall, journal),
            intakes=post_of(settings).intakes,
        )
    finally:
        hall.close()


@contextmanager
def open_tokens(settings: "Settings") -> "Iterator[TokenStore]":
    """Open the tokens of the team's journal.

    Raises:
        JournalError: The journal cannot be opened.
    """
    from warroom.store import TokenStore

    journal = _own_journal(settings)
    try:
        yield TokenStore(journal)
    finally:
        journal.close()


def _own_journal(settings: "Settings") -> "SqlJournal":
    from warroom.store import open_journal

    return open_journal(settings.served(), anchors=settings.state_folder / "anchors.log")


@contextmanager
def open_logs(settings: "Settings", names: Sequence[str]) -> Iterator[tuple["Log", ...]]:
    """Open the named logs, or those of the settings, for a while.

    Raises:
        LogError: One that was named cannot be opened; the message says which and why.
    """
    from warroom.logs.opening import merged
    from warroom.sourcing import open_named

    opened = open_named(settings, names or settings.logs, reading_of(settings))
    log = merged(opened) if opened else None
    try:
        yield () if log is None else (log,)
    finally:
        if log is not None:
            log.close()


def reading_of(settings: "Settings") -> "Reading":
    """Return how logs are read under these settings."""
    from warroom.logs.opening import Reading

    return Reading(
        formats_folder=settings.config_folder / "formats",
        cache=settings.state_folder / "indexes",
        delay=AFTER_THE_FIRST_FRAME,
    )


def open_containment(settings: "Settings", room: "Room", logs: Sequence["Log"]) -> "Operator":
    """Return containment over a room, with the runbooks of the settings."""
    from warroom.room.known import Policy
    from warroom.room.operator import Operator
    from warroom.room.shelf import Shelf
    from warroom.runbooks.vault import Vault

    shelf = Shelf(settings.runbook_folders())
    operator = Operator(
        room,
        shelf,
        logs,
        device=settings.device(),
        policy=Policy(
            hosts=settings.hosts,
            map=settings.map,
            second_person=settings.second_person,
            secrets=Vault(settings.secret_command),
        ),
        trust=trust_of(settings),
    )
    operator.settle_lost()
    return operator


def trust_of(settings: "Settings") -> "TrustStore":
    """Return the runbooks that this machine has accepted."""
    from warroom.runbooks.trust import TrustStore

    return TrustStore(settings.state_folder / "trusted")


_LOOKED_AT = 300.0
"""Seconds of a service's own log that tell how it fares now."""


def failure_rates(settings: "Settings", names: Sequence[str], now: datetime) -> dict[str, str]:
    """Measure how services fare in their own logs, as sentences; one without a log is left out."""
    from warroom.core import spell
    from warroom.room.measure import counts, read_through

    found: dict[str, str] = {}
    for name in names:
        files = settings.map.get(name).logs
        if files:
            with open_logs(settings, files) as logs:
                read_through(logs)
                seen = counts(logs, now.timestamp() - _LOOKED_AT, now.timestamp())
            share = spell.share(seen.failures, seen.requests)
            found[name] = f"5xx {share} of {spell.count(seen.requests)} in 5 min"
    return found


def open_console(settings: "Settings", names: Sequence[str], greeting: str = "") -> int:
    """Open the console and return its exit status.

    Args:
        settings: What it works with.
        names: The logs, or the tables of them.
        greeting: What somebody who is here first is told.
    """
    from warroom.mishap import guarded
    from warroom.tui.supervisor import supervise

    refusal = terminal_refusal()
    if refusal:
        sys.stderr.write(f"warroom: {refusal}\n")
        return 1
    return supervise(lambda: guarded(lambda: _console(settings, names, greeting)))


def terminal_refusal() -> str:
    """Return why the console cannot be shown here; empty: it can."""
    import os

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return "the console needs a terminal; `warroom list` and its like work without one"
    if os.environ.get("TERM", "") in {"", "dumb"}:
        return "TERM is dumb or unset: this terminal cannot show the console"
    return ""


def console_services(settings: "Settings", logs: Sequence["Log"], greeting: str = "") -> "Services":
    """Return what a console needs; nothing slow happens here."""
    from warroom.bootstrap_post import trackers
    from warroom.room.templates import read_templates
    from warroom.tui.log_memory import LogMemory
    from warroom.tui.services import Services
    from warroom.tui.theme import load_palettes

    extra = settings.config_folder / "themes"
    palettes, complaints = load_palettes(extra)
    return Services(
        open_room=lambda: _room_of_console(settings),
        containment=lambda room: open_containment(settings, room, logs),
        logs=logs,
        palettes=palettes,
        theme=settings.theme,
        theme_folders=(extra,),
        notify=settings.notify,
        preset=settings.keymap,
        keymap=settings.keys,
        ascii_glyphs=settings.glyphs == "ascii",
        service=settings.service,
        drill=settings.drill,
        views=settings.views,
        map=settings.map,
        first_time=lambda: not settings.drill and _first_time(settings.state_folder / SEEN),
        greeting=greeting,
        rates=lambda names: failure_rates(settings, names, datetime.now(UTC)),
        templates=lambda: read_templates(settings.templates),
        trackers=trackers(settings),
        crash_folder=settings.state_folder,
        log_memory=LogMemory(settings.state_folder / FILTERS),
        notices=complaints,
    )


def _first_time(mark: Path) -> bool:
    """Return whether a mark was not there yet, and leave it; what cannot be written is no news."""
    try:
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch(exist_ok=False)
    except OSError:
        return False
    return True


def _room_of_console(settings: "Settings") -> "Room":
    import os

    from warroom.room.reading import ReadingRoom

    room = open_room(settings)
    return ReadingRoom(room) if os.environ.get("WARROOM_READ_ONLY") else room


def _console(settings: "Settings", names: Sequence[str], greeting: str) -> int:
    from warroom.bootstrap_post import posted
    from warroom.tui.app import run_console

    with open_logs(settings, names) as logs, posted(settings) as staffed:
        services = console_services(settings, logs, greeting)
        opening = services.open_room
        return run_console(replace(services, open_room=lambda: staffed(opening())))
