"""Lives of what the program keeps, played on a disk that is full at a chosen call.

Run by `test_nospace.py` in a process that `nospace.c` is preloaded into. Each life says how it
begins, what it does when the room ends, what must still go meanwhile, and how it stands afterwards.
"""

import contextlib
import ctypes
import io
import itertools
import json
import os
import random
import shutil
import sqlite3
import sys
import traceback
from collections import Counter
from pathlib import Path

from story import START, declare, note

from warroom.cli.main import run
from warroom.core import commands as c
from warroom.core.decide import Refusal
from warroom.core.journal import JournalError, JournalFull
from warroom.logs import open_log, sidecar
from warroom.remote.outbox import Outbox
from warroom.runbooks.parse import parse
from warroom.runbooks.trust import Standing, TrustStore
from warroom.server.audit import Audit
from warroom.store import Tuning, disk, open_journal
from warroom.store.backup import backup, restore
from warroom.tui.log_memory import LogMemory

SHIM = ctypes.CDLL(os.environ["LD_PRELOAD"])
SHIM.nospace_arm.argtypes = [ctypes.c_long, ctypes.c_int]
SHIM.nospace_disarm.restype = ctypes.c_long
HOWS = {"stays full": 1, "is full once": 2, "ends in a write": 3}
PLAIN = Tuning(reserve_bytes=0, anchor_events=1, busy_seconds=2.0)


class Life:
    """What is done over and over, each time with the disk full at another call."""

    lasts = False
    """The same one goes on after the room is back: nothing is opened again."""
    may = JournalError
    """What it may raise."""
    whole: tuple[str, ...] = ()
    """Files that are there whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def act(self) -> None:
        raise NotImplementedError

    def meanwhile(self, said: Exception | None) -> None:
        """The disk is still full."""

    def after(self, said: Exception | None) -> None:
        """There is room again."""

    def close(self) -> None:
        pass


def sound(path: Path, anchors: Path, texts: list[str], **more: object) -> None:
    """A journal opens, is unbroken, and holds exactly these notes."""
    with open_journal(path, anchors=anchors, tuning=PLAIN, **more) as journal:
        assert journal.verify().problems == (), journal.verify().problems
        found = [r.event.text for r in journal.records("INC-1")[1:]]
        assert found == texts, f"{len(found)} kept, {len(texts)} acknowledged"


class Opening(Life):
    """A new journal is made: folder, file, schema, lock, reserve, anchors."""

    tuning = Tuning(reserve_bytes=64 << 10, busy_seconds=2.0)

    def act(self) -> None:
        self._open().close()

    def _open(self):
        return open_journal(
            self.folder / "data" / "j.db", anchors=self.folder / "state" / "a", tuning=self.tuning
        )

    def after(self, said: Exception | None) -> None:
        with self._open() as journal:
            declare(journal)
            note(journal, "INC-1", "x")
            assert journal.verify().problems == ()
            assert not any("before" in text for text in journal.warnings), journal.warnings


class Again(Opening):
    """A journal is opened that somebody else left behind, with work still in its log."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        left = folder / "left"
        with open_journal(left / "j.db", anchors=left / "a", tuning=PLAIN) as journal:
            declare(journal)
            note(journal, "INC-1", "one")
            (folder / "data").mkdir()
            for name in ("j.db", "j.db-wal"):
                shutil.copyfile(left / name, folder / "data" / name)

    def after(self, said: Exception | None) -> None:
        sound(self.folder / "data" / "j.db", self.folder / "state" / "a", ["one"])


