"""Throw damaged lines, any bytes and any file operations at the log engine, for a while.

Run: python scripts/fuzz_logs.py [--seconds 600] [--seed 1]

Prints one row a target: how many cases, what failed, how long the slowest took, how much memory
grew. A case that fails is printed with its own seed; `--only TARGET --case SEED` runs it again.
The exit status says whether all went well.
"""

import argparse
import faulthandler
import gc
import os
import random
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from warroom.core.text import clean_line
from warroom.logs import Query
from warroom.logs.filelog import FileLog
from warroom.logs.formats.load import named, shipped
from warroom.logs.formats.reader import Reader
from warroom.logs.formats.recognise import recognise
from warroom.logs.kernel import AccessScanner
from warroom.logs.linescan import PAD, LineScanner
from warroom.logs.opening import open_log
from warroom.logs.patterns import matcher
from warroom.logs.segments import Codes, Scanned
from warroom.logs.times import DIALECTS, Clock
from warroom.tui.widgets.log_filter import FilterError, parse_filter

SLOWEST = 20.0
"""Seconds after which a case counts as hanging: the stacks are printed and the run ends."""
GROWTH = 48.0
"""MiB by which the process may grow after its first third: caches fill until then."""
SAMPLES = [sample.line.encode() for form in shipped() for sample in form.samples]
READERS = [Reader(form, Clock(reference=1795300000)) for form in shipped()]
ACCESS = [line for line in SAMPLES if b'" ' in line and b"\n" not in line]
PIECES = [
    b'"',
    b'\\"',
    b"\\\\",
    b" 503 ",
    b'" 500 ',
    b"[",
    b"]",
    b"\t",
    b"\xff",
    b"\0",
    b"\x1b[31m",
]


@dataclass(slots=True)
class Count:
    """What came of one target."""

    cases: int = 0
    slowest: float = 0.0
    failures: list[str] = field(default_factory=list)


def damaged(rng: random.Random, samples: list[bytes] = SAMPLES) -> bytes:
    """Return a sample line with bytes cut out, doubled or put in."""
    line = bytearray(rng.choice(samples))
    for _ in range(rng.randrange(5)):
        start = rng.randrange(len(line) + 1)
        stop = min(len(line), start + rng.randrange(13))
        line[start:stop] = rng.choice(
            [rng.choice(PIECES), bytes(line[start:stop]) * 2, rng.randbytes(rng.randrange(6)), b""]
        )
    return bytes(line)


def readers(rng: random.Random) -> None:
    """No line breaks any reader, nor the recognition of a format."""
    line = damaged(rng) if rng.random() < 0.8 else rng.randbytes(rng.randrange(400))
    for reader in READERS:
        reader.parse(line)
        reader.glance(line)
        reader.starts(line)
    if rng.random() < 0.1:
        recognise([damaged(rng) for _ in range(rng.randrange(8))], Clock())
    Clock().decoder(rng.choice(sorted(DIALECTS)))(line[:40])
    clean_line(line)


def _marks(scanned: Scanned, codes: Codes) -> list[int]:
    return [codes.mark(code) if codes.mark(code) >= 100 else 0 for code in scanned.codes]


def kernel(rng: random.Random) -> None:
    """The fast scanner finds as many lines as there are, and the statuses of the whole ones."""
    lines = [damaged(rng, ACCESS).replace(b"\n", b" ") for _ in range(rng.randrange(1, 30))]
    whole = [rng.choice(ACCESS) for _ in range(rng.randrange(1, 6))]
    place = rng.randrange(len(lines) + 1)
    data = b"\n".join([*lines[:place], *whole, *lines[place:]]) + b"\n"
    codes = Codes()
    fast = AccessScanner(Clock(), codes).scan(bytearray(data) + bytes(PAD), len(data), flush=True)
    slow = LineScanner(Reader(named("combined"), Clock()), codes)
    exact = slow.scan(bytearray(data) + bytes(PAD), len(data), flush=True)
    if len(fast.codes) != data.count(b"\n") or fast.end != len(data):
        raise AssertionError(f"{len(fast.codes)} lines of {data.count(10)}")
    mine, wanted = _marks(fast, codes), _marks(exact, codes)
    for row in range(place, place + len(whole)):
        if wanted[row] and mine[row] != wanted[row]:
            raise AssertionError(f"{whole[row - place]!r}: {mine[row]}, not {wanted[row]}")


