"""The whole life of an incident from the shell."""

import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.cli.conftest import Shell

LINE = '10.0.0.{n} - - [{at}] "{request}" {status} 12 "-" "curl" rt=0.01 us="-" release="{release}"'


def access_log(path: Path, *, lines: int = 400, failing_after: int = 200) -> None:
    start = time.time() - lines
    rows = []
    for n in range(lines):
        at = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(start + n))
        bad = n >= failing_after and n % 2 == 0
        rows.append(
            LINE.format(
                n=n % 200,
                at=at,
                request="POST /api/checkout HTTP/1.1",
                status=502 if bad else 200,
                release="2" if n >= failing_after - 10 else "1",
            )
        )
    path.write_text("\n".join(rows) + "\n")


def runbook(folder: Path, flag: Path, *, undo: bool = True) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    back = f"   ```sh undo timeout=5s\n   rm -f '{flag}'\n   ```\n" if undo else ""
    (folder / "flag-off.md").write_text(
        "---\ntitle: Switch the flag off\nkind: flag\nservices: [shop]\n"
        'blast_radius: "nobody"\n---\n'
        f"1. [ ] Switch it\n\n   ```sh run timeout=5s\n   touch '{flag}'; echo switched\n   ```\n\n{back}"
    )


def trust(warroom: Shell) -> None:
    shown = warroom("runbook", "trust", "flag-off", "--json").json
    assert "Switch the flag off" in shown["text"]
    assert warroom("runbook", "trust", "flag-off", "--accept", "00000000", ok=False).status == 3
    accepted = warroom("runbook", "trust", "flag-off", "--accept", shown["accept"], "--json").json
    assert accepted["trusted"] is True


def test_from_declared_to_closed(warroom: Shell, tmp_path: Path) -> None:
    flag = tmp_path / "off"
    runbook(warroom.home / ".config/warroom/runbooks", flag)
    log = tmp_path / "access.log"
    access_log(log)
    made = warroom(
        "declare", "checkout fails", "--service", "shop", "--critical", "revenue", "--json"
    )
    assert made.json["id"] == "INC-1"
    assert made.json["priority"] == "P1"
    warroom("ack", "1")
    warroom("note", "inc-1", "-", stdin="finance calls\n")
    warroom("pin", "1", str(log), "--last-error", "--note", "the newest")
    pinned = warroom("show", "1", "--json").json["evidence"][0]["excerpt"]
    raw = pinned["text"].encode()
    assert log.read_bytes()[pinned["offset"] :].startswith(raw)
    assert pinned["sha256"] == hashlib.sha256(raw).hexdigest()
    offered = warroom("contain", "1", "--json").json["options"]
    assert [o["runbook"] for o in offered][0] == "flag-off"
    preview = warroom("contain", "1", "flag-off", "--json").json
    assert f"touch '{flag}'" in preview["command"]
    assert not flag.exists()
    untrusted = warroom("contain", "1", "flag-off", "--confirm", preview["confirm"], ok=False)
    assert untrusted.status == 3
    assert "new on this machine" in untrusted.err
    assert not flag.exists()
    trust(warroom)
    ran = warroom("contain", "1", "flag-off", "--confirm", preview["confirm"], "--json").json
    assert ran["outcome"] == "succeeded"
    assert ran["in_force"] is True
    assert flag.exists()
    refused = warroom("close", "1", ok=False)
    assert refused.status == 3
    assert "still in force" in refused.err
    undo = warroom("contain", "1", "--undo", "last", "--json").json
    warroom("contain", "1", "--undo", "last", "--confirm", undo["confirm"], "--no-measure")
    assert not flag.exists()
    warroom("diagnose", "1", "the flag's code is wrong")
    warroom("resolve", "1", "flag repaired", "--fix", "root_cause")
    text = warroom("postmortem", "1").out
    assert "Switch the flag off" in text
    warroom("postmortem", "1", "--write", "-", stdin=text)
    assert warroom("close", "1", "--json").json["phase"] == "closed"
    assert warroom("list", "--json").json == []
    assert [x["id"] for x in warroom("list", "--all", "--json").json] == ["INC-1"]
    warroom("reopen", "1", "it came back")
    verified = warroom("journal", "verify", "--json").json
    assert verified["problems"] == []
    warroom("journal", "rebuild")
    assert warroom("show", "1", "--json").json["reopened"] == 1


