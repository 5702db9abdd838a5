"""A kept index gives the same rows as indexing again, and is never used for another file."""

import json
import os
from pathlib import Path

import pytest

from warroom.logs import Reading, backfill, filelog, open_log, sidecar
from warroom.logs.filelog import FileLog
from warroom.logs.formats.recognise import recognise


def lines(start: int, stop: int) -> bytes:
    return b"".join(
        f"10.0.0.1 - - [20/Nov/2026:{n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02} +0000] "
        f'"GET /a HTTP/1.1" {503 if n % 97 == 0 else 200} {n} "-" "curl"\n'.encode()
        for n in range(start, stop)
    )


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(backfill, "SMALLEST", 1 << 20)
    path = tmp_path / "access.log"
    path.write_bytes(lines(0, 60_000))
    return path


def opened(path: Path) -> FileLog:
    log = open_log(path, threaded=False, reading=Reading(cache=path.parent / "cache"))
    log.prepare()
    return log


def settled(path: Path) -> tuple[FileLog, int]:
    """The log with its whole index, and the steps that took."""
    log, steps = opened(path), 0
    while log.step():
        steps += 1
    return log, steps


def same(log: FileLog, count: int) -> None:
    assert (log.end - log.first) == count
    assert log.status_counts() == {200: count - (count + 96) // 97, 503: (count + 96) // 97}
    assert log.progress().complete
    assert log.progress().failed == (count + 96) // 97
    for row in range(log.first, log.end, 4999):
        assert log.entries(row, row + 1)[0].fields["size"] == str(row - log.first)
    histogram = log.histogram(10)
    assert histogram is not None
    assert histogram.total.sum() == count
    log.close()


def test_the_second_opening_reads_no_more_than_the_end(path) -> None:
    log, first = settled(path)
    same(log, 60_000)
    log, second = settled(path)
    assert second <= 2 < first
    same(log, 60_000)


def test_a_file_that_grew_is_read_on_from_where_the_index_ends(path) -> None:
    settled(path)[0].close()
    with path.open("ab") as file:
        file.write(lines(60_000, 90_000))
    log, _ = settled(path)
    same(log, 90_000)


@pytest.mark.parametrize(
    "change", ["head", "before the end", "shorter", "index", "shapes", "cut", "json"]
)
def test_an_index_that_no_longer_holds_is_not_used(path, change) -> None:
    settled(path)[0].close()
    kept = sidecar.place(path.parent / "cache", str(path))
    head = json.loads(kept.read_bytes().split(b"\n", 1)[0])
    if change == "index":
        data = bytearray(kept.read_bytes())
        data[-1] ^= 1
        kept.write_bytes(data)
    elif change == "shapes":
        head["segments"][0][8] += 1  # one more that failed
        body = kept.read_bytes().split(b"\n", 1)[1]
        kept.write_bytes(json.dumps(head).encode() + b"\n" + body)
    elif change == "cut":
        kept.write_bytes(kept.read_bytes()[:-100])
    elif change == "json":
        kept.write_bytes(b"[1]\n")
    elif change == "shorter":
        os.truncate(path, head["end"] - 1000)
    else:
        with path.open("r+b") as file:
            file.seek(20 if change == "head" else head["end"] - 5)
            file.write(b"x")
    log, steps = settled(path)
    assert steps > 2
    assert log.end - log.first >= 50_000
    log.close()


def test_another_way_of_reading_is_another_index(path) -> None:
    settled(path)[0].close()
    reading = Reading(cache=path.parent / "cache", skew=3600.0)
    log = open_log(path, threaded=False, reading=reading)
    log.prepare()
    assert log._back.known is None
    log.close()


def test_a_folder_that_cannot_be_written_is_no_trouble(path) -> None:
    (path.parent / "cache").write_bytes(b"a file stands here")
    log, _ = settled(path)
    same(log, 60_000)


def test_the_oldest_indexes_are_forgotten(path, monkeypatch) -> None:
    monkeypatch.setattr(sidecar, "KEPT_FILES", 1)
    settled(path)[0].close()
    other = path.with_name("other.log")
    other.write_bytes(path.read_bytes())
    settled(other)[0].close()
    kept = list((path.parent / "cache").iterdir())
    assert kept == [sidecar.place(path.parent / "cache", str(other))]


def iis(start: int, stop: int) -> bytes:
    lines = [
        f"2026-11-20 {n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02} 10.0.0.1 GET /a - 443 - "
        f"203.0.113.7 curl/8 - {503 if n % 97 == 0 else 200} 0 0 {n}\r\n"
        for n in range(start, stop)
    ]
    return "".join(lines).encode()


IIS = (
    b"#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip "
    b"cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken\r\n"
)


def docker(raw: bytes) -> bytes:
    return b"".join(
        json.dumps(
            {"log": line.decode() + "\n", "stream": "stdout", "time": "2026-11-20T10:00:00Z"}
        ).encode()
        + b"\n"
        for line in raw.splitlines()
    )


CONTENTS = {
    "combined": lambda: lines(0, 60_000),
    "w3c": lambda: IIS + iis(0, 60_000),
    "docker+combined": lambda: docker(lines(0, 20_000)),
}


@pytest.mark.parametrize("form", CONTENTS)
def test_the_format_of_a_known_file_is_not_recognised_again(path, monkeypatch, form) -> None:
    path.write_bytes(CONTENTS[form]())
    first, _ = settled(path)
    monkeypatch.setattr(filelog, "recognise", None)
    again, steps = settled(path)
    assert again.format == first.format == form
    assert steps <= 2
    assert again.status_counts() == first.status_counts()
    for row in (0, 4711, -1):
        at = row + (first.end if row < 0 else first.first)
        there = row + (again.end if row < 0 else again.first)
        assert again.entries(there, there + 1)[0].fields == first.entries(at, at + 1)[0].fields
    first.close()
    again.close()


def test_a_format_that_came_since_is_tried(path, monkeypatch) -> None:
    settled(path)[0].close()
    tried = []
    monkeypatch.setattr(filelog, "recognise", lambda *given: tried.append(1) or recognise(*given))
    own = path.parent / "formats"
    own.mkdir()
    reading = Reading(cache=path.parent / "cache", formats_folder=own)
    open_log(path, threaded=False, reading=reading).close()
    assert not tried
    (own / "shop.toml").write_text('name = "shop"\ntitle = "t"\nkind = "regex"\npattern = "shop"\n')
    open_log(path, threaded=False, reading=reading).close()
    assert len(tried) == 1
    (own / "shop.toml").unlink()
    monkeypatch.setattr(sidecar, "edition", lambda: "another")
    open_log(path, threaded=False, reading=reading).close()
    assert len(tried) == 2
