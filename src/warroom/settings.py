"""Settings: the configuration file, the environment and the folders they lead to."""

import getpass
import os
import platform
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from platformdirs import user_config_path, user_data_path, user_state_path

from warroom.core.oncall import Rota
from warroom.core.services import ServiceMap
from warroom.core.terms import Agreement
from warroom.remotes import Remote, RemoteError, find_remote
from warroom.table import TableError
from warroom.tables import NAMES, Tables, read_tables


class SettingsError(Exception):
    """The configuration cannot be used; the message names file and key, the hint what to do."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a person may set. A flag goes before the environment, that before the file."""

    db: str = ""
    """Where the incidents are: a path or `postgresql://…`. Default: the user's data folder."""
    remote: str = ""
    """The server that keeps the incidents: its address, or the name of a table [remotes.NAME]."""
    actor: str = ""
    """The name under which you act. Default: your login."""
    theme: str = "dark"
    """The name of a theme: dark, light, high-contrast, colour-blind-safe, or one of yours."""
    glyphs: str = "unicode"
    """`unicode`, or `ascii` for terminals that lack the shapes or draw them two cells wide."""
    service: str = ""
    """The service to fill in when an incident is declared."""
    logs: tuple[str, ...] = ()
    """Files, globs and sources that the console opens when none are named."""
    zones: tuple[str, ...] = ()
    """Zones of stamps that do not say theirs: `Europe/Berlin`, or `edge.log=Europe/Berlin`."""
    skews: tuple[str, ...] = ()
    """What to add to every time of a log whose clock is off: `edge.log=-2.5s`."""
    runbooks: tuple[str, ...] = ()
    """Folders of runbooks, besides `runbooks` in the configuration folder."""
    changes: tuple[str, ...] = ()
    """Files of JSON lines to which deployment tools append what they changed."""
    keymap: str = "default"
    """The keys to begin with: default, vim, emacs; `[keys]` goes before them."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Key by action id, as in `"incident.acknowledge" = "a"`."""
    notify: str = "none"
    """How a page, a breach or a spike calls you: none, bell, flash, desktop."""
    hosts: tuple[str, ...] = ()
    """Hosts that HTTP steps of runbooks may talk to, as `host:port`."""
    secret_command: tuple[str, ...] = ()
    """The command that prints a secret of a runbook, `{name}` in the place of its name."""
    second_person: str = "never"
    """When a second person must agree to a step: never, no-undo, always."""
    drill: str = ""
    """Every incident that is declared here belongs to the drill of this name; empty: it is real."""
    tables: Tables = field(default_factory=Tables)
    """What the tables say: [calendars.…], [policies.…], [oncall.…], [services.…], [sources.…] …"""
    config_folder: Path = field(default_factory=lambda: user_config_path("warroom"))
    state_folder: Path = field(default_factory=lambda: user_state_path("warroom"))

    @property
    def agreements(self) -> tuple[Agreement, ...]:
        """Who was promised which times."""
        return self.tables.agreements

    @property
    def rotas(self) -> tuple[Rota, ...]:
        """Who is on call when."""
        return self.tables.rotas

    @property
    def map(self) -> ServiceMap:
        """What depends on what."""
        return self.tables.services

    @property
    def views(self) -> Mapping[str, str]:
        """Filters of the queue by name."""
        return self.tables.views

    def database(self) -> str:
        """Return the path or URL of the store: with a server, of the copy of its journal."""
        server = self.server()
        if server is not None:
            return str(server.folder(user_data_path("warroom"), self.person()) / "journal.db")
        return self.served()

    def server(self) -> Remote | None:
        """Return the server to work with; None: there is none.

        Raises:
            SettingsError: It is not known, or cannot be used safely.
        """
        if not self.remote:
            return None
        try:
            return find_remote(self.remote, self.tables.remotes)
        except RemoteError as error:
            raise SettingsError(f"remote: {error}") from None

    def served(self) -> str:
        """Return the path or URL of what this machine would serve to others."""
        return self.db or str(user_data_path("warroom") / "warroom.db")

    def person(self) -> str:
        """Return the name to act under."""
        if self.actor:
            return self.actor
        try:
            return getpass.getuser()
        except (KeyError, OSError):  # no passwd entry, as in some containers
            return f"uid-{os.getuid()}"

    def device(self) -> str:
        """Return the name of this machine."""
        return platform.node() or "unknown"

    def runbook_folders(self) -> tuple[Path, ...]:
        """Return the folders in which runbooks are looked for, the user's own first."""
        own = (self.config_folder / "runbooks",)
        return tuple(Path(folder).expanduser() for folder in self.runbooks) + own

    @property
    def told_changes(self) -> Path:
        """The file of what deployments told an intake, for the incidents still to come."""
        return self.state_folder / "changes.jsonl"

    def change_files(self) -> list[Path]:
        """Return the files that say what was changed: those of the settings, and what was told."""
        return [*(Path(name).expanduser() for name in self.changes), self.told_changes]

    @property
    def templates(self) -> Path:
        """The folder of the templates of postmortems."""
        return self.config_folder / "templates"


