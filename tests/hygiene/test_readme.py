"""The commands of the README do what they say, in the order in which they stand there."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
INTERACTIVE = ("--log", "tail", "demo", "drill run", "--as", "serve")


def commands(text: str) -> list[str]:
    """Return the lines of its shell blocks that call warroom, without their remarks."""
    found = []
    for block in re.findall(r"```\n(.*?)```", text, re.DOTALL):
        for line in block.splitlines():
            words = line.partition("   #")[0].strip().removeprefix(".venv/bin/")
            if words.startswith("warroom ") and not words[8:].startswith(INTERACTIVE):
                found.append(words.removeprefix("warroom "))
    return found


def test_every_command_of_the_readme_and_of_the_drills_page_runs(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(
        '192.0.2.1 - - [21/Nov/2026:14:00:00 +0000] "GET / HTTP/1.1" 502 12 "-" "curl"\n'
    )
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("WARROOM_", "XDG_"))},
        "HOME": str(tmp_path),
    }
    listed = [
        *commands((ROOT / "README.md").read_text()),
        *commands((ROOT / "docs" / "drills.md").read_text()),
    ]
    assert len(listed) >= 12
    for line in listed:
        shell = line.replace("/var/log/nginx/access.log", str(log))
        done = subprocess.run(
            ["sh", "-c", f'"{sys.executable}" -m warroom {shell}'],
            capture_output=True,
            text=True,
            timeout=120,
            env=environment,
        )
        assert done.returncode == 0, (line, done.stdout, done.stderr)
