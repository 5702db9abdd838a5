"""Streams, commands, compressed and rotated files answer as a plain file does."""

import bz2
import gzip
import lzma
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from backports import zstd

from warroom.logs import LogError, Query, merged, open_command, open_log, open_logs, open_stream
from warroom.logs.compressed import rotated_set, rotation_groups
from warroom.logs.feeds import without_overlap
from warroom.logs.protocol import Log


def line(number: int, status: int = 200, minute: int = 0) -> bytes:
    return (
        f"10.0.0.1 - - [20/Nov/2026:22:{minute + number // 60:02}:{number % 60:02} +0000] "
        f'"GET /a HTTP/1.1" {status} {number} "-" "curl/8"\n'
    ).encode()


def lines(start: int, stop: int) -> bytes:
    return b"".join(line(number) for number in range(start, stop))


def sizes(log: Log) -> list[int]:
    shown = log.entries(log.first, log.end)
    return [int(entry.fields["size"]) for entry in shown if entry.gap is None]


def wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)


def test_a_pipe_is_a_log_whose_rows_count_from_zero() -> None:
    reading, writing = os.pipe()
    log = open_stream(reading)
    os.write(writing, lines(0, 100) + line(100)[:40])
    wait(lambda: log.end >= 100)
    os.write(writing, line(100)[40:] + line(101, 503))
    os.close(writing)
    wait(lambda: log.end == 103)
    assert sizes(log) == list(range(102))
    assert log.format == "combined"
    assert log.next_failed(0) == 101
    assert log.entries(102, 103)[0].gap == "end of input"
    log.close()
    os.close(reading)


def test_few_lines_of_a_slow_pipe_are_shown_soon() -> None:
    reading, writing = os.pipe()
    log = open_stream(reading)
    os.write(writing, b'{"level":"error","msg":"no","time":"2026-11-20T22:00:00Z"}\n')
    wait(lambda: log.end == 1)
    assert log.entries(0, 1)[0].level == "error"
    os.write(writing, b'{"level":"info","msg":"half')
    wait(lambda: log.end == 2)
    os.write(writing, b' a line"}\n')
    wait(lambda: log.entries(1, 2)[0].message == "half a line")
    assert log.end == 2
    log.close()
    os.close(writing)
    os.close(reading)


@pytest.mark.parametrize(
    ("suffix", "pack"),
    [
        ("gz", gzip.compress),
        ("bz2", bz2.compress),
        ("xz", lzma.compress),
        ("zst", zstd.compress),
    ],
)
def test_a_compressed_file_is_unpacked(tmp_path: Path, suffix, pack) -> None:
    path = tmp_path / f"access.log.{suffix}"
    path.write_bytes(pack(lines(0, 500)))
    log = open_log(path)
    wait(lambda: log.end == 500)
    assert sizes(log) == list(range(500))
    log.close()


def test_a_compressed_file_cut_short_shows_what_it_has_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "access.log.gz"
    path.write_bytes(gzip.compress(lines(0, 5000))[:-2000])
    log = open_log(path)
    wait(lambda: log.end > 0 and log.entries(log.end - 1, log.end)[0].gap is not None)
    gap = log.entries(log.end - 1, log.end)[0].gap
    assert "damaged or cut short" in str(gap)
    log.close()


def test_a_rotated_set_is_one_log_read_in_order(tmp_path: Path) -> None:
    (tmp_path / "access.log.2.gz").write_bytes(gzip.compress(lines(0, 100)))
    (tmp_path / "access.log.1").write_bytes(lines(100, 200)[:-1])
    path = tmp_path / "access.log"
    path.write_bytes(lines(200, 300))
    log = open_log(path, history=True)
    wait(lambda: log.progress().complete and log.end - log.first >= 300)
    assert sizes(log) == list(range(300))
    assert log.entries(log.first, log.first + 1)[0].source == "access.log.2.gz"
    with path.open("ab") as file:
        file.write(lines(300, 310))
    wait(lambda: log.end == 10)
    assert sizes(log) == list(range(310))
    log.close()


def test_rotated_files_come_in_the_order_of_their_numbers_or_dates(tmp_path: Path) -> None:
    names = ["a.log", "a.log.1", "a.log.2.gz", "a.log.10.gz", "a.log-20261119", "a.logger"]
    for name in [*names, "b.log", "b.log-20261118.gz", "b.log-20261119.gz", "a.log.bak"]:
        (tmp_path / name).touch()
    found = [path.name for path in rotated_set(tmp_path / "a.log")]
    assert found == ["a.log-20261119", "a.log.1", "a.log.2.gz", "a.log.10.gz"]
    dated = [path.name for path in rotated_set(tmp_path / "b.log")]
    assert dated == ["b.log-20261119.gz", "b.log-20261118.gz"]
    groups = rotation_groups([tmp_path / name for name in ["b.log", *names]])
    assert [path.name for path, _ in groups] == ["b.log", "a.log", "a.logger"]