def test_a_code_of_another_step_runs_nothing(warroom: Shell, tmp_path: Path) -> None:
    flag = tmp_path / "off"
    folder = warroom.home / ".config/warroom/runbooks"
    runbook(folder, flag)
    warroom("declare", "x", "--service", "shop")
    code = warroom("contain", "1", "flag-off", "--json").json["confirm"]
    runbook(folder, tmp_path / "other")
    ran = warroom("contain", "1", "flag-off", "--confirm", code, ok=False)
    assert ran.status == 3
    assert "nothing ran" in ran.err
    assert not (tmp_path / "other").exists()
    assert not flag.exists()


def test_a_checklist_goes_on_where_it_was_left(warroom: Shell, tmp_path: Path) -> None:
    folder = warroom.home / ".config/warroom/runbooks"
    runbook(folder, tmp_path / "off")
    path = folder / "flag-off.md"
    path.write_text(path.read_text() + "2. [ ] Tell the shop\n")
    warroom("declare", "x", "--service", "shop")
    assert (
        "next: warroom contain INC-1 flag-off --step 1"
        in warroom("runbook", "run", "1", "flag-off").out
    )
    assert warroom("runbook", "run", "1", "flag-off", "--tick", "1", ok=False).status == 3
    warroom("runbook", "run", "1", "flag-off", "--tick", "2")
    tasks = warroom("runbook", "run", "1", "flag-off", "--json").json["tasks"]
    assert [task["state"] for task in tasks] == ["open", "done"]
    path.write_text(path.read_text().replace("Tell the shop", "Tell everybody"))
    tasks = warroom("runbook", "run", "1", "flag-off", "--json").json["tasks"]
    assert [task["state"] for task in tasks] == ["open", "open"]  # it is another task now


def test_a_changed_runbook_is_shown_as_a_difference(warroom: Shell, tmp_path: Path) -> None:
    folder = warroom.home / ".config/warroom/runbooks"
    runbook(folder, tmp_path / "off")
    trust(warroom)
    assert warroom("runbook", "trust", "flag-off", "--json").json["trusted"] is True
    runbook(folder, tmp_path / "other")
    shown = warroom("runbook", "trust", "flag-off").out
    assert f"-   touch '{tmp_path / 'off'}'" in shown
    assert f"+   touch '{tmp_path / 'other'}'" in shown


def test_a_new_runbook_fails_until_it_is_filled_in(warroom: Shell, tmp_path: Path) -> None:
    path = tmp_path / "mine.md"
    warroom("runbook", "new", "Cart off", "--service", "shop", "--output", str(path))
    assert warroom("runbook", "new", "Cart off", "--output", str(path), ok=False).status == 1
    assert "no-blast-radius" in warroom("runbook", "check", str(path), ok=False).out


def test_a_second_person_must_agree(warroom: Shell, tmp_path: Path) -> None:
    flag = tmp_path / "off"
    runbook(warroom.home / ".config/warroom/runbooks", flag)
    (warroom.home / ".config/warroom/config.toml").write_text('second_person = "always"\n')
    trust(warroom)
    warroom("declare", "x", "--service", "shop")
    preview = warroom("contain", "1", "flag-off", "--json").json
    code = ("contain", "1", "flag-off", "--confirm", preview["confirm"], "--no-measure")
    for agreed in ((), ("--second", preview["second_to"].upper())):
        assert warroom(*code, *agreed, ok=False).status == 3
    assert not flag.exists()
    warroom(*code, "--second", "leo")
    assert flag.exists()
    stores = [path for path in warroom.home.rglob("warroom.db*") if path.is_file()]
    assert any(b"agreed by leo" in path.read_bytes() for path in stores)


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["show", "INC-9"], 4, "no incident"),
        (["ack"], 2, "Missing argument"),
        (["nonsense"], 2, "No such command"),
        (["declare", "   "], 3, "needs a title"),
        (["declare", "x", "--priority", "P9"], 2, "P9"),
        (["note", "1", "x", "--at", "yesterdayish"], 2, "not a time"),
        (["scan", "/nonexistent.log"], 1, "/nonexistent.log"),
        (["scan", "/"], 1, "/"),
        (["--config", "/nonexistent.toml", "list"], 1, "/nonexistent.toml"),
        (["--db", "/", "list"], 1, "/"),
        (["contain", "1", "--param", "x"], 2, "NAME=VALUE"),
    ],
)
def test_bad_input_is_one_message_and_a_status(
    warroom: Shell, words: list[str], status: int, said: str
) -> None:
    ran = warroom(*words, ok=False)
    assert ran.status == status, ran
    assert said in ran.err
    assert ran.out == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("db = [", "not valid TOML"),
        ("colour = 1", "unknown key 'colour'"),
        ("db = 3", "db = 3"),
        ("logs = 'x'", "list"),
        ("glyphs = 'emoji'", "ascii"),
    ],
)
def test_a_bad_configuration_names_file_and_key(warroom: Shell, text: str, said: str) -> None:
    path = warroom.home / ".config/warroom/config.toml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    ran = warroom("list", ok=False)
    assert ran.status == 1
    assert said in ran.err
    assert warroom("--help").status == 0


