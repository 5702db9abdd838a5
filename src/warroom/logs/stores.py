"""Where the bytes of a source are: a file, a temporary spool, or what is left of a lost file."""

import os
from collections import deque
from pathlib import Path
from typing import Protocol

KEPT = 4 << 20
"""Bytes of a followed file that stay in memory, to be shown after it was truncated."""
SPOOL_LIMIT = 4 << 30
"""Bytes a spool may grow to; a stream that brings more is cut with a gap row."""


class Store(Protocol):
    """Bytes by position."""

    def read(self, offset: int, size: int) -> bytes:
        """Return up to `size` bytes; fewer where the source ends or no longer has them."""
        ...

    def read_into(self, view: memoryview, offset: int) -> int:
        """Fill `view` from `offset`; return how many bytes there were."""
        ...

    @property
    def size(self) -> int:
        """How many bytes there are now."""
        ...

    @property
    def label(self) -> str | None:
        """What to call it where that differs from its log's name (an older file of a set)."""
        ...

    @property
    def lost(self) -> str | None:
        """Why bytes may be missing, None while all are there."""
        ...

    def close(self) -> None:
        """Release it."""
        ...


class FileStore:
    """A regular file, read by position and never mapped: a truncated mapping kills the process."""

    lost: str | None = None

    def __init__(self, fd: int, label: str | None = None) -> None:
        self.fd = fd
        self.label = label

    def read(self, offset: int, size: int) -> bytes:
        """Return up to `size` bytes from `offset`; none where that fails, and `lost` says why."""
        parts = []
        try:
            while size > 0 and (part := os.pread(self.fd, min(size, 1 << 24), offset)):
                parts.append(part)
                offset += len(part)
                size -= len(part)
        except OSError as error:
            self.lost = "closed" if self.fd < 0 else f"cannot be read: {error.strerror}"
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def read_into(self, view: memoryview, offset: int) -> int:
        """Fill `view` from `offset`; return how many bytes there were."""
        done = 0
        while done < len(view):
            count = os.preadv(self.fd, [view[done:]], offset + done)
            if count <= 0:
                break
            done += count
        return done

    @property
    def size(self) -> int:
        """The file's size now."""
        return os.fstat(self.fd).st_size

    def close(self) -> None:
        """Close the file."""
        fd, self.fd = self.fd, -1
        if fd >= 0:
            os.close(fd)


class SpoolStore(FileStore):
    """A temporary file without a name, for streams that cannot be read twice."""

    def __init__(self, label: str | None = None) -> None:
        import tempfile  # noqa: PLC0415 - most logs are files and need none

        fd, path = tempfile.mkstemp(prefix="warroom-spool-")
        Path(path).unlink()
        super().__init__(fd, label)
        self.end = 0

    def write(self, data: bytes) -> None:
        """Append `data`.

        Raises:
            OSError: The disk is full or the spool has reached its limit.
        """
        if self.end + len(data) > SPOOL_LIMIT:
            raise OSError(f"the spool holds {SPOOL_LIMIT >> 30} GiB, its limit")
        view = memoryview(data)
        while view:
            count = os.pwrite(self.fd, view, self.end)
            self.end += count
            view = view[count:]


class Memory:
    """The last bytes seen of a file, in pieces of (offset, bytes)."""

    def __init__(self, limit: int = KEPT) -> None:
        self._limit = limit
        self._pieces: deque[tuple[int, bytes]] = deque()
        self._held = 0

    def keep(self, offset: int, data: bytes) -> None:
        """Remember `data`, forgetting the oldest beyond the limit."""
        if len(data) > self._limit:
            offset += len(data) - self._limit
            data = data[-self._limit :]
        self._pieces.append((offset, data))
        self._held += len(data)
        while self._held > self._limit:
            self._held -= len(self._pieces.popleft()[1])

    def read(self, offset: int, size: int) -> bytes:
        """Return the bytes from `offset` as far as they are remembered without a hole."""
        out = bytearray()
        for start, data in self._pieces:
            inside = offset + len(out) - start
            if 0 <= inside < len(data):
                out += data[inside : inside + size - len(out)]
                if len(out) >= size:
                    break
        return bytes(out)


class LostStore:
    """What is left of a file that was truncated or overwritten: the remembered bytes."""

    label: str | None = None

    def __init__(self, memory: Memory, size: int, lost: str) -> None:
        self._memory = memory
        self.size = size
        self.lost: str | None = lost

    def read(self, offset: int, size: int) -> bytes:
        """Return remembered bytes."""
        return self._memory.read(offset, min(size, max(0, self.size - offset)))

    def read_into(self, view: memoryview, offset: int) -> int:
        """Fill `view` with remembered bytes."""
        data = self.read(offset, len(view))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Nothing to release."""
