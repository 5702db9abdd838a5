"""The postmortem on the command line: read, write, lint, compare, finish, and send as a report."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from warroom.cli.common import (
    EXIT_FAILED,
    EXIT_NOT_FOUND,
    done,
    emit,
    end,
    fail,
    json_option,
    known,
    open_room,
    present,
    say,
    settings,
)
from warroom.core import commands as c
from warroom.core.codec import encode_time
from warroom.core.postmortem import closing_section, draft, open_questions
from warroom.core.templates import apply_template, template_for, with_template
from warroom.core.text import clean_text
from warroom.core.words import Audience
from warroom.files import put

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from warroom.core.events import Recorded
    from warroom.core.impact import Impact
    from warroom.core.state import Incident

FORMATS = ("md", "html", "pdf")


@click.command()
@click.argument("incident")
@click.option(
    "--write",
    "source",
    type=click.File("r", encoding="utf-8"),
    help="Replace the text by this file's; `-` reads standard input.",
)
@click.option(
    "--template",
    is_flag=True,
    help="Add what the template for its client or category asks for, and save.",
)
@click.option("--final", is_flag=True, help="Mark it final.")
@click.option("--reason", default="", metavar="WHY", help="Why it is final though things are open.")
@click.option("--lint", "look", is_flag=True, help="Say what to look at again; never blocks.")
@click.option("--versions", "listed", is_flag=True, help="List the saved versions.")
@click.option(
    "--diff", nargs=2, type=int, metavar="A B", help="Compare two versions; 0: the draft."
)
@click.option("--format", "form", type=click.Choice(FORMATS), help="Make a report.")
@click.option(
    "--audience",
    type=click.Choice([Audience.INTERNAL.value, Audience.CLIENT.value]),
    default=Audience.INTERNAL.value,
    show_default=True,
    help="Who reads the report: a client is told released facts only.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to put it.")
@click.option("--log", "logs", multiple=True, metavar="FILE", help="Log to count the impact in.")
@json_option
def postmortem(
    *,
    incident: str,
    source: TextIO | None,
    template: bool,
    final: bool,
    reason: str,
    look: bool,
    listed: bool,
    diff: tuple[int, int] | None,
    form: str | None,
    audience: str,
    out: Path | None,
    logs: tuple[str, ...],
    as_json: bool,
) -> None:
    """Print the postmortem of an INCIDENT: the saved text, else the draft.

    Templates are Markdown files in the folder `templates` beside the configuration:
    `client-NAME.md`, `category-NAME.md` or `default.md`, the first of them that there is. A draft
    that nobody has touched has it already; --template applies it to a text that was saved.
    """
    with open_room() as room:
        state = known(room, incident)
        if source is not None:
            command = c.EditPostmortem(text=source.read(), base=state.postmortem_version)
            done(room.do(command, state.id), as_json=as_json, words="postmortem of {id} saved")
        if final:
            finish = c.FinishPostmortem(reason=reason)
            done(room.do(finish, state.id), as_json=as_json, words="{id}: final")
        if source is not None or final:
            return
        records = room.records(state.id)
        if template:
            text = state.postmortem or draft(state, records, _impact(state, logs))
            wanted = apply_template(text, _template(state))
            command = c.EditPostmortem(text=wanted, base=state.postmortem_version)
            done(room.do(command, state.id), as_json=as_json, words="postmortem of {id} saved")
            return
    if listed:
        _versions(records, as_json=as_json)
        return
    impact = _impact(state, logs)
    drafted = draft(state, records, impact)
    drafted = with_template(drafted, _templates(), state.client, state.category.value)
    text = state.postmortem if state.postmortem_version else drafted
    if diff is not None:
        _difference(records, diff, drafted)
    elif look:
        _lint(state, records, text, as_json=as_json)
    elif form is not None:
        _report(state, records, text, form, Audience(audience), out, impact)
    else:
        _print(state, text + closing_section(state), as_json=as_json)


def _template(state: "Incident") -> str:
    """Return the template for an incident; without one, say so and end."""
    found = _templates()
    name = template_for(found, state.client, state.category.value)
    if name is None:
        fail(
            f"there is no template for {state.id} in {settings().templates}",
            "Write client-NAME.md, category-NAME.md or default.md.",
        )
        end(EXIT_NOT_FOUND)
    return found[name]


def _templates() -> "Mapping[str, str]":
    """Read the templates; say which one cannot be read and end."""
    from warroom.room.templates import read_templates

    folder = settings().templates
    try:
        return read_templates(folder)
    except OSError as error:
        fail(
            f"{error.filename or folder} cannot be read: {error.strerror}",
            "Make it readable, or move it out of that folder.",
        )
        end(EXIT_FAILED)


def _impact(state: "Incident", names: tuple[str, ...]) -> "Impact | None":
    """Count the impact in the logs that were named, else in those of the settings."""
    if not (names or settings().logs):
        return None
    from warroom.bootstrap import open_logs
    from warroom.room.impact import measure_impact, window

    span = window(state, present())
    if span is None:
        return None
    with open_logs(settings(), names) as logs:
        return measure_impact(logs, *span)


def _print(state: "Incident", text: str, *, as_json: bool) -> None:
    if not as_json:
        click.echo(clean_text(text), nl=False)
        return
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


def _lint(state: "Incident", records: "Sequence[Recorded]", text: str, *, as_json: bool) -> None:
    from dataclasses import asdict

    from warroom.core.finishing import unfinished
    from warroom.core.lint import lint
    from warroom.core.nameless import cast
    from warroom.core.timeline import timeline
    from warroom.runbooks.redact import secret_shapes

    found = lint(
        text, people=cast(records).people, entries=timeline(records), secrets=secret_shapes
    )
    questions = open_questions(text)
    if as_json:
        emit(
            {
                "incident": state.id,
                "findings": [asdict(one) for one in found],
                "open_questions": [{"line": n, "question": words} for n, words in questions],
                "before_final": list(unfinished(state)),
            }
        )
        return
    for one in found:
        hint = f" — {one.suggestion}" if one.suggestion else ""
        say(f"{one.line}:{one.start + 1}  {one.rule:<14} {one.message}{hint}")
    for line, words in questions:
        say(f"{line}:1  {'question':<14} {words}")
    if not (found or questions):
        say("Nothing to look at again.")


def _versions(records: "Sequence[Recorded]", *, as_json: bool) -> None:
    from warroom.core.versions import versions

    found = versions(records)
    if as_json:
        emit(
            [
                {
                    "version": one.number,
                    "at": encode_time(one.at),
                    "by": one.by,
                    "base": one.base,
                    "added": one.added,
                    "removed": one.removed,
                }
                for one in found
            ]
        )
        return
    if not found:
        say("Nobody has saved a text yet: there is only the draft.")
    for one in found:
        at = f"{one.at:%Y-%m-%d %H:%M:%S}"
        say(f"{one.number:>4}  {at} UTC  {one.by:<12} +{one.added} -{one.removed} lines")


def _difference(records: "Sequence[Recorded]", pair: tuple[int, int], drafted: str) -> None:
    from warroom.core.versions import difference, text_of, versions

    found = versions(records)
    texts = []
    for number in pair:
        text = text_of(found, number, drafted)
        if text is None:
            fail(f"there is no version {number}", f"There are 0 (the draft) to {len(found)}.")
            end(EXIT_NOT_FOUND)
        texts.append(text)
    names = (f"version {pair[0]}", f"version {pair[1]}")
    click.echo(clean_text(difference(texts[0], texts[1], names)), nl=False)


def _report(
    state: "Incident",
    records: "Sequence[Recorded]",
    text: str,
    form: str,
    audience: Audience,
    out: Path | None,
    impact: "Impact | None",
) -> None:
    from warroom.core.timeline import timeline
    from warroom.reports.compose import compose
    from warroom.reports.model import ReportError
    from warroom.reports.render import render

    report = compose(state, timeline(records), text, audience, present(), impact)
    try:
        made = render(report, form)
    except ReportError as error:
        fail(error.what, error.hint)
        end(EXIT_FAILED)
    if out is not None and str(out) != "-":
        put(out, made)
        say(f"{out}: {len(made)} bytes")
    elif form == "pdf" and sys.stdout.isatty():
        fail("a PDF is not for a terminal", "Say where to put it: --out FILE.")
        end(EXIT_FAILED)
    else:
        click.echo(made, nl=False)
