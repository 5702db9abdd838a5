"""Whatever happens to a followed file, every line is shown once and the event is shown too."""

import errno
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.logs.kit import append, settle

from warroom.logs import LogError, filelog, open_log
from warroom.logs.filelog import FileLog
from warroom.logs.follow import Watched


def line(number: int, status: int = 200, text: str = "GET /a HTTP/1.1") -> bytes:
    return (
        f"10.0.0.1 - - [20/Nov/2026:22:00:{number % 60:02} +0000] "
        f'"{text}" {status} {number:05} "-" "curl/8"\n'
    ).encode()


def lines(start: int, stop: int) -> bytes:
    return b"".join(line(number) for number in range(start, stop))


def sizes(log: FileLog) -> list[int]:
    """The running numbers of the lines shown, in order; gaps are left out."""
    shown = log.entries(log.first, log.end)
    return [int(entry.fields["size"]) for entry in shown if entry.gap is None]


def gaps(log: FileLog) -> list[str]:
    return [entry.gap for entry in log.entries(log.first, log.end) if entry.gap is not None]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    path.write_bytes(lines(0, 50))
    return path


@pytest.fixture
def follow(path: Path) -> Iterator[Callable[[], FileLog]]:
    opened: list[FileLog] = []

    def start() -> FileLog:
        log = open_log(path, threaded=False)
        log.prepare()
        settle(log)
        opened.append(log)
        return log

    yield start
    for log in opened:
        log.close()


def test_rows_already_there_are_negative_and_new_ones_count_from_zero(path, follow) -> None:
    log = follow()
    assert (log.first, log.end) == (-50, 0)
    append(path, lines(50, 53))
    settle(log)
    assert (log.first, log.end) == (-50, 3)
    assert [entry.row for entry in log.entries(-1, 2)] == [-1, 0, 1]
    assert sizes(log) == list(range(53))


def test_rename_and_create_with_late_writes_to_the_old_file(path, follow) -> None:
    log = follow()
    with path.open("ab") as old:
        old.write(lines(50, 60))
        old.flush()
        path.rename(path.with_name("access.log.1"))
        path.write_bytes(lines(70, 80))
        settle(log)
        old.write(lines(60, 70))  # the server has not reopened its log yet
        old.flush()
        settle(log)
    assert sorted(sizes(log)) == list(range(80))
    assert gaps(log) == ["rotated"]


def test_copytruncate_keeps_what_was_read_and_what_only_the_copy_has(path, follow) -> None:
    log = follow()
    append(path, lines(50, 60))  # not read yet when the copy is made
    path.with_name("access.log.1").write_bytes(path.read_bytes())
    os.truncate(path, 0)
    settle(log)
    append(path, lines(60, 70))
    settle(log)
    assert sizes(log) == list(range(70))
    assert len(gaps(log)) == 1
    assert gaps(log)[0].startswith("truncated")


def test_truncated_to_nothing_keeps_what_was_shown(path, follow) -> None:
    log = follow()
    os.truncate(path, 0)
    settle(log)
    append(path, lines(50, 60))
    settle(log)
    assert sizes(log) == list(range(60))
    assert gaps(log) == ["truncated; lines written just before may be missing"]


def test_truncated_and_regrown_beyond_the_old_end_between_two_looks(path, follow) -> None:
    log = follow()
    path.write_bytes(lines(50, 200))
    settle(log)
    assert sizes(log) == list(range(200))
    assert gaps(log) == ["rewritten in place; lines written just before may be missing"]


@pytest.mark.parametrize("before", [3, 50])
def test_truncated_and_regrown_between_the_look_and_the_reading(
    path, follow, monkeypatch, before
) -> None:
    """With a head that is known only in part (3 lines), and with one that is known whole."""
    path.write_bytes(lines(0, before))
    log = follow()
    append(path, line(before))
    real = filelog.scan_forward

    def late(*arguments: object, **more: object) -> object:
        monkeypatch.setattr(filelog, "scan_forward", real)
        os.truncate(path, 0)
        append(path, lines(100, 200))
        time.sleep(0.1)  # so long ago that its time is trusted
        return real(*arguments, **more)

    monkeypatch.setattr(filelog, "scan_forward", late)
    settle(log)
    settle(log)  # the next look
    assert sizes(log) == [*range(before), *range(100, 200)]
    assert gaps(log) == ["rewritten in place; lines written just before may be missing"]


