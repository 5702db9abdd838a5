"""The file of refusals: who was turned away, when, from what and why; one JSON object a line."""

import json
import logging
import threading
from datetime import UTC, datetime
from pathlib import Path

from warroom.files import append_line

_log = logging.getLogger(__name__)

_BYTES = 5 << 20
_KEPT = 8
"""Files of that size: bounded, whoever knocks how often."""


class Audit:
    """Appends to a file that only its user can read; an old one is set aside when it is large."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def write(self, what: str, **facts: str | int) -> None:
        """Keep one line; a disk that is full must not stop the server."""
        line = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "what": what, **facts}
        # ASCII with escapes: nothing in an address or a name can make a line of its own.
        data = json.dumps(line, ensure_ascii=True).encode("ascii")
        with self._lock:
            try:
                self._append(data)
            except OSError as error:
                _log.warning("audit %s: %s", self._path, error)

    def _append(self, line: bytes) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if append_line(self._path, line) > _BYTES:
            for number in range(_KEPT - 1, 0, -1):
                older = self._path.with_name(f"{self._path.name}.{number}")
                if older.exists():
                    older.replace(self._path.with_name(f"{self._path.name}.{number + 1}"))
            self._path.replace(self._path.with_name(f"{self._path.name}.1"))
