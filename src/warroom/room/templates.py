"""The folder of postmortem templates: Markdown files, one a client or a category."""

from collections.abc import Mapping
from pathlib import Path

_LIMIT = 100_000
"""Bytes of a template that are read."""


def read_templates(folder: Path) -> Mapping[str, str]:
    """Return the templates of a folder by name, in order; none where there is no folder.

    Raises:
        OSError: One of them cannot be read.
    """
    found = {}
    for path in sorted(folder.glob("*.md")):
        with path.open("rb") as file:
            found[path.stem] = file.read(_LIMIT).decode("utf-8", "replace")
    return found
