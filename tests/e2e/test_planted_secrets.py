"""Steps that print their secrets in every way: no byte that the program wrote has them."""

import base64
import sys
import tarfile
import urllib.parse
import zipfile
from pathlib import Path

import pytest
from tests.terminal.driver import Forge, Terminal

pytestmark = pytest.mark.terminal

PLAIN = "planted7Qm2xV9rT4kW"
ODD = 'pl4nt\'ed "s3cret" & <b>%41\\n$HOME'
LINES = "first-planted-line\nsecond-planted-line"
SECRETS = {"PLAIN_SECRET": PLAIN, "KEYRING_ODD_SECRET": ODD, "LINES_SECRET": LINES}
KEYRING = "import os, sys; print(os.environ['KEYRING_' + sys.argv[1]])"
"""Knows the second one, which is not in the environment under its name."""

BOOK = """\
---
title: Print what is secret
kind: flag
services: [shop]
blast_radius: "nobody"
params:
  plain: {ask: "One", type: secret, env: PLAIN_SECRET}
  odd: {ask: "Two", type: secret, env: ODD_SECRET}
  lines: {ask: "Three", type: secret, env: LINES_SECRET}
---
1. [ ] Print
   ```sh precheck reads timeout=20s
   printf 'checked %s\\n' "$plain"
   echo "warroom-state: before=$plain"
   ```
   ```sh run timeout=60s
   printf '%s\\n' "$plain" "$odd" "$lines"
   printf '%s\\n' "$odd" >&2
   printf '%s' "$plain" | base64; printf 'x%s' "$plain" | base64; printf 'xy%s' "$odd" | base64 -w0; echo
   printf '%s' "$plain" | od -An -tx1 | tr -d ' \\n'; echo
   python3 -c 'import os,sys,urllib.parse,time,json
   for c in os.environ["plain"]:
       sys.stdout.write(c); sys.stdout.flush(); time.sleep(0.002)
   sys.stdout.write("\\n" + "-" * 65500 + os.environ["plain"] + "-" * 70000 + "\\n")
   print(urllib.parse.quote(os.environ["odd"]), urllib.parse.quote_plus(os.environ["odd"]))
   print(json.dumps({"it": os.environ["odd"]}))
   sys.stdout.buffer.write(b"\\x1b[31m" + os.environ["plain"].encode() + b"\\x1b[0m\\n")'
   set -x; : "$plain" "$lines"; set +x
   echo "warroom-state: token=$plain"
   ls "/nonexistent/$plain" || true
   ```
   ```sh verify timeout=20s
   echo "verified $odd"; test -n "$state_token"
   ```
   ```sh undo timeout=20s
   echo "undone $plain, before $state_before"; exit 3
   ```
2. [ ] Ask a server
   ```http run timeout=5s
   POST http://127.0.0.1:9/$plain?x=$odd
   Authorization: Bearer $plain

   {"it": "$odd"}
   ```
   ```http undo timeout=5s
   DELETE http://127.0.0.1:9/$plain
   ```
"""


