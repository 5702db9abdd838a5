"""A journal as lines of JSON that anybody can read: its name, then each event as it was hashed."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict

from warroom.core.codec import CannotDecode, decode
from warroom.core.journal import Head, Link

FORMAT = "warroom journal 1"


def write_archive(head: Head, links: Iterable[Link]) -> Iterator[str]:
    """Yield the lines of an archive, without their ends."""
    yield json.dumps({"format": FORMAT, "journal": head.journal}, ensure_ascii=False)
    for link in links:
        yield json.dumps(asdict(link), ensure_ascii=False)


def read_archive(lines: Iterable[str]) -> tuple[str, tuple[Link, ...]]:
    """Return the name of the journal and its events.

    Raises:
        ValueError: It is no such archive; the message names the line.
    """
    found: list[Link] = []
    name = ""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
            if not name:
                name = _name(data)
                continue
            found.append(decode(Link, data))
        except (ValueError, CannotDecode) as error:
            raise ValueError(f"line {number}: {error}") from None
    if not name:
        raise ValueError("it is empty")
    return name, tuple(found)


def _name(data: object) -> str:
    if isinstance(data, dict) and data.get("format") == FORMAT:
        name = data.get("journal")
        if isinstance(name, str) and name:
            return name
    raise ValueError(f"an archive begins with its format, {FORMAT!r}, and its name")