class Older(Again):
    """A journal of an older schema is opened: it is copied, then brought up to date."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        file = folder / "data" / "j.db"
        with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as db:
            for table in ("incident", "document", "token", "inbox", "signal", "outbox"):
                db.execute(f"DROP TABLE {table}")
            db.execute("DROP INDEX ix_event_kind")
            db.execute("UPDATE warroom_version SET version_num = '0001'")

    def after(self, said: Exception | None) -> None:
        super().after(said)
        copies = list((self.folder / "data").glob("*.schema-0001"))
        assert len(copies) == 1, "the copy of the older one"
        with contextlib.closing(sqlite3.connect(copies[0])) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert db.execute("SELECT count(*) FROM event").fetchone() == (2,)
        assert not list((self.folder / "data").glob("*.part*"))


class Reading(Again):
    """A journal is only read; without room beside it a copy is."""

    def act(self) -> None:
        sound(self.folder / "data" / "j.db", self.folder / "state" / "a", ["one"], read_only=True)

    def after(self, said: Exception | None) -> None:
        assert said is None, "reading goes on"


class Appending(Life):
    """Notes are kept, one after the other, by a journal that stays open."""

    lasts = True
    tuning = PLAIN
    merges = 4 << 20
    written_after = 1
    """Notes once there is room: as many as merge the log in peace, or it only ever grows."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        disk._CHECKPOINT_BYTES = self.merges
        self.path, self.anchors = folder / "j.db", folder / "state" / "a"
        self.journal = open_journal(self.path, anchors=self.anchors, tuning=self.tuning)
        declare(self.journal)
        self.kept: list[str] = []
        self.number = 0

    def act(self) -> None:
        self.number += 1
        self.text = f"{self.number} " + "z" * (self.number * 997 % 12000)
        note(self.journal, "INC-1", self.text, f"c{self.number}")
        self.kept.append(self.text)

    def meanwhile(self, said: Exception | None) -> None:
        assert [r.event.text for r in self.journal.records("INC-1")[1:]] == self.kept
        assert self.journal.verify().problems == ()
        assert self.journal.search("z" * 5) is not None
        sound(self.path, self.folder / "other", self.kept, read_only=True)

    def after(self, said: Exception | None) -> None:
        # As it would be found after a crash at this moment.
        found = self.folder / "crash"
        found.mkdir()
        for suffix in ("", "-wal"):
            shutil.copyfile(f"{self.path}{suffix}", found / f"j.db{suffix}")
        with open_journal(found / "j.db", anchors=found / "a", tuning=PLAIN) as journal:
            texts = [r.event.text for r in journal.records("INC-1")[1:]]
            # What was refused may be on the disk by then: a crash may keep it, but only whole.
            assert texts[: len(self.kept)] == self.kept, "lost by a crash"
            assert texts[len(self.kept) :] in ([], [self.text])
            assert journal.verify().problems == ()
        shutil.rmtree(found)
        done = note(self.journal, "INC-1", self.text, f"c{self.number}")
        assert done.repeated is (said is None)
        if said is not None:
            self.kept.append(self.text)
        for _ in range(self.written_after):
            note(self.journal, "INC-1", "room again")
            self.kept.append("room again")
        assert [r.event.text for r in self.journal.records("INC-1")[1:]] == self.kept
        assert self.journal.verify().problems == ()
        last = (self.anchors.read_text().splitlines() or [""])[-1]
        assert last.startswith(f"{self.journal.head()} "), "the anchors go on"

    def close(self) -> None:
        self.journal.close()
        sound(self.path, self.anchors, self.kept)


class Merging(Appending):
    """The log is merged into the file after each note."""

    merges = 0


class Reserved(Appending):
    """Some room is held back, and used."""

    tuning = Tuning(reserve_bytes=64 << 10, anchor_events=1, busy_seconds=2.0)
    merges = 100_000
    written_after = 3


