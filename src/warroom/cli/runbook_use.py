"""Use runbooks from the command line: go through one, trust one, begin one."""

from dataclasses import asdict
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
    refused,
    say,
    settings,
)
from warroom.core.decide import Refusal
from warroom.core.words import ContainmentKind
from warroom.room.containment import Checklist
from warroom.room.shelf import Shelf
from warroom.runbooks.draft import new_runbook
from warroom.runbooks.errors import RunbookError
from warroom.runbooks.model import Runbook


@click.command()
@click.argument("incident")
@click.argument("name")
@click.option("--tick", type=click.IntRange(min=1), metavar="STEP", help="Say that you did it.")
@json_option
def run(*, incident: str, name: str, tick: int | None, as_json: bool) -> None:
    """Go through runbook NAME for an INCIDENT: what is done, and the command for what is next.

    It runs nothing: a step that runs is previewed and confirmed with `warroom contain`.
    """
    from warroom.bootstrap import open_containment

    with open_room() as room:
        state = known(room, incident)
        containment = open_containment(settings(), room, ())
        if tick is not None:
            refusal = containment.tick(state, name, tick)
            if refusal is not None:
                refused(refusal)
        found = containment.checklist(known(room, incident), name)
    if isinstance(found, Refusal):
        refused(found)
    if as_json:
        tasks = [
            {**asdict(task), "at": task.at.isoformat() if task.at else None} for task in found.tasks
        ]
        emit({"runbook": found.runbook, "title": found.title, "tasks": tasks})
    else:
        _print(found, state.id, name)


def _print(found: Checklist, incident: str, name: str) -> None:
    say(found.title)
    for task in found.tasks:
        kind = "runs" if task.runs else "by hand"
        who = f" ({task.by} {task.at:%H:%M:%S})" if task.at is not None else ""
        say(f"{task.state.value:<8} {task.number:>2}. {task.text}  [{kind}]{who}")
    upcoming = found.next
    if upcoming is None:
        say("All of it is done.")
    elif upcoming.runs:
        say(f"next: warroom contain {incident} {name} --step {upcoming.number}")
    else:
        say(f"next: warroom runbook run {incident} {name} --tick {upcoming.number}")


@click.command()
@click.argument("name")
@click.option("--accept", metavar="CODE", help="Trust it: the code that was printed with its text.")
@json_option
def trust(*, name: str, accept: str | None, as_json: bool) -> None:
    """Show what is new or changed in runbook NAME, and accept it for this machine."""
    from warroom.bootstrap import trust_of
    from warroom.room.trusting import accepted, doubted

    book = _book(name)
    store = trust_of(settings())
    doubt = doubted(name, book, store)
    if doubt is not None and accept is not None:
        if accept != doubt.sha256[:8]:
            refused(Refusal(reason="this is not the code of that text", hint="Read it again."))
        refusal = accepted(book, doubt.sha256, store)
        if refusal is not None:
            refused(refusal)
        doubt = None
    if as_json:
        shown = {"text": doubt.text, "accept": doubt.sha256[:8]} if doubt else {}
        emit({"name": name, "trusted": doubt is None, **shown})
    elif doubt is None:
        say(f"{name} is trusted on this machine until it changes.")
    else:
        say(doubt.text.rstrip())
        word = "changed since it was accepted" if doubt.changed else "new on this machine"
        say(f"\n{name} is {word}. To trust exactly this: add --accept {doubt.sha256[:8]}")


@click.command()
@click.argument("title")
@click.option("--kind", type=click.Choice([k.value for k in ContainmentKind]), default="flag")
@click.option("--service", "services", multiple=True, help="A service it is for; else all.")
@click.option("--symptom", "symptoms", multiple=True, help="A pattern in the log of the failure.")
@click.option("--output", type=click.Path(path_type=Path), help="The file; else it is printed.")
def new(
    *,
    title: str,
    kind: str,
    services: tuple[str, ...],
    symptoms: tuple[str, ...],
    output: Path | None,
) -> None:
    """Begin a runbook called TITLE: complete in form, and failing until it is filled in."""
    text = new_runbook(title, ContainmentKind(kind), services or ("*",), symptoms)
    if output is None:
        say(text.rstrip())
        return
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        fail(f"{output} exists already", "Name another file.")
        end(EXIT_FAILED)
    say(f"{output} begun; `warroom runbook check {output}` says what is missing.")


def _book(name: str) -> Runbook:
    try:
        book = Shelf(settings().runbook_folders()).book(name)
    except RunbookError as error:
        fail(error.msg, error.hint)
        end(EXIT_FAILED)
    if book is None:
        fail(f"no runbook is called {name!r}", "`warroom runbook list` shows them.")
        end(EXIT_NOT_FOUND)
    return book
