"""Commands about logs: count them, follow them, and the formats they have."""

import sys

import click

from warroom.cli.common import EXIT_FAILED, emit, end, fail, json_option, say, settings
from warroom.core import spell


@click.command()
@click.argument("files", nargs=-1, required=True)
@json_option
def scan(*, files: tuple[str, ...], as_json: bool) -> None:
    """Count every line of FILES exactly: times, status codes, levels."""
    from warroom.logs import LogError
    from warroom.logs import scan as scan_files

    reports = []
    failed = False
    for path in files:
        try:
            reports.extend(scan_files([path]))
        except LogError as error:
            fail(str(error))
            failed = True
    if as_json:
        emit([report.as_json() for report in reports])
    else:
        for report in reports:
            say(f"{report.path}  {report.format}")
            say(f"   {spell.count(report.lines)} lines, {spell.count(report.bytes)} bytes, ")
            if report.first and report.last:
                first, last = (
                    f"{report.first:%Y-%m-%d %H:%M:%S}",
                    f"{report.last:%Y-%m-%d %H:%M:%S}",
                )
                say(f"   from {first} to {last} UTC")
            codes = "  ".join(
                f"{code}: {spell.count(n)}" for code, n in sorted(report.status.items())
            )
            if codes:
                say(f"   {codes}")
                share = spell.share(report.errors_5xx, sum(report.status.values()))
                say(f"   5xx: {spell.count(report.errors_5xx)} ({share})")
            levels = "  ".join(f"{name}: {spell.count(n)}" for name, n in report.levels.items())
            if levels:
                say(f"   {levels}")
    if failed:
        end(EXIT_FAILED)


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