class Closing(Life):
    """A journal is closed: the last one out merges the log, and leaves an anchor."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        disk._CHECKPOINT_BYTES = 4 << 20
        late = Tuning(reserve_bytes=0, anchor_events=1000, anchor_seconds=1000)
        self.journal = open_journal(folder / "j.db", anchors=folder / "a", tuning=late)
        declare(self.journal)
        for number in range(5):
            note(self.journal, "INC-1", f"{number}" * 5000)

    def act(self) -> None:
        self.journal.close()

    def after(self, said: Exception | None) -> None:
        assert said is None, "closing never fails"
        sound(self.folder / "j.db", self.folder / "a", [f"{n}" * 5000 for n in range(5)])


class Backup(Life):
    """A copy is made while the journal is in use."""

    lasts = True

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.journal = open_journal(folder / "j.db", anchors=folder / "a", tuning=PLAIN)
        declare(self.journal)
        note(self.journal, "INC-1", "y" * 90_000)
        self.copies = folder / "copies"
        self.number = 0

    def act(self) -> None:
        self.number += 1
        self.target = self.copies / f"{self.number}" / "copy.db"
        backup(self.folder / "j.db", self.target, anchors=self.folder / "a")

    def meanwhile(self, said: Exception | None) -> None:
        there = [p.name for p in self.target.parent.glob("*")]
        assert there == ([] if said else ["copy.db"]), there

    def after(self, said: Exception | None) -> None:
        if said is not None:
            backup(self.folder / "j.db", self.target, anchors=self.folder / "a")
        sound(self.target, self.folder / "other", ["y" * 90_000], read_only=True)

    def close(self) -> None:
        self.journal.close()


class Restore(Life):
    """A copy is put in the place of a journal."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.path, self.anchors = folder / "j.db", folder / "a"
        live = folder / "live" / "j.db"
        with open_journal(live, anchors=self.anchors, tuning=PLAIN) as journal:
            declare(journal)
            note(journal, "INC-1", "in both")
            backup(live, folder / "copy.db", anchors=self.anchors)
            note(journal, "INC-1", "later")
            for suffix in ("", "-wal"):  # as a crash leaves it: what came later is in the log
                shutil.copyfile(f"{live}{suffix}", f"{self.path}{suffix}")

    def act(self) -> None:
        restore(self.folder / "copy.db", self.path, anchors=self.anchors, replace=True)

    def meanwhile(self, said: Exception | None) -> None:
        assert not list(self.folder.glob("*.part*"))
        sound(self.path, self.folder / "o", ["in both", *["later"] * bool(said)], read_only=True)

    def after(self, said: Exception | None) -> None:
        self.meanwhile(said)
        if said is not None:
            self.act()
        sound(self.path, self.anchors, ["in both"])
        put_aside = list(self.folder.glob("*.replaced"))
        assert put_aside, "what was there is kept"
        for one in put_aside:
            sound(one, self.folder / "o", ["in both", "later"], read_only=True)


class Taking(Life):
    """A copy of a server's journal takes over what is new there."""

    lasts = True

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.source = open_journal(folder / "s" / "j.db", anchors=folder / "a", tuning=PLAIN)
        self.copy = open_journal(
            folder / "c" / "j.db", anchors=folder / "b", tuning=PLAIN,
            journal_id=self.source.end().journal,
        )  # fmt: skip
        declare(self.source)
        self.copy.take(self.source.links(0))

    def act(self) -> None:
        if self.source.end() == self.copy.end():
            SHIM.nospace_arm(0, 0)
            for number in range(5):
                note(self.source, "INC-1", f"{number}" * 3000)
            SHIM.nospace_arm(*armed)
        self.copy.take(self.source.links(self.copy.head()))

    def meanwhile(self, said: Exception | None) -> None:
        assert self.source.head() - self.copy.head() == (5 if said else 0)
        assert self.copy.verify().problems == ()

    def after(self, said: Exception | None) -> None:
        self.copy.take(self.source.links(self.copy.head()))
        assert self.copy.end() == self.source.end()

    def close(self) -> None:
        self.source.close()
        self.copy.close()


class Rebuilding(Appending):
    """What is derived from the events is made again."""

    def act(self) -> None:
        super().act() if self.number % 2 == 0 else self._rebuild()

    def _rebuild(self) -> None:
        self.number += 1
        self.text = f"{self.number}"
        self.journal.rebuild()
        SHIM.nospace_arm(0, 0)
        note(self.journal, "INC-1", self.text, f"c{self.number}")
        self.kept.append(self.text)


class OutboxOpening(Life):
    """The outbox of a console on a server is made."""

    def act(self) -> None:
        Outbox(self.folder / "copy" / "outbox.db").close()

    def after(self, said: Exception | None) -> None:
        outbox = Outbox(self.folder / "copy" / "outbox.db")
        keep(outbox, "c1")
        assert [item.id for item in outbox.items()] == ["c1"]
        outbox.close()


def keep(outbox: Outbox, name: str, text: str = "x") -> None:
    outbox.add(
        c.AddNote(text=text), name=name, incident="INC-1", base=None, actor=None, now=START
    )  # fmt: skip


