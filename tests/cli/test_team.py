"""Commands of a team, as a person calls them: tokens, the status page, and a server that is away."""

import os
import stat
from pathlib import Path

from tests.cli.desk import Desk


def test_a_token_is_shown_once_and_listed_without_its_secret(desk: Desk) -> None:
    made = desk("token", "new", "leo", "--scope", "read", "--expires", "2d")
    text = made.out.strip()
    assert text.startswith("wr_")
    assert "not shown again" in made.err
    (listed,) = desk("token", "list", "--json").json
    assert listed["person"] == "leo"
    assert listed["good"]
    assert text.split("_")[2] not in str(listed)
    assert desk("token", "revoke", listed["id"]).status == 0
    assert not desk("token", "list", "--json").json[0]["good"]
    assert desk("token", "revoke", listed["id"], ok=False).status == 4
    assert desk("token", "new", "leo", "--scope", "write", ok=False).status == 2
    assert desk("token", "new", "leo", "--expires", "soon", ok=False).status == 2


def test_the_status_page_is_exported_and_rewritten_only_when_it_changes(
    desk: Desk, tmp_path: Path
) -> None:
    folder = tmp_path / "www"
    desk("declare", "db-3 is on fire", "--public", "Orders fail")
    assert desk("status", "export", str(folder), "--json").json["changed"]
    assert desk("status", "export", str(folder), "--json").json["changed"] == []
    page = folder / "index.html"
    assert "db-3" not in page.read_text()
    assert stat.S_IMODE(page.stat().st_mode) == 0o644
    assert sorted(os.listdir(folder)) == ["index.html", "status.atom", "status.json"]


def test_a_server_that_cannot_be_used_is_said_in_one_sentence(desk: Desk, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("wr_x")
    token.chmod(0o644)
    desk.home.joinpath(".config/warroom").mkdir(parents=True)
    config = desk.home / ".config/warroom/config.toml"
    config.write_text(f'[remotes.team]\nurl = "http://127.0.0.1:9"\ntoken_file = "{token}"\n')
    assert "others can read the token" in desk("--remote", "team", "list", ok=False).err
    token.chmod(0o600)
    assert "has not met it yet" in desk("--remote", "team", "list", ok=False).err
    assert "there are: team" in desk("--remote", "other", "list", ok=False).err
    assert "use https" in desk("--remote", "http://example.org", "list", ok=False).err
    assert "no token" in desk("--remote", "http://127.0.0.1:9", "list", ok=False).err
