"""Bounded, redacted output: whatever a step prints, this much memory and no secret."""

import re
from collections.abc import Iterable

from warroom.runbooks.outcome import OnOutput
from warroom.runbooks.redact import Redactor, redact_shapes

KEEP = 64 * 1024
"""Bytes kept of the beginning, and as many of the end."""
_LINE = 4096
"""Bytes after which an unfinished line is shown as it is."""
_STATE_LINE = re.compile(r"warroom-state: ([a-z][a-z0-9_]{0,62})=([^\x00-\x1f\x7f]{0,1000})")
_STATE_LIMIT = 100


class Collector:
    """Takes raw bytes; keeps head and tail, passes on whole lines, counts everything."""

    def __init__(self, secrets: Iterable[str], on_output: OnOutput | None) -> None:
        self._redactor = Redactor(secrets)
        self._on_output = on_output
        self._head = bytearray()
        self._tail = bytearray()
        self._line = bytearray()
        self._emitted = 0
        self._states: dict[str, str] = {}
        self.total = 0

    def feed(self, piece: bytes) -> None:
        """Take some bytes of output."""
        self.total += len(piece)
        self._keep(self._redactor.feed(piece))

    def flush(self) -> None:
        """Show what there is of an unfinished line: the step is waiting or has ended."""
        self._emit(self._line[self._emitted :])
        self._emitted = len(self._line)

    def finish(self) -> tuple[str, str, dict[str, str]]:
        """Head, tail and the reported state, when nothing more will come."""
        self._keep(self._redactor.finish())
        self.flush()
        self._note_states(self._line)
        head = self._head.decode("utf-8", "replace")
        tail = self._tail.decode("utf-8", "replace")
        return redact_shapes(head), redact_shapes(tail), dict(self._states)

    def _keep(self, shown: bytes) -> None:
        room = KEEP - len(self._head)
        self._head += shown[:room]
        if len(shown) > room:
            self._tail += shown[max(0, room) :]
            del self._tail[:-KEEP]
        cut = shown.rfind(b"\n") + 1
        if cut:
            whole = self._line + shown[:cut]
            self._emit(whole[self._emitted :])
            self._note_states(whole)
            self._line.clear()
            self._emitted = 0
        self._line += shown[cut:]
        if len(self._line) >= _LINE:  # no line of ours is that long: show it and forget it
            self.flush()
            self._line[:] = b"\0"
            self._emitted = 1

    def _note_states(self, lines: bytes | bytearray) -> None:
        if b"warroom-state: " not in lines:
            return
        for line in lines.decode("utf-8", "replace").split("\n"):
            match = _STATE_LINE.fullmatch(line.removesuffix("\r"))
            if match and len(self._states) < _STATE_LIMIT:
                self._states[match[1]] = match[2]

    def _emit(self, raw: bytes | bytearray) -> None:
        if raw and self._on_output is not None:
            self._on_output(redact_shapes(raw.decode("utf-8", "replace")))
