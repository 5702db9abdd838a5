"""Commands about logs: count them, follow them, and the formats they have."""

import sys
from datetime import datetime
from typing import TYPE_CHECKING

import click

from warroom.cli.common import EXIT_FAILED, EXIT_USAGE, emit, end, fail, json_option, say, settings
from warroom.cli.times import INSTANT
from warroom.core import spell

if TYPE_CHECKING:
    from warroom.logs import SourceReport
    from warroom.logs.analysis.answer import Findings


@click.command()
@click.argument("files", nargs=-1, required=True)
@click.option("--why", is_flag=True, help="Answer too: since when, who is affected, what changed.")
@click.option("--since", type=INSTANT, help="Answer for the time from here.")
@click.option("--until", type=INSTANT, help="Answer for the time up to here.")
@click.option("--where", multiple=True, metavar="FIELD=VALUE", help="Answer for these requests.")
@json_option
def scan(
    *,
    files: tuple[str, ...],
    why: bool,
    since: datetime | None,
    until: datetime | None,
    where: tuple[str, ...],
    as_json: bool,
) -> None:
    """Count every line of FILES exactly: times, status codes, levels.

    With --json, or --why, the log also answers: onset, failure boundary, changes, error groups.
    --since, --until and --where narrow the answers, never the counts.
    """
    from warroom.logs import LogError
    from warroom.logs import scan as scan_files

    chosen = _pairs(where)
    printed = []
    failed = False
    for path in files:
        try:
            report = scan_files([path])[0]
            found = _answers(path, since, until, chosen) if as_json or why else None
        except LogError as error:
            fail(str(error))
            failed = True
            continue
        if as_json:
            answered = found.as_json() if found is not None else {}
            printed.append({**answered, **report.as_json()})
            continue
        _say_counts(report)
        for sentence in found.sentences if found is not None else ():
            say(f"   {sentence}")
    if as_json:
        emit(printed)
    if failed:
        end(EXIT_FAILED)


def _pairs(where: tuple[str, ...]) -> dict[str, str]:
    """Return the conditions of `--where` by field."""
    found = {}
    for text in where:
        name, sign, value = text.partition("=")
        if not sign:
            fail(f"--where {text!r} is not of the form FIELD=VALUE")
            end(EXIT_USAGE)
        found[name] = value
    return found


def _answers(
    path: str, since: datetime | None, until: datetime | None, where: dict[str, str]
) -> "Findings | None":
    """Ask the log; None where it has no requests in that time, as an application log."""
    from warroom.logs.analysis.findings import analyse
    from warroom.logs.pick import opened_whole

    with opened_whole(path) as log:
        table = log.table(
            since.timestamp() if since else None, until.timestamp() if until else None
        )
        if not table.requests:
            return None
        try:
            return analyse(table, where=where)
        except ValueError as error:
            fail(str(error))
            end(EXIT_USAGE)


def _say_counts(report: "SourceReport") -> None:
    say(f"{report.path}  {report.format}")
    say(f"   {spell.count(report.lines)} lines, {spell.count(report.bytes)} bytes")
    if report.first and report.last:
        first, last = f"{report.first:%Y-%m-%d %H:%M:%S}", f"{report.last:%Y-%m-%d %H:%M:%S}"
        say(f"   from {first} to {last} UTC")
    codes = "  ".join(f"{code}: {spell.count(n)}" for code, n in sorted(report.status.items()))
    if codes:
        say(f"   {codes}")
        share = spell.share(report.errors_5xx, sum(report.status.values()))
        say(f"   5xx: {spell.count(report.errors_5xx)} ({share})")
    levels = "  ".join(f"{name}: {spell.count(n)}" for name, n in report.levels.items())
    if levels:
        say(f"   {levels}")


@click.command()
@click.argument("files", nargs=-1)
@click.option("--incident", metavar="INC", help="Pin into this incident.")
@click.option("--command", default="", metavar="'PROGRAM ARGS'", help="Follow what it prints.")
@click.option("--plain", is_flag=True, help="Print lines instead of opening the pane.")
def tail(*, files: tuple[str, ...], incident: str | None, command: str, plain: bool) -> None:
    """Follow FILES (or `-`, standard input) in a pane of their own."""
    from warroom.tailing import open_tail

    if not files and not command and sys.stdin.isatty():
        raise click.UsageError(
            "name a file, or pipe something in: kubectl logs -f x | warroom tail"
        )
    names = files or (() if command else ("-",))
    end(open_tail(settings(), names, command=command, incident=incident, plain=plain))


@click.command()
@json_option
def formats(*, as_json: bool) -> None:
    """List the log formats and test each against its own sample lines."""
    from warroom.logs.formats.load import all_formats
    from warroom.logs.formats.samples import wrong_samples

    known = all_formats(settings().config_folder / "formats")
    problems = [problem for item in known for problem in wrong_samples(item)]
    if as_json:
        emit({"formats": [item.name for item in known], "problems": problems})
    else:
        for item in known:
            say(f"{item.name:<24} {item.title}")
        for problem in problems:
            fail(problem)
    if problems:
        end(EXIT_FAILED)
