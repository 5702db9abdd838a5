"""The configuration file: written with every key explained, looked through line by line."""

import json
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from warroom.cli.common import State
from warroom.cli.main import root
from warroom.configfile import mistakes, written


def call(*words: str):
    return CliRunner().invoke(root, list(words), obj=State())


def test_what_init_writes_is_valid_and_has_what_was_said(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    made = call(
        "--config", str(path), "config", "init", "--service", 'a "shop"', "--log", "/x/*.log"
    )
    assert made.exit_code == 0, made.output
    data = tomllib.loads(path.read_text())
    assert data == {"service": 'a "shop"', "logs": ["/x/*.log"]}
    again = call("--config", str(path), "config", "init", "--yes")
    assert again.exit_code == 1
    assert call("--config", str(path), "config", "init", "--yes", "--force").exit_code == 0


def test_every_commented_key_is_valid_once_the_comment_is_gone() -> None:
    text = written({})
    for line in text.splitlines():
        if line.startswith("# ") and " = " in line and not line.startswith("# clients"):
            tomllib.loads(line[2:])


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('theme = "dark"\nservise = "x"\n', 2, "'service'"),
        ('\n\ntheme = "darc"\n', 3, "'dark'"),
        ('[keys]\n"incident.acknowlege" = "a"\n', 2, "'incident.acknowledge'"),
        ('[keys]\n"incident.acknowledge" = "c"\n', 2, "Give one of them another key"),
        ('theme = "dark\n', 1, "Nothing else"),
        ('keymap = "vi"\n', 1, "'vim'"),
        ('logs = "one"\n', 1, ""),
        ('notify = "siren"\n', 1, ""),
        ('[policies.acme]\nP1 = { respond = "soon" }\n', 2, ""),
    ],
)
def test_a_mistake_is_named_with_its_line_and_what_was_meant(
    tmp_path: Path, text: str, line: int, words: str
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    (found,) = mistakes(path)
    assert found.line == line
    assert words in found.hint


def test_check_says_where_and_fails(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('servic = "x"\n')
    checked = call("config", "check", str(path))
    assert checked.exit_code == 1
    assert f"{path}:1: ✗ unknown key 'servic'. Did you mean 'service'?" in checked.output
    assert json.loads(call("config", "check", str(path), "--json").output)[0]["line"] == 1
    path.write_text('logs = ["/nowhere/x.log"]\n')
    warned = call("config", "check", str(path))
    assert warned.exit_code == 0
    assert "nothing is called /nowhere/x.log" in warned.output
