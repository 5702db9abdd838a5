"""Files that are written for people and other programs: whole, or not at all."""

import errno
import os
import secrets
import stat
from pathlib import Path

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""What the operating system says of a full disk, a quota that is used up, a limit on file size."""

_NO_FILES = ("/dev/", "/proc/")


def put(path: Path, data: bytes, mode: int | None = None) -> None:
    """Put a file in its place at once: nobody sees half of it, and a full disk leaves none of it.

    Args:
        path: What is there is replaced; through a link, what it names is.
        data: The whole of it.
        mode: Who may do what with it; by default as before, or as for any new file.

    Raises:
        OSError: It was not written; what was there before still is.
    """
    if str(path).startswith(_NO_FILES) or (path.exists() and not path.is_file()):
        path.write_bytes(data)
        return
    target = Path(os.path.realpath(path))
    part = target.with_name(f".{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if mode is None and target.exists():
            mode = stat.S_IMODE(target.stat().st_mode)
        if mode is not None:
            part.chmod(mode)
        part.replace(target)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        part.unlink(missing_ok=True)


def append_line(path: Path, line: bytes, *, sync: bool = False, through_links: bool = False) -> int:
    """Add a line to a file of its user alone, in one write; returns how large it is now.

    A line that was torn before, by a crash or a full disk, does not swallow this one.

    Raises:
        OSError: The line is not there, or not all of it.
    """
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    handle = os.open(path, flags if through_links else flags | os.O_NOFOLLOW, 0o600)
    try:
        size = os.fstat(handle).st_size
        torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
        data = (b"\n" if torn else b"") + line + b"\n"
        if os.write(handle, data) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        if sync:
            os.fsync(handle)
    finally:
        os.close(handle)
    return size + len(data)
