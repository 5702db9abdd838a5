"""Commands for a team: serve the incidents, and say who may use the server."""

import secrets
import sys
from datetime import datetime, timedelta
from pathlib import Path

import click

from warroom.cli.common import (
    EXIT_FAILED,
    EXIT_NOT_FOUND,
    EXIT_USAGE,
    emit,
    end,
    fail,
    json_option,
    present,
    say,
    settings,
)
from warroom.core.access import SCOPES, Token, compose, digest, is_scope
from warroom.core.hours import parse_span

TURN = 0.0005
"""Seconds that a thread keeps the interpreter while another wants it. By Python's own 5 ms, a storm
of reports that is being placed would hold up every answer by as much, several times."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", default=7474, show_default=True, type=click.IntRange(0, 65535))
@click.option("--tls-cert", type=click.Path(path_type=Path), help="Certificate chain, PEM.")
@click.option("--tls-key", type=click.Path(path_type=Path), help="Its key, PEM.")
@click.option("--behind-proxy", is_flag=True, help="A proxy in front speaks TLS for it.")
@click.option("--title", default="Status", show_default=True, help="Of the status page.")
def serve(
    *,
    host: str,
    port: int,
    tls_cert: Path | None,
    tls_key: Path | None,
    behind_proxy: bool,
    title: str,
) -> None:
    """Serve the incidents to other consoles, scripts and monitoring; ctrl+c ends it."""
    from warroom.bootstrap import open_desk

    try:
        from warroom.server.serve import Address, ServeError, listen, server
    except ImportError as error:
        fail(
            f"the server needs {error.name}, which is not installed",
            "Install it: pip install 'warroom[server]'.",
        )
        end(EXIT_FAILED)
    address = Address(
        host=host, port=port, certificate=tls_cert, key=tls_key, behind_proxy=behind_proxy
    )
    try:
        address.check()
        opened = listen(address)
        try:
            with open_desk(settings(), title=title) as desk:
                running = server(desk, address)
                scheme = "https" if tls_cert else "http"
                name = f"[{host}]" if ":" in host else host
                say(f"serving {settings().served()} at {scheme}://{name}:{opened.getsockname()[1]}")
                sys.setswitchinterval(TURN)
                running.run(sockets=[opened])
        finally:
            opened.close()
    except ServeError as error:
        fail(error.what, error.hint)
        end(EXIT_FAILED)
    except KeyboardInterrupt:
        end(130)


@click.group()
def token() -> None:
    """Make, list and revoke the tokens that the server accepts."""


@token.command()
@click.argument("person")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    metavar="SCOPE",
    help="read, act, run, admin or ingest:SOURCE; may be repeated. Default: read, act, run.",
)
@click.option("--client", "clients", multiple=True, help="Only this client's incidents.")
@click.option("--expires", default="90d", show_default=True, help="As 12h, 90d, or never.")
@json_option
def new(
    *, person: str, scopes: tuple[str, ...], clients: tuple[str, ...], expires: str, as_json: bool
) -> None:
    """Make a token under which PERSON acts. It is shown once."""
    from warroom.bootstrap import open_tokens

    for scope in scopes:
        if not is_scope(scope):
            fail(f"{scope!r} is no scope", f"There are {', '.join(SCOPES)} and ingest:SOURCE.")
            end(EXIT_USAGE)
    if not person.strip() or len(person) > 80 or not person.isprintable():
        fail("a token needs the name of a person, of at most 80 characters")
        end(EXIT_USAGE)
    now = present()
    name = secrets.token_hex(5)
    text = compose(name, secrets.token_urlsafe(32))
    made = Token(
        id=name,
        person=person.strip(),
        scopes=scopes or ("read", "act", "run"),
        clients=clients,
        digest=digest(text),
        created_at=now,
        expires_at=_expiry(expires, now),
    )
    with open_tokens(settings()) as tokens:
        tokens.add(made)
    if as_json:
        emit({**_view(made, now), "token": text})
        return
    say(text)
    click.echo(
        f"acts as {made.person}, may {', '.join(made.scopes)}, {_ends(made)}. "
        "It is not shown again.",
        err=True,
    )


def _expiry(text: str, now: datetime) -> datetime | None:
    if text == "never":
        return None
    try:
        span = parse_span(text)
    except ValueError as error:
        fail(f"--expires {text}: {error}", "Write it as 12h, 90d, or never.")
        end(EXIT_USAGE)
    if span <= timedelta(0):
        fail("a token that has expired is of no use", "Write --expires as 12h, 90d, or never.")
        end(EXIT_USAGE)
    return now + span


@token.command("list")
@json_option
def list_(*, as_json: bool) -> None:
    """List the tokens, the oldest first; none of them can be shown again."""
    from warroom.bootstrap import open_tokens

    now = present()
    with open_tokens(settings()) as tokens:
        found = tokens.all()
    if as_json:
        emit([_view(one, now) for one in found])
        return
    for one in found:
        reach = f" only {', '.join(one.clients)}" if one.clients else ""
        stands = one.ended(now) or _ends(one)
        say(f"{one.id}  {one.person:<16} {' '.join(one.scopes)}{reach}  {stands}")


@token.command()
@click.argument("name", metavar="ID")
def revoke(*, name: str) -> None:
    """End a token at once, by the ID that `token list` shows."""
    from warroom.bootstrap import open_tokens

    with open_tokens(settings()) as tokens:
        if not tokens.revoke(name, present()):
            fail(f"there is no token {name!r} that could be revoked", "`warroom token list`")
            end(EXIT_NOT_FOUND)
    say(f"{name} is revoked; servers turn it away within a second")


def _ends(one: Token) -> str:
    return "never expires" if one.expires_at is None else f"until {one.expires_at:%Y-%m-%d %H:%M}"


def _view(one: Token, now: datetime) -> dict[str, object]:
    return {
        "id": one.id,
        "person": one.person,
        "scopes": list(one.scopes),
        "clients": list(one.clients),
        "created_at": one.created_at.isoformat(),
        "expires_at": None if one.expires_at is None else one.expires_at.isoformat(),
        "revoked_at": None if one.revoked_at is None else one.revoked_at.isoformat(),
        "good": not one.ended(now),
    }
