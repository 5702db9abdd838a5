"""The one row in which words are typed; nothing that gets into it can control the terminal."""

from textual import events
from textual.widgets import Input

from warroom.core.text import clean_line


class WordsInput(Input):
    """The framework's input, which draws what is pasted as it is, and its hints too faintly."""

    DEFAULT_CSS = """
    WordsInput > .input--placeholder, WordsInput > .input--suggestion { color: $wr-mute; }
    WordsInput:focus { background-tint: $wr-bg2 0%; }
    """

    def validate_value(self, value: str) -> str:
        """Keep only what can be drawn, whoever has put it there: a hand, a draft, a suggestion."""
        return str(clean_line(value))

    def on_paste(self, event: events.Paste) -> None:
        """Insert all lines of a paste as one; the framework drops those after the first."""
        event.prevent_default()
        event.stop()
        words = str(clean_line(" ".join(event.text.strip("\r\n").splitlines())))
        start, end = sorted(self.selection)
        if words:
            self.replace(words, start, end)
