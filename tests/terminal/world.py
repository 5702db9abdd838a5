"""A home in which everything that somebody else named or wrote wants to control the terminal."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.hostile import PAYLOADS

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.decide import Refusal
from warroom.core.words import (
    Audience,
    ChangeKind,
    FollowUpKind,
    HypothesisState,
    Priority,
    Role,
    UpdateKind,
)
from warroom.room.local import LocalRoom
from warroom.store import open_journal

NOW = datetime.now(UTC)
RUNBOOK = """---
title: {title}
kind: {kind}
services: [shop]
symptoms: ["502"]
params: {{word: {{ask: {title}, type: text, default: x}}}}
blast_radius: {title}
owner: {title}
---
# {raw}

1. [ ] Say {raw}
2. [ ] Switch {raw}

   ```sh run timeout=5s
   printf '%s\\n' "{raw}"
   ```
   ```sh undo timeout=5s
   : "{raw}"
   ```
"""


def named(number: int, payload: str, ending: str) -> bytes:
    """A file name that holds a payload, as far as a file system allows."""
    name = payload.replace("/", "|").replace("\0", "")[:60]
    return f"{number:02}-{name}{ending}".encode("utf-8", "surrogateescape")


def one_line(payload: str) -> str:
    """As much of a payload as fits into a line of a log or of Markdown."""
    return payload.replace("\n", " ")[:3000]


def _write(folder: Path, name: bytes, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with open(os.path.join(os.fsencode(folder), name), "wb") as file:
        file.write(text.encode("utf-8", "surrogateescape"))


def log_text() -> str:
    """Lines of an access log with every payload as client, path, agent and release, and bare."""
    lines = []
    for n in range(400):
        at = NOW - timedelta(seconds=400 - n)
        payload = one_line(PAYLOADS[n % len(PAYLOADS)]).replace("\r", "%0d") if n % 3 == 0 else "/x"
        status = 502 if n > 250 and n % 3 == 0 else 200
        lines.append(
            f'10.0.0.{n % 9} - {payload[:20]} [{at:%d/%b/%Y:%H:%M:%S} +0000] "GET /{payload[:200]} '
            f'HTTP/1.1" {status} 12 "{payload[:99]}" "{payload}" rt=0.01 upstream="{payload[:30]}" '
            f'release="{payload[:30]}"\n'
        )
    lines += [one_line(payload) + "\n" for payload in PAYLOADS]
    failing = '10.0.0.1 - - [{at:%d/%b/%Y:%H:%M:%S} +0000] "GET /{p} HTTP/1.1" 502 1 "-" "{p}"\n'
    for payload in PAYLOADS:
        lines.append(failing.format(at=NOW, p=one_line(payload)[:300].replace('"', "'")))
    return "".join(lines)


def fill_room(room: LocalRoom) -> None:
    """Say every payload in every place of some incidents."""

    texts = [payload.replace("\udce9", "\ufffd") for payload in PAYLOADS]  # a store refuses it

    def do(command: c.Command, incident: str | None = "INC-1", actor: str | None = None) -> None:
        result = room.do(command, incident, actor=actor)
        assert not isinstance(result, Refusal), (command, result)

    for number, payload in enumerate(texts):
        title = payload[:190].replace("\n", " ")
        do(
            c.Declare(
                facts=e.Declared(
                    title=title,
                    service="shop",
                    summary=payload[:4000],
                    client=title[:60],
                    reporter=title[:60],
                    priority=Priority.P2 if number else Priority.P1,
                )
            ),
            None,
        )
    for payload in texts:
        text = payload[:4000]
        do(c.AddNote(text=text), actor=text[:50].replace("\0", ""))
        do(c.Hypothesise(state=HypothesisState.PROPOSED, text=text, evidence=text))
        change = e.ChangeRecorded(
            kind=ChangeKind.DEPLOY, text=text, happened_at=NOW, release=text, reference=text
        )
        do(c.RecordChange(facts=change))
        do(c.FollowUp(kind=FollowUpKind.TEST, text=text, owner=text[:80], public=True))
        do(c.SendUpdate(kind=UpdateKind.PROGRESS, audience=Audience.INTERNAL, text=text))
        do(c.TakeRole(role=Role.SCRIBE, person=text[:80]))
        excerpt = e.Excerpt(source=text[:80], offset=1, sha256="0", text=text)
        do(c.Pin(excerpt=excerpt, note=text))
    do(c.EditPostmortem(text="\n".join(texts), base=0))
    do(c.EditPostmortem(text="\n".join(reversed(texts)), base=1))


def build(home: Path) -> Path:
    """Fill a home; return the log, in a file with a hostile name."""
    config = home / ".config" / "warroom"
    kinds = ("flag", "rollback", "route", "kill", "other")
    for number in range(5):
        some = [payload[:60] for payload in PAYLOADS[number::5]]
        raw = one_line(" | ".join(some))
        title = json.dumps(raw[:150].encode("utf-8", "replace").decode())
        text = RUNBOOK.format(title=title, kind=kinds[number], raw=raw)
        _write(config / "runbooks", named(number, "".join(some[:4]), ".md"), text)
        for folder in (config / "themes", home / "other/warroom/formats"):
            _write(folder, named(number, "".join(some[4:]), ".toml"), f'x = "{raw}"\n')
    changes = home / "changes.jsonl"
    with changes.open("w") as file:
        for payload in PAYLOADS:
            entry = {"at": NOW.isoformat(), "kind": "deploy", "text": payload[:500]}
            file.write(json.dumps(entry) + "\n")
    words = json.dumps("[/nope] \x1b[31mname\x9b2J\u202e", ensure_ascii=True)
    (config / "config.toml").write_text(
        f"actor = {words}\nchanges = [{json.dumps(str(changes))}]\n"
        f"[views]\n{words} = {words}\n[services.shop]\ndepends_on = [{words}]\n[services.{words}]\n"
    )
    journal = open_journal(home / "w.db", anchors=home / "anchors.log")
    room = LocalRoom(journal, actor="ana", device="\x1b[31mdesk")
    try:
        fill_room(room)
    finally:
        room.close()
    name = named(0, "\x1b]0;t\x07\x9b31m\u202e[/nope]\udce9", ".log")
    _write(home, name, log_text())
    return home / os.fsdecode(name)
