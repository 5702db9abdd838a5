"""The postmortem on the command line."""

from typing import TextIO

import click

from warroom.cli.common import done, emit, json_option, known, open_room
from warroom.core import commands as c
from warroom.core.closing_report import closing_section
from warroom.core.postmortem import draft, open_questions
from warroom.core.text import clean_text


@click.command()
@click.argument("incident")
@click.option(
    "--write",
    "source",
    type=click.File("r", encoding="utf-8"),
    help="Replace the text by this file's; `-` reads standard input.",
)
@click.option("--final", is_flag=True, help="Mark it final.")
@json_option
def postmortem(*, incident: str, source: TextIO | None, final: bool, as_json: bool) -> None:
    """Print the postmortem of an INCIDENT: the saved text, else the draft."""
    with open_room() as room:
        state = known(room, incident)
        if source is not None:
            command = c.EditPostmortem(text=source.read(), base=state.postmortem_version)
            done(room.do(command, state.id), as_json=as_json, words="postmortem of {id} saved")
        if final:
            done(room.do(c.FinishPostmortem(), state.id), as_json=as_json, words="{id}: final")
        if source is not None or final:
            return
        text = (
            state.postmortem if state.postmortem_version else draft(state, room.records(state.id))
        )
    text += closing_section(state)
    if as_json:
        questions = [{"line": line, "question": words} for line, words in open_questions(text)]
        emit(
            {
                "incident": state.id,
                "version": state.postmortem_version,
                "final": state.postmortem_final_at is not None,
                "text": text,
                "open_questions": questions,
            }
        )
    else:
        click.echo(clean_text(text), nl=False)
