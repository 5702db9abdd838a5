"""A log that shows its format only after it was opened is read in it, from its first line on."""

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.logs.kit import append, settle

from warroom.logs import open_log, open_stream
from warroom.logs.filelog import FileLog
from warroom.logs.formats.recognise import UNSURE


def access(count: int) -> bytes:
    return b"".join(
        f"10.0.0.1 - - [20/Nov/2026:22:00:{n % 60:02} +0000] "
        f'"GET /{n} HTTP/1.1" {503 if n % 5 == 0 else 200} {n} "-" "curl/8"\n'.encode()
        for n in range(count)
    )


def documents(count: int) -> bytes:
    return b"".join(
        json.dumps({"time": "2026-11-20T22:00:00Z", "level": 50, "msg": str(n), "pid": 7}).encode()
        + b"\n"
        for n in range(count)
    )


def traces(count: int) -> bytes:
    return b"".join(
        f"2026-11-20 10:00:{n % 60:02},000 ERROR [main] shop.Cart - line {n}\n"
        "java.lang.IllegalStateException: gone\n\tat shop.Cart.add(Cart.java:7)\n".encode()
        for n in range(count)
    )


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[bytes], tuple[FileLog, Path]]]:
    logs: list[FileLog] = []

    def start(content: bytes) -> tuple[FileLog, Path]:
        path = tmp_path / "a.log"
        path.write_bytes(content)
        log = open_log(path, threaded=False)
        assert isinstance(log, FileLog)
        log.prepare()
        settle(log)
        logs.append(log)
        return log, path

    yield start
    for log in logs:
        log.close()


@pytest.mark.parametrize("before", [0, 1, 60, 120, 200])
def test_opened_before_its_first_line_was_whole(before: int, opened) -> None:
    data = access(40)
    log, path = opened(data[:before])
    append(path, data[before:])
    settle(log)
    assert log.format == "combined"
    assert log.progress().failed == 8
    assert log.status_counts() == {200: 32, 503: 8}
    shown = log.entries(log.first, log.end)
    assert [entry.path for entry in shown] == [f"/{n}" for n in range(40)]
    assert log.progress().indexed_bytes == len(data)
    assert log.histogram(4).total.sum() == 40


def test_it_comes_line_by_line_and_by_halves(opened) -> None:
    data = access(30)
    log, path = opened(b"")
    for begin in range(0, len(data), 37):
        append(path, data[begin : begin + 37])
        settle(log)
    assert log.format == "combined"
    assert [entry.path for entry in log.entries(log.first, log.end)] == [f"/{n}" for n in range(30)]
    assert log.status_counts() == {200: 24, 503: 6}


@pytest.mark.parametrize(("made", "form"), [(documents, "json"), (traces, "java")])
def test_a_banner_hides_no_format(made: Callable[[int], bytes], form: str, opened) -> None:
    log, path = opened(b"Starting the shop\nlistening on 8080\n")
    assert log.format == "plain"
    append(path, made(60))
    settle(log)
    assert log.format == form
    assert log.progress().failed == 60


def test_a_file_that_was_empty_and_is_replaced(opened) -> None:
    log, path = opened(b"")
    other = path.with_name("b.log")
    other.write_bytes(access(10))
    os.replace(other, path)
    settle(log)
    assert log.format == "combined"
    assert [e.path for e in log.entries(log.first, log.end) if e.gap is None] == [
        f"/{n}" for n in range(10)
    ]
    assert log.progress().failed == 2


def test_what_stays_without_a_format_is_plain_and_every_line_is_there_once(opened) -> None:
    log, path = opened(b"")
    for n in range(200):
        append(path, b"only words %d\n" % n)
        settle(log)
    assert log.format == "plain"
    assert [entry.raw for entry in log.entries(log.first, log.end)] == [
        b"only words %d" % n for n in range(200)
    ]


def test_a_long_log_of_no_format_stays_one(opened) -> None:
    log, path = opened(b"only words\n" * (UNSURE // 11 + 2))
    append(path, access(3000))
    settle(log)
    assert log.format == "plain"


def test_a_stream_that_rests_after_its_banner() -> None:
    source, sink = os.pipe()
    log = open_stream(source)
    os.write(sink, b"Starting the shop\n")
    wait_until(lambda: log.end == 1)
    assert log.format == "plain"
    os.write(sink, access(40))
    os.close(sink)
    wait_until(lambda: log.end >= 41)
    assert log.format == "combined"
    assert log.status_counts() == {200: 32, 503: 8}
    assert [entry.path for entry in log.entries(1, 41)] == [f"/{n}" for n in range(40)]
    log.close()


def wait_until(true: Callable[[], bool], seconds: float = 30.0) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.01)
