"""Other processes index a large file as one thread would, and are not missed when they fail."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from warroom.logs import backfill, crew, open_log
from warroom.logs.filelog import FileLog

SEEN = Callable[[FileLog], list[tuple[object, ...]]]


def access(count: int) -> bytes:
    """Access lines, some of which only a look at every byte reads right."""
    odd = (
        b'9.9.9.9 - - [20/Nov/2026:00:00:07 +0000] "GET /a\\" 500 x HTTP/1.1" 404 1\n',
        b"no access line at all\n",
        b'9.9.9.9 - - [20/Nov/2026:00:00:07 +0000] "GET /' + b"x" * 70_000 + b' HTTP/1.1" 502 1\n',
    )
    plain = (
        f"10.0.0.{n % 250} - - [20/Nov/2026:{n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02} "
        f'+0000] "GET /a/{n} HTTP/1.1" {503 if n % 97 == 0 else 200} {n} "-" "curl"\n'.encode()
        for n in range(count)
    )
    return b"".join(line + (odd[n % 3] if n % 501 == 0 else b"") for n, line in enumerate(plain))


def documents(count: int) -> bytes:
    return b"".join(
        json.dumps(
            {
                "ts": 1_790_000_000 + n / 7,
                "level": "error" if n % 40 == 0 else "info",
                "logger": "http.log.access",
                "msg": "handled request",
                "request": {"method": "GET", "uri": f"/{n}"},
                "status": 500 if n % 40 == 0 else 200,
            }
        ).encode()
        + b"\n"
        for n in range(count)
    )


def traces(count: int) -> bytes:
    trace = b"java.lang.IllegalStateException: gone\n" + b"\tat shop.Cart.add(Cart.java:7)\n" * 30
    return b"".join(
        f"2026-11-20 10:{n // 60 % 60:02}:{n % 60:02},{n % 1000:03} "
        f"{'ERROR' if n % 50 == 0 else 'INFO'} [main] shop.Cart - line {n}\n".encode()
        + (trace if n % 50 == 0 else b"")
        for n in range(count)
    )


def windows(count: int) -> bytes:
    head = (
        b"#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n"
        b"#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip "
        b"cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken\n"
    )
    return head + b"".join(
        f"2026-11-20 10:{n // 60 % 60:02}:{n % 60:02} 10.0.0.1 GET /{n} - 443 - 10.0.0.9 "
        f"curl - {500 if n % 40 == 0 else 200} 0 0 {n % 90}\n".encode()
        for n in range(count)
    )


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of a few MiB count as large, and are asked for in many parts."""
    monkeypatch.setattr(backfill, "LARGE", 1 << 19)
    monkeypatch.setattr(crew, "STRETCH", 300_001)
    monkeypatch.setattr(backfill, "WAIT", 1.0)


def opened(path: Path) -> FileLog:
    log = open_log(path, threaded=False)
    assert isinstance(log, FileLog)
    log.prepare()
    return log