NOTIFY = ("none", "bell", "flash", "desktop")
_ENVIRONMENT = {
    "WARROOM_DB": "db",
    "WARROOM_REMOTE": "remote",
    "WARROOM_ACTOR": "actor",
    "WARROOM_THEME": "theme",
    "WARROOM_GLYPHS": "glyphs",
    "WARROOM_SERVICE": "service",
}
_NOT_KEYS = {"config_folder", "state_folder", "tables"}


def load_settings(
    path: Path | None = None,
    flags: Mapping[str, str | None] | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Settings:
    """Read the configuration file, lay the environment over it, and the flags over that.

    Args:
        path: The file; by default `WARROOM_CONFIG`, else `config.toml` in the user's configuration
            folder, which may be absent.
        flags: Values from the command line by field name; None means not given.
        environment: Variables, `os.environ` by default.

    Raises:
        SettingsError: The file is not readable, not TOML, or a key is unknown or of another type.
    """
    folder = user_config_path("warroom")
    named = path or (
        Path(environment["WARROOM_CONFIG"]) if "WARROOM_CONFIG" in environment else None
    )
    values: dict[str, Any] = _read(named or folder / "config.toml", required=named is not None)
    for variable, key in _ENVIRONMENT.items():
        if environment.get(variable):
            values[key] = environment[variable]
    values.update({key: value for key, value in (flags or {}).items() if value})
    if values.get("glyphs", "unicode") not in {"unicode", "ascii"}:
        raise SettingsError(f"glyphs = {values['glyphs']!r}: it is unicode or ascii")
    if values.get("notify", "none") not in NOTIFY:
        raise SettingsError(f"notify = {values['notify']!r}: it is {', '.join(NOTIFY)}")
    if values.get("second_person", "never") not in {"never", "no-undo", "always"}:
        raise SettingsError(
            f"second_person = {values['second_person']!r}: it is never, no-undo or always"
        )
    command = values.get("secret_command", ())
    if command and not any("{name}" in part for part in command[1:]):
        raise SettingsError(
            "secret_command: no argument holds {name}, in whose place the secret's name is put"
        )
    return Settings(**values)


def _read(path: Path, *, required: bool) -> dict[str, Any]:
    try:
        text = path.read_bytes().decode("utf-8")
        data = tomllib.loads(text)
    except FileNotFoundError:
        if not required:
            return {}
        raise SettingsError(f"configuration {path}: there is no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"configuration {path}: cannot be read ({error})") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            f"configuration {path}: not valid TOML: {error}",
            "Correct that line, or rename the file.",
        ) from None
    try:
        tables = read_tables(data)
    except TableError as error:
        raise SettingsError(f"configuration {path}: {error}") from None
    values = {key: _value(path, key, value) for key, value in data.items() if key not in NAMES}
    return {**values, "tables": tables}


def _value(path: Path, key: str, value: object) -> object:
    kinds = {f.name: f.type for f in fields(Settings) if f.name not in _NOT_KEYS}
    if key not in kinds:
        known = ", ".join(sorted([*kinds, *NAMES]))
        raise SettingsError(f"configuration {path}: unknown key {key!r}", f"Known keys: {known}.")
    if kinds[key] is str and isinstance(value, str):
        return value
    if (
        key == "keys"
        and isinstance(value, dict)
        and all(isinstance(v, str) for v in value.values())
    ):
        return value
    texts = isinstance(value, list) and all(isinstance(v, str) for v in value)
    if isinstance(value, list) and texts and key != "keys" and kinds[key] is not str:
        return tuple(value)
    wanted = "text" if kinds[key] is str else "a table" if key == "keys" else "a list of texts"
    raise SettingsError(f"configuration {path}: {key} = {value!r} is not {wanted}")
