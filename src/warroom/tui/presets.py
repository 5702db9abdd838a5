"""Keymap presets: keys by action for hands that grew up with another program."""

from collections.abc import Mapping

from warroom.tui.keymap import KeymapError

PRESETS: Mapping[str, Mapping[str, str]] = {
    "default": {},
    "vim": {
        "go.back": "ctrl+o",
        "list.page_up": "pageup,ctrl+b,ctrl+u",
        "list.page_down": "pagedown,ctrl+f,ctrl+d",
        "log.page_up": "pageup,ctrl+b,ctrl+u",
        "log.page_down": "pagedown,ctrl+f,ctrl+d",
        "work.previous_tab": "left,left_curly_bracket",
        "work.next_tab": "right,right_curly_bracket",
        "go.zoom": "z,Z",
        "app.leave": "q",
    },
    "emacs": {
        "list.up": "up,k,ctrl+p",
        "list.down": "down,j,ctrl+n",
        "list.page_up": "pageup,alt+v,ctrl+b",
        "list.page_down": "pagedown,ctrl+v,ctrl+f",
        "list.top": "home,g,alt+less_than_sign",
        "list.bottom": "end,G,alt+greater_than_sign",
        "log.up": "up,k,ctrl+p",
        "log.down": "down,j,ctrl+n",
        "log.page_up": "pageup,alt+v,ctrl+b",
        "log.page_down": "pagedown,ctrl+v,ctrl+f",
        "log.head": "home,g,alt+less_than_sign",
        "log.follow": "end,G,alt+greater_than_sign",
        "go.notices": "f7",
        "go.palette_anywhere": "alt+x",
    },
}
"""By name; what a person sets in `[keys]` goes before what a preset says."""


def with_preset(name: str, own: Mapping[str, str]) -> dict[str, str]:
    """Return the keys of a preset with a person's own over them.

    Raises:
        KeymapError: There is no preset of that name.
    """
    if name not in PRESETS:
        raise KeymapError(f"there is no keymap {name!r}", f"There are: {', '.join(PRESETS)}.")
    return {**PRESETS[name], **own}
