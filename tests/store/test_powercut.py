"""A power cut loses what was written and not yet synced; nothing acknowledged may be in that.

`kill -9` cannot show this: what a killed process has written stays in the page cache. So a writer
is recorded, call by call, and the record is replayed up to a random moment; of what was not synced
by then, each 512-byte sector survives or not.
"""

import itertools
import random
import shutil
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.campaign import Tally, sized

from warroom.core.journal import JournalError
from warroom.store import open_journal

from .conftest import QUICK
from .processes import finish, preloadable, script

SECTOR = 512

WRITER = """
    import os, sys
    from pathlib import Path
    from story import always, declare, note
    from warroom.store import Tuning, disk, engine, open_journal
    folder, anchors, synchronous, commands = sys.argv[1:]
    disk._CHECKPOINT_BYTES = 300_000
    wanted = ("synchronous", synchronous, {"FULL": 2, "NORMAL": 1}[synchronous])
    engine._PRAGMAS = tuple(wanted if p[0] == "synchronous" else p for p in engine._PRAGMAS)
    answers = os.open(folder + "/answers", os.O_WRONLY | os.O_CREAT, 0o600)
    journal = open_journal(
        folder + "/journal.db", anchors=Path(anchors), tuning=Tuning(reserve_bytes=0)
    )
    declare(journal)
    for number in range(2, int(commands) + 1):
        note(journal, "INC-1", f"{number} " + "z" * (number * 37 % 900))
        os.write(answers, b"%d\\n" % number)
    os._exit(0)  # not closed: closing is one long checkpoint at a known moment
"""


@dataclass
class Kept:
    """A file: what is on the disk for certain, and what was written to it since."""

    durable: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)

    def sync(self) -> None:
        for offset, data in self.pending:
            put(self.durable, offset, data)
        self.pending.clear()

    def after_cut(self, source: random.Random, survives: float) -> bytes:
        content = bytearray(self.durable)
        for offset, data in self.pending:
            if data is None:
                if source.random() < survives:
                    put(content, offset, None)
                continue
            for start in range(0, len(data), SECTOR):
                if source.random() < survives:
                    put(content, offset + start, data[start : start + SECTOR])
        return bytes(content)


def put(content: bytearray, offset: int, data: bytes | None) -> None:
    """Write, or cut and extend (None), as the file system would."""
    end = offset if data is None else offset + len(data)
    if len(content) < end:
        content.extend(bytes(end - len(content)))
    if data is None:
        del content[offset:]
    else:
        content[offset:end] = data


def recorded(log: bytes) -> Iterator[tuple[str, int, int, bytes]]:
    at = 0
    while at < len(log):
        kind, file, offset, length = struct.unpack_from("<ciQQ", log, at)
        at += struct.calcsize("<ciQQ")
        name = kind.decode()
        data = log[at : at + length] if name in "OW" else b""
        at += len(data)
        yield name, file, offset, data


@pytest.fixture(scope="module")
def recorder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return preloadable("powercut.c", tmp_path_factory.mktemp("powercut"))


def record(recorder: Path, tmp_path: Path, synchronous: str, commands: int) -> bytes:
    folder, log = tmp_path / "recorded", tmp_path / "log"
    folder.mkdir()
    out, err = finish(
        script(
            WRITER, folder, tmp_path / "unused", synchronous, commands,
            LD_PRELOAD=str(recorder), POWERCUT_FOLDER=str(folder), POWERCUT_LOG=str(log),
        ),
        timeout=300,
    )  # fmt: skip
    assert (out, err) == ("", "")
    return log.read_bytes()


def cut_and_look(log: bytes, tmp_path: Path, cuts: int, seed: int) -> dict[str, int]:
    """Replay a record up to random moments; count what became of the acknowledged events."""
    source = random.Random(seed)
    records = list(recorded(log))
    first = next(i for i, r in enumerate(records) if r[0] == "W" and r[3] == b"2\n")
    moments = sorted(source.randrange(first, len(records)) for _ in range(cuts))
    seen = {"cuts": cuts, "lost": 0, "damaged": 0, "events": 0}
    names: dict[int, str] = {}
    files: dict[str, Kept] = {}
    acknowledged, done = 0, 0
    for moment in moments:
        for kind, number, offset, data in itertools.islice(records, done, moment):
            if kind == "O":
                names[number] = Path(data.decode()).name
                continue
            name = names[number]
            kept = files.setdefault(name, Kept())
            if name == "answers":
                acknowledged = int(data)
            elif kind == "W":
                kept.pending.append((offset, data))
            elif kind == "T":
                kept.pending.append((offset, None))
            elif kind == "S":
                kept.sync()
        done = moment
        after = tmp_path / "after"
        shutil.rmtree(after, ignore_errors=True)
        after.mkdir()
        survives = source.choice([0.0, 0.5, 0.9, 1.0])
        for name in ("journal.db", "journal.db-wal"):
            if name in files:
                (after / name).write_bytes(files[name].after_cut(source, survives))
        try:
            with open_journal(
                after / "journal.db", anchors=after / "anchors", tuning=QUICK
            ) as journal:
                head, problems = journal.head(), journal.verify().problems
        except JournalError as error:
            head, problems = 0, (error.what,)
        seen["lost"] += head < acknowledged
        seen["damaged"] += bool(problems)
        seen["events"] = max(seen["events"], head)
    return seen


def test_a_power_cut_loses_nothing_that_was_acknowledged(recorder: Path, tmp_path: Path) -> None:
    log = record(recorder, tmp_path, "FULL", commands=120)
    seen = cut_and_look(log, tmp_path, cuts=40, seed=1)
    assert (seen["lost"], seen["damaged"]) == (0, 0), seen
    assert seen["events"] > 60


def test_the_recording_would_show_a_loss(recorder: Path, tmp_path: Path) -> None:
    """The same with a setting that is known to lose: a test that cannot fail proves nothing."""
    log = record(recorder, tmp_path, "NORMAL", commands=120)
    seen = cut_and_look(log, tmp_path, cuts=40, seed=1)
    assert seen["lost"] > 4, seen


@pytest.mark.soak
def test_thousands_of_power_cuts_lose_nothing(recorder: Path, tmp_path: Path, tally: Tally) -> None:
    log = record(recorder, tmp_path, "FULL", commands=400)
    seen = cut_and_look(log, tmp_path, cuts=sized(2000), seed=2)
    tally(seen["cuts"], "power cuts", seed=2, lost=seen["lost"])
    assert (seen["lost"], seen["damaged"]) == (0, 0), seen