class Sending(Life):
    """Commands enter the outbox and leave it, kept or refused, and are remembered."""

    lasts = True

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.outbox = Outbox(folder / "outbox.db")
        self.number = 0
        self.waiting: list[str] = []
        self.refused: list[str] = []
        self.fact = ""

    def act(self) -> None:
        self.number += 1
        self._do(self.number)

    def _do(self, number: int) -> None:
        kind = ("add", "add", "add", "refuse", "kept", "remember", "change")[number % 7]
        if kind == "add":
            keep(self.outbox, f"c{number}", "z" * (number * 997 % 9000))
            self.waiting.append(f"c{number}")
        elif kind == "remember":
            self.outbox.remember("contact", f"{number}")
            self.fact = f"{number}"
        elif self.waiting:
            first = self.outbox.items()[0]
            if kind == "change":
                self.outbox.change(first, c.AddNote(text="q" * 6000), tried=True)
            elif kind == "kept":
                self.outbox.kept(first, "INC-1")
                self.waiting.pop(0)
            else:
                self.outbox.refuse(first, Refusal(reason="no"), START)
                self.refused.append(self.waiting.pop(0))

    def meanwhile(self, said: Exception | None) -> None:
        assert [item.id for item in self.outbox.items()] == self.waiting
        assert [one.id for one in self.outbox.refusals()] == self.refused
        assert self.outbox.fact("contact") == self.fact
        other = sqlite3.connect(f"file:{self.folder}/outbox.db?mode=ro", uri=True)
        with contextlib.closing(other):
            assert other.execute("SELECT count(*) FROM item").fetchone()[0] == len(self.waiting)

    def after(self, said: Exception | None) -> None:
        if said is not None:
            self._do(self.number)
        self.meanwhile(said)

    def close(self) -> None:
        self.outbox.close()
        self.outbox = Outbox(self.folder / "outbox.db")
        self.meanwhile(None)
        self.outbox.close()


class Index(Life):
    """The index of a large log is kept beside it; one that cannot be kept is not missed."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.cache = folder / "cache"
        self.path = folder.parent.parent / "access.log"
        if not self.path.exists():
            line = '10.0.0.1 - - [21/Nov/2026:14:00:%02d +0000] "GET / HTTP/1.1" 200 5\n'
            self.path.write_text("".join(line % (n % 60) for n in range(20_000)))
        self.log = open_log(self.path, threaded=False)
        self.log.prepare()
        while self.log.step():
            pass

    def act(self) -> None:
        log = self.log
        store = log._index.segments()[0].store
        sidecar.save(self.cache, str(self.path), log._index, store, log._reader, log._clock)

    def after(self, said: Exception | None) -> None:
        assert said is None, "the reader goes on"
        left = [p.name for p in self.cache.glob("*") if not p.name.endswith(".index")]
        assert left == [], f"left lying about: {left}"

    def close(self) -> None:
        self.log.close()


class Filters(Life):
    """What was typed to find lines is kept for the next time."""

    may = OSError
    lasts = True

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.path = folder / "state" / "filters.json"
        self.memory = LogMemory(self.path)
        self.number = 0

    def act(self) -> None:
        self.number += 1
        self.memory.name(f"n{self.number}", "5xx -health " * 40)

    def meanwhile(self, said: Exception | None) -> None:
        assert f"n{self.number}" in self.memory.names, "it holds for this run"
        if self.path.exists():
            json.loads(self.path.read_text())
        there = [p.name for p in self.path.parent.glob("*")]
        assert there in ([], ["filters.json"]), there

    def after(self, said: Exception | None) -> None:
        self.memory.name(f"n{self.number}", "5xx")
        assert LogMemory(self.path).names[f"n{self.number}"] == "5xx"


class Trusting(Life):
    """A runbook is accepted."""

    may = OSError
    lasts = True

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.trust = TrustStore(folder / "trusted")
        self.number = 0

    def act(self) -> None:
        self.number += 1
        self.book = parse(f"# Book {self.number}\n\nWords.\n")
        self.trust.accept(self.book)

    def meanwhile(self, said: Exception | None) -> None:
        standing = self.trust.judge(self.book).standing
        assert standing is (Standing.NEW if said else Standing.TRUSTED)
        assert all(p.suffix == ".json" for p in (self.folder / "trusted").glob("*"))

    def after(self, said: Exception | None) -> None:
        self.trust.accept(self.book)
        assert self.trust.judge(self.book).standing is Standing.TRUSTED


class Auditing(Life):
    """The server's audit goes on, and a torn line costs only itself."""

    lasts = True

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.path = folder / "audit.log"
        self.audit = Audit(self.path)
        self.number = 0

    def act(self) -> None:
        self.number += 1
        self.audit.write("asked", number=self.number)

    def after(self, said: Exception | None) -> None:
        assert said is None, "the server goes on"
        self.audit.write("asked", number=-self.number)
        assert json.loads(self.path.read_text().splitlines()[-1])["number"] == -self.number


