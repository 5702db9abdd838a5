"""Nothing a log holds, and nothing that is done to its file, breaks the engine.

The runs here are short; `WARROOM_FUZZ` multiplies the examples for a long one.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.campaign import Tally, sized

from warroom.logs import Query, filelog, open_log
from warroom.logs.filelog import FileLog
from warroom.logs.formats.load import shipped
from warroom.logs.formats.reader import Reader
from warroom.logs.formats.recognise import recognise
from warroom.logs.levels import NUMBER
from warroom.logs.times import DIALECTS, Clock

TIMES = int(os.environ.get("WARROOM_FUZZ", "1"))
SAMPLES = [sample.line.encode() for form in shipped() for sample in form.samples]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A sample line of some format with bytes cut out, doubled or replaced."""
    line = bytearray(draw(st.sampled_from(SAMPLES)))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(line)))
        stop = draw(st.integers(start, min(len(line), start + 12)))
        line[start:stop] = draw(st.binary(max_size=12) | st.just(line[start:stop] * 2))
    return bytes(line)


READERS = [Reader(form, Clock(reference=1795300000)) for form in shipped()]


@given(damaged() | st.binary(max_size=300))
@settings(max_examples=80 * TIMES, deadline=None)
def test_no_line_breaks_any_reader(line: bytes) -> None:
    for reader in READERS:
        reader.parse(line)
        reader.glance(line)
        reader.starts(line)


@given(st.lists(damaged(), max_size=6))
@settings(max_examples=40 * TIMES, deadline=None)
def test_no_sample_breaks_recognition(lines: list[bytes]) -> None:
    assert recognise(lines, Clock()).format.name


@given(st.sampled_from(sorted(DIALECTS)), st.binary(max_size=40))
@settings(max_examples=200 * TIMES, deadline=None)
def test_no_stamp_breaks_a_decoder(kind: str, raw: bytes) -> None:
    found = Clock().decoder(kind)(raw)
    assert found is None or isinstance(found, float)


@pytest.mark.parametrize(
    "evil", [b'"' * 5000, b"\\" * 5000, b"[" * 5000, b"{" * 5000, b"a=" * 5000]
)
def test_no_line_takes_long(evil: bytes) -> None:
    for reader in READERS:  # a pattern that backtracks without end would never come back
        reader.parse(evil)
        reader.parse(b'10.0.0.1 - - [20/Nov/2026:22:00:00 +0000] "' + evil)


step = st.sampled_from(
    ["append", "append", "partial", "rest", "rotate", "truncate", "copytruncate", "replace", "look"]
)


