"""The configuration file as text: write one with every key explained, find mistakes by line."""

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from warroom.settings import _NOT_KEYS, Settings, SettingsError, load_settings
from warroom.tables import NAMES
from warroom.tui.app import WarroomApp
from warroom.tui.keymap import KeymapError, check, gather
from warroom.tui.presets import PRESETS, with_preset
from warroom.tui.scopes import SCOPES
from warroom.tui.theme import load_palettes


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing in the file that cannot be used, or will not do what was meant."""

    line: int
    """From 1; 0: it belongs to no line."""
    what: str
    hint: str = ""
    fatal: bool = True
    """False: warroom starts all the same."""


def known_keys() -> tuple[str, ...]:
    """Return the keys of the top level, tables included."""
    return tuple(f.name for f in fields(Settings) if f.name not in _NOT_KEYS) + NAMES


def mistakes(path: Path) -> tuple[Mistake, ...]:
    """Return what is wrong with a configuration file, in the order of its lines.

    Raises:
        OSError: The file cannot be read.
    """
    text = path.read_bytes().decode("utf-8", "replace")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"line (\d+)", str(error))
        line = int(where[1]) if where else text.count("\n") + 1
        return (Mistake(line, f"not valid TOML: {error}", "Nothing else was looked at."),)
    found = [_unknown(text, key) for key in data if key not in known_keys()]
    if not found:
        try:
            settings = load_settings(path, environment={})
        except SettingsError as error:
            what = error.what.removeprefix(f"configuration {path}: ")
            lines = (_line_of(text, name) for name in _named(what))
            return (Mistake(next(filter(None, lines), 0), what, error.hint),)
        found += [*_keys(text, settings), *_theme(text, settings), *_files(text, settings)]
    return tuple(sorted(found, key=lambda mistake: mistake.line))


def _unknown(text: str, key: str) -> Mistake:
    near = difflib.get_close_matches(key, known_keys(), 1, 0.6)
    hint = f"Did you mean {near[0]!r}?" if near else f"Known are: {', '.join(known_keys())}."
    return Mistake(_line_of(text, key), f"unknown key {key!r}", hint)


def _keys(text: str, settings: Settings) -> list[Mistake]:
    if settings.keymap not in PRESETS:
        near = difflib.get_close_matches(settings.keymap, PRESETS, 1)
        hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(PRESETS)}."
        return [Mistake(_line_of(text, "keymap"), f"no keymap {settings.keymap!r}", hint)]
    known = gather({**SCOPES, "app": WarroomApp})
    ids = sorted({binding.id for binding in known})
    wrong = [name for name in settings.keys if name not in ids]
    if wrong:
        return [
            Mistake(
                _line_of(text, name),
                f"there is no action {name!r}",
                f"Did you mean {near[0]!r}?"
                if (near := difflib.get_close_matches(name, ids, 1))
                else "`warroom config keys` lists them.",
            )
            for name in wrong
        ]
    try:
        check(with_preset(settings.keymap, settings.keys), known)
    except KeymapError as error:
        about = next((name for name in settings.keys if name in error.msg), "keys")
        return [Mistake(_line_of(text, about), error.msg, error.hint)]
    return []


def _theme(text: str, settings: Settings) -> list[Mistake]:
    found, complaints = load_palettes(settings.config_folder / "themes")
    told = [Mistake(0, complaint, fatal=False) for complaint in complaints]
    if settings.theme in found:
        return told
    near = difflib.get_close_matches(settings.theme, found, 1)
    hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(sorted(found))}."
    what = f"there is no theme {settings.theme!r}"
    return [*told, Mistake(_line_of(text, "theme"), what, hint, fatal=False)]


def _files(text: str, settings: Settings) -> list[Mistake]:
    found = []
    for name in settings.logs:
        folder = Path(name).expanduser()
        present = folder.exists() or (
            any(sign in name for sign in "*?[") and any(folder.parent.glob(folder.name))
        )
        if not present:
            found.append(
                Mistake(_line_of(text, "logs"), f"logs: nothing is called {name}", fatal=False)
            )
    for name in settings.runbooks:
        if not Path(name).expanduser().is_dir():
            words = f"runbooks: {name} is no folder"
            found.append(Mistake(_line_of(text, "runbooks"), words, fatal=False))
    return found


def _named(what: str) -> list[str]:
    """Return what a message may be about, the closest name first."""
    table = re.match(r"\[([^\]]+)\](?: (\w+))?", what)
    if table:
        parts = table[1].split(".")
        return [*(name for name in (table[2],) if name), *reversed(parts)]
    return [re.split(r"[ =:]", what, maxsplit=1)[0].strip("'\"")]


def _line_of(text: str, key: str) -> int:
    """Return the line on which a key or a table is written; 0: nowhere."""
    name = re.escape(key)
    wanted = re.compile(rf'^\s*(?:"{name}"|{name})\s*=|^\s*\[+\s*"?{name}"?[\].]|\[.*\b{name}\]')
    for number, line in enumerate(text.splitlines(), 1):
        if wanted.search(line):
            return number
    return 0


def written(values: Mapping[str, str | Sequence[str]]) -> str:
    """Return a configuration file that explains every key; what was not answered is commented."""
    parts = [
        (
            "# warroom: every key is optional; a line with # in front says what holds without it.\n"
            "# `warroom config check` looks through this file.\n"
        )
    ]
    for field, (about, example) in _KEYS.items():
        value = values.get(field)
        line = f"{field} = {_toml(value)}" if value else f"# {field} = {example}"
        parts.append(f"\n# {about}\n{line}\n")
    parts.append(_TABLES)
    return "".join(parts)


_KEYS: Mapping[str, tuple[str, str]] = {
    "actor": ("The name under which you act. Default: your login.", '"ana"'),
    "service": ("The service to fill in when an incident is declared.", '"shop"'),
    "logs": (
        "Files and globs that the console opens when none are named.",
        '["/var/log/nginx/access*.log"]',
    ),
    "runbooks": (
        "Folders of runbooks, besides `runbooks` beside this file.",
        '["~/src/shop/runbooks"]',
    ),
    "changes": (
        "JSON lines to which deployment tools append: at, kind, text, release.",
        '["/var/log/deploys.jsonl"]',
    ),
    "db": (
        "Where the incidents are: a path, or postgresql://… for a team.",
        '"~/.local/share/warroom/warroom.db"',
    ),
    "theme": (
        "dark, light, high-contrast, high-contrast-light, colour-blind-safe, solarized, quiet …",
        '"dark"',
    ),
    "glyphs": ("unicode, or ascii for terminals that lack the shapes.", '"unicode"'),
    "notify": (
        "How a page, a breach or a spike calls you: none, bell, flash, desktop.",
        '"none"',
    ),
    "keymap": ("The keys to begin with: default, vim, emacs.", '"default"'),
    "hosts": ("Hosts that HTTP steps of runbooks may talk to.", '["api.example:443"]'),
    "secret_command": (
        "What prints a secret of a runbook that is not in the environment.",
        '["secret-tool", "lookup", "warroom", "{name}"]',
    ),
    "second_person": ("When a second person must agree: never, no-undo, always.", '"never"'),
}
_TABLES = """
# [keys]                                  # over the keymap; `warroom config check` finds clashes
# "incident.acknowledge" = "a"

# [policies.acme]                         # what was promised to whom
# clients = ["acme"]
# P1 = { respond = "30m", update = "20m" }
"""


def _toml(value: str | Sequence[str]) -> str:
    if isinstance(value, str):
        return _quoted(value)
    return "[" + ", ".join(map(_quoted, value)) + "]"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in escaped) + '"'
