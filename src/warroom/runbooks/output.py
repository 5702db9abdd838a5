"""Bounded, redacted output: whatever a step prints, this much memory and no secret."""

import re
from collections.abc import Iterable, Mapping

from warroom.runbooks.outcome import OnOutput, OnState
from warroom.runbooks.redact import Redactor, redact_shapes

KEEP = 64 * 1024
"""Bytes kept of the beginning, and as many of the end."""
_LINE = 4096
"""Bytes after which an unfinished line is shown as it is."""
_STATE = re.compile(r"([a-z][a-z0-9_]{0,62})=([^\x00-\x1f\x7f]{0,1000})")
_STATE_WORD = "warroom-state: "
STATE_LIMIT = 100
"""Names of a state that are kept of one block."""


class Collector:
    """Takes raw bytes; keeps head and tail, passes on whole lines, counts everything.

    What a line says of the state before goes to `on_state` ahead of everything that `on_output`
    gets: who has seen a line on a screen may rely on it.
    """

    def __init__(
        self,
        secrets: Iterable[str],
        on_output: OnOutput | None,
        on_state: OnState | None = None,
    ) -> None:
        self._redactor = Redactor(secrets)
        self._on_output = on_output
        self._on_state = on_state
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

    def report(self, found: Mapping[str, str]) -> None:
        """Take a state that did not come as lines of output; what fits no line is left out."""
        raw = "".join(
            f"{_STATE_WORD}{name}={value}\n" for name, value in found.items() if "\n" not in value
        )
        shown = self._redactor.feed(raw.encode("utf-8", "replace")) + self._redactor.finish()
        self._note_states(shown)

    def flush(self) -> None:
        """Show what there is of an unfinished line: the step is waiting or has ended."""
        self._emit(self._line[self._emitted :])
        self._emitted = len(self._line)

    def finish(self) -> tuple[str, str, dict[str, str]]:
        """Head, tail and the reported state, when nothing more will come."""
        self._keep(self._redactor.finish())
        self._note_states(self._line)
        self.flush()
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
            self._note_states(whole)
            self._emit(whole[self._emitted :])
            self._line.clear()
            self._emitted = 0
        self._line += shown[cut:]
        if len(self._line) >= _LINE:  # no line of ours is that long: show it and forget it
            self.flush()
            self._line[:] = b"\0"
            self._emitted = 1

    def _note_states(self, lines: bytes | bytearray) -> None:
        if _STATE_WORD.encode() not in lines:
            return
        news: dict[str, str] = {}
        for line in lines.decode("utf-8", "replace").split("\n"):
            if not line.startswith(_STATE_WORD):
                continue
            told = redact_shapes(line).removeprefix(_STATE_WORD).removesuffix("\r")
            match = _STATE.fullmatch(told)
            if match is None or self._states.get(match[1]) == match[2]:
                continue
            if match[1] in self._states or len(self._states) < STATE_LIMIT:
                self._states[match[1]] = news[match[1]] = match[2]
        if news and self._on_state is not None:
            self._on_state(news)

    def _emit(self, raw: bytes | bytearray) -> None:
        if raw and self._on_output is not None:
            self._on_output(redact_shapes(raw.decode("utf-8", "replace")))