def test_a_title_cannot_reach_the_terminal(warroom: Shell) -> None:
    warroom("declare", "evil \x1b]52;c;AAAA\x07 \x1b[2J [/nope] \u202e", "--service", "x")
    for words in (["list"], ["show", "1"], ["postmortem", "1"]):
        out = warroom(*words).out
        assert "[/nope]" in out
        assert not any(c in out for c in "\x1b\x07\u202e")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_a_folder_that_cannot_be_written_is_one_message(open_folder: Path) -> None:
    """Root may write anywhere, so root becomes nobody, after having imported everything."""
    closed = open_folder / "closed"
    closed.mkdir()
    closed.chmod(0o555)
    code = (
        "import os, sys; from warroom.cli.main import run; "
        f"run(['--db', {str(open_folder / 'first.db')!r}, 'list']); "
        "os.getuid() or os.setuid(65534); "
        f"sys.exit(run(['--db', {str(closed / 'x.db')!r}, 'list']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "HOME": str(open_folder), "WARROOM_ACTOR": "ana"},
        timeout=60,
    )
    assert done.returncode == 1, done
    assert "Traceback" not in done.stderr
    assert str(closed) in done.stderr


def test_help_imports_neither_the_orm_nor_the_console(warroom: Shell) -> None:
    code = (
        "import sys; from warroom.cli.main import run; run(['{}']); "
        "bad = {{'sqlalchemy','sqlmodel','textual','numpy','httpx'}} & set(sys.modules); "
        "sys.exit(repr(bad) if bad else 0)"
    )
    for word in ("--help", "--version"):
        done = subprocess.run(
            [sys.executable, "-c", code.format(word)], capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
    for command in ("declare", "contain", "tail", "journal", "scan", "list"):
        assert "Usage" in warroom(command, "--help").out


def test_formats_are_held_against_their_samples(warroom: Shell) -> None:
    assert "combined" in warroom("formats", "--json").json["formats"]
    folder = warroom.home / ".config/warroom/formats"
    folder.mkdir(parents=True)
    text = (
        'name = "mine"\ntitle = "Mine"\nkind = "regex"\npattern = "(?P<status>\\\\d+) (?P<path>.*)"\n'
        '[[samples]]\nline = "200 /a"\nexpect = { status = 500 }\n'
    )
    (folder / "mine.toml").write_text(text)
    ran = warroom("formats", ok=False)
    assert ran.status == 1
    assert "mine" in ran.err


def test_a_scan_counts_and_answers(warroom: Shell, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    access_log(log, lines=1200, failing_after=900)
    found = warroom("scan", str(log), "--json").json[0]
    assert (found["lines"], found["parsed"], found["errors_5xx"]) == (1200, 1200, 150)
    assert found["status"] == {"200": 1050, "502": 150}
    onset = datetime.fromisoformat(found["onset"]["at"])
    truth = datetime.fromisoformat(found["first"]) + timedelta(seconds=900)
    assert abs((onset - truth).total_seconds()) <= 4
    assert found["boundary"][0]["coverage"] > 0.9
    assert {"histogram", "groups", "changes", "outcomes"} <= set(found)
    told = warroom("scan", str(log), "--why").out
    assert "5xx since" in told
    early = warroom("scan", str(log), "--json", "--until", found["onset"]["low"]).json[0]
    assert early["onset"] is None
    assert early["lines"] == 1200
    assert "no field" in warroom("scan", str(log), "--where", "x=1", "--why", ok=False).err


def test_a_record_is_copied_put_back_and_looked_after(warroom: Shell, tmp_path: Path) -> None:
    warroom("declare", "first")
    copy = tmp_path / "copy.db"
    made = warroom("backup", str(copy), "--json").json
    assert made["events"] == 1
    assert warroom("backup", str(copy), ok=False).status == 1
    warroom("declare", "second")
    assert warroom("restore", str(copy), ok=False).status == 1
    warroom("restore", str(copy), "--replace")
    assert [x["title"] for x in warroom("list", "--json").json] == ["first"]
    assert warroom("journal", "verify", "--json").json["problems"] == []
    assert all(x["well"] for x in warroom("doctor", "--json").json)
    themes = warroom.home / ".config/warroom/themes"
    themes.mkdir(parents=True)
    (themes / "mine.toml").write_text("name = 3")
    ran = warroom("doctor", ok=False)
    assert ran.status == 1
    assert "mine.toml" in ran.out
