"""Commands about the record itself."""

import click

from warroom.cli.common import EXIT_FAILED, emit, end, json_option, say, settings


@click.group()
def journal() -> None:
    """Verify or rebuild the record of all incidents."""


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
