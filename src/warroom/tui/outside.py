"""Command lines of the reader's own pager and editor, at a place in a file."""

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_FILE_AND_LINE = {"code", "codium", "cursor", "zed", "hx", "helix", "subl", "micro", "atom"}
"""Editors that take `FILE:LINE`."""
_GOTO = {"code", "codium", "cursor"}
"""Of these the ones that want to be told so, and to wait."""


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file."""

    path: Path
    line: int
    """From 1."""
    offset: int
    """Of its first byte."""


def pager(place: Place, environment: Mapping[str, str] = os.environ) -> list[str]:
    """Return the pager's command line; `less` jumps to the byte, which no size slows down."""
    argv = shlex.split(environment.get("PAGER") or "less")
    program = Path(argv[0]).name
    if program == "less":
        return [*argv, "-n", f"+{place.offset}P", str(place.path)]
    if program in {"more", "most"}:
        return [*argv, f"+{place.line}", str(place.path)]
    return [*argv, str(place.path)]


def editor(place: Place, environment: Mapping[str, str] = os.environ) -> list[str]:
    """Return the editor's command line: VISUAL, else EDITOR, else vi."""
    argv = shlex.split(environment.get("VISUAL") or environment.get("EDITOR") or "vi")
    program = Path(argv[0]).name
    if program in _FILE_AND_LINE:
        goto = ["--wait", "--goto"] if program in _GOTO else []
        return [*argv, *goto, f"{place.path}:{place.line}"]
    return [*argv, f"+{place.line}", str(place.path)]
