"""Commands that look after the record: copies of it, and the health of what it stands on."""

import sqlite3
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from warroom.cli.common import EXIT_FAILED, emit, end, json_option, say, settings
from warroom.cli.times import INSTANT

if TYPE_CHECKING:
    from warroom.store.backup import Copy

WAL_RESET_FIXED = (3, 51, 3)
"""From this version on SQLite has no race between two processes that write and checkpoint at the
same instant (sqlite.org/wal.html). warroom's own lock keeps them apart on older versions too."""


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def backup(*, file: Path, as_json: bool) -> None:
    """Copy the whole record into a new FILE, while consoles are writing; the copy is verified."""
    from warroom.store.backup import backup as copy

    made = copy(settings().database(), file, anchors=_anchors())
    _report(made, "copied", as_json=as_json)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--at", type=INSTANT, help="Only what had happened until then.")
@click.option("--replace", is_flag=True, help="Put the record that is there aside.")
@json_option
def restore(*, file: Path, at: datetime | None, replace: bool, as_json: bool) -> None:
    """Put the copy FILE in the place of the record; what was there is kept beside it."""
    from warroom.store.backup import restore as put_back

    made = put_back(file, settings().database(), anchors=_anchors(), at=at, replace=replace)
    _report(made, "restored", as_json=as_json)


def _anchors() -> Path:
    return settings().state_folder / "anchors.log"


def _report(made: "Copy", verb: str, *, as_json: bool) -> None:
    if as_json:
        emit(
            {
                "events": made.verified.events,
                "sha256": made.sha256,
                "path": str(made.path) if made.path else None,
                "replaced": str(made.replaced) if made.replaced else None,
            }
        )
        return
    say(f"{verb} {made.verified.events} events, unbroken {made.sha256}".rstrip())
    if made.replaced:
        say(f"what was there is kept as {made.replaced}")


@click.command()
@json_option
def doctor(*, as_json: bool) -> None:
    """Look at everything warroom stands on, and say what to do about what is wrong."""
    found = [_sqlite(), *_record(), *_runbooks(), *_themes(), *_formats()]
    if as_json:
        emit([{"what": what, "well": well, "words": words} for what, well, words in found])
    else:
        for what, well, words in found:
            say(f"{'✓' if well else '✗'} {what:<10} {words}")
    if not all(well for _, well, _ in found):
        end(EXIT_FAILED)


def _sqlite() -> tuple[str, bool, str]:
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info >= WAL_RESET_FIXED:
        return "sqlite", True, version
    return "sqlite", True, f"{version}; before 3.51.3 let no other program write this file"


def _record() -> list[tuple[str, bool, str]]:
    from warroom.bootstrap import open_store
    from warroom.core.journal import JournalError

    here = settings().database()
    if "://" not in here and not Path(here).exists():
        return [("record", True, f"{here} does not exist yet; the first incident makes it")]
    try:
        store = open_store(settings(), read_only=True)
        try:
            verified = store.verify()
        finally:
            store.close()
    except JournalError as error:
        return [("record", False, f"{error.what} {error.hint}".strip())]
    if verified.problems:
        return [("record", False, problem) for problem in verified.problems]
    return [("record", True, f"{verified.events} events, unbroken")]


def _runbooks() -> list[tuple[str, bool, str]]:
    from warroom.room.shelf import Shelf

    shelf = Shelf(settings().runbook_folders())
    books = shelf.books()
    wrong = [("runbooks", False, f"{error.msg}. {error.hint}") for error in shelf.errors]
    return [("runbooks", True, f"{len(books)} can be offered"), *wrong]


def _themes() -> list[tuple[str, bool, str]]:
    from warroom.tui.theme import load_palettes

    palettes, complaints = load_palettes(settings().config_folder / "themes")
    wrong = [("themes", False, complaint) for complaint in complaints]
    if settings().theme not in palettes:
        known = ", ".join(sorted(palettes))
        wrong.append(
            ("themes", False, f"there is no theme {settings().theme!r}; there are {known}")
        )
    return [("themes", True, ", ".join(sorted(palettes))), *wrong]


def _formats() -> list[tuple[str, bool, str]]:
    from warroom.logs.errors import LogError
    from warroom.logs.formats.load import all_formats

    try:
        known = all_formats(settings().config_folder / "formats")
    except LogError as error:
        return [("formats", False, str(error))]
    return [("formats", True, f"{len(known)} known")]
