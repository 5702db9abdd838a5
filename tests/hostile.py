"""Text that wants to control a terminal, and what may reach one."""

import re

PAYLOADS = (
    "\x1b[31mred",
    "\x1b[2J\x1b[Hclear",
    "\x1b[6n\x1b[05;05Hwhere",
    "\x1b]52;c;cHduZWQ=\x07clip",
    "\x1b]52;c;cHduZWQ=\x1b\\clip",
    "\x1b]8;;http://evil.example/\x1b\\link\x1b]8;;\x1b\\",
    "\x1b]0;title\x07",
    "\x1b]52;c;b3BlbmVk unfinished",
    "bell\x07",
    "\x9b31mc1",
    "\x9d0;c1\x9c",
    "\x90q c1 dcs\x9c",
    "\u202ereversed\u202c",
    "\u2066isolate\u2069 mark\u200f",
    "zero\u200bwidth\u2060\ufeff",
    "e" + "\u0301" * 50,
    "👩‍👩‍👧‍👦 family",
    "nul\x00",
    "back\b\bspace",
    "carriage\rreturn",
    "del\x7f",
    "\x1bPdcs\x1b\\",
    "\x1b_Gapc\x1b\\",
    "\x1b[?1049l",
    "\x1b[200~pasted\x1b[201~",
    "\x1bcreset",
    "\x0e\x0fshift",
    "lone \udce9 surrogate",
    "line\u2028sep\x85vt\x0bff\x0c",
    "[bold]B[/bold]",
    "[@click=app.quit]x[/]",
    "[@click=app.leave('1')]x[/]",
    "[link=http://evil.example/]L[/link]",
    "[/nope] [foo",
    "[ERROR] text",
    "[/",
    "C:\\",
    "{id} {0} %s %(x)s",
    "[" * 2000,
    "long " * 20_000,
)
FORBIDDEN = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069"
    r"\ufeff\ud800-\udfff]"
)
"""Characters that no text on a screen may hold; newlines are the only control."""
PILE = re.compile("[\u0300-\u036f]{5}")

_COLOUR = r"[34]8;2;\d{1,3};\d{1,3};\d{1,3}"
_OWN = re.compile(
    r"\x1b(?:"
    rf"\[(?:(?:\d|{_COLOUR})(?:;(?:\d|{_COLOUR}))*)?m"  # attributes and true colours, no others
    r"|\[[1-9]\d*;[1-9]\d*H"
    r"|\[\?(?:25|47|1000|1002|1003|1004|1006|1015|1016|1049|2004|2026|2031|2048)[hl]"
    r"|\[\?(?:2026|2048)\$p"
    r"|\[[<>=]\d*u"
    r"|\[\?996n|\[c|\[\?u|\[H"
    r"|\]22;[a-z-]*\x07"
    r"|\]10;\?\x1b\\|\]11;\?\x1b\\"
    r"|\[\?7[hl]"
    r")"
)
"""Everything the console itself writes to a terminal that is not text."""
_TITLE = re.compile(r"\x1b\]2;([^\x00-\x1f\x7f-\x9f]*)\x07")
"""The title of the window, which is text as on the screen."""
_PAYLOAD_BYTES = tuple(
    text.encode("utf-8", "surrogateescape")
    for text in (
        *("\x1b[31m", "\x1b[2J", "\x1b[6n", "\x1b[05;05H", "\x1b]52", "\x1b]8;", "\x1b]0;"),
        *("\x1b[200~", "\x1b[201~", "\x1bP", "\x1b_", "\x1bc", "http://evil.example/\x1b\\"),
    )
)


def foreign_controls(raw: bytes) -> list[str]:
    """Return what reached a terminal and is neither text nor written by the console itself."""
    found = [repr(one) for one in _PAYLOAD_BYTES if one in raw]
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        place = raw[max(0, error.start - 30) : error.end + 30]
        return [*found, f"not UTF-8: {place!r}"]
    text = re.sub("\r+\n", "\n", _OWN.sub("", _TITLE.sub(r"\1", text)))
    return found + [
        repr(text[max(0, match.start() - 30) : match.end() + 30])
        for pattern in (FORBIDDEN, PILE)
        for match in pattern.finditer(text)
    ]
