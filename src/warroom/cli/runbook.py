"""Runbooks on the command line."""

from pathlib import Path

import click

from warroom.cli.common import (
    EXIT_FAILED,
    EXIT_NOT_FOUND,
    emit,
    end,
    fail,
    json_option,
    known,
    open_room,
    say,
    settings,
)
from warroom.cli.runbook_use import new, run, trust
from warroom.files import put
from warroom.room.shelf import Shelf
from warroom.runbooks.check import check as lint
from warroom.runbooks.errors import RunbookError
from warroom.runbooks.model import Runbook
from warroom.runbooks.parse import load


@click.group()
def runbook() -> None:
    """List, show, check, trust, go through and begin runbooks."""


for _command in (run, trust, new):
    runbook.add_command(_command)


@runbook.command("list")
@json_option
def list_(*, as_json: bool) -> None:
    """List every runbook that can be offered, yours before the shipped ones."""
    shelf = Shelf(settings().runbook_folders())
    books = shelf.books()
    if as_json:
        emit([_view(name, book) for name, book in sorted(books.items())])
    else:
        for name, book in sorted(books.items(), key=lambda item: (item[1].kind, item[0])):
            say(f"{book.kind:<9} {name:<28} {book.title}")
    for error in shelf.errors:
        fail(error.msg, error.hint)


@runbook.command()
@click.argument("name")
@json_option
def show(*, name: str, as_json: bool) -> None:
    """Show one runbook by NAME or path."""
    try:
        book = Shelf(settings().runbook_folders()).book(name)
    except RunbookError as error:
        fail(error.msg, error.hint)
        end(EXIT_FAILED)
    if book is None:
        fail(f"no runbook is called {name!r}", "`warroom runbook list` shows them.")
        end(EXIT_NOT_FOUND)
    if as_json:
        emit({**_view(name, book), "text": book.text})
    else:
        say(book.text.rstrip())


@runbook.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@json_option
def check(*, files: tuple[Path, ...], as_json: bool) -> None:
    """Say line by line what is wrong or missing in runbook FILES."""
    found = []
    for path in files:
        try:
            findings = [(f.line, f.rule, f.message) for f in lint(load(path))]
        except RunbookError as error:
            findings = [(0, "unreadable", f"{error.msg}. {error.hint}")]
        found += [(str(path), *finding) for finding in findings]
    if as_json:
        emit([dict(zip(("path", "line", "rule", "message"), f, strict=True)) for f in found])
    else:
        for path_text, line, rule, message in found:
            say(f"{path_text}:{line}: {rule}: {message}")
    if found:
        end(EXIT_FAILED)


def _view(name: str, book: Runbook) -> dict[str, object]:
    return {
        "name": name,
        "path": book.path,
        "title": book.title,
        "kind": book.kind.value,
        "services": list(book.services),
        "symptoms": list(book.symptoms),
        "blast_radius": book.blast_radius,
        "sha256": book.sha256,
        "steps": [
            {
                "number": step.number,
                "text": step.text,
                "runs": step.run is not None,
                "undo": step.undo is not None,
                "verify": step.verify is not None,
                "watch": step.watch.text if step.watch else None,
            }
            for step in book.steps
        ],
    }


@runbook.command("from")
@click.argument("incident")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to put it.")
def from_(*, incident: str, out: Path | None) -> None:
    """Draft a runbook from what was really done in an INCIDENT."""
    from warroom.core.text import clean_text
    from warroom.runbooks.harvest import runbook_from

    with open_room() as room:
        state = known(room, incident)
    text = clean_text(runbook_from(state, Shelf(settings().runbook_folders()).books()))
    if out is None:
        click.echo(text, nl=False)
        return
    if out.exists():
        fail(f"{out} exists already", "Give another name, or move it away.")
        end(EXIT_FAILED)
    put(out, text.encode(), mode=0o644)
    say(f"{out}: a draft; read it, and try it in a drill")
