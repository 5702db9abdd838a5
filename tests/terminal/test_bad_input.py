"""What cannot be used: one message of what, where and what to do, a status, the terminal as found."""

import json
import os
import socket
import sqlite3
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.terminal.driver import Forge, Terminal

from warroom.store import open_journal

pytestmark = pytest.mark.terminal

IN_TURN = """
def main(arguments):
    import json
    from warroom.cli.main import run
    for words in json.loads(open(arguments[0]).read()):
        print(f"<<{run(words)}>>", flush=True)
    return 0
"""
FULL = (
    """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))  # a disk on which no file can grow
"""
    + IN_TURN
)
NOBODY = 65534
LOOKS: Sequence[Sequence[str]] = (["--log"], ["tail"], ["tail", "--plain"], ["scan"])
"""Commands that open the log that is named after them."""


def let_everybody_in(home: Path, mode: int) -> None:
    """Open this folder, and the ones that the tests made around it, to another user."""
    shared = Path(tempfile.gettempdir())
    for folder in (home, *home.parents):
        if shared in folder.parents:
            folder.chmod(mode)


def said(
    forge: Forge,
    home: Path,
    asked: Sequence[Sequence[str]],
    user: int = 0,
    program: str = IN_TURN,
    **more: str,
) -> list[tuple[int, str]]:
    """Run commands in one terminal; return the status and the words of each."""
    (home / "asked.json").write_text(json.dumps([list(words) for words in asked]), "utf-8")
    with Terminal.forged(
        forge, ["asked.json"], home, program=program, user=user, size=(300, 50), **more
    ) as terminal:
        terminal.drawn = False
        assert terminal.ends() == 0, terminal.raw[-2000:]
        assert terminal.is_restored(), terminal.still_on()
        raw = terminal.raw.decode().replace("\r", "")
    assert "Traceback" not in raw
    assert "error in itself" not in raw
    found = []
    for words in asked:
        text, end, raw = raw.partition("<<")
        assert end, (words, text)
        status, _, raw = raw.partition(">>")
        found.append((int(status), text))
    return found


def check(results: list[tuple[int, str]], asked: Sequence[Sequence[str]], *words: str) -> None:
    """Everything failed, said so in one or two lines, and named what and why."""
    for (status, text), command in zip(results, asked, strict=True):
        assert status not in {0, 2}, (command, text)
        lines = [line for line in text.splitlines() if line.startswith(("warroom: ", "    "))]
        assert 1 <= len(lines) <= 3, (command, text)
        for one in words:
            assert one in text, (command, text)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("absent.log", "there is no such file; check the path"),
        ("folder", "not a regular file; name a file"),
        ("loop", "too many symbolic links; name the file itself"),
        ("socket", "cannot open the log"),
        ("pipe", "not a regular file; name a file, or pipe it in"),
        ("/dev/zero", "not a regular file; name a file, or pipe it in"),
    ],
)
def test_a_log_that_cannot_be_opened(forge: Forge, home: Path, name: str, why: str) -> None:
    (home / "folder").mkdir()
    (home / "loop").symlink_to("loop")
    os.mkfifo(home / "pipe")
    with socket.socket(socket.AF_UNIX) as bound:
        here = os.open(home, os.O_RDONLY)
        try:  # the path of a socket is short: it is given from within the folder
            bound.bind(f"/proc/self/fd/{here}/socket")
        finally:
            os.close(here)
        asked = [[*look, name] for look in LOOKS]
        check(said(forge, home, asked), asked, name, why)


def test_a_log_that_may_not_be_read(forge: Forge, home: Path) -> None:
    let_everybody_in(home, 0o777)
    (home / "secret.log").write_text("x\n")
    (home / "secret.log").chmod(0)
    asked = [[*look, "secret.log"] for look in LOOKS]
    (home / "asked.json").touch(0o644)
    check(said(forge, home, asked, user=NOBODY), asked, "secret.log", "ermission")


def test_what_fails_only_when_it_is_read(forge: Forge, home: Path) -> None:
    asked = [[*look, "/proc/self/mem"] for look in LOOKS]
    check(said(forge, home, asked), asked, "/proc/self/mem", "cannot")


def test_a_count_of_nothing_says_so(forge: Forge, home: Path) -> None:
    (home / "empty.log").touch()
    (home / "program").write_bytes(bytes(range(256)) * 40)
    asked = [["scan", "empty.log"], ["scan", "program"]]
    empty, binary = said(forge, home, asked)
    check([empty], asked[:1], "empty.log", "the file is empty; name the one that is written to")
    check([binary], asked[1:], "program", "this is no text", "name a text file")


