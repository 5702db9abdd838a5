"""What the console does to an incident can be done from the shell."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.cli.desk import Desk
from tests.cli.traffic import traffic

from warroom.core import commands

SOURCE = Path(commands.__file__).parents[1]
MACHINES = {"Report"}
"""What the console tells of by itself."""


def sent(part: str) -> set[str]:
    text = "\n".join(path.read_text("utf-8") for path in (SOURCE / part).rglob("*.py"))
    names = re.findall(r"^class (\w+)", Path(commands.__file__).read_text("utf-8"), re.MULTILINE)
    return {name for name in names if re.search(rf"\b{name}\(", text)}


def test_every_command_of_the_console_is_one_of_the_shell() -> None:
    assert sent("tui") - sent("cli") - MACHINES == set()


def test_the_onset_that_a_log_shows_is_kept(desk: Desk) -> None:
    log = desk.home / "access.log"
    start = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
    onset = start + timedelta(minutes=40)
    traffic(
        log, start, desk.now, lambda at, route, _: at >= onset and route == "POST /api/export", 1.0
    )
    desk("declare", "exports fail", "--service", "shop")
    desk("pin", "1", str(log), "--onset")
    assert "11:40" in next(x for x in desk("timeline", "1").out.splitlines() if "onset" in x)
    assert desk("pin", "1", str(log), "--onset", "--last-error", ok=False).status == 2
    log.write_text("".join(log.read_text().splitlines(keepends=True)[:600]))
    assert desk("pin", "1", str(log), "--onset", ok=False).status == 4


def test_two_incidents_are_linked(desk: Desk) -> None:
    desk("declare", "exports fail", "--service", "shop")
    desk("declare", "mails pile up", "--service", "mail")
    desk("related", "1", "--link", "2", "--how", "the same disk")
    assert "INC-2: the same disk" in desk("timeline", "1").out
    assert desk("related", "1", "--link", "9", ok=False).status == 4


def test_what_is_in_force_may_stay_until_a_date(desk: Desk) -> None:
    book = desk.home / ".config/warroom/runbooks/pause.md"
    book.parent.mkdir(parents=True, exist_ok=True)
    book.write_text(
        "---\ntitle: Pause\nkind: flag\nservices: [shop]\nblast_radius: none\n---\n"
        "1. [ ] Pause\n   ```sh run timeout=5s\n   true\n   ```\n"
        "   ```sh undo timeout=5s\n   true\n   ```\n"
    )
    desk("declare", "mails pile up", "--service", "shop")
    desk("ack", "1")
    code = desk("runbook", "trust", "pause").out.split()[-1]
    desk("runbook", "trust", "pause", "--accept", code)
    code = desk("contain", "1", "pause", "--json").json["confirm"]
    desk("contain", "1", "pause", "--no-measure", "--confirm", code)
    assert desk("contain", "1", "--keep", "last", ok=False).status == 2
    desk("contain", "1", "--keep", "last", "--until", "2d", "--because", "no fix yet")
    assert "no fix yet" in desk("show", "1").out + desk("timeline", "1").out
    desk("contain", "1", "--keep", "nonsense", "--until", "2d", ok=False)
