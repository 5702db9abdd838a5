"""kill -9 of the console at random points: nothing ran that was not recorded first, no orphans."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.campaign import Tally, sized

CONSOLE = """
import os, sys
from warroom.runbooks.model import Block, Language
from warroom.runbooks.run import run_block
folder, mark = sys.argv[1:]
def record(what):
    with open(f"{folder}/journal", "a") as file:
        file.write(what + chr(10)); file.flush(); os.fsync(file.fileno())
print("up", flush=True)
record("intent")
env = {"PATH": os.environ["PATH"], "HOME": "/", "folder": folder}
code = f'touch "$folder/effect"; (setsid -f sleep {mark}); sleep {mark} & sleep 0.05; touch "$folder/late"'
outcome = run_block(Block(Language.SH, code, None, {}, 1), env, timeout=20, grace=0.1,
                    on_start=lambda identity: record(f"started {identity.pid}"))
record(f"outcome {outcome.kind}")
"""


def running(mark):
    """Processes whose command line holds a mark."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                line = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if line.startswith(b"sleep") and mark.encode() in line:
                found.append(int(entry.name))
    return found


def left_alone(place, seed):
    """How many seconds the step takes on this machine, as busy as it is now."""
    place.mkdir()
    mark = f"29999.{os.getpid()}{seed}"
    console = subprocess.Popen(
        [sys.executable, "-c", CONSOLE, str(place), mark], stdout=subprocess.PIPE
    )
    console.stdout.readline()
    began = time.monotonic()
    console.wait(60)
    console.stdout.close()
    for pid in running(mark):
        os.kill(pid, signal.SIGKILL)
    return time.monotonic() - began


def campaign(folder, times, seed):
    dice = random.Random(seed)
    seen = {"nothing": 0, "intent only": 0, "started": 0, "done": 0}
    pace = left_alone(folder / "alone", seed)
    for number in range(times):
        place = folder / str(number)
        place.mkdir()
        mark = f"{30000 + number}.{os.getpid()}{seed}"
        console = subprocess.Popen(
            [sys.executable, "-c", CONSOLE, str(place), mark], stdout=subprocess.PIPE
        )
        console.stdout.readline()
        time.sleep(dice.uniform(0, 1.5 * pace))
        console.kill()
        console.wait()
        console.stdout.close()
        try:
            record = (place / "journal").read_text().split("\n")
        except FileNotFoundError:
            record = []
        started = any(line.startswith("started") for line in record)
        done = any(line.startswith("outcome") for line in record)
        deadline = time.monotonic() + 5
        # A daemon of a step that came to its own end lives on, as promised: not an orphan.
        survivors = 1 if done or (place / "late").exists() else 0
        while len(running(mark)) > survivors and time.monotonic() < deadline:
            time.sleep(0.02)
        left = running(mark)
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        assert len(left) <= survivors, f"{len(left)} orphans in run {number}: {record}"
        effect = (place / "effect").exists()
        assert not effect or started, f"run {number} acted without a record"
        assert not started or "intent" in record
        seen[
            "done" if done else "started" if started else "intent only" if record else "nothing"
        ] += 1
    return seen


def test_kill_9_at_random_points(tmp_path):
    assert sum(campaign(tmp_path, 6, 1).values()) == 6


@pytest.mark.soak
def test_kill_9_at_200_random_points(tmp_path, tally: Tally):
    seen = campaign(tmp_path, sized(200), 2)
    tally(sum(seen.values()), "kills of the runner", seed=2)
    assert min(seen["started"], seen["done"]) > sized(200) / 20, seen