@pytest.mark.parametrize("name", ["empty", "binary"])
def test_the_console_opens_on_a_log_of_nothing_or_of_bytes(
    forge: Forge, home: Path, name: str
) -> None:
    (home / "empty").touch()
    (home / "binary").write_bytes(bytes(range(256)) * 400)
    with Terminal.forged(forge, ["--log", name], home) as terminal:
        terminal.sees("No incident. Good.")
        terminal.sees("FOLLOW")
        (home / name).open("ab").write(b"\nthe first real line\n")
        terminal.sees("the first real line")
        terminal.press("q")
        assert terminal.ends() == 0


CONFIGURATIONS = {
    "not TOML": ('theme = "dark"\nlogs = [1 2]\n', ("config.toml", "line 2")),
    "unknown key": ('theem = "dark"\n', ("config.toml", "theem", "Known keys")),
    "wrong type": ("theme = 3\n", ("config.toml", "theme = 3", "text")),
    "wrong value": ('glyphs = "emoji"\n', ("glyphs", "unicode or ascii")),
    "bad table": ('[oncall.shop]\npeople = "ana"\n', ("config.toml", "oncall.shop")),
    "not UTF-8": (b"theme = '\xff'\n", ("config.toml", "utf-8")),
    "a folder": (None, ("config.toml", "directory")),
}


@pytest.mark.parametrize("kind", CONFIGURATIONS)
def test_a_bad_configuration(forge: Forge, home: Path, kind: str) -> None:
    written, words = CONFIGURATIONS[kind]
    path = home / ".config" / "warroom" / "config.toml"
    path.parent.mkdir(parents=True)
    if written is None:
        path.mkdir()
    else:
        path.write_bytes(written if isinstance(written, bytes) else written.encode())
    (home / "x.log").write_text("x\n")
    asked = [["list"], [], ["tail", "x.log"], ["scan", "x.log", "--why"], ["show", "1"]]
    check(said(forge, home, asked), asked, *words)


def test_help_works_under_a_bad_configuration(forge: Forge, home: Path) -> None:
    asked = [["--help"], ["list", "--help"], ["--version"]]
    found = said(forge, home, asked, WARROOM_CONFIG="/nonexistent.toml")
    assert [status for status, _ in found] == [0, 0, 0]


def newer(path: Path) -> str:
    open_journal(path, anchors=path.with_name("anchors")).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE warroom_version SET version_num = '9999'")
    return "newer"


def corrupt(path: Path) -> str:
    path.write_bytes(b"SQLite format 3\0" + os.urandom(8000))
    return ""


def no_database(path: Path) -> str:
    path.write_text("this is my shopping list\n" * 100)
    return ""


def a_folder(path: Path) -> str:
    path.mkdir()
    return "folder"


@pytest.mark.parametrize("spoil", [newer, corrupt, no_database, a_folder])
def test_a_database_that_cannot_be_used(forge: Forge, home: Path, spoil: object) -> None:
    word = spoil(home / "w.db")  # type: ignore[operator]
    asked = [
        ["--db", "w.db", *words] for words in (["list"], ["note", "1", "x"], ["list", "--json"])
    ]
    results = said(forge, home, asked)
    check(results, asked, "w.db", word)
    (home / "x.log").write_text("still here\n")
    with Terminal.forged(forge, ["--db", "w.db", "--log", "x.log"], home) as terminal:
        terminal.sees("still here")
        terminal.sees("The store cannot be opened.")
        terminal.press("q")
        assert terminal.ends() == 0


def test_a_data_folder_that_is_read_only(forge: Forge, home: Path) -> None:
    let_everybody_in(home, 0o755)
    data = home / "data"
    data.mkdir()
    data.chmod(0o555)
    (home / "asked.json").touch(0o644)
    asked = [["declare", "x"], ["list"]]
    results = said(forge, home, asked, user=NOBODY, XDG_DATA_HOME=str(data))
    check(results, asked, str(data / "warroom"))


def test_a_disk_on_which_nothing_can_grow(forge: Forge, home: Path) -> None:
    asked = [["--db", "w.db", "declare", "checkout is down"], ["--db", "w.db", "list"]]
    check(said(forge, home, asked, program=FULL), asked, "w.db")
