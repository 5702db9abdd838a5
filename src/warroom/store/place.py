"""Where a journal lives: a file or a PostgreSQL database, told from what the user wrote."""

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from warroom.core.journal import JournalError
from warroom.core.text import clean_line

_SECRET = ("password", "sslpassword", "passfile")
_WHERE = ("host", "hostaddr", "port", "dbname", "service", "options")


@dataclass(frozen=True, slots=True)
class Place:
    """One journal's address."""

    label: str
    """How messages call it: no password, nothing that moves a cursor."""
    mark: str
    """One word that names it in the anchor file."""
    path: Path | None = None
    """The SQLite file; None for a server."""
    url: URL | None = None
    """The server; None for a file."""


def place_of(address: str | os.PathLike[str]) -> Place:
    """Return the place of a path, `sqlite:///path` or `postgresql://…`.

    Raises:
        JournalError: For any other kind of URL.
    """
    text = os.fspath(address)
    if "://" not in text:
        return _file(text)
    try:
        url = make_url("postgresql" + text[8:] if text.startswith("postgres:") else text)
    except ArgumentError as error:
        raise JournalError(
            f"{clean_line(text.split('@')[-1])} is not a database address",
            "Give a file's path or postgresql://user@host/database.",
        ) from error
    if url.get_backend_name() == "sqlite" and url.database:
        return _file(url.database)
    if url.get_backend_name() != "postgresql":
        raise JournalError(
            f"{clean_line(url.drivername)} is not a database that warroom knows",
            "Give a file's path or postgresql://user@host/database.",
        )
    public = url.difference_update_query(_SECRET)
    # Who connects does not change what is kept there; the schema (in `options`) does.
    where = {name: public.query[name] for name in _WHERE if name in public.query}
    mark = url.set(username=None, password=None, query=where).render_as_string()
    return Place(
        label=clean_line(public.render_as_string(hide_password=True)),
        mark=quote(mark, safe=":/@?&=%"),
        url=url.set(drivername="postgresql+psycopg"),
    )


def _file(text: str) -> Place:
    if not text.strip() or "\0" in text:
        raise JournalError("the path of the database is empty", "Give a file's path.")
    path = Path(os.path.realpath(Path(text).expanduser()))
    return Place(label=clean_line(str(path)), mark=quote(os.fsencode(path)), path=path)