class Told(Life):
    """The command line writes files: whole, or not at all and one message that says so."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.home = folder.parent.parent / "told.db"
        if not self.home.exists():
            with open_journal(self.home, anchors=self.home.with_suffix(".a")) as journal:
                declare(journal)
                for number in range(20):
                    note(journal, "INC-1", f"{number}" * 2000)
        self.out = folder / "out"

    words: tuple[str, ...] = ()

    def act(self) -> None:
        said = self.folder.parent.parent / "stderr"
        with (
            said.open("w") as err,
            contextlib.redirect_stderr(err),
            contextlib.redirect_stdout(io.StringIO()),
        ):
            try:
                status = run(["--db", str(self.home), *self.words, str(self.out)])
            except SystemExit as error:
                status = error.code
        if status:
            text = said.read_text()
            assert "Traceback" not in text, text
            assert str(self.folder) in text, f"it does not say where: {text}"
            assert "Free" in text, f"it does not say what to do: {text}"
            raise JournalFull(f"{self.folder}: no room: {text}", "Free")

    def meanwhile(self, said: Exception | None) -> None:
        if said is not None:
            there = [str(p) for p in self.folder.rglob("*") if p.is_file()]
            assert there == [], f"half of it is there: {there}"

    def after(self, said: Exception | None) -> None:
        SHIM.nospace_arm(0, 0)
        self.act()


class Exporting(Told):
    words = ("journal", "export")


class Printing(Told):
    words = ("postmortem", "INC-1", "--format", "html", "--out")


class Status(Told):
    words = ("status", "export")

    def meanwhile(self, said: Exception | None) -> None:
        there = [p.name for p in self.folder.rglob("*") if p.is_file()]
        assert set(there) <= {"index.html", "status.atom", "status.json"}, there


LIVES: tuple[type[Life], ...] = (
    Opening, Again, Older, Reading, Appending, Merging, Reserved, Rebuilding, Closing, Backup,
    Restore, Taking, OutboxOpening, Sending, Index, Filters, Trusting, Auditing,
    Exporting, Printing, Status,
)  # fmt: skip

armed = [0, 0]
NUMBERS = itertools.count(1)


def once(life: Life, n: int, how: str) -> tuple[int, Exception | None]:
    """Do it once with the disk full at the n-th call; returns how many calls there were."""
    armed[:] = n, HOWS[how]
    said: Exception | None = None
    SHIM.nospace_arm(*armed)
    try:
        life.act()
    except life.may as error:
        said = error
    seen = SHIM.nospace_disarm()
    if isinstance(said, JournalError):
        assert str(life.folder) in said.what, f"where? {said.what}"
        assert said.hint, f"what to do? {said.what}"
        assert how == "is full once" or isinstance(said, JournalFull), said.what
    SHIM.nospace_arm(1, HOWS["stays full"])
    life.meanwhile(said)
    SHIM.nospace_disarm()
    life.after(said)
    return seen, said


def sweep(kind: type[Life], base: Path, sample: int, seed: int) -> Counter[str]:
    """Play a life with the disk full at each call in turn, or at a sample of them."""
    done: Counter[str] = Counter()
    for how, _ in itertools.product(HOWS, range(2 if kind.lasts and not sample else 1)):
        source = random.Random(f"{seed} {kind.__name__} {how}")
        life: Life | None = None
        n, beyond = 1, 0
        while beyond < (3 if kind.lasts else 1):
            if life is None:
                folder = base / f"{kind.__name__}-{next(NUMBERS)}"
                folder.mkdir()
                life = kind(folder)
            try:
                seen, said = once(life, n, how)
            except Exception:
                SHIM.nospace_disarm()
                print(
                    f"{kind.__name__}: the disk {how} at call {n}:\n{traceback.format_exc(limit=-4)}"
                )
                done["failed"] += 1
                if done["failed"] > 3:
                    return done
                life = None  # not closed: it may be in any state
            else:
                beyond = 0 if seen >= n else beyond + 1
                done["calls failed"] += seen >= n
                done["refused"] += said is not None
                if not life.lasts:
                    life.close()
                    shutil.rmtree(life.folder)
                    life = None
            n += 1 if not sample or n == 1 else source.randrange(1, 2 * sample)
        if life is not None:
            life.close()
    return done


def main() -> None:
    base, names, sample, seed = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    for name in names.split(","):
        kind = next(one for one in LIVES if one.__name__ == name)
        done = sweep(kind, base, sample, seed)
        print(json.dumps({"life": name, **done}))


if __name__ == "__main__":
    main()
