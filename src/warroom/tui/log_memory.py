"""What a reader typed to find lines, kept for the next time: named filters and what was last used.

The file is small JSON in the state folder. Two consoles may write it: each change is laid over what
the file holds at that moment.
"""

import json
import re
import threading
from collections.abc import Mapping
from pathlib import Path

from warroom.files import put

KEPT = 50
"""Searches and filters remembered of each kind."""
_NAMING = re.compile(r"(?:^|\s)=(?P<name>[\w-]{1,40})\s*\Z")


class LogMemory:
    """Named filters, and the searches and filters last used; without a path for this run only."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self.names: dict[str, str] = {}
        """Filters by name."""
        self._used: dict[str, list[str]] = {"search": [], "filter": [], "time": []}
        self._take(self._read())

    def past(self, kind: str) -> tuple[str, ...]:
        """Return what was typed before as a `search`, `filter` or `time`, the newest first."""
        return tuple(self._used.get(kind, ()))

    def use(self, kind: str, text: str) -> None:
        """Remember what was typed; blocks for a small write."""
        with self._lock:
            self._take(self._read())
            used = self._used[kind]
            self._used[kind] = [text, *(one for one in used if one != text)][:KEPT]
            self._write()

    def name(self, name: str, text: str) -> None:
        """Give a filter a name, or with an empty text forget the name; blocks for a small write."""
        with self._lock:
            self._take(self._read())
            if text:
                self.names[name] = text
            else:
                self.names.pop(name, None)
            self._write()

    def _take(self, data: Mapping[str, object]) -> None:
        names, used = data.get("names"), data.get("used")
        if isinstance(names, dict):
            self.names = {str(name): str(text) for name, text in names.items()}
        for kind in self._used if isinstance(used, dict) else ():
            found = used.get(kind) if isinstance(used, dict) else None
            if isinstance(found, list):
                self._used[kind] = [str(text) for text in found[:KEPT]]

    def _read(self) -> dict[str, object]:
        if self._path is None:
            return {}
        try:
            found = json.loads(self._path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}  # none yet, or not ours: a convenience is no reason to stop
        return found if isinstance(found, dict) else {}

    def _write(self) -> None:
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        data = {"names": self.names, "used": self._used}
        put(self._path, json.dumps(data, ensure_ascii=False, indent=1).encode(), mode=0o600)


def naming(text: str) -> tuple[str, str]:
    """Split `5xx -health =noise` into the filter and the name it is to get, empty for none."""
    found = _NAMING.search(text)
    return (text[: found.start()].strip(), found["name"]) if found else (text, "")
