"""What a terminal sends, read so that nothing in a paste counts as a key.

The framework takes an escape byte inside a paste for the beginning of a key, so that what follows
it is pressed instead of inserted; and a byte that is no UTF-8 ends its input, and with that the
console. Some terminals hand both through from the clipboard.
"""

import os
import selectors
from codecs import getincrementaldecoder

from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

_BEGIN = "\x1b[200~"
_END = "\x1b[201~"
_LOOK_SECONDS = 0.1
"""How often the end of the console is looked for, and a lone escape is taken for the key."""


class PasteGuard:
    """Takes escapes out of pastes; marks and pastes may come in any number of pieces."""

    def __init__(self) -> None:
        self._inside = False
        self._kept = ""
        """The end of the last piece, if it may be the beginning of a mark."""

    def clean(self, text: str) -> str:
        """Return the next piece of input; inside a paste, a beginning of its end is held back."""
        done: list[str] = []
        while text:
            mark = _END if self._inside else _BEGIN
            joined = self._kept + text
            before, found, rest = joined.partition(mark)
            kept = "" if found else joined[len(joined) - _overlap(joined, mark) :]
            if self._inside:
                inserted = before[: len(before) - len(kept)]
                done.append(inserted.replace("\x1b", "") + found)
            else:  # a lone escape is a key, and waits for nothing
                done.append(text[: len(text) - len(rest)])
            self._kept, text = kept, rest
            self._inside ^= bool(found)
        return "".join(done)


def _overlap(text: str, mark: str) -> int:
    """Return how many characters at the end of `text` are a beginning of `mark`."""
    return next((n for n in range(len(mark) - 1, 0, -1) if text.endswith(mark[:n])), 0)


class CarefulDriver(LinuxDriver):
    """The framework's driver with a guard before its parser."""

    def run_input_thread(self) -> None:
        """Hand on what is typed until the console ends."""
        parser = XTermParser(self._debug)
        decoder = getincrementaldecoder("utf-8")("replace")
        guard = PasteGuard()
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(_LOOK_SECONDS):
                    data = os.read(self.fileno, 4096)
                    if not data:  # nobody types any more
                        self.exit_event.wait(_LOOK_SECONDS)
                    text = guard.clean(decoder.decode(data))
                    for event in parser.feed(text) if text else ():
                        self.process_message(event)
                for event in parser.tick():
                    self.process_message(event)