def test_two_logs_are_merged_by_time_and_keep_their_own_order(tmp_path: Path) -> None:
    first, second = tmp_path / "one.log", tmp_path / "two.log"
    first.write_bytes(b"".join(line(n) for n in range(0, 3000, 2)))
    second.write_bytes(b"".join(line(n, 503 if n == 1001 else 200) for n in range(1, 3000, 2)))
    log = open_logs([first, second])
    wait(lambda: log.progress().complete)
    assert (log.first, log.end) == (-3000, 0)
    assert sizes(log) == list(range(3000))
    assert [entry.row for entry in log.entries(-5, 0)] == [-5, -4, -3, -2, -1]
    assert log.status_counts() == {200: 2999, 503: 1}
    assert log.next_failed(-1, backwards=True) == -1999
    assert log.next_failed(log.first) == -1999
    assert log.next_failed(-1999) is None
    histogram = log.histogram(10)
    assert histogram is not None
    assert int(histogram.total.sum()) == 3000
    assert int(histogram.failed.sum()) == 1
    found = [
        row
        for batch in log.search(Query(include=[r"\" 503 1001 "]), start=0, backwards=True)
        for row in batch
    ]
    assert found == [-1999]
    table = log.table()
    assert table.requests == 3000
    assert table.row is not None
    assert table.row.tolist() == list(range(-3000, 0))
    assert list(table.fields["source"].values) == ["one.log", "two.log"]
    assert log.row_at(table.at[1500]) == -1500
    with first.open("ab") as file:
        file.write(line(3000) + line(3001, 500))
    wait(lambda: log.end == 2)
    assert sizes(log)[-2:] == [3000, 3001]
    assert log.next_failed(-1) == 1
    log.close()


def test_a_command_is_a_log_started_again_when_it_ends(monkeypatch) -> None:
    monkeypatch.setattr("warroom.logs.feeds.FIRST_WAIT", 0.05)
    script = "import sys; [print(n, 'INFO line', flush=True) for n in range(30)]"
    log = open_command([sys.executable, "-c", script])
    wait(lambda: sum(entry.gap is not None for entry in log.entries(0, log.end)) >= 2)
    shown = log.entries(0, 32)
    log.close()
    assert log.entries(0, 1)[0].gap == "closed"
    texts = [entry.raw.split()[0] for entry in shown if entry.gap is None]
    assert texts == [str(n).encode() for n in range(30)], "what it repeats is not shown twice"


def test_a_command_that_cannot_be_started_says_so() -> None:
    log = open_command(["/no/such/program"], restart=False)
    wait(lambda: log.end == 1)
    assert "cannot be started (No such file or directory)" in str(log.entries(0, 1)[0].gap)
    log.close()


def test_closing_ends_the_command_and_its_children(tmp_path: Path) -> None:
    script = f"sleep 600 & echo $! > {tmp_path}/pid; echo started; wait"
    log = open_command(["sh", "-c", script])
    wait(lambda: log.end >= 1)
    log.close()
    pid = int((tmp_path / "pid").read_text())
    wait(lambda: not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text())


@pytest.mark.parametrize(
    ("data", "shown", "left"),
    [
        (b"1\n2\n3\n4\n", [b"1", b"2", b"3"], b"4\n"),
        (b"2\n3\n4\n", [b"1", b"2", b"3"], b"4\n"),
        (b"8\n9\n", [b"1", b"2", b"3"], b"8\n9\n"),
        (b"1\n2\n3\n", [b"1", b"2", b"3"], b""),
    ],
)
def test_what_a_restarted_command_repeats_is_left_out(data, shown, left) -> None:
    assert without_overlap(data, shown) == left


def test_no_name_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(LogError, match="name at least one file"):
        open_logs([])


def test_logs_of_very_different_volume_are_in_order_though_merged_in_small_batches(
    tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(merged, "BATCH", 50)
    busy, quiet = tmp_path / "busy.log", tmp_path / "quiet.log"
    seldom = set(range(0, 3000, 500))
    busy.write_bytes(b"".join(line(n) for n in range(3000) if n not in seldom))
    quiet.write_bytes(b"".join(line(n) for n in sorted(seldom)))
    log = open_logs([busy, quiet])
    wait(lambda: log.progress().complete)
    assert sizes(log) == list(range(3000))
    assert [entry.source for entry in log.entries(-3000, -2998)] == ["quiet.log", "busy.log"]
    log.close()