def filters(rng: random.Random) -> None:
    """Anything typed is a filter or is refused with words; a query has a matcher or is refused."""
    letters = '5x -"/\\()[]*+?=^$|ab c:é'
    text = "".join(rng.choice(letters) for _ in range(rng.randrange(24)))
    try:
        found = parse_filter(text, {"a": "5xx"})
    except FilterError:
        return
    matcher(found.query).entry(damaged(rng))


class Followed:
    """A file under a path, and every line that was in it when it was looked at."""

    def __init__(self, folder: Path, rng: random.Random) -> None:
        self.rng, self.path = rng, folder / "app.log"
        self.path.write_bytes(b"")
        self.number, self.partial, self.fresh = 0, b"", True
        self.unread: list[bytes] = []
        self.seen: list[bytes] = []
        log = open_log(self.path, threaded=False)
        if not isinstance(log, FileLog):
            raise TypeError("an empty file is no file log")
        self.log = log

    def line(self) -> bytes:
        """Return a line that was never written before."""
        self.number += 1
        return b"%06d a line of the application, %s" % (self.number, b"x" * self.rng.randrange(90))

    def write(self, data: bytes) -> None:
        """Append bytes."""
        with self.path.open("ab") as file:
            file.write(data)

    def append(self) -> None:
        """Write some lines; the first goes on where a partial one ended."""
        self.rest()
        fresh = [self.line() for _ in range(self.rng.randrange(1, 9))]
        self.write(b"".join(each + b"\n" for each in fresh))
        self.unread += fresh

    def begin(self) -> None:
        """Write a line without its end."""
        if not self.partial:
            self.partial = self.line()
            self.write(self.partial)

    def rest(self) -> None:
        """End the line that was begun."""
        if self.partial:
            self.write(b"\n")
            self.unread.append(self.partial)
            self.partial = b""

    def rotate(self) -> None:
        """Put a new file in the place of this one; the old one keeps its bytes, or goes."""
        self.rest()
        self.look()
        other = self.path.with_name("next")
        other.write_bytes(b"")
        if self.rng.random() < 0.7:
            self.path.rename(self.path.with_name(f"app.log.{self.number}"))
        other.rename(self.path)
        self.fresh = True

    def truncate(self) -> None:
        """Cut the file, with or without a copy."""
        self.rest()
        copied = self.rng.random() < 0.5
        if self.fresh or not copied:
            self.look()
        if copied:
            copy = self.path.with_name("app.log.1")
            if copy.exists():
                copy.rename(self.path.with_name(f"app.log.2{self.number}"))
            shutil.copyfile(self.path, copy)
        os.truncate(self.path, 0)
        self.fresh = True
        self.look()

    def look(self) -> None:
        """Let the log look until nothing changes."""
        for _ in range(50):
            if not self.log.step():
                break
        self.fresh &= not self.path.stat().st_size
        self.seen += self.unread
        self.unread = []


