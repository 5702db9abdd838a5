"""Commands about logs: count them, follow them, and the formats they have."""

import sys
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from warroom.cli.common import EXIT_FAILED, EXIT_USAGE, emit, end, fail, json_option, say, settings
from warroom.cli.times import INSTANT
from warroom.core import spell

if TYPE_CHECKING:
    from warroom.logs import Log, SourceReport
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

    chosen = _pairs(where)
    narrowed = Narrowed(since, until, chosen) if as_json or why else None
    printed = []
    failed = False
    for name in files:
        try:
            report, found = _looked_at(name, narrowed)
        except LogError as error:
            fail(str(error))
            failed = True
            continue
        except OSError as error:
            fail(f"{name}: cannot be read: {error.strerror or error}; check the file")
            failed = True
            continue
        if wrong := _misfit(report.path):
            fail(f"{report.path}: {wrong}")
            failed = True
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


def _misfit(path: str) -> str:
    """Return why a file is no log; empty for one that is, and for what is no file."""
    from warroom.logs.compressed import compression_of
    from warroom.logs.misfit import misfit

    file = Path(path)
    try:
        return misfit(file) if file.is_file() and compression_of(file) is None else ""
    except OSError as error:
        return f"cannot be read: {error.strerror}; check the file"


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


@dataclass(frozen=True, slots=True)
class Narrowed:
    """For what the log is to answer."""

    since: datetime | None
    until: datetime | None
    where: dict[str, str]


def _looked_at(name: str, asked: Narrowed | None) -> "tuple[SourceReport, Findings | None]":
    """Count a file or a log system, and ask it.

    Raises:
        LogError: It cannot be read.
    """
    from warroom.bootstrap import reading_of
    from warroom.logs import LogError
    from warroom.logs import scan as scan_files
    from warroom.logs.compressed import compression_of
    from warroom.logs.opening import merged
    from warroom.logs.pick import whole
    from warroom.logs.report import report_of
    from warroom.sourcing import files_named, open_named, source_named

    room = settings()
    source, how = source_named(room, name), replace(reading_of(room), delay=0.0, cache=None)
    if source is not None and source.kind == "command":
        raise LogError(f"{name}: a command has no end to count to; warroom tail follows it")
    files = files_named(room, name, how)
    if (source is None or len(files) == 1) and compression_of(Path(next(iter(files)))) is None:
        (path, reading), *_ = files.items()
        report = scan_files(
            [path], zone=reading.zone, skew=reading.skew, formats_folder=reading.formats_folder
        )[0]
        if asked is None:
            return report, None
        with whole(merged(open_named(room, [name], how))) as log:
            return report, _answers(log, asked)
    with whole(merged(open_named(room, [name], how))) as log:
        return report_of(name, log), None if asked is None else _answers(log, asked)


def _answers(log: "Log", asked: Narrowed) -> "Findings | None":
    """Ask the log; None where it has no requests in that time, as an application log."""
    from warroom.logs.analysis.findings import analyse

    table = log.table(
        asked.since.timestamp() if asked.since else None,
        asked.until.timestamp() if asked.until else None,
    )
    if not table.requests:
        return None
    try:
        return analyse(table, where=asked.where)
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
@click.option(
    "--command", "commands", multiple=True, metavar="'PROGRAM ARGS'", help="Follow what it prints."
)
@click.option("--plain", is_flag=True, help="Print lines instead of opening the pane.")
def tail(
    *, files: tuple[str, ...], incident: str | None, commands: tuple[str, ...], plain: bool
) -> None:
    """Follow FILES in a pane of their own, merged by time.

    Each is a path, a glob, `-` (standard input), a source of the configuration, or
    loki+https://host/?query=... and its like.
    """
    from warroom.tailing import open_tail

    if not files and not commands and sys.stdin.isatty():
        raise click.UsageError(
            "name a file, or pipe something in: kubectl logs -f x | warroom tail"
        )
    names = files or (() if commands else ("-",))
    end(open_tail(settings(), names, commands=commands, incident=incident, plain=plain))


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
