"""Commands about the record itself."""

from pathlib import Path
from typing import TextIO

import click

from warroom.cli.common import EXIT_FAILED, emit, end, fail, json_option, say, settings
from warroom.files import put


@click.group()
def journal() -> None:
    """Verify, rebuild, export or import the record of all incidents."""


@journal.command()
@json_option
def verify(*, as_json: bool) -> None:
    """Recompute the hash chain and compare it with the head, the anchors and the projections."""
    from warroom.bootstrap import open_store

    store = open_store(settings(), read_only=True)
    try:
        found = store.verify()
    finally:
        store.close()
    if as_json:
        emit(
            {
                "events": found.events,
                "head": {"seq": found.head_seq, "hash": found.head_hash},
                "problems": list(found.problems),
            }
        )
    elif found.problems:
        for problem in found.problems:
            say(problem)
    else:
        say(f"{found.events} events, unbroken, head {found.head_seq} {found.head_hash[:16]}")
    if found.problems:
        end(EXIT_FAILED)


@journal.command()
@json_option
def rebuild(*, as_json: bool) -> None:
    """Throw the projections away and make them again from the events."""
    from warroom.bootstrap import open_store

    store = open_store(settings())
    try:
        incidents = store.rebuild()
    finally:
        store.close()
    if as_json:
        emit({"incidents": incidents})
    else:
        say(f"rebuilt {incidents} incidents from the journal")


@journal.command()
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
def export(target: Path) -> None:
    """Write every event as a line of JSON into a file that people and programs can read."""
    from warroom.bootstrap import open_store
    from warroom.core.archive import write_archive

    store = open_store(settings(), read_only=True)
    try:
        links = store.links(0, store.head())
        head = store.end()
    finally:
        store.close()
    put(target, "".join(f"{line}\n" for line in write_archive(head, links)).encode())
    say(f"{target}: {len(links)} events")


@journal.command("import")
@click.argument("source", type=click.File("r", encoding="utf-8"))
def take_in(source: TextIO) -> None:
    """Make a store from an exported file; every hash in it is checked.

    The store (--db) must not exist yet, or be a copy of the same journal.
    """
    from warroom.core.archive import read_archive
    from warroom.core.journal import JournalError
    from warroom.store import open_journal

    try:
        name, links = read_archive(source)
    except ValueError as error:
        fail(f"this is no exported journal: {error}", "`warroom journal export FILE` writes one.")
        end(EXIT_FAILED)
    chosen = settings()
    try:
        store = open_journal(
            chosen.database(), anchors=chosen.state_folder / "anchors.log", journal_id=name
        )
        try:
            taken = store.take(links) if store.end().journal == name else None
        finally:
            store.close()
    except JournalError as error:
        fail(error.what, error.hint)
        end(EXIT_FAILED)
    if taken is None:
        fail("another journal is there already", "Name a new file: warroom --db NEW journal import")
        end(EXIT_FAILED)
    say(f"{len(taken)} events taken over")