def follower(rng: random.Random) -> None:
    """Whatever happens to a file, every line is shown once, and a search finds it.

    A row whose file was rotated too often to be kept open says so in the place of its line.
    """
    with tempfile.TemporaryDirectory(prefix="warroom-fuzz-") as folder:
        file = Followed(Path(folder), rng)
        try:
            acts = [file.append, file.append, file.begin, file.rest, file.rotate, file.truncate]
            for _ in range(rng.randrange(30)):
                rng.choice([*acts, file.look])()
            file.rest()
            file.look()
            log = file.log
            rows = log.entries(log.first, log.end)
            shown = [each.raw for each in rows if each.gap is None]
            gone = sum((each.gap or "").startswith("no longer kept") for each in rows)
            if gone > len(file.seen) or shown != file.seen[gone:]:
                missing = len(set(file.seen) - set(shown))
                raise AssertionError(f"{missing} lines lost, {len(shown)} shown of {file.number}")
            query = Query(include=["application"])
            found = sum(len(batch) for batch in log.search(query, start=log.first))
            if found != len(shown):
                raise AssertionError(f"a search finds {found} of {len(shown)} lines")
        finally:
            file.log.close()


def anything(rng: random.Random) -> None:
    """Any bytes are the lines they are, and every method of the log answers."""
    with tempfile.TemporaryDirectory(prefix="warroom-fuzz-") as folder:
        path = Path(folder) / "any.log"
        lines = [
            damaged(rng) if rng.random() < 0.7 else rng.randbytes(rng.randrange(300))
            for _ in range(rng.randrange(60))
        ]
        path.write_bytes(b"\n".join(lines))
        log = FileLog(str(path), Clock())
        try:
            while log.step():
                pass
            for entry in log.entries(log.first, log.end):
                clean_line(entry.raw)
            log.histogram(rng.randrange(1, 50))
            log.table()
            log.next_failed(rng.randrange(-70, 5), backwards=rng.random() < 0.5)
            log.row_at(float(rng.randrange(1 << 31)))
        finally:
            log.close()


TARGETS: dict[str, Callable[[random.Random], None]] = {
    "readers": readers,
    "kernel": kernel,
    "filters": filters,
    "follower": follower,
    "anything": anything,
}


def resident() -> float:
    """Return the MiB of this process."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) / 1024
    return 0.0


def one(name: str, case: int, count: Count) -> None:
    """Run a case; what it raises is kept, and a case that hangs ends the run."""
    faulthandler.dump_traceback_later(SLOWEST, exit=True)
    begun = time.perf_counter()
    try:
        TARGETS[name](random.Random(case))
    except Exception as error:
        count.failures.append(f"{name} --case {case}: {type(error).__name__}: {error}")
        if len(count.failures) <= 3:
            traceback.print_exc()
    finally:
        faulthandler.cancel_dump_traceback_later()
    count.cases += 1
    count.slowest = max(count.slowest, time.perf_counter() - begun)


def main() -> int:
    """Run the targets in turn until the time is up; print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=sorted(TARGETS))
    parser.add_argument("--case", type=int, help="run this case alone")
    asked = parser.parse_args()
    chosen = [asked.only] if asked.only else list(TARGETS)
    counts = {name: Count() for name in chosen}
    if asked.case is not None:
        one(chosen[0], asked.case, counts[chosen[0]])
        return 1 if counts[chosen[0]].failures else 0
    begun, memory = time.monotonic(), []
    seeds = random.Random(asked.seed)
    while (now := time.monotonic() - begun) < asked.seconds:
        for name in chosen:
            until = time.monotonic() + 0.5
            while time.monotonic() < until:
                one(name, seeds.getrandbits(48), counts[name])
        if now > asked.seconds / 3:
            gc.collect()
            memory.append(resident())
    grown = max(memory) - memory[0] if memory else 0.0
    print("| target | cases | slowest | failed |\n|---|---|---|---|")
    for name, count in counts.items():
        slowest = f"{count.slowest * 1e3:.0f} ms"
        print(f"| {name} | {count.cases} | {slowest} | {len(count.failures)} |")
    print(f"\nseed {asked.seed}, {asked.seconds:.0f} s, memory grew by {grown:.1f} MiB")
    failures = [line for count in counts.values() for line in count.failures]
    print("\n".join(failures[:20]))
    return 1 if failures or grown > GROWTH else 0


if __name__ == "__main__":
    sys.exit(main())
