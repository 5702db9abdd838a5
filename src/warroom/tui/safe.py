"""How foreign text reaches a widget: cleaned, and as content that is never read as markup."""

from rich.text import Text
from textual.content import Content

from warroom.core.text import clean_line, clean_text


def plain(text: str | bytes) -> Content:
    """Return one line of foreign text as content for a widget."""
    return Content(clean_line(text))


def block(text: str | bytes) -> Content:
    """Return foreign text of several lines as content for a widget."""
    return Content(clean_text(text))


def cell(text: str | bytes) -> Text:
    """Return one line of foreign text for a table cell or a tree label, which want rich text."""
    return Text(clean_line(text))
