"""The configuration file on the command line: write one, look through one, list the keys."""

import sys
from pathlib import Path

import click

from warroom.cli.common import EXIT_FAILED, State, emit, end, fail, json_option, say
from warroom.files import put


@click.group()
def config() -> None:
    """Write and check the configuration file; nothing needs one."""


@config.command()
@click.option("--service", help="The service to fill in when an incident is declared.")
@click.option("--log", "logs", multiple=True, metavar="FILE", help="A log to open; repeatable.")
@click.option("--runbooks", multiple=True, metavar="FOLDER", help="A folder of runbooks.")
@click.option("--name", "actor", help="The name under which you act.")
@click.option("--theme", help="The theme of the console.")
@click.option("--keymap", type=click.Choice(["default", "vim", "emacs"]), help="Keys.")
@click.option("--notify", type=click.Choice(["none", "bell", "flash", "desktop"]))
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
def init(
    *,
    service: str | None,
    logs: tuple[str, ...],
    runbooks: tuple[str, ...],
    actor: str | None,
    theme: str | None,
    keymap: str | None,
    notify: str | None,
    force: bool,
    yes: bool,
) -> None:
    """Write a configuration file in which every key is explained; asks what was not given."""
    from warroom.configfile import written

    path = _path()
    if path.exists() and not force:
        fail(
            f"{path} is there already",
            "`warroom config check` looks through it; --force replaces it.",
        )
        end(EXIT_FAILED)
    values: dict[str, str | tuple[str, ...]] = {
        key: value
        for key, value in {
            "service": service,
            "logs": logs,
            "runbooks": runbooks,
            "actor": actor,
            "theme": theme,
            "keymap": keymap,
            "notify": notify,
        }.items()
        if value
    }
    if not yes and not values and sys.stdin.isatty():
        values = _asked()
    path.parent.mkdir(parents=True, exist_ok=True)
    put(path, written(values).encode())
    say(f"{path} is written. `warroom config check` looks through it.")


@config.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@json_option
def check(*, file: Path | None, as_json: bool) -> None:
    """Look through the configuration file; every mistake with its line."""
    from warroom.configfile import mistakes

    path = file or _path()
    if not path.exists():
        if file is not None:
            fail(f"{path}: there is no such file")
            end(EXIT_FAILED)
        say(f"{path} does not exist; nothing needs it. `warroom config init` writes one.")
        return
    found = mistakes(path)
    if as_json:
        emit([{"line": m.line, "what": m.what, "hint": m.hint, "fatal": m.fatal} for m in found])
    else:
        for one in found:
            where = f"{path}:{one.line}" if one.line else str(path)
            say(f"{where}: {'✗' if one.fatal else '▪'} {one.what}. {one.hint}".rstrip())
        if not found:
            say(f"✓ {path}")
    if any(one.fatal for one in found):
        end(EXIT_FAILED)


@config.command()
def keys() -> None:
    """List every action whose key can be set, with the key it has."""
    from warroom.tui.app import WarroomApp
    from warroom.tui.keymap import gather, shown
    from warroom.tui.scopes import SCOPES

    for one in gather({**SCOPES, "app": WarroomApp}):
        drawn = " ".join(map(shown, one.keys))
        say(f"{one.id:<24} {drawn:<14} {one.verb:<26} {one.scope}")


def _path() -> Path:
    import os

    from platformdirs import user_config_path

    state = click.get_current_context().find_object(State)
    named = (state.config if state else None) or os.environ.get("WARROOM_CONFIG")
    return Path(named) if named else user_config_path("warroom") / "config.toml"


def _asked() -> dict[str, str | tuple[str, ...]]:
    say("Enter leaves a question out; everything can be changed later.")
    values: dict[str, str | tuple[str, ...]] = {}
    for key, question in (
        ("service", "Which service do you look after"),
        ("logs", "Which log does it write (file or pattern)"),
        ("runbooks", "In which folder are your runbooks"),
        ("theme", "Theme (dark, light, high-contrast, colour-blind-safe, solarized, quiet)"),
        ("keymap", "Keys (default, vim, emacs)"),
    ):
        answer = click.prompt(question, default="", show_default=False).strip()
        if answer:
            values[key] = (answer,) if key in ("logs", "runbooks") else answer
    return values
