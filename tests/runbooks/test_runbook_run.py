"""A step runs alone, bounded and ended as a whole; what it prints cannot hurt or leak."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from warroom.core.words import Outcome as Kind
from warroom.runbooks.model import Block, Language
from warroom.runbooks.outcome import Identity
from warroom.runbooks.process import alive
from warroom.runbooks.run import run_block

ENV = {"PATH": os.environ["PATH"], "HOME": "/"}


def run(code, **options):
    block = Block(Language.SH, code, None, {}, 1)
    return run_block(block, options.pop("env", ENV), **{"timeout": 10, "grace": 0.3, **options})


def still_running(mark):
    """Processes whose command line holds a mark."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if mark.encode() in line and int(entry.name) != os.getpid():
                found.append(int(entry.name))
    return found


def gone(mark, seconds=5.0):
    deadline = time.monotonic() + seconds
    while still_running(mark) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not still_running(mark)


@pytest.fixture
def mark():
    """A number of seconds that no other sleep has."""
    return f"{os.getpid() % 10000 + 20000}.{time.monotonic_ns() % 1000000:06d}"


def test_success_and_failure_say_so():
    good = run("echo one; echo two >&2")
    assert (good.kind, good.exit_status, good.head) == (Kind.SUCCEEDED, 0, "one\ntwo\n")
    bad = run("echo before; exit 3; echo after")
    assert (bad.kind, bad.exit_status, bad.head) == (Kind.FAILED, 3, "before\n")
    assert bad.reason == "exit status 3"
    assert run("kill -9 $$").reason == "ended by signal 9"


def test_a_step_ends_at_its_first_failing_command_and_at_an_unset_name():
    assert run("false; echo on").head == ""
    assert "gone" not in run('echo "$nothing"; echo gone').head


def test_nothing_of_the_console_reaches_the_step():
    outcome = run("env | sort; cat; tty || :; (: </dev/tty) 2>/dev/null || echo no terminal")
    names = {line.partition("=")[0] for line in outcome.head.split("\n") if "=" in line}
    assert names <= {"PATH", "HOME", "PWD", "OLDPWD", "_", "SHLVL"}
    assert "no terminal" in outcome.head
    descriptors = run("ls -l /proc/self/fd | wc -l")
    assert int(descriptors.head) <= 6  # 0, 1, 2, the folder itself and the total


def test_time_is_up_for_a_whole_tree_that_ignores_term(mark):
    began = time.monotonic()
    outcome = run(
        f"trap '' TERM; (trap '' TERM; sleep {mark}) & (trap '' TERM; sleep {mark}) & sleep {mark}",
        timeout=0.3,
    )
    assert outcome.kind is Kind.TIMED_OUT
    assert time.monotonic() - began < 3
    assert outcome.survivors == ()
    assert gone(mark)


def test_time_is_up_for_those_who_left_the_session(mark):
    outcome = run(
        f"setsid sleep {mark} & setsid -f sleep {mark}; (setsid -f sh -c 'sleep {mark}'); sleep 60",
        timeout=0.4,
    )
    assert outcome.kind is Kind.TIMED_OUT
    assert outcome.survivors == ()
    assert gone(mark)


def test_a_step_may_clean_up_when_it_is_told_to_stop():
    outcome = run("trap 'echo cleaned; exit 1' TERM; sleep 60 & wait", timeout=0.3)
    assert outcome.kind is Kind.TIMED_OUT
    assert outcome.head == "cleaned\n"


def test_stop_at_once(mark):
    cancel = threading.Event()
    outcome = run(f"echo ready; sleep {mark}", cancel=cancel, on_output=lambda _: cancel.set())
    assert outcome.kind is Kind.CANCELLED
    assert outcome.head == "ready\n"
    assert gone(mark)


