"""A room that is only looked at shows everything and keeps nothing."""

import subprocess
import sys
from pathlib import Path

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.decide import Refusal
from warroom.room.local import LocalRoom
from warroom.room.reading import ReadingRoom
from warroom.store import open_journal


def test_it_shows_everything_and_refuses_every_command(tmp_path: Path) -> None:
    room = LocalRoom(open_journal(str(tmp_path / "x.db")), actor="ana", device="d")
    room.do(c.Declare(facts=e.Declared(title="checkout fails")))
    reading = ReadingRoom(room)
    assert [one.title for one in reading.incidents()] == ["checkout fails"]
    assert reading.records("INC-1") == room.records("INC-1")
    for command, name in (
        (c.Acknowledge(), "INC-1"),
        (c.Declare(facts=e.Declared(title="x")), None),
    ):
        refused = reading.do(command, name)
        assert isinstance(refused, Refusal)
        assert refused.reason == "this console only reads"
    assert len(room.records("INC-1")) == 1
    assert reading.contact().reading
    assert not room.contact().reading
    reading.close()


def test_without_the_extra_the_browser_is_refused_in_one_message() -> None:
    code = (
        "import sys; sys.modules['textual_serve.server'] = None\n"
        "from warroom.cli.main import run; sys.exit(run(['web']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "pip install 'warroom[web]'" in done.stderr
    assert "Traceback" not in done.stderr
