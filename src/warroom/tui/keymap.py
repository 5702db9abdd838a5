"""Keys that a person may set: checked when they are read, because the framework accepts anything.

An override that the framework does not understand makes a key silently dead; a clash makes one of
two actions vanish. In a console with containment keys neither may happen.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import KEY_ALIASES, Keys, _character_to_key

RESERVED = {
    "ctrl+m": "terminals send it for enter",
    "ctrl+i": "terminals send it for tab",
    "ctrl+h": "terminals send it for backspace",
    "ctrl+left_square_bracket": "terminals send it for escape",
    "ctrl+j": "some terminals send it for enter",
    "ctrl+z": "it suspends programs",
    "escape": "it always goes one step back",
    "enter": "it always opens",
    "ctrl+c": "it copies",
}
"""Keys that cannot be given to anything, with the reason."""

_NAMED = {key.value for key in Keys} | set(KEY_ALIASES) | {f"f{n}" for n in range(1, 25)}
_SHOWN = {
    "full_stop": ".",
    "colon": ":",
    "question_mark": "?",
    "at": "@",
    "slash": "/",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "comma": ",",
    "plus": "+",
    "minus": "-",
    "exclamation_mark": "!",
    "space": "space",
    "number_sign": "#",
    "equals_sign": "=",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "shift+tab": "S-tab",
    "escape": "esc",
    "backslash": "\\",
    "semicolon": ";",
    "asterisk": "*",
    "left_curly_bracket": "{",
    "right_curly_bracket": "}",
    "less_than_sign": "<",
    "greater_than_sign": ">",
}


class KeymapError(Exception):
    """A key cannot be set; title, message and hint are separate sentences."""

    def __init__(self, msg: str, hint: str, title: str = "Keys not loaded") -> None:
        super().__init__(f"{title}: {msg}. {hint}")
        self.title = title
        self.msg = msg
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Known:
    """One binding that may be changed."""

    id: str
    keys: tuple[str, ...]
    action: str
    verb: str
    scope: str
    """Where it works: `screen` (everywhere) or the name of a pane or list."""


def shown(key: str) -> str:
    """Return a key as the footer draws it: `^s`, `F8`, `.`."""
    if key.startswith("ctrl+"):
        return f"^{shown(key.removeprefix('ctrl+'))}"
    if key[:1] == "f" and key[1:].isdigit():
        return key.upper()
    if key not in _SHOWN and key.startswith("shift+"):
        return f"S-{shown(key.removeprefix('shift+'))}"
    return _SHOWN.get(key, key)


def gather(scopes: Mapping[str, type[DOMNode]]) -> tuple[Known, ...]:
    """Return every binding with an id of these classes; `scopes` names each."""
    found: dict[tuple[str, str], Known] = {}
    for scope, cls in scopes.items():
        for base in reversed(cls.__mro__):
            for binding in Binding.make_bindings(base.__dict__.get("BINDINGS", ())):
                if binding.id is None:
                    continue
                known = found.get((scope, binding.id))
                keys = (*known.keys, binding.key) if known else (binding.key,)
                found[scope, binding.id] = Known(
                    binding.id, keys, binding.action, binding.description, scope
                )
    return tuple(found.values())


def check(overrides: Mapping[str, str], known: Iterable[Known]) -> dict[str, str]:
    """Return the overrides with normalised keys.

    Raises:
        KeymapError: An unknown id, a key that does not exist or may not be given away, or two
            actions on one key in the same place.
    """
    known = tuple(known)
    ids = {binding.id for binding in known}
    keys_of: dict[str, tuple[str, ...]] = {}
    for name, text in overrides.items():
        if name not in ids:
            raise KeymapError(
                f"there is no action {name!r}", f"Known are: {', '.join(sorted(ids))}."
            )
        keys_of[name] = tuple(_key(part, name) for part in text.split(",") if part.strip())
        if not keys_of[name]:
            raise KeymapError(
                f"{name} has no key", "Name one; an action cannot be left without a key."
            )
    for scope in {binding.scope for binding in known}:
        _no_clash([b for b in known if b.scope in (scope, "screen")], keys_of)
    return {name: ",".join(keys) for name, keys in keys_of.items()}


def _no_clash(bindings: Iterable[Known], keys_of: Mapping[str, tuple[str, ...]]) -> None:
    taken: dict[str, Known] = {}
    for binding in bindings:
        for key in keys_of.get(binding.id, binding.keys):
            other = taken.setdefault(key, binding)
            if other.id == binding.id or not ({other.id, binding.id} & set(keys_of)):
                continue  # a pane may take a letter of the screen by design, never by an override
            raise KeymapError(
                f"{shown(key)} would be both {other.id} ({other.verb}) and {binding.id} "
                f"({binding.verb})",
                "Give one of them another key.",
            )


def _key(text: str, name: str) -> str:
    text = text.strip()
    *modifiers, last = text.split("+") if len(text) > 1 else [text]
    if len(last) == 1:
        last = _character_to_key(last)
    key = "+".join((*(m.lower() for m in modifiers), last))
    fits = all(m in {"ctrl", "alt", "shift"} for m in (m.lower() for m in modifiers))
    exists = len(last) == 1 or last in _NAMED or last in _SHOWN
    if not fits or not (exists or key in _NAMED):
        raise KeymapError(
            f"{name} = {text!r}: there is no such key",
            "Write keys like g, G, f2, ctrl+g or full_stop.",
        )
    if key in RESERVED:
        raise KeymapError(f"{name} = {text!r}: {RESERVED[key]}", "Choose another key.")
    return key
