"""The demo, played through the real console on the really failing service."""

import os
import re
import subprocess
import sys
from pathlib import Path


def test_the_script_carries_the_incident_through_and_leaves_nothing(tmp_path: Path) -> None:
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("WARROOM_", "XDG_"))},
        "HOME": str(tmp_path),
        "TMPDIR": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-m", "warroom", "demo", "--script"],
        capture_output=True,
        text=True,
        timeout=400,
        env=environment,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    keys = re.findall(r"key +(\S+)", done.stdout)
    # From the spike to contained: declare, send, acknowledge, contain, rollback, run.
    assert keys[:6] == ["d", "ctrl+s", "a", "c", "r", "R"]
    assert "contained, by the measured effect" in done.stdout
    assert "journal                unbroken" in done.stdout
    told = re.search(r"console measured .*?([0-9.]+) % → ([0-9.]+) %", done.stdout)
    counted = re.search(r"independent count +([0-9.]+) % of", done.stdout)
    assert told is not None
    assert counted is not None
    assert told[1] == counted[1]
    assert float(told[1]) > 30
    assert float(told[2]) < 5
    assert list(tmp_path.glob("warroom-*")) == []
    alive = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, timeout=20)
    assert str(tmp_path) not in alive.stdout