def forms() -> list[bytes]:
    """What must not be found: the secrets, and what they are easily turned back from."""
    found: set[bytes] = set()
    for text in (PLAIN, ODD, *LINES.split("\n")):
        raw = text.encode()
        found |= {raw, raw.hex().encode(), urllib.parse.quote(text).encode()}
        found.add(urllib.parse.quote_plus(text).encode())
        for lead in (0, 1, 2):
            whole = base64.b64encode(b"x" * lead + raw)
            found.add(whole[4 if lead else 0 : len(whole) // 4 * 4 - 4])
    return sorted(found)


def written(folder: Path) -> list[tuple[str, bytes]]:
    """Every file below a folder, and what archives among them hold."""
    found = []
    for path in folder.rglob("*"):
        if not path.is_file() or path.is_symlink():
            continue
        found.append((str(path.relative_to(folder)), path.read_bytes()))
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                found += [
                    (f"{path.name}/{name}", archive.read(name)) for name in archive.namelist()
                ]
        elif tarfile.is_tarfile(path):
            with tarfile.open(path) as archive:
                for member in archive.getmembers():
                    file = archive.extractfile(member)
                    found += [(f"{path.name}/{member.name}", file.read())] if file else []
    return found


def clean(found: list[tuple[str, bytes]]) -> None:
    wanted = forms()
    for name, data in found:
        for form in wanted:
            assert form not in data, (
                f"{name} has {form!r}: {data[max(0, data.index(form) - 80) :][:200]!r}"
            )


class Hand:
    """Somebody at the shell, all of whose screens are kept."""

    def __init__(self, forge: Forge, home: Path) -> None:
        self.forge, self.home = forge, home
        self.seen: list[tuple[str, bytes]] = []

    def terminal(self, *words: str) -> Terminal:
        config = ["--config", str(self.home / "config.toml")]
        return Terminal.forged(self.forge, [*config, *words], self.home, size=(120, 40), **SECRETS)

    def __call__(self, *words: str) -> str:
        with self.terminal(*words) as terminal:
            terminal.ends()
            self.seen.append((" ".join(words[:3]), terminal.raw))
            return terminal.raw.decode("utf-8", "replace")

    def code(self, *words: str) -> str:
        return self(*words).split("--confirm ")[1].split()[0]


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    for number, text in enumerate(
        (PLAIN, ODD, LINES, base64.b64encode(b"xy" + ODD.encode()).decode())
    ):
        (tmp_path / f"{number}").write_text(f"before {text} after")
        with pytest.raises(AssertionError):
            clean(written(tmp_path))
        (tmp_path / f"{number}").unlink()


def test_no_byte_of_a_secret_is_written_anywhere(forge: Forge, tmp_path: Path) -> None:
    hand = Hand(forge, tmp_path)
    books = tmp_path / "books"
    books.mkdir()
    (books / "leak.md").write_text(BOOK)
    (tmp_path / "config.toml").write_text(
        f'db = "{tmp_path}/w.db"\nservice = "shop"\nrunbooks = ["{books}"]\nhosts = ["127.0.0.1:9"]\n'
        f'secret_command = ["{sys.executable}", "-c", "{KEYRING}", "{{name}}"]\n'
    )
    hand("declare", "it fails", "--service", "shop")
    accept = hand("runbook", "trust", "leak").split("--accept ")[1].split()[0]
    hand("runbook", "trust", "leak", "--accept", accept)
    step = ("contain", "1", "leak")
    ran = hand(*step, "--confirm", hand.code(*step))
    assert "succeeded" in ran, ran[-2000:]
    assert ran.count("[REDACTED]") > 10
    hand(*step, "--dry-run")
    # its precheck reports a secret as the state before: that is not kept, and not put back redacted
    assert "State not kept: before was a secret" in hand("contain", "1", "--undo", "last")
    second = (*step, "--step", "2")
    assert "failed" in hand(*second, "--confirm", hand.code(*second))
    with hand.terminal() as terminal:
        terminal.sees("INC-1")
        for keys in (("3",), ("4",), ("tab",), ("p",), ("escape",), ("question_mark",)):
            terminal.press(*(key.replace("question_mark", "?") for key in keys))
            terminal.settle()
        terminal.press("escape")
        terminal.settle()
        hand.seen.append(("console", terminal.raw))
    exports = tmp_path / "exports"
    exports.mkdir()
    for words in (
        ("show", "1"),
        ("show", "1", "--json"),
        ("timeline", "1"),
        ("timeline", "1", "--json"),
        ("postmortem", "1"),
        ("postmortem", "1", "--format", "html", "--output", str(exports / "p.html")),
        ("postmortem", "1", "--format", "pdf", "--output", str(exports / "p.pdf")),
        ("runbook", "show", "leak"),
        ("runbook", "from", "1"),
        ("similar", "1"),
        ("metrics", "--json"),
        ("backup", str(exports / "copy.db")),
        ("list", "--json"),
        ("journal", "verify"),
    ):
        hand(*words)
    assert (exports / "copy.db").exists()
    assert any(
        b"Print what is secret" in data for name, data in hand.seen if name.startswith("show")
    )
    clean(hand.seen)
    clean(written(tmp_path))
