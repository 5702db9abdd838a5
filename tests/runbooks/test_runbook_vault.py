"""Secrets by name: the environment first, then a command of the user's, which cannot hang the room."""

import sys
import time
from pathlib import Path

import pytest

from warroom.runbooks.errors import RunbookError
from warroom.runbooks.params import resolve
from warroom.runbooks.parse import parse
from warroom.runbooks.vault import Vault
from warroom.settings import SettingsError, load_settings

ASKS = parse("---\nparams: {token: {type: secret, env: DEPLOY_TOKEN}}\n---\n- x\n").params


def program(folder: Path, text: str) -> list[str]:
    path = folder / "keyring.py"
    path.write_text(text)
    return [sys.executable, str(path), "lookup", "{name}"]


def test_the_environment_goes_first_and_the_command_is_not_started(tmp_path: Path) -> None:
    trace = tmp_path / "started"
    command = program(tmp_path, f"open({str(trace)!r}, 'w')\nprint('from the keyring')")
    vault = Vault(command, {"DEPLOY_TOKEN": "from the shell"})
    assert resolve(ASKS, {}, environ=vault).env == {"token": "from the shell"}
    assert not trace.exists()
    assert resolve(ASKS, {}, environ=Vault(command, {})).env == {"token": "from the keyring"}
    assert trace.exists()


def test_the_name_is_one_argument_and_the_first_line_is_the_secret(tmp_path: Path) -> None:
    command = program(tmp_path, "import sys\nprint(sys.argv[1:], '\\r')\nprint('login: ana')")
    assert Vault(command, {})["A B;$(id)"] == "['lookup', 'A B;$(id)'] "


def test_a_secret_that_nobody_knows_is_missed_by_its_name(tmp_path: Path) -> None:
    command = program(tmp_path, "import sys\nprint('not this one')\nsys.exit(1)")
    with pytest.raises(RunbookError, match="DEPLOY_TOKEN is neither in the environment nor known"):
        resolve(ASKS, {}, environ=Vault(command, {}))
    with pytest.raises(RunbookError, match="DEPLOY_TOKEN is neither"):
        resolve(ASKS, {}, environ=Vault((), {}))


def test_a_keyring_that_waits_for_somebody_is_given_up(tmp_path: Path) -> None:
    command = program(tmp_path, "import time\ntime.sleep(60)")
    began = time.monotonic()
    with pytest.raises(RunbookError, match=r"did not say DEPLOY_TOKEN within 0\.5 s"):
        resolve(ASKS, {}, environ=Vault(command, {}, patience=0.5))
    assert time.monotonic() - began < 30


def test_a_keyring_cannot_ask_on_the_terminal(tmp_path: Path) -> None:
    command = program(
        tmp_path,
        "import os\ntry:\n    os.open('/dev/tty', os.O_RDWR)\nexcept OSError:\n    print('no terminal')",
    )
    assert Vault(command, {})["X"] == "no terminal"


def test_a_keyring_that_is_not_installed_is_named() -> None:
    with pytest.raises(RunbookError, match="no-such-keyring of secret_command cannot be started"):
        resolve(ASKS, {}, environ=Vault(["no-such-keyring", "{name}"], {}))


def test_a_command_without_a_place_for_the_name_is_refused(tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    config.write_text('secret_command = ["pass", "show", "warroom"]\n')
    with pytest.raises(SettingsError, match=r"secret_command: no argument holds \{name\}"):
        load_settings(config)