@pytest.mark.parametrize("before", [3, 50])
def test_overwritten_between_the_reading_and_what_is_remembered_of_it(
    path, follow, monkeypatch, before
) -> None:
    """What the file is known by is what was shown, not what has come into its place since."""
    path.write_bytes(b"")
    log = follow()
    append(path, lines(0, before))
    real = filelog.scan_forward

    def early(*arguments: object, **more: object) -> object:
        monkeypatch.setattr(filelog, "scan_forward", real)
        found = real(*arguments, **more)
        monkeypatch.setattr(Watched, "reset_reason", overwritten)
        return found

    def overwritten(watched: Watched) -> str | None:
        monkeypatch.setattr(Watched, "reset_reason", reset_reason)
        found = reset_reason(watched)
        path.write_bytes(lines(100, 200))
        return found

    reset_reason = Watched.reset_reason
    monkeypatch.setattr(filelog, "scan_forward", early)
    settle(log)
    settle(log)
    assert sizes(log) == [*range(before), *range(100, 200)]
    assert gaps(log) == ["rewritten in place; lines written just before may be missing"]


def test_overwritten_in_place_at_the_same_size(path, follow) -> None:
    log = follow()
    with path.open("r+b") as file:
        file.write(lines(50, 100)[: path.stat().st_size])
    settle(log)
    assert sizes(log) == [*range(50), *range(50, 100)]
    assert len(gaps(log)) == 1


def test_overwritten_with_the_same_time_stamp_is_still_seen(path, follow) -> None:
    log = follow()
    before = path.stat()
    with path.open("r+b") as file:
        file.write(lines(50, 100)[: before.st_size])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # two writes in one clock tick
    settle(log)
    assert sizes(log) == list(range(100))


def test_deleted_and_recreated_later(path, follow, monkeypatch) -> None:
    monkeypatch.setattr(filelog, "QUIET", 0.0)
    log = follow()
    path.unlink()
    settle(log)
    path.write_bytes(lines(50, 60))
    settle(log)
    assert sizes(log) == list(range(60))
    assert gaps(log) == ["gone; reading the old file until there is a new one", "rotated"]


def test_a_symlink_that_is_swapped(tmp_path) -> None:
    first, second, link = tmp_path / "a", tmp_path / "b", tmp_path / "current.log"
    first.write_bytes(lines(0, 5))
    second.write_bytes(lines(5, 10))
    link.symlink_to(first)
    log = open_log(link, threaded=False)
    spare = tmp_path / "spare"
    spare.symlink_to(second)
    spare.rename(link)
    settle(log)
    assert sizes(log) == list(range(10))
    assert gaps(log) == ["rotated"]
    log.close()


def test_a_new_file_of_the_same_size(path, follow) -> None:
    log = follow()
    other = path.with_name("new")
    other.write_bytes(lines(50, 100)[: path.stat().st_size])
    other.rename(path)
    settle(log)
    assert sizes(log) == list(range(100))


def test_a_partial_line_is_shown_when_it_is_whole(path, follow) -> None:
    log = follow()
    whole = line(50)
    append(path, whole[:30])
    settle(log)
    assert sizes(log) == list(range(50))
    append(path, whole[30:])
    settle(log)
    assert sizes(log) == list(range(51))


def test_a_line_that_stays_without_newline_is_shown_and_replaced_when_it_ends(
    path, follow, monkeypatch
) -> None:
    monkeypatch.setattr(filelog, "QUIET", 0.0)
    log = follow()
    append(path, line(50)[:-1])
    settle(log)
    settle(log)
    assert sizes(log) == list(range(51))
    append(path, b" rt=1.5\n" + line(51))
    settle(log)
    assert sizes(log) == list(range(52))
    assert log.entries(0, 1)[0].duration == 1.5
    assert log.status_counts() == {200: 52}


def test_a_file_without_a_last_newline_shows_its_last_line(path) -> None:
    path.write_bytes(lines(0, 3)[:-1])
    log = open_log(path, threaded=False)
    assert sizes(log) == [0, 1, 2]
    append(path, b"\n" + line(3))
    settle(log)
    assert sizes(log) == [0, 1, 2, 3]
    log.close()


def test_carriage_returns_are_no_part_of_a_line_even_split_over_two_reads(path, follow) -> None:
    log = follow()
    append(path, line(50)[:-1] + b"\r")
    settle(log)
    append(path, b"\n" + line(51)[:-1] + b"\r\n")
    settle(log)
    assert sizes(log) == list(range(52))
    assert not any(entry.raw.endswith(b"\r") for entry in log.entries(0, 2))


