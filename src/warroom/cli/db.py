"""Commands about where the record is kept."""

import click

from warroom.cli.common import emit, json_option, say, settings


@click.group()
def db() -> None:
    """Move the record to a team's database."""


@db.command()
@click.argument("target", metavar="postgresql://USER@HOST/DATABASE")
@json_option
def move(*, target: str, as_json: bool) -> None:
    """Copy the whole record into PostgreSQL, and prove by its hashes that nothing is missing.

    The file is left as it is. Afterwards name the database to every console:
    `db = "postgresql://…"` in the configuration, or WARROOM_DB.
    """
    from warroom.store import move as carried

    here = settings()
    done = carried(here.served(), target, anchors=here.state_folder / "anchors.log")
    found = done.verified
    if as_json:
        emit(
            {
                "source": done.source,
                "target": done.target,
                "events": found.events,
                "head": {"seq": found.head_seq, "hash": found.head_hash},
                "tokens": done.tokens,
            }
        )
        return
    say(f"{found.events} events in both, one chain, head {found.head_seq} {found.head_hash}")
    say(f"{done.tokens} tokens; from now on: --db {done.target}")
