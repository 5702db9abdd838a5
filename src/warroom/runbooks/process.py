"""Which process is which: identities that survive a restart of the console."""

import contextlib
import os
import signal
from pathlib import Path

from warroom.runbooks.outcome import Identity

_START_FIELD = 19
"""Index of the start time among the fields of /proc/PID/stat after the name (proc(5))."""


def boot_id() -> str:
    """The id of this start of the system; empty where there is none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""


def _stat(pid: int) -> tuple[str, int] | None:
    """State and start time of a process, None where there is no such process."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        return fields[0].decode(), int(fields[_START_FIELD])
    except (OSError, IndexError, ValueError):
        return None


def own_identity() -> Identity:
    """The identity of this very process."""
    found = _stat(os.getpid())
    return Identity(os.getpid(), found[1] if found else 0, boot_id())


def alive(identity: Identity) -> bool:
    """Whether this very process still runs; a number given to another one does not count."""
    if identity.pid <= 0:
        return False
    if not Path("/proc/self/stat").exists():
        try:
            os.kill(identity.pid, 0)
        except (ProcessLookupError, PermissionError):
            return False
        return identity.start == 0
    found = _stat(identity.pid)
    return (
        found is not None
        and found[0] not in {"Z", "X"}
        and found[1] == identity.start
        and boot_id() == identity.boot
    )


def end(identity: Identity) -> bool:
    """KILL the group of a step that an earlier console left; False where it is not that process."""
    if not alive(identity):
        return False
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(identity.pid, signal.SIGKILL)
    return True
