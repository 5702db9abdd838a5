"""What the guides say is done: files are written, commands run, changes made to a copy of the code.

A block with `title="PATH"` is a file (`~` is an empty home, `src/` and `tests/` are the copy's); one
of `sh` is run; one of `text` says lines that the last commands printed; one of `diff` changes the
copy; one of `console` needs a person.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUIDES = [ROOT / "docs" / "tutorial.md", *sorted((ROOT / "docs" / "guides").glob("*.md"))]
CODE = ("src/", "tests/")


def blocks(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield language, path and content of each fenced block."""
    fence = r'^(?P<f>`{3,})(?P<how>\w+)(?: title="(?P<path>[^"]+)")?\n(?P<body>.*?)^(?P=f)$'
    for found in re.finditer(fence, text, re.DOTALL | re.MULTILINE):
        yield found["how"], found["path"] or "", found["body"]


class Reader:
    """Does what a guide says, in a home and a copy of the code of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.printed = ""
        wrapper = folder / "bin" / "warroom"
        wrapper.parent.mkdir()
        wrapper.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m warroom "$@"\n')
        wrapper.chmod(0o755)
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("WARROOM_", "XDG_"))}
        self.environment = {
            **clean,
            "HOME": str(folder),
            "PATH": f"{wrapper.parent}:{os.environ['PATH']}",
            "PYTHONPATH": f"{folder / 'src'}:{ROOT}",
        }

    def write(self, path: str, body: str) -> None:
        if path.startswith(CODE):
            self.copy()
        # A test lies by itself: beside a folder called tests, the repository's would not be found.
        place = Path(path).name if path.startswith("tests/") else path.removeprefix("~/")
        target = self.folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(body)
        if path.startswith("tests/"):
            self.run(f'"{sys.executable}" -m pytest -q -p no:cacheprovider {target}')

    def copy(self) -> None:
        if not (self.folder / "src").exists():
            shutil.copytree(ROOT / "src", self.folder / "src")
            shutil.copy(ROOT / "pyproject.toml", self.folder)
            shutil.copytree(ROOT / "themes", self.folder / "themes")

    def change(self, body: str) -> None:
        """Apply a diff whose places are found by their words."""
        head, *hunks = body.split("@@\n")
        target = self.folder / re.findall(r"^\+\+\+ b/(\S+)$", head, re.MULTILINE)[0]
        text = target.read_text()
        for hunk in hunks:
            lines = hunk.splitlines()
            old = "\n".join(line[1:] for line in lines if line[:1] in " -")
            new = "\n".join(line[1:] for line in lines if line[:1] in " +")
            assert text.count(f"\n{old}\n") == 1, f"{target.name} does not have once:\n{old}"
            text = text.replace(f"\n{old}\n", f"\n{new}\n")
        target.write_text(text)

    def run(self, script: str) -> None:
        done = subprocess.run(
            ["sh", "-ec", script],
            capture_output=True,
            text=True,
            timeout=180,
            env=self.environment,
            cwd=self.folder,
        )
        assert done.returncode == 0, (script, done.stdout[-3000:], done.stderr[-3000:])
        self.printed = done.stdout


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_a_guide_does_what_it_says(guide: Path, tmp_path: Path) -> None:
    reader = Reader(tmp_path)
    done = 0
    for how, path, body in blocks(guide.read_text()):
        done += 1
        if path:
            reader.write(path, body)
        elif how == "diff":
            reader.change(body)
        elif how == "sh":
            reader.run(body)
        elif how == "text":
            for line in body.splitlines():
                assert line in reader.printed, (line, reader.printed)
        else:
            assert how == "console", how
    assert done >= 3


def test_the_guides_are_those_of_everything_that_is_added() -> None:
    assert {"tutorial", "log-format", "runbook", "intake", "pane"} <= {g.stem for g in GUIDES}
