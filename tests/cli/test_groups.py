"""A group of commands that is named by itself says what is in it."""

import pytest

from warroom.cli.main import run


@pytest.mark.parametrize("group", ["config", "journal", "drill", "runbook", "token"])
def test_a_group_alone_lists_its_commands(group: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([group]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"Usage: warroom {group} ")
    assert "\nCommands:\n" in said
    assert said.count("Usage:") == 1
    assert "␊" not in said
