"""Index the parts of a file that a parent process asks for: `python -m warroom.logs.parts`.

Standard input brings a `Task` and then, for each part, where it begins and ends; standard output
takes the packed index of one part after the other. The end of the input is the end.
"""

from __future__ import annotations

import os
import pickle
import struct
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from warroom.logs.formats.reader import reader_again
from warroom.logs.index import Index
from warroom.logs.linescan import PAD
from warroom.logs.packing import Packed, frame, pack
from warroom.logs.scanning import CHUNK, scan_back, scan_forward, scanner_of
from warroom.logs.segments import Codes
from warroom.logs.stores import FileStore

if TYPE_CHECKING:
    from typing import BinaryIO

    from warroom.logs.formats.model import Format
    from warroom.logs.formats.reader import Reader
    from warroom.logs.stores import Store
    from warroom.logs.times import Clock

PART = struct.Struct("<QQ")
"""What asks for a part: where it begins and ends, each at the next entry."""
SIZE = struct.Struct("<Q")
"""What is before an answer: its bytes; none where the file no longer has the part."""
_LOOK = 64 << 10
"""Bytes read at a time to find where an entry starts."""
NICE = 10
"""How far behind the console these processes stand."""


@dataclass(frozen=True, slots=True)
class Task:
    """Which file is indexed, and how it is read."""

    fd: int
    """It is inherited."""
    end: int
    """Where what is indexed already begins: an entry starts here."""
    form: Format
    inner: Format | None
    clock: Clock
    heading: bytes
    """See `Reader.heading`."""

    def reader(self) -> Reader:
        """Return a reader of the format."""
        return reader_again(self.form, self.inner, self.heading, self.clock)


class Parts:
    """The file of a task, part by part."""

    def __init__(self, task: Task) -> None:
        self._store: Store = FileStore(task.fd)
        self._end = task.end
        self._codes = Codes()
        self._scanner = scanner_of(task.reader(), task.clock, self._codes)
        self._buffer = bytearray(CHUNK + PAD)

    def index(self, begin: int, end: int) -> bytes | None:
        """Return the packed index of the entries that start from `begin` on and before `end`.

        Returns:
            None where the bytes are no longer there.
        """
        head, floor = self._entry(end), self._entry(begin)
        if head is None or floor is None:
            return None
        index = Index(self._codes)
        # An entry of several lines is whole only when it is known where the next one starts.
        fill = self._backwards if self._scanner.stride == 1 else self._forwards
        if not fill(index, floor, head):
            return None
        described, body = pack(Packed(index.segments(), index.statuses), self._codes)
        return frame(described | {"begin": floor}, body)

    def _forwards(self, index: Index, begin: int, end: int) -> bool:
        """Index from an entry on; say whether the bytes were there. A tenth quicker than back."""
        scanner, store = self._scanner, self._store
        while begin < end:
            scanned, _ = scan_forward(scanner, store, begin, end, self._buffer, flush=True)
            if scanned is None:
                return False
            index.append(store, begin, scanned, scanner.stride)
            begin += scanned.end
        return True

    def _backwards(self, index: Index, begin: int, end: int) -> bool:
        """Index from the end back to an entry; say whether the bytes were there."""
        scanner, store = self._scanner, self._store
        while end > begin:
            found = scan_back(scanner, store, end, self._buffer, self._codes, begin)
            if found is None:
                return False
            end, scanned = found
            index.prepend(store, end, scanned, scanner.stride)
        return True

    def _entry(self, position: int) -> int | None:
        """Return where the first entry from a position on starts, None where the file ends."""
        if position in {0, self._end}:
            return position
        position -= 1  # the entry may start there: then the byte before ends a line
        while position < self._end:
            wanted = min(_LOOK, self._end - position)
            size = self._store.read_into(memoryview(self._buffer)[:wanted], position)
            if size < wanted:
                return None
            lead = self._scanner.align(self._buffer, size)
            if 0 <= lead < size:
                return position + lead
            # on from the last line, which may begin an entry but was not whole
            last = self._buffer.rfind(b"\n", 0, size)
            position += size if last <= 0 or position + size >= self._end else last
        return self._end


def answer(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer what is asked until there is no more."""
    parts = Parts(pickle.load(source))  # noqa: S301 - from the process that started this one
    while len(asked := source.read(PART.size)) == PART.size:
        found = parts.index(*PART.unpack(asked)) or b""
        sink.write(SIZE.pack(len(found)) + found)
        sink.flush()


if __name__ == "__main__":
    os.nice(NICE)
    answer(sys.stdin.buffer, sys.stdout.buffer)
