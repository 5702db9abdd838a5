"""Write the reference from the code: commands, keys, configuration, formats, themes, man page.

`python scripts/reference.py` writes docs/reference/*.md and docs/warroom.1; with `--check` it
writes nothing and fails where a file differs from what the code says.
"""

import ast
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

import click

import warroom.settings
from warroom import __version__
from warroom.cli.main import _COMMANDS, root
from warroom.logs.formats.load import all_formats
from warroom.settings import _ENVIRONMENT, _NOT_KEYS
from warroom.tui.app import WarroomApp
from warroom.tui.keymap import gather, shown
from warroom.tui.presets import PRESETS
from warroom.tui.scopes import SCOPES
from warroom.tui.theme import load_palettes

DOCS = Path(__file__).parents[1] / "docs"
MADE = "<!-- Made by scripts/reference.py from the code: change the code, not this. -->\n"


def commands(
    command: click.Command, name: str, parent: click.Context | None = None
) -> Iterator[tuple[str, click.Command, click.Context]]:
    """Yield a command and everything below it, by its full name."""
    own = name.rsplit(" ", maxsplit=1)[-1]
    context = click.Context(command, info_name=own, parent=parent, **command.context_settings)
    yield name, command, context
    if isinstance(command, click.Group):
        for sub in sorted(command.list_commands(context)):
            found = command.get_command(context, sub)
            if found is not None and not found.hidden:
                yield from commands(found, f"{name} {sub}", context)


def commands_page() -> str:
    parts = [
        MADE,
        "# Commands\n",
        "Exit status: 0 done, 1 failed, 2 usage, 3 refused.\n",
    ]
    for name, command, context in commands(root, "warroom"):
        parts += [
            f"\n## {name}\n",
            f"{_about(command)}\n",
            f"```\n{_usage(command, context)}\n```\n",
        ]
        rows = [
            row
            for parameter in command.get_params(context)
            if (row := parameter.get_help_record(context)) and "--help" not in row[0]
        ]
        if rows:
            parts += ["| option | |\n|---|---|"]
            parts += [f"| `{_cell(flag)}` | {_cell(words)} |" for flag, words in rows]
            parts.append("")
    return "\n".join(parts)


def keys_page() -> str:
    parts = [
        MADE,
        "# Keys\n",
        (
            "Every action that has a key, with the id that `[keys]` knows it by. Letters work while"
            " no text is typed. Dialogs have capital keys of their own, which no keymap can move.\n"
        ),
    ]
    known = gather({**SCOPES, "app": WarroomApp})
    for scope in dict.fromkeys(one.scope for one in known):
        parts += [f"\n## {scope}\n", "| key | does | id |\n|---|---|---|"]
        parts += [
            f"| {_drawn(one.keys)} | {one.verb} | `{one.id}` |"
            for one in known
            if one.scope == scope
        ]
    parts += ["\n## Presets\n", '`keymap = "vim"` in the configuration begins with one of these.\n']
    for name, keys in PRESETS.items():
        if keys:
            parts += [f"\n### {name}\n", "| id | keys |\n|---|---|"]
            parts += [f"| `{one}` | `{_cell(value)}` |" for one, value in keys.items()]
    return "\n".join(parts) + "\n"


def configuration_page() -> str:
    parts = [
        MADE,
        "# Configuration\n",
        (
            "All optional. `warroom config init` writes a file with every key explained, `warroom"
            " config check` looks through it. Its tables are in\n"
            "[configuration.md](../configuration.md).\n"
        ),
        "| key | default | |\n|---|---|---|",
    ]
    tree = ast.parse(inspect.getsource(warroom.settings))
    settings = next(n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "Settings")
    for node, after in zip(settings.body, settings.body[1:], strict=False):
        if not (isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)):
            continue
        if node.target.id in _NOT_KEYS or not isinstance(after, ast.Expr):
            continue
        words = " ".join(str(ast.literal_eval(after.value)).split())
        default = ast.unparse(node.value) if isinstance(node.value, ast.Constant) else ""
        parts.append(
            f"| `{node.target.id}` | {f'`{default}`' if default else ''} | {_cell(words)} |"
        )
    variables = _ENVIRONMENT
    parts += ["\n## Environment\n", "| variable | key |\n|---|---|"]
    parts += [f"| `{name}` | `{key}` |" for name, key in variables.items()]
    parts += ["| `WARROOM_CONFIG` | the file itself |", "| `NO_COLOR` | no colours |"]
    parts += [
        "\n## Themes\n",
        ", ".join(f"`{name}`" for name in sorted(load_palettes()[0])) + ".\n",
    ]
    return "\n".join(parts)


def formats_page() -> str:
    parts = [
        MADE,
        "# Log formats\n",
        (
            "Recognised by themselves. A TOML file in the folder `formats` of the configuration"
            " adds one; `warroom formats` tests each against its own sample lines.\n"
        ),
        "| name | what |\n|---|---|",
    ]
    parts += [f"| `{one.name}` | {_cell(one.title)} |" for one in all_formats(None)]
    return "\n".join(parts) + "\n"


def man_page() -> str:
    lines = [
        f'.TH WARROOM 1 "" "warroom {__version__}" "User Commands"',
        ".SH NAME",
        r"warroom \- a terminal war room for incidents",
        ".SH SYNOPSIS",
        ".B warroom",
        "[OPTIONS] [COMMAND] ...",
        ".SH DESCRIPTION",
        _roff(_about(root)),
        ".SH OPTIONS",
    ]
    context = click.Context(root, info_name="warroom", **root.context_settings)
    for parameter in root.get_params(context):
        row = parameter.get_help_record(context)
        if row:
            lines += [".TP", f".B {_roff(row[0])}", _roff(row[1])]
    lines.append(".SH COMMANDS")
    for name, (_, words) in sorted(_COMMANDS.items()):
        lines += [".TP", f".B {_roff(name)}", _roff(words)]
    lines += [
        ".SH EXIT STATUS",
        "0 done, 1 failed, 2 usage, 3 refused by a rule, 4 not found.",
        ".SH FILES",
        ".I ~/.config/warroom/config.toml",
        ".br",
        ".I ~/.local/share/warroom/warroom.db",
        ".SH ENVIRONMENT",
        ", ".join((*_ENVIRONMENT, "WARROOM_CONFIG", "NO_COLOR")) + ".",
    ]
    return "\n".join(lines) + "\n"


def pages() -> dict[Path, str]:
    """Return every file of the reference with its text."""
    return {
        DOCS / "reference" / "commands.md": commands_page(),
        DOCS / "reference" / "keys.md": keys_page(),
        DOCS / "reference" / "configuration.md": configuration_page(),
        DOCS / "reference" / "formats.md": formats_page(),
        DOCS / "warroom.1": man_page(),
    }


def _about(command: click.Command) -> str:
    return inspect.cleandoc(command.help or command.short_help or "").split("\f")[0]


def _usage(command: click.Command, context: click.Context) -> str:
    return " ".join([context.command_path, *command.collect_usage_pieces(context)])


def _drawn(keys: tuple[str, ...]) -> str:
    return " ".join(f"`{_cell(shown(key))}`" for key in keys)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _roff(text: str) -> str:
    return " ".join(text.split()).replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")


def main(arguments: list[str]) -> int:
    """Write the files, or say which are old."""
    old = [p for p, text in pages().items() if not p.exists() or p.read_text("utf-8") != text]
    if "--check" in arguments:
        for path in old:
            print(f"{path} is not what the code says: python scripts/reference.py")
        return 1 if old else 0
    for path in old:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(pages()[path], "utf-8")
        print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
