"""A storm of alerts on a real server in a process of its own, with somebody at a console on it."""

import asyncio
import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from tests.server.burst import Burst, burst
from tests.terminal.driver import ROOT, Terminal, environment

WORD = "qzxj"
"""Its beginnings stand nowhere else on the screen."""
WAITING = "SELECT count(*) FROM inbox WHERE standing = 'waiting'"


class Server:
    """`warroom serve` over SQLite, started as a person would."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.running: subprocess.Popen[str] | None = None

    @property
    def database(self) -> Path:
        return self.home / ".local" / "share" / "warroom" / "warroom.db"

    def token(self, person: str, *scopes: str) -> str:
        more = [part for scope in scopes for part in ("--scope", scope)]
        made = subprocess.run(
            self._command("token", "new", person, "--json", *more),
            env=self._environment(), capture_output=True, text=True, check=True,
        )  # fmt: skip
        return str(json.loads(made.stdout)["token"])

    def start(self) -> int:
        """Start it; returns its port."""
        self.running = subprocess.Popen(
            self._command("serve", "--port", "0"),
            env=self._environment(), stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.running.stdout is not None
        return int(self.running.stdout.readline().rpartition(":")[2])

    def kill(self, number: int = signal.SIGKILL) -> None:
        assert self.running is not None
        self.running.send_signal(number)
        self.running.wait(30)

    def asked(self, query: str) -> list[tuple]:
        """What a query of its database finds."""
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=30) as connection:
            return connection.execute(query).fetchall()

    def kept(self) -> set[str]:
        """The fingerprints of all alerts of which the messages are on the disk."""
        bodies = self.asked("SELECT body FROM inbox WHERE intake = 'alertmanager'")
        return {json.loads(body)["alerts"][0]["fingerprint"] for (body,) in bodies}

    def placed(self, seconds: float) -> float:
        """Wait until nothing in the inbox waits; returns how long that took."""
        began = time.monotonic()
        while self.asked(WAITING) != [(0,)]:
            assert time.monotonic() - began < seconds, f"{self.asked(WAITING)} still wait"
            time.sleep(0.1)
        return time.monotonic() - began

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "warroom", *arguments]

    def _environment(self) -> dict[str, str]:
        return {**environment(self.home), "PYTHONPATH": str(ROOT / "src")}


@dataclass
class Storm:
    """What was seen of one."""

    burst: Burst
    keys: list[float] = field(default_factory=list)
    """Seconds from each key until the console's screen had answered it."""
    lost: int = 0
    """Accepted, and not on the disk of the server that was killed."""
    late: float = 0.0
    """Seconds after the storm and a new start until every alert had its place."""
    firing: int = 0
    """Alerts that the incidents count."""
    entries: int = 0
    """Entries that the storm made in the journal."""
    load: float = 0.0
    processor: float = 0.0
    """Seconds of processor time of the server."""


def storm(home: Path, *, rate: float, seconds: float) -> Storm:
    """Let it storm, kill the server at the end, and look what was kept."""
    server = Server(home / "server")
    server.home.mkdir()
    console = home / "console"
    console.mkdir()
    sender, person = server.token("alertmanager", "ingest:alertmanager"), server.token("ana")
    port = server.start()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    asked = ["--as", "ana", "--remote", f"http://127.0.0.1:{port}"]
    with Terminal.spawned(asked, console, WARROOM_TOKEN=person) as terminal:
        terminal.sees("No incident")
        found = Storm(Burst())
        # In a process of its own, or it would hold up the eyes at the console.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            sending = pool.submit(send, port, sender, rate, seconds)
            while not sending.done():
                found.keys += _typed(terminal)
                terminal.settle(0.2, 0.5)
            found.burst = sending.result()
        found.load = os.getloadavg()[0]
        server.kill()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    found.processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    found.lost = len(found.burst.accepted - server.kept())
    server.start()
    found.late = server.placed(10 * seconds + 60)
    server.kill(signal.SIGTERM)
    found.firing = int(server.asked("SELECT count(*) FROM signal WHERE firing = 1")[0][0])
    found.entries = int(
        server.asked("SELECT count(*) FROM event WHERE actor = 'alertmanager'")[0][0]
    )
    return found


def send(port: int, token: str, rate: float, seconds: float) -> Burst:
    return asyncio.run(burst(port, token, rate=rate, seconds=seconds))


def _typed(terminal: Terminal) -> list[float]:
    """Filter the queue, letter by letter, and leave; the seconds that each key took to show."""
    took = [_key(terminal, "/", "typing:")]
    took += [_key(terminal, WORD[n - 1], WORD[:n]) for n in range(1, len(WORD) + 1)]
    return [*took, _key(terminal, "escape", "typing:", shows=False)]


def _key(terminal: Terminal, key: str, words: str, *, shows: bool = True) -> float:
    began = time.monotonic()
    terminal.press(key)
    terminal.until(lambda: (words in terminal.text) is shows, f"answered {key}", 60)
    return time.monotonic() - began
