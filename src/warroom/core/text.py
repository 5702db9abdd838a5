"""Make foreign text harmless: the one choke point between the outside world and any screen.

A log line, an alert's title, a runbook's name or a file's path may carry bytes that clear the
screen, write the clipboard or turn text around. Everything of foreign origin passes `clean_line`
(one line) or `clean_text` (several lines) before it is drawn or printed. The journal keeps the raw
text: cleaning is done on the way out.
"""

import json
import re
from typing import NewType

SafeText = NewType("SafeText", str)
"""Text without control, bidirectional or invisible characters. Only this module makes it."""

LINE_LIMIT = 4096
"""Characters of one line that are shown; what is longer is cut with a visible mark."""

CUT_MARK = " …[cut]"

_WIDEST = 4
"""Bytes of the longest character of UTF-8: more of them than that a character are not looked at."""

_OPENERS = "\x90\x98\x9b\x9d\x9e\x9f"

# String sequences (DCS, SOS, OSC, PM, APC) end at BEL, ST, C1 ST or the end of the text; a bounded
# body keeps the search linear on hostile input.
_ESCAPES = re.compile(
    r"(?:\x1b[PX^_\]]|[\x90\x98\x9d\x9e\x9f])[^\x07\x1b\x9c]{0,4096}(?:\x07|\x1b\\|\x9c|$)"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|\x1b[ -/]*[0-~]",
)

# Blocks in which no character needs replacing: the fast path of nearly every line.
_ODD = re.compile(
    r"[^\x20-\x7e\xa1-\xac\xae-\u02ff\u0370-\u0482\u048a-\u0590"
    r"\u2010-\u2027\u2030-\u205f\u2190-\u27bf\u3000-\ud7ff]",
)

_MARKS = r"\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_MARK_PILE = re.compile(rf"([{_MARKS}]{{4}})[{_MARKS}]+")
_UNPAIRED = re.compile(r"[\ud800-\udfff\ufdd0-\ufdef\ufff0-\ufffc\ufffe\uffff]")

_BIDI = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_INVISIBLE = (0x00AD, 0x180E, 0x200B, 0x200C, 0x2060, 0xFEFF, *range(0xE0000, 0xE0080))

_REPLACEMENT: dict[int, str | None] = {
    **{code: chr(0x2400 + code) for code in range(0x20)},
    0x09: "    ",
    0x7F: "␡",
    0xA0: " ",
    **dict.fromkeys(range(0x80, 0xA0), "\ufffd"),
    **{code: f"<U+{code:04X}>" for code in _BIDI},
    **dict.fromkeys(_INVISIBLE),
    0x2028: "⏎",
    0x2029: "⏎",
}

_ACTIVE = re.compile(
    "[\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\uffff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
    rf"|(?<=[{_MARKS}]{{4}})[{_MARKS}]",
)
"""What may act on a terminal though JSON lets it stand as it is."""


def clean_line(text: str | bytes, limit: int = LINE_LIMIT) -> SafeText:
    """Return one printable line that shows `text` and can do nothing to a terminal.

    Escape sequences are removed whole; other control characters become visible pictures, C1
    controls and unpaired surrogates U+FFFD, bidirectional controls their code in words; invisible
    characters go; at most four combining marks stay on a base. Bytes are decoded as UTF-8 with
    replacement. Never raises, is idempotent, and costs about a microsecond for plain text.

    Args:
        text: Anything that came from outside.
        limit: Characters kept; the cut is marked with `CUT_MARK`.
    """
    if isinstance(text, bytes):
        text = text[: limit * _WIDEST + _WIDEST].decode("utf-8", "replace")
    cut = len(text) > limit
    if cut and len(text) <= limit + len(CUT_MARK) and text.endswith(CUT_MARK):
        limit, cut = len(text), False  # cut before: cleaning twice changes nothing
    text = text[:limit]
    if _ODD.search(text):
        if "\x1b" in text or any(opener in text for opener in _OPENERS):
            text = _ESCAPES.sub("", text)
        text = text.translate(_REPLACEMENT)
        text = _MARK_PILE.sub(r"\1", text)
        text = _UNPAIRED.sub("\ufffd", text)
        if len(text) > limit:  # pictures and codes are longer than what they stand for
            text, cut = text[:limit], True
    return SafeText(text + CUT_MARK if cut else text)


def clean_text(text: str | bytes, limit: int = 1_000_000) -> SafeText:
    """Return `text` cleaned line by line; newlines stay, CR LF and CR count as newlines."""
    if isinstance(text, bytes):
        text = text[: limit * _WIDEST + _WIDEST].decode("utf-8", "replace")
    cut = len(text) > limit
    lines = text[:limit].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    cleaned = "\n".join(clean_line(line) for line in lines)
    return SafeText(cleaned + CUT_MARK if cut else cleaned)


def quiet_json(text: str) -> SafeText:
    """Return JSON that reads as the same values and can do nothing to a terminal.

    Args:
        text: JSON as `json.dumps` writes it, with or without escapes: outside strings it is plain.
    """
    return SafeText(_ACTIVE.sub(lambda found: json.dumps(found[0])[1:-1], text))