def settle(log: FileLog, seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not log.progress().complete:
        log.step()
        assert time.monotonic() < until


def seen(log: FileLog) -> list[tuple[object, ...]]:
    """Everything that the index says, and closes the log."""
    times = log.times(log.first, log.end)
    each = log.entries(log.first, log.end)
    found = [(at, e.offset, e.raw[:90]) for at, e in zip(times, each, strict=True)]
    failed, row = [], log.next_failed(log.first - 1)
    while row is not None:
        failed.append(row - log.first)
        row = log.next_failed(row)
    log.close()
    return [*found, (log.progress().failed, log.status_counts(), failed)]


def alone(path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """What one thread says of a file."""
    with monkeypatch.context() as patched:
        patched.setattr(backfill, "LARGE", 1 << 40)
        log = opened(path)
        settle(log)
    return seen(log)


def processes(log: FileLog) -> list[int]:
    at_work = log._back._crew
    return [hand.process.pid for hand in at_work._hands] if at_work else []


def gone(pid: int) -> bool:
    """Whether a process has ended (what nobody waited for is a zombie)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.parametrize(
    ("made", "form"),
    [(access, "combined"), (documents, "caddy"), (traces, "java"), (windows, "w3c")],
)
def test_the_index_is_that_of_one_thread(
    made: Callable[[int], bytes], form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(made(20_000))
    log = opened(path)
    assert processes(log)
    settle(log)
    assert not processes(log)
    assert form in log.format
    assert len(log.entries(log.first, log.end)) >= 20_000
    assert seen(log) == alone(path, monkeypatch)


def test_older_files_of_a_set_are_indexed_by_them_too(tmp_path: Path) -> None:
    data = access(20_000)
    (tmp_path / "a.log.1").write_bytes(data)
    path = tmp_path / "a.log"
    path.write_bytes(data)
    log = open_log(path, threaded=False, history=True)
    assert isinstance(log, FileLog)
    log.prepare()
    settle(log)
    assert log.progress().entries == 2 * data.count(b"\n")
    log.close()


def test_a_process_that_is_killed_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(access(20_000))
    log = opened(path)
    log.step()
    os.kill(processes(log)[-1], signal.SIGKILL)
    settle(log)
    assert not processes(log)
    assert seen(log) == alone(path, monkeypatch)


def test_without_other_processes_the_thread_does_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(access(20_000))
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    log = opened(path)
    assert not processes(log)
    settle(log)
    assert seen(log) == alone(path, monkeypatch)


def test_processes_that_do_not_answer_are_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(access(20_000))
    monkeypatch.setattr(crew, "PATIENCE", 0.2)
    log = opened(path)
    held = processes(log)
    for pid in held:
        os.kill(pid, signal.SIGSTOP)
    settle(log)
    assert all(gone(pid) for pid in held)
    assert seen(log) == alone(path, monkeypatch)


def test_a_file_that_is_cut_meanwhile_is_said_to_be(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    data = access(20_000)
    path.write_bytes(data)
    log = opened(path)
    log.step()
    held = processes(log)
    os.truncate(path, 0)
    with path.open("ab") as file:
        file.write(data[: data.index(b"\n") + 1])
    settle(log)
    assert all(gone(pid) for pid in held)
    gaps = [each.gap for each in log.entries(log.first, log.end) if each.gap]
    assert any("truncated" in gap for gap in gaps)
    assert log.entries(log.end - 1, log.end)[0].raw == data.partition(b"\n")[0]
    log.close()


def test_closing_ends_them(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(access(20_000))
    log = opened(path)
    held = processes(log)
    assert held
    log.close()
    assert all(gone(pid) for pid in held)


def test_all_logs_together_have_no_more_than_there_are_cores(tmp_path: Path) -> None:
    logs = []
    for name in "abc":
        (tmp_path / name).write_bytes(access(20_000))
        logs.append(opened(tmp_path / name))
    assert sum(len(processes(log)) for log in logs) == crew.MOST
    for log in logs:
        settle(log)
    assert len({log.progress().entries for log in logs}) == 1
    log = opened(tmp_path / "a")
    assert len(processes(log)) == crew.MOST
    for each in (log, *logs):
        each.close()


def test_a_module_beside_the_logs_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(access(20_000))
    (tmp_path / "pickle.py").write_text("open('run', 'w')\nraise SystemExit\n")
    monkeypatch.chdir(tmp_path)
    log = opened(path)
    settle(log)
    log.close()
    assert not (tmp_path / "run").exists()


def test_they_end_with_the_program_that_started_them(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(access(40_000))
    code = (
        "import sys, time\nfrom warroom.logs import backfill, crew, open_log\n"
        "backfill.LARGE, crew.STRETCH = 1 << 19, 300_001\n"
        "log = open_log(sys.argv[1], threaded=False)\nlog.prepare()\n"
        "print(*[hand.process.pid for hand in log._back._crew._hands], flush=True)\n"
        "time.sleep(600)\n"
    )
    argv = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as console:
        assert console.stdout is not None
        held = [int(pid) for pid in console.stdout.readline().split()]
        assert held
        console.kill()
    until = time.monotonic() + 30
    while not all(gone(pid) for pid in held):
        assert time.monotonic() < until
        time.sleep(0.02)
