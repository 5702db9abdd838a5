"""The anchor file: where the journal stood, written down outside the database.

Whoever can write to the database can cut its tail and make its head agree; then every check inside
the database passes. A line in another folder, one for every few events, tells.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from warroom.files import append_line

_LINE = re.compile(
    r"(?P<seq>\d{1,18}) (?P<hash>[0-9a-f]{64}) (?P<at>\S+) (?P<journal>[0-9a-f]{32}) "
    r"(?P<what>new|head|restored|adopted) (?P<where>\S+)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """One line: the journal `journal`, kept at `where`, had `hash` at `seq`."""

    seq: int
    hash: str
    at: str
    journal: str
    what: str
    """`head`; `new`, `adopted`: this journal belongs at this place from here on; `restored`: a
    person put an older state back, later lines before this one no longer hold."""
    where: str


def _anchor(line: str) -> Anchor | None:
    found = _LINE.fullmatch(line)
    if found is None:
        return None
    return Anchor(
        seq=int(found["seq"]),
        hash=found["hash"],
        at=found["at"],
        journal=found["journal"],
        what=found["what"],
        where=found["where"],
    )


class Anchors:
    """The anchor file; all journals of a user share it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: tuple[tuple[int, int], tuple[Anchor, ...]] | None = None

    def write(self, anchor: Anchor) -> None:
        """Append one line and wait until it is on the disk.

        Raises:
            OSError: The line may not be there.
        """
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        line = (
            f"{anchor.seq} {anchor.hash} {anchor.at} {anchor.journal} {anchor.what} {anchor.where}"
        )
        append_line(self.path, line.encode("ascii"), sync=True)

    def read(self) -> tuple[Anchor, ...]:
        """Return the lines in order; what a crash tore is left out.

        Raises:
            OSError: Other than that there is no such file yet.
        """
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return ()
        if self._read is None or self._read[0] != (found.st_size, found.st_mtime_ns):
            lines = self.path.read_text(encoding="ascii", errors="replace").splitlines()
            parsed = tuple(anchor for anchor in map(_anchor, lines) if anchor is not None)
            self._read = ((found.st_size, found.st_mtime_ns), parsed)
        return self._read[1]

    def of_place(self, where: str) -> str | None:
        """Return which journal belongs at a place; None: nobody has said."""
        journal = None
        for anchor in self.read():
            if anchor.where == where:
                journal = anchor.journal
        return journal

    def of_journal(self, journal: str) -> tuple[Anchor, ...]:
        """Return what must hold of a journal, in the order of its events."""
        held: dict[int, Anchor] = {}
        for anchor in self.read():
            if anchor.journal != journal:
                continue
            if anchor.what == "restored":
                held = {seq: kept for seq, kept in held.items() if seq <= anchor.seq}
            held.setdefault(anchor.seq, anchor)
        return tuple(held[seq] for seq in sorted(held) if seq > 0)
