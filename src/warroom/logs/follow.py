"""Tell what happened to a followed file between two looks: grown, truncated, rewritten, replaced.

Polling only (inotify sees nothing on network file systems). A file is known by its device and
inode, by its first KiB, and by the last bytes before the position read so far: inodes
are reused, and a file may be truncated and grow past the old position between two looks.
"""

import errno
import os
import stat
import time
from pathlib import Path

from warroom.logs.errors import LogError
from warroom.logs.stores import FileStore

FINGERPRINT = 1024
TAIL = 64
# File systems stamp writes with the clock of a timer tick: two writes 4 ms apart may carry the same
# time. A file written this recently is looked at again although its time has not changed.
_TICK = 0.05


def open_regular(path: str) -> int:
    """Open a regular file for reading and return its descriptor; never hangs on a pipe or device.

    Raises:
        OSError: It cannot be opened, or is not a regular file (EINVAL).
    """
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError(errno.EINVAL, "not a regular file")
    return fd


def explain(path: str, error: OSError) -> LogError:
    """Return the error to show for a file that cannot be opened."""
    advice = {
        errno.ENOENT: "there is no such file; check the path",
        errno.EACCES: "permission denied; run as a user who may read it",
        errno.EINVAL: "not a regular file; name a file, or pipe it in",
        errno.ELOOP: "too many symbolic links; name the file itself",
        errno.EISDIR: "it is a folder; name the files in it",
    }
    reason = advice.get(error.errno or 0, error.strerror or str(error))
    return LogError(f"{path}: cannot open the log: {reason}")


class Watched:
    """One open file under a path, and how far it has been read."""

    def __init__(self, path: str, store: FileStore) -> None:
        self.path = path
        self.store = store
        status = os.fstat(store.fd)
        self.identity = (status.st_dev, status.st_ino)
        self.position = 0
        """Bytes read so far."""
        self._head = b""
        self._tail = b""
        self._written = -1

    def advance(self, begin: int, data: bytes) -> None:
        """Note what was read; it may begin in what was read before, or beyond the end of it."""
        known = len(self._head)
        if begin <= known < FINGERPRINT:
            overlap = known - begin
            if data[:overlap] == self._head[begin:][: len(data)]:
                self._head += data[overlap:][: FINGERPRINT - known]
            # else it was rewritten a moment ago: the next look finds the old head gone
        kept = len(self._tail) - (self.position - begin)
        before = self._tail[:kept] if begin <= self.position and kept > 0 else b""
        self._tail = (before + data[-TAIL:])[-TAIL:]
        self.position = begin + len(data)

    def reset_reason(self) -> str | None:
        """Return how the file's content was replaced in place, None where it was not."""
        status = os.fstat(self.store.fd)
        if status.st_size < self.position:
            return "truncated"
        if status.st_mtime_ns == self._written:
            return None
        if not self.same(self.store):
            return "rewritten in place"  # and again when asked again
        if time.time() - status.st_mtime > _TICK:
            self._written = status.st_mtime_ns
        return None

    def same(self, store: FileStore) -> bool:
        """Say whether a file holds, as far as is known, what was read from this one."""
        if store.read(0, len(self._head)) != self._head:
            return False
        before = store.read(self.position - len(self._tail), len(self._tail))
        return before == self._tail

    def replacement(self) -> os.stat_result | None:
        """Return what stands under the path now if it is another file, None if it is this one.

        Raises:
            OSError: Nothing stands there, or it cannot be looked at.
        """
        status = os.stat(self.path)  # noqa: PTH116 - asked hundreds of times a second
        return None if (status.st_dev, status.st_ino) == self.identity else status

    def copy_beside(self) -> FileStore | None:
        """Return a file beside this one that holds what was read from it.

        Rotation by copy-and-truncate leaves one (`access.log.1`), perhaps with lines that were
        written after the last look.
        """
        here = Path(self.path)
        if not self.position:
            return None
        for beside in sorted(here.parent.glob(f"{here.name}[.-]*")):
            try:
                store = FileStore(open_regular(str(beside)))
            except OSError:
                continue
            if store.size >= self.position and self.same(store):
                return store
            store.close()
        return None
