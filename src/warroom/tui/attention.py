"""Calling a person who looks elsewhere: the bytes that ring, flash or tell the desktop.

The sequences are those of the terminals' own manuals: BEL; DECSCNM (xterm's control sequences);
OSC 9 (iTerm2, kitty, WezTerm, Windows Terminal, Ghostty) and OSC 777 (rxvt-unicode, foot).
"""

from collections.abc import Mapping

from warroom.core.text import clean_line

WAYS = ("none", "bell", "flash", "desktop")
FLASH = 0.15
"""Seconds for which the screen is reversed."""
LONGEST = 200
"""Characters of a notice on the desktop."""

_REVERSED, _ORDINARY = "\x1b[?5h", "\x1b[?5l"


def call_bytes(way: str, words: str, environment: Mapping[str, str]) -> str:
    """Return what the terminal is sent; empty for `none`. `words` may be foreign."""
    if way == "bell":
        return "\a"
    if way == "flash":
        return _REVERSED
    if way != "desktop":
        return ""
    text = clean_line(words, LONGEST).replace(";", ",")
    term = environment.get("TERM", "")
    if term.startswith(("rxvt", "foot")):
        told = f"\x1b]777;notify;warroom;{text}\x1b\\"
    else:
        told = f"\x1b]9;{text}\x1b\\"
    if "TMUX" in environment:  # tmux hands on only what is wrapped, with allow-passthrough on
        doubled = told.replace("\x1b", "\x1b\x1b")
        return f"\x1bPtmux;{doubled}\x1b\\"
    return told


def end_bytes(way: str) -> str:
    """Return what ends the call after `FLASH` seconds; empty for what ends by itself."""
    return _ORDINARY if way == "flash" else ""