def test_what_is_left_in_the_background_ends_and_a_daemon_lives_on(mark):
    outcome = run(f"sleep {mark}1 & setsid -f sleep {mark}2 >/dev/null 2>&1; echo done")
    assert outcome.succeeded
    assert gone(f"{mark}1")
    assert [survivor.name for survivor in outcome.survivors] == ["sleep"]
    assert still_running(f"{mark}2") == [outcome.survivors[0].pid]
    os.kill(outcome.survivors[0].pid, signal.SIGKILL)


def test_a_daemon_that_holds_the_pipe_holds_up_nobody(mark):
    outcome = run(f"setsid -f sleep {mark}; sleep 0.1; echo done")
    assert outcome.succeeded
    assert outcome.seconds < 3
    os.kill(outcome.survivors[0].pid, signal.SIGKILL)


def test_a_flood_is_ended_and_head_and_tail_are_kept():
    outcome = run("echo first; yes flood", flood=2_000_000)
    assert outcome.kind is Kind.FLOODED
    assert outcome.head.startswith("first\n")
    assert len(outcome.head) == 64 * 1024
    assert 0 < len(outcome.tail) <= 64 * 1024
    assert "[cut:" in outcome.output


def test_much_output_keeps_its_end():
    outcome = run("i=0; while [ $i -lt 40000 ]; do echo line $i; i=$((i+1)); done")
    assert outcome.succeeded
    assert outcome.head.startswith("line 0\n")
    assert outcome.tail.endswith("line 39999\n")
    assert outcome.total_bytes == sum(len(f"line {n}\n") for n in range(40000))


def test_the_state_before_is_collected():
    outcome = run(
        "echo 'warroom-state: weight=100'; echo ' warroom-state: no=1';"
        " echo 'warroom-state: Bad=1'; printf 'warroom-state: half=1'; sleep 0.2; echo 23"
    )
    assert outcome.state == {"weight": "100", "half": "123"}


def test_a_state_is_told_as_it_comes_and_before_it_is_shown():
    told = []
    outcome = run(
        "echo 'warroom-state: id=7'; sleep 0.2; echo 'warroom-state: id=7'; sleep 0.2;"
        " printf 'warroom-state: id=8\\nwarroom-state: b=1\\nwarroom-state: id=9\\n'",
        on_state=lambda news: told.append(("state", dict(news))),
        on_output=lambda text: told.append(("output", text)),
    )
    assert [words for kind, words in told if kind == "state"] == [
        {"id": "7"},
        {"id": "9", "b": "1"},
    ]
    assert [kind for kind, _ in told][:3] == ["state", "output", "output"]
    assert told[-2][0] == "state", "also the last lines are told first"
    assert outcome.state == {"id": "9", "b": "1"}


def test_a_state_is_bounded_and_without_secrets():
    told = []
    outcome = run(
        "i=0; while [ $i -lt 130 ]; do echo warroom-state: n$i=1; i=$((i+1)); done;"
        " echo warroom-state: n5=2; echo warroom-state: n7=hunter2hunter2;"
        " echo warroom-state: n8=AKIAIOSFODNN7EXAMPLE",
        on_state=told.append,
        secrets=["hunter2hunter2"],
    )
    assert len(outcome.state) == 100
    assert outcome.state["n5"] == "2", "the last of a name that is kept wins"
    assert (outcome.state["n7"], outcome.state["n8"]) == ("[REDACTED]", "[REDACTED]")
    assert "hunter2" not in repr(told)
    assert "AKIA" not in repr(told)


def test_output_arrives_while_the_step_runs():
    pieces = []
    run("printf 'password? '; sleep 0.3; echo; echo two", on_output=pieces.append)
    assert pieces[0] == "password? "
    assert "".join(pieces) == "password? \ntwo\n"