class Model:
    """A file under a path, and every line that was in it when it was looked at."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "app.log"
        self.path.write_bytes(b"")
        self.number = 0
        self.partial = b""
        self.fresh = True
        self.unread: list[bytes] = []
        self.seen: list[bytes] = []
        self.log: FileLog = open_log(self.path, threaded=False)

    def line(self) -> bytes:
        self.number += 1
        return b"%06d a line of the application, %s" % (self.number, b"x" * (self.number % 40))

    def write(self, data: bytes) -> None:
        with self.path.open("ab") as file:
            file.write(data)

    def do(self, action: str) -> None:
        if action == "append":
            new = [self.line() for _ in range(self.number % 5 + 1)]
            if self.partial:
                new[0] = self.partial + new[0]
                self.write(new[0][len(self.partial) :] + b"\n")
                self.write(b"".join(each + b"\n" for each in new[1:]))
            else:
                self.write(b"".join(each + b"\n" for each in new))
            self.partial = b""
            self.unread += new
        elif action == "partial" and not self.partial:
            self.partial = self.line()
            self.write(self.partial)
        elif action == "rest" and self.partial:
            self.write(b"\n")
            self.unread.append(self.partial)
            self.partial = b""
        elif action == "look":
            self.look()
        elif action in {"rotate", "replace"}:
            self.end_partial()
            self.look()  # an unread file that is gone is out of reach of any follower
            other = self.path.with_name("next")
            other.write_bytes(b"")
            if action == "rotate":
                self.path.rename(self.path.with_name(f"app.log.{self.number}"))
            other.rename(self.path)
            self.fresh = True
        elif action == "truncate":
            self.end_partial()
            self.look()
            os.truncate(self.path, 0)
            self.fresh = True
            self.look()  # of two truncations between two looks only one can be known
        elif action == "copytruncate":
            self.end_partial()
            if self.fresh:
                self.look()  # a file never seen with anything in it has no copy to be known by
            copy = self.path.with_name("app.log.1")
            if copy.exists():
                copy.rename(self.path.with_name(f"app.log.2{self.number}"))
            copy.write_bytes(self.path.read_bytes())
            os.truncate(self.path, 0)
            self.fresh = True
            self.look()

    def end_partial(self) -> None:
        self.do("rest")

    def look(self) -> None:
        for _ in range(50):
            if not self.log.step():
                break
        self.fresh &= not self.path.stat().st_size
        self.seen += self.unread
        self.unread = []

    def shown(self) -> list[bytes]:
        entries = self.log.entries(self.log.first, self.log.end)
        return [entry.raw for entry in entries if entry.gap is None]


@given(st.lists(step, max_size=25))
@settings(max_examples=60 * TIMES, deadline=None)
def test_whatever_happens_to_a_file_every_line_is_shown_once(steps: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        model = Model(Path(folder))
        try:
            for each in steps:
                model.do(each)
            model.end_partial()
            model.look()
            assert model.shown() == model.seen
            assert model.log.end - model.log.first == len(model.seen) + sum(
                entry.gap is not None for entry in model.log.entries(model.log.first, model.log.end)
            )
        finally:
            model.log.close()


@given(st.lists(st.binary(max_size=200), max_size=12), st.integers(1, 400), st.booleans())
@settings(max_examples=60 * TIMES, deadline=None)
def test_any_bytes_in_any_pieces_are_the_lines_they_are(
    pieces: list[bytes], tail: int, at_once: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(filelog, "TAIL_BYTES", tail)
        patch.setattr(filelog, "QUIET", 0.0)
        path = Path(folder) / "any.log"
        data = b"".join(pieces)
        path.write_bytes(data if at_once else b"")
        log = FileLog(str(path), Clock())  # bytes that look compressed are bytes here
        try:
            for piece in [] if at_once else pieces:
                with path.open("ab") as file:
                    file.write(piece)
                log.step()
            for _ in range(50):
                log.step()
            parts = data.split(b"\n")
            if parts[-1] == b"":  # what ends with a newline has no further line
                parts.pop()
            expected = [line.removesuffix(b"\r") for line in parts]
            shown = [entry.raw for entry in log.entries(log.first, log.end)]
            if log.format == "plain":
                assert shown == expected
            list(log.search(Query(include=["a"], exclude=["b"]), start=log.first))
            log.histogram(7)
            log.table()
            log.next_failed(log.first - 1)
        finally:
            log.close()


value = (
    st.none()
    | st.booleans()
    | st.integers(-5, 600)
    | st.floats(allow_nan=True)
    | st.sampled_from(["error", "INFO", "503", "", "-", "\ud800", "2026-11-20T22:00:01Z", "x"])
)
KEYS = (
    "time ts at @timestamp level severity status status_code code msg message method path uri "
    "request error http.status_code"
)
key = st.sampled_from(KEYS.split())


@given(st.dictionaries(key, value | st.dictionaries(key, value, max_size=2), max_size=9))
@settings(max_examples=150 * TIMES, deadline=None)
def test_the_index_keeps_of_a_json_line_what_reading_it_whole_says(document: dict) -> None:
    line = json.dumps(document).encode()
    for reader in READERS:
        if reader.format.kind != "json":
            continue
        seen, whole = reader.glance(line), reader.parse(line)
        if seen is None:
            assert not whole.fields, reader.format.name
            continue
        assert (seen.at, seen.status) == (whole.at, whole.status or 0), reader.format.name
        level = NUMBER[whole.level] if whole.level else 0
        assert seen.mark == (whole.status or level), reader.format.name


@pytest.mark.soak
def test_ten_minutes_of_everything_at_once(tally: Tally) -> None:
    program = Path(__file__).parents[2] / "scripts" / "fuzz_logs.py"
    asked = [sys.executable, str(program), "--seconds", str(sized(600)), "--seed", "1"]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=3600)
    assert done.returncode == 0, done.stdout + done.stderr
    cases = re.findall(r"^\| \w[\w ]* \| (\d+) \|", done.stdout, re.MULTILINE)
    tally(sum(map(int, cases)), "cases", seed=1)
