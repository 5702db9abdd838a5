"""What every command prints of text that is not ours: nothing of it controls a terminal."""

import json
from pathlib import Path

import pytest
from tests.hostile import foreign_controls
from tests.terminal.driver import Forge, Terminal
from tests.terminal.world import build

pytestmark = pytest.mark.terminal

ALL_OF_THEM = """
def main(arguments):
    import json, sys
    from warroom.cli.main import run
    for number, words in enumerate(json.loads(open(arguments[0]).read())):
        words = [word.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape") for word in words]
        status = run(words)
        sys.stdout.flush(); sys.stderr.flush()
        print(f"<<{number} ended with {status}>>", flush=True)
    return 0
"""
TITLE = "\x1b[31mT\x9b2J\u202e\udce9"


def commands(home: Path, log: Path, *, everything: bool) -> list[list[str]]:
    """Every command that prints what others wrote, and every kind of mistake that echoes it.

    As JSON everything goes through one function: some of it is enough in the short run.
    """
    books = sorted(str(path) for path in (home / ".config/warroom/runbooks").iterdir())
    both = [
        *([name] for name in ("list", "metrics", "sla", "services", "review", "oncall")),
        ["list", "--all", "--why"],
        ["runbook", "list"],
        ["runbook", "check", *books],
        ["scan", str(log)],
        ["scan", "--why", str(log)],
        ["journal", "verify"],
        ["doctor"],
        ["metrics", "--client", TITLE],
        *(
            [name, "INC-1"]
            for name in (
                *("show", "timeline", "postmortem", "followups", "followup", "similar", "related"),
                *("change", "hypothesis", "review", "oncall", "handover", "update", "contain"),
                *("fix", "qualify", "reproduce", "alert", "verify"),
            )
        ),
        *(["show", f"INC-{number}"] for number in (2, 9, 13)),
        ["postmortem", "INC-1", "--lint"],
        ["postmortem", "INC-1", "--versions"],
        ["followups", "--digest"],
        ["update", "INC-1", "--audience", "client"],
        *(["runbook", "show", Path(book).stem] for book in books),
        *(["contain", "INC-1", Path(book).stem, "--step", "2"] for book in books),
        *(["runbook", "run", "INC-1", Path(book).stem] for book in books[:2]),
        *(["runbook", "trust", Path(book).stem] for book in books[:2]),
    ]
    once = [
        ["postmortem", "INC-1", "--diff", "1", "2"],
        ["postmortem", "INC-1", "--diff", "0", "2"],
        ["postmortem", "INC-1", "--format", "md"],
        ["postmortem", "INC-1", "--format", "html"],
        ["postmortem", "INC-1", "--format", "md", "--audience", "client"],
        *(["followups", "--export", form] for form in ("csv", "jira", "github", "gitlab")),
        ["metrics", "--prometheus"],
        ["runbook", "from", "INC-1"],
        ["reproduce", "INC-1", "--as", "http"],
        ["note", "INC-2", TITLE.replace("\udce9", "")],
        ["declare", TITLE.replace("\udce9", ""), "--service", TITLE[:-1], "--json"],
        # Mistakes, whose messages repeat what was typed.
        ["note", "INC-2", TITLE],
        ["show", TITLE],
        ["runbook", "show", TITLE],
        ["contain", "INC-1", TITLE],
        ["scan", TITLE],
        ["scan", "--where", TITLE, str(log)],
        ["scan", "--since", TITLE, str(log)],
        ["list", "--view", TITLE],
        ["list", "--filter", TITLE],
        [TITLE],
        ["list", f"--{TITLE}"],
        ["role", "INC-1", TITLE, TITLE],
        ["services", TITLE],
        ["tail", "--plain", TITLE],
        ["--config", TITLE, "list"],
        ["--config", str(log), "list"],
        ["--db", f"/nonexistent/{TITLE}", "list"],
        ["--db", f"postgresql://{TITLE}@127.0.0.1:1/x", "list"],
        ["--log", TITLE],
        ["--theme", TITLE, "list"],
    ]
    asked = [*both, *once, *([*words, "--json"] for words in (both if everything else both[::5]))]
    return [["--db", "w.db", *words] for words in asked]


def wrong_ones(forge: Forge, home: Path, asked: list[list[str]], **more: str) -> list[object]:
    """Run commands in one terminal; return those that let something through, or broke."""
    (home / "asked.json").write_text(json.dumps(asked), "utf-8")
    with Terminal.forged(
        forge, ["asked.json"], home, program=ALL_OF_THEM, size=(200, 50), **more
    ) as terminal:
        terminal.drawn = False
        assert terminal.ends(180) == 0
    said = terminal.raw
    wrong: list[object] = []
    for number, words in enumerate(asked):
        mine, end, said = said.partition(f"<<{number} ended with ".encode())
        assert end, (words, mine[-2000:])
        status, _, said = said.partition(b">>")
        print(status, words)
        found = foreign_controls(mine)
        if found or b"\x1b" in mine:
            wrong.append((words, found[:3]))
        if b"Traceback" in mine or b"error in itself" in mine:
            wrong.append((words, mine[-300:]))
    return wrong


def test_no_command_lets_foreign_text_control_the_terminal(forge: Forge, home: Path) -> None:
    log = build(home)
    assert wrong_ones(forge, home, commands(home, log, everything=False)) == []


@pytest.mark.soak
def test_no_command_lets_foreign_text_out_as_json(forge: Forge, home: Path) -> None:
    log = build(home)
    assert wrong_ones(forge, home, commands(home, log, everything=True)) == []


def test_a_bad_format_file_is_one_harmless_message(forge: Forge, home: Path) -> None:
    log = build(home)
    asked = [["formats"], ["scan", str(log)], ["--log", str(log)], ["tail", str(log)]]
    assert wrong_ones(forge, home, asked, XDG_CONFIG_HOME=str(home / "other")) == []
