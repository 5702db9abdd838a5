"""Commands about the status page."""

from pathlib import Path

import click

from warroom.cli.common import emit, json_option, open_room, say
from warroom.files import put


@click.group()
def status() -> None:
    """Publish what the public was told, and nothing else."""


@status.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--title", default="Status", show_default=True, help="The heading of the page.")
@click.option("--url", default="", help="Where the page will be, for the links of the feed.")
@json_option
def export(*, folder: Path, title: str, url: str, as_json: bool) -> None:
    """Write page, feed and data into FOLDER, for any web server; cron can do it each minute."""
    from warroom.reports.status import as_atom, as_html, status_of
    from warroom.reports.status import as_json as as_data

    with open_room() as room:
        found = status_of(room.incidents(include_closed=True), title, room.now())
    texts = {
        "index.html": as_html(found, "status.atom", "status.json"),
        "status.atom": as_atom(found, url),
        "status.json": as_data(found),
    }
    folder.mkdir(parents=True, exist_ok=True)
    changed = [name for name, text in texts.items() if _write(folder / name, text)]
    if as_json:
        emit({"folder": str(folder), "changed": changed, "ok": found.well})
        return
    words = "no disruption" if found.well else "a disruption"
    say(f"{folder}: {words}; {len(changed)} of {len(texts)} files changed")


def _write(path: Path, text: str) -> bool:
    """Put a file in its place at once, if it says something else; readers never see half of it."""
    data = text.encode()
    if path.exists() and path.read_bytes() == data:
        return False
    put(path, data, mode=0o644)
    return True