def test_the_identity_is_known_before_anything_runs(tmp_path):
    seen = []

    def journal(identity):
        assert not (tmp_path / "effect").exists()
        assert alive(identity)
        seen.append(identity)

    outcome = run(
        'touch "$f"; echo $$', env={**ENV, "f": str(tmp_path / "effect")}, on_start=journal
    )
    assert (tmp_path / "effect").exists()
    assert outcome.pid == seen[0].pid == int(outcome.head)
    assert not alive(seen[0])


def test_nothing_runs_where_the_start_could_not_be_recorded(tmp_path):
    def full_disk(identity):
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        run('touch "$f"', env={**ENV, "f": str(tmp_path / "effect")}, on_start=full_disk)
    time.sleep(0.2)
    assert not (tmp_path / "effect").exists()


def test_an_error_of_the_reader_ends_the_step(mark):
    def broken(text):
        raise ValueError("pane closed")

    with pytest.raises(ValueError, match="pane closed"):
        run(f"echo x; sleep {mark}", on_output=broken)
    assert gone(mark)


def test_a_process_number_given_to_another_is_not_the_same_process():
    process = subprocess.Popen(["sleep", "30"])
    try:
        start = int(Path(f"/proc/{process.pid}/stat").read_bytes().rpartition(b")")[2].split()[19])
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        assert alive(Identity(process.pid, start, boot))
        assert not alive(Identity(process.pid, start - 1, boot))
        assert not alive(Identity(process.pid, start, "another-boot"))
    finally:
        process.kill()
        process.wait()
    assert not alive(Identity(process.pid, start, boot))


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"cwd": "/no/such/place"}, "No such file"),
        ({"env": {**ENV, "big": "x" * 200_000}}, "could not be started"),
    ],
)
def test_what_cannot_be_started_says_why(options, reason):
    outcome = run("echo never", **options)
    assert outcome.kind is Kind.FAILED
    assert reason in outcome.reason
    assert outcome.head == ""


def test_the_console_keeps_its_own_children(mark):
    """The console is no reaper of strangers: an orphan of another child of it goes to init."""
    other = subprocess.run(
        ["sh", "-c", f"setsid -f sleep {mark} & wait"], check=True, capture_output=False
    )
    assert other.returncode == 0
    assert run("true").succeeded
    (orphan,) = still_running(mark)
    parent = int(Path(f"/proc/{orphan}/stat").read_bytes().rpartition(b")")[2].split()[1])
    os.kill(orphan, signal.SIGKILL)
    assert parent != os.getpid()


CRASH = """
import sys, os
from warroom.runbooks.model import Block, Language
from warroom.runbooks.run import run_block
env = {"PATH": os.environ["PATH"], "HOME": "/"}
code = "trap '' TERM; sleep MARK & setsid -f sleep MARK; echo up; sleep MARK"
print("begin", flush=True)
run_block(Block(Language.SH, code, None, {}, 1), env, timeout=60, grace=0.2,
          on_output=lambda text: print(text, flush=True))
"""


@pytest.mark.parametrize("delay", [None, 0.0, 0.02, 0.05])
def test_kill_9_of_the_console_leaves_no_orphan(mark, delay):
    console = subprocess.Popen(
        [sys.executable, "-c", CRASH.replace("MARK", mark)], stdout=subprocess.PIPE, text=True
    )
    try:
        console.stdout.readline()
        if delay is None:
            console.stdout.readline()
            assert still_running(mark)
        else:
            time.sleep(delay)
    finally:
        console.kill()
        console.wait()
        console.stdout.close()
    assert gone(mark)


def test_a_killed_supervisor_is_a_failure_and_takes_the_step_along(mark):
    def kill_supervisor(text):
        parent = Path(f"/proc/{int(text)}/stat").read_bytes().rpartition(b")")[2].split()[1]
        os.kill(int(parent), signal.SIGKILL)

    outcome = run(f"echo $$; exec sleep {mark}", on_output=kill_supervisor)
    assert outcome.kind is Kind.FAILED
    assert "supervisor" in outcome.reason
    assert gone(mark)
