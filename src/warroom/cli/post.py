"""Commands of the post: take a report in, look at what came and what went, send it again."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, BinaryIO

import click

from warroom.cli.common import (
    EXIT_FAILED,
    EXIT_NOT_FOUND,
    EXIT_USAGE,
    emit,
    end,
    fail,
    json_option,
    open_room,
    present,
    say,
    settings,
)
from warroom.core.codec import encode_time

if TYPE_CHECKING:
    from warroom.intake.report import Message
    from warroom.room.postman import Postman
    from warroom.room.service import Room

_LARGEST = 32 << 20
"""Bytes of one message: ten thousand alerts are about five million."""


@contextmanager
def _office() -> "Iterator[tuple[Room, Postman]]":
    from warroom.bootstrap_post import open_postman

    if settings().server() is not None:
        fail(
            "the post belongs to the server's own machine",
            "Run it there, or leave --remote out to use the record on this machine.",
        )
        end(EXIT_FAILED)
    with open_room() as room, open_postman(settings(), room) as postman:
        yield room, postman


@click.command()
@click.argument("name")
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--header", "headers", multiple=True, metavar="NAME:VALUE", help="As it was sent.")
@click.option("--check", is_flag=True, help="Verify the signature or token, too.")
@json_option
def intake(
    *, name: str, file: BinaryIO, headers: tuple[str, ...], check: bool, as_json: bool
) -> None:
    """Take in a message of the intake NAME from FILE or standard input, as its webhook sends it.

    NAME is a kind of sender (alertmanager, grafana, prometheus, datadog, sentry, pagerduty,
    opsgenie, github, gitlab, jira, slack, mail, generic) or an `[intake.NAME]` of the settings.
    What is not understood is kept aside, never lost: `warroom inbox` shows it.
    """
    from warroom.bootstrap_post import post_of
    from warroom.intake.report import Message

    intakes = post_of(settings()).intakes
    if name not in intakes:
        fail(f"there is no intake {name!r}", f"There are {', '.join(sorted(intakes))}.")
        end(EXIT_USAGE)
    body = file.read(_LARGEST + 1)
    if len(body) > _LARGEST:
        fail(f"a message of more than {_LARGEST >> 20} MiB is not taken", "Split it.")
        end(EXIT_FAILED)
    named = dict(part.split(":", 1) for part in headers if ":" in part)
    message = Message(
        body=body,
        received_at=present(),
        headers={key.strip().lower(): value.strip() for key, value in named.items()},
    )
    if check:
        _verify(name, message)
    with _office() as (room, postman):
        new = postman.reception.take([postman.reception.letter(name, message)])
        outcome = postman.reception.work()
        found = {one.id: one for one in room.incidents(include_closed=True)}
    if as_json:
        emit(
            {
                "new": new,
                "opened": list(outcome.opened),
                "told": list(outcome.told),
                "aside": outcome.aside,
            }
        )
    elif not new:
        say("Known already: the same message came before.")
    elif outcome.aside:
        say("Kept aside: it was not understood. `warroom inbox` says why.")
    for incident in () if as_json else outcome.opened:
        say(f"{incident} opened: {found[incident].title}")
    for incident in () if as_json else outcome.told:
        say(f"{incident} was told")
    if not as_json and new and not (outcome.opened or outcome.told or outcome.aside):
        say("Kept; there was nothing to do about it.")


def _verify(name: str, message: "Message") -> None:
    import os

    from warroom.bootstrap_post import post_of
    from warroom.intake.vendors import VENDORS

    chosen = post_of(settings()).intakes[name]
    secret = os.environ.get(chosen.secret, "") if chosen.secret else ""
    if not secret:
        fail(
            f"[intake.{name}] names no secret that is set",
            'Write secret = "NAME" there, and put the secret into that variable.',
        )
        end(EXIT_FAILED)
    wrong = VENDORS[chosen.kind].proof(message, secret)
    if wrong:
        fail(f"not taken in: {wrong}")
        end(EXIT_FAILED)


@click.command()
@click.option("--limit", default=30, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--show", "number", type=int, metavar="ID", help="Print one message as it came.")
@json_option
def inbox(*, limit: int, number: int | None, as_json: bool) -> None:
    """List what other systems sent, newest first, and what became of it."""
    from warroom.bootstrap_post import open_inbox

    with open_inbox(settings()) as kept:
        letters = kept.letters(10_000 if number is not None else limit)
    if number is not None:
        found = next((one for one in letters if one.id == number), None)
        if found is None:
            fail(f"there is no message {number}", "`warroom inbox` lists them.")
            end(EXIT_NOT_FOUND)
        if sys.stdout.isatty():
            say(found.body.decode("utf-8", "replace"))
        else:
            sys.stdout.buffer.write(found.body)
        return
    if as_json:
        emit(
            [
                {
                    "id": one.id,
                    "intake": one.intake,
                    "received_at": encode_time(one.received_at),
                    "standing": one.standing.value,
                    "incident": one.incident,
                    "reason": one.reason,
                    "bytes": len(one.body),
                }
                for one in letters
            ]
        )
        return
    if not letters:
        say("Nothing has come in.")
    for one in letters:
        what = one.incident or one.reason or one.standing.value
        at = _clock(one.received_at)
        say(f"{one.id:>6}  {at}  {one.intake:<14} {one.standing.value:<8} {what}")


@click.command()
@click.option("--retry", "key", metavar="KEY", help="Try one that was given up again.")
@click.option("--limit", default=30, show_default=True, type=click.IntRange(1, 10_000))
@json_option
def outbox(*, key: str | None, limit: int, as_json: bool) -> None:
    """List what was and is to be sent, newest first; send what is due."""
    with _office() as (_, postman):
        if key is not None and not postman.dispatch.again(key):
            fail(f"there is nothing under {key!r}", "`warroom outbox` lists the keys.")
            end(EXIT_NOT_FOUND)
        postman.dispatch.post()
        postman.dispatch.deliver()
        parcels = postman.dispatch.parcels(limit)
    if as_json:
        emit(
            [
                {
                    "key": one.key,
                    "incident": one.incident,
                    "what": one.what,
                    "channel": one.channel,
                    "state": one.ended or "waiting",
                    "attempts": one.attempts,
                    "reason": one.reason,
                    "reference": one.reference,
                }
                for one in parcels
            ]
        )
        return
    if not parcels:
        say("Nothing was sent, and nothing waits. Channels are set up under [channels.…].")
    for one in parcels:
        state = one.ended or (f"again at {_clock(one.next_at)}" if one.attempts else "waiting")
        why = f"  {one.reason}" if one.reason else ""
        say(f"{_clock(one.created_at)}  {state:<16} {one.key}{why}")


@click.command()
@click.argument("names", nargs=-1)
@json_option
def pull(*, names: tuple[str, ...], as_json: bool) -> None:
    """Ask Alertmanager, Prometheus or PagerDuty what fires: for a console nobody can reach.

    Without NAMES every `[intake.…]` with `pull` is asked. An open console asks by itself.
    """
    from warroom.bootstrap_post import post_of

    able = {name: one for name, one in post_of(settings()).intakes.items() if one.pull}
    wrong = [name for name in names if name not in able]
    if wrong or not able:
        what = f"{wrong[0]!r} cannot be asked" if wrong else "no intake can be asked"
        fail(what, 'Write pull = "http://…" under [intake.…].')
        end(EXIT_USAGE)
    failed = []
    with _office() as (_, postman):
        for name in names or able:
            try:
                postman.pull(able[name])
            except OSError as error:
                failed.append(name)
                fail(str(error))
        outcome = postman.reception.work()
    if as_json:
        emit({"opened": list(outcome.opened), "told": list(outcome.told), "failed": failed})
    else:
        words = [f"{one} opened" for one in outcome.opened] + [f"{x} told" for x in outcome.told]
        say("; ".join(words) or "Nothing new.")
    if failed:
        end(EXIT_FAILED)


def _clock(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"