def test_growing_by_20000_lines_while_it_is_read(path, follow) -> None:
    log = follow()
    for start in range(50, 20_050, 500):
        append(path, lines(start, start + 500))
        log.step()
    settle(log)
    assert sizes(log) == list(range(20_050))


def test_rotation_with_compression(path, follow) -> None:
    log = follow()
    append(path, lines(50, 60))
    path.rename(path.with_name("access.log.1"))
    path.with_name("access.log.1").unlink()
    path.with_name("access.log.1.gz").write_bytes(b"\x1f\x8b")
    path.write_bytes(lines(60, 70))
    settle(log)
    assert sizes(log) == list(range(70))
    assert gaps(log) == ["rotated"]


def test_permission_lost_and_regained(path, follow, monkeypatch) -> None:
    log = follow()
    other = path.with_name("new")
    other.write_bytes(lines(50, 60))
    other.rename(path)

    def denied(_: str) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    with monkeypatch.context() as patch:  # chmod would not stop root
        patch.setattr(filelog, "open_regular", denied)
        settle(log)
    assert gaps(log) == ["replaced by one that cannot be read (permission denied); waiting"]
    settle(log)
    assert sizes(log) == list(range(60))


def test_replaced_by_a_folder_waits_for_a_file(path, follow) -> None:
    log = follow()
    path.rename(path.with_name("old"))
    path.mkdir()
    settle(log)
    assert gaps(log) == ["replaced by one that cannot be read (not a regular file); waiting"]
    path.rmdir()
    path.write_bytes(lines(50, 60))
    settle(log)
    assert sizes(log) == list(range(60))


def test_an_inode_used_again_is_another_file(path, follow) -> None:
    log = follow()
    inode = path.stat().st_ino
    path.unlink()
    path.write_bytes(lines(50, 60))
    settle(log)
    assert sizes(log) == list(range(60))
    assert len(gaps(log)) == 1, inode


def test_a_line_of_5_megabytes_is_cut_and_what_follows_is_whole(path, follow) -> None:
    log = follow()
    append(path, b'{"x":"' + b"x" * 5_000_000 + b"\n" + line(50))
    settle(log)
    shown = log.entries(0, log.end)
    assert len(shown) == 2
    assert len(shown[0].raw) < 70_000
    assert shown[0].raw.endswith(b"[cut]")
    assert shown[1].fields["size"] == "00050"


def test_a_hole_of_20_megabytes_is_one_line_of_bounded_memory(path, follow) -> None:
    log = follow()
    os.truncate(path, 20 << 20)
    append(path, b"\n" + line(50))
    settle(log)
    shown = log.entries(0, log.end)
    assert [len(entry.raw) < 70_000 for entry in shown] == [True, True]
    assert shown[-1].fields["size"] == "00050"


@pytest.mark.parametrize("kind", ["folder", "fifo", "device", "loop", "dangling"])
def test_what_is_no_regular_file_is_refused_at_once(tmp_path, kind) -> None:
    path = tmp_path / kind
    if kind == "folder":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "device":
        path = Path("/dev/zero")
    elif kind == "loop":
        path.symlink_to(path)
    else:
        path.symlink_to(tmp_path / "nowhere")
    begun = time.monotonic()
    with pytest.raises(LogError, match="cannot open the log"):
        open_log(path)
    assert time.monotonic() - begun < 5


def test_many_rotations_keep_the_rows_and_close_the_oldest_files(path, follow) -> None:
    log = follow()
    for generation in range(30):
        other = path.with_name("next")
        other.write_bytes(lines(50 + generation, 51 + generation))
        other.rename(path)
        settle(log)
    assert log.end - log.first == 50 + 60
    assert len(os.listdir("/proc/self/fd")) < 100
    assert log.entries(log.end - 1, log.end)[0].fields["size"] == "00079"


def test_the_thread_indexes_follows_and_tells_its_subscribers(tmp_path) -> None:
    path = tmp_path / "big.log"
    path.write_bytes(lines(0, 30_000))
    log = open_log(path)
    calls: list[None] = []
    undo = log.subscribe(lambda: calls.append(None))
    deadline = time.monotonic() + 20
    while not log.progress().complete and time.monotonic() < deadline:
        time.sleep(0.01)
    append(path, line(30_000, 503))
    while log.end < 1 and time.monotonic() < deadline:
        time.sleep(0.01)
    undo()
    log.close()
    assert (log.first, log.end) == (-30_000, 1)
    assert log.progress().failed == 1
    assert calls
