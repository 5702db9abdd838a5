"""Start and stop the shop: one object that owns every process of it."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import warroom
from warroom.drills.service.settings import Move, Settings, trigger
from warroom.drills.service.state import (
    INSTANCES,
    RELEASES,
    State,
    StateError,
    read_state,
    write_state,
)

PATIENCE = 15.0
"""Seconds the processes get to come up."""
GRACE = 1.0
"""Seconds the processes get to end by themselves before they are killed."""


class ServiceError(RuntimeError):
    """The shop could not be started; the message says what failed and where to look."""


@dataclass(frozen=True, slots=True)
class Status:
    """How the shop is."""

    running: bool
    """Whether every process lives."""
    dead: tuple[str, ...]
    """Names of the processes that ended by themselves."""
    state: State | None
    """What is switched on; None when the state file cannot be read."""
    log_bytes: int
    """Size of the access log."""


class SimulatedService:
    """A running shop in a folder. Ends with `stop`, with the block, or with this process."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.folder = folder
        self.settings = settings
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._lifeline: int | None = None

    @classmethod
    def start(
        cls,
        folder: Path,
        *,
        seed: int = 7,
        fault: str = "bad_release",
        deploy_after: float = 20.0,
        fail_after: float = 12.0,
        rate: float = 40.0,
        plan: Sequence[Move] | None = None,
    ) -> Self:
        """Start every process and return once the router answers.

        Args:
            folder: Where its files go; made when absent. Everything it writes is in it.
            seed: The same seed gives the same requests and the same victims.
            fault: The fault to trigger, a name of `faults.FAULTS`.
            deploy_after: Seconds until the change that carries the fault is made.
            fail_after: Seconds from that change to the first failures.
            rate: Requests per second.
            plan: What happens instead of `fault`; empty: nothing.

        Raises:
            ServiceError: a file cannot be written or a process does not come up.
        """
        moves = (trigger(fault, deploy_after, fail_after),) if plan is None else tuple(plan)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            sockets = {name: _bind() for _, _, names in _processes().values() for name in names}
            ports = {name: sock.getsockname()[1] for name, sock in sockets.items()}
            service = cls(folder.resolve(), Settings(seed, rate, moves, ports))
            service.settings.save(folder / "service.json")
            write_state(folder / "state.json", State(changed_at=time.time()))
            for name in ("access.log", "error.log", "app.jsonl", "changes.jsonl"):
                (folder / name).touch()
        except OSError as error:
            raise ServiceError(f"the shop cannot be set up in {folder}: {error}") from error
        try:
            service._spawn(sockets)
            service._wait_until_it_answers()
        except BaseException:
            service.stop()
            raise
        finally:
            for sock in sockets.values():
                sock.close()
        return service

    @property
    def access_log(self) -> Path:
        """The router's access log."""
        return self.folder / "access.log"

    @property
    def error_log(self) -> Path:
        """The router's error log."""
        return self.folder / "error.log"

    @property
    def app_log(self) -> Path:
        """What the instances log: JSON lines."""
        return self.folder / "app.jsonl"

    @property
    def state_file(self) -> Path:
        """The file that says what is switched on."""
        return self.folder / "state.json"

    @property
    def changes_file(self) -> Path:
        """The change records, JSON lines."""
        return self.folder / "changes.jsonl"

    @property
    def url(self) -> str:
        """Where customers ask."""
        return f"http://127.0.0.1:{self.settings.ports['router']}"

    @property
    def control_url(self) -> str:
        """Where switches are set."""
        return f"http://127.0.0.1:{self.settings.ports['control']}"

    @property
    def pids(self) -> dict[str, int]:
        """Process ids by name."""
        return {name: child.pid for name, child in self._children.items()}

    def status(self) -> Status:
        """Return how the shop is; never raises."""
        dead = tuple(name for name, child in self._children.items() if child.poll() is not None)
        state, size = None, 0
        with contextlib.suppress(StateError):
            state = read_state(self.state_file)
        with contextlib.suppress(OSError):
            size = self.access_log.stat().st_size
        return Status(bool(self._children) and not dead, dead, state, size)

    def lift(self, fault: str) -> None:
        """Remove the cause of a fault: it never acts again, whatever is switched.

        Raises:
            ServiceError: the control endpoint does not answer.
        """
        self._control(f"/lift/{fault}", b"")

    def switch(self, key: str, value: str) -> None:
        """Set one entry of the state.

        Raises:
            ServiceError: the control endpoint does not answer, or the shop has no such entry.
        """
        self._control("/set", json.dumps({key: value}).encode())

    def _control(self, path: str, body: bytes) -> None:
        head = f"POST {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {len(body)}"
        request = head.encode() + b"\r\n\r\n" + body
        try:
            port = self.settings.ports["control"]
            with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as control:
                control.sendall(request)
                answer = control.recv(64)
        except OSError as error:
            raise ServiceError(f"the shop's control endpoint does not answer: {error}") from error
        if b" 200 " not in answer:
            raise ServiceError(f"the shop refuses {path}: {answer!r}")

    def stop(self) -> None:
        """End every process, at the latest after `GRACE` seconds by force; may be called twice."""
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None
        end = time.monotonic() + GRACE
        for child in self._children.values():
            try:
                child.wait(max(0.01, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        self._children.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _spawn(self, sockets: dict[str, socket.socket]) -> None:
        # The children's standard input is a pipe that nobody writes to. This process alone holds
        # the other end, so that its end, even by SIGKILL, is seen by all of them.
        reader, self._lifeline = os.pipe()
        numbers = {name: sock.fileno() for name, sock in sockets.items()}
        try:
            with (self.folder / "service.err").open("ab") as complaints:
                for name, (module, words, names) in _processes().items():
                    handed = [numbers[listener] for listener in names]
                    self._children[name] = subprocess.Popen(
                        self._command(module, [*words, *map(str, handed)]),
                        stdin=reader,
                        stdout=subprocess.DEVNULL,
                        stderr=complaints,
                        env=environment(),
                        pass_fds=handed,
                        start_new_session=True,
                    )
        except OSError as error:
            raise ServiceError(f"a process of the shop cannot be started: {error}") from error
        finally:
            os.close(reader)

    def _command(self, module: str, words: Sequence[str]) -> list[str]:
        name = f"warroom.drills.service.{module}"
        return [sys.executable, "-P", "-m", name, str(self.folder), *words]

    def _wait_until_it_answers(self) -> None:
        end = time.monotonic() + PATIENCE
        waiting = [name for name in self.settings.ports if name not in {"control", "gateway"}]
        while waiting and not self.status().dead and time.monotonic() < end:
            if _answers(self.settings.ports[waiting[-1]]):
                waiting.pop()
            else:
                time.sleep(0.02)
        if waiting:
            ended = ", ".join(self.status().dead)
            why = f"{ended} ended at once" if ended else f"no answer in {PATIENCE:.0f} s"
            raise ServiceError(f"the shop did not start: {why}; see {self.folder / 'service.err'}")


def _answers(port: int) -> bool:
    # The parent bound and listens on every port, so a connection waits for its process.
    with (
        contextlib.suppress(OSError),
        socket.create_connection(("127.0.0.1", port), timeout=0.5) as probe,
    ):
        probe.sendall(b"GET /ready HTTP/1.1\r\n\r\n")
        return probe.recv(9) == b"HTTP/1.1 "
    return False


def environment() -> dict[str, str]:
    """Return the environment of a child: this one, with warroom importable and text in UTF-8."""
    here = str(Path(warroom.__file__).parent.parent)
    return {**os.environ, "PYTHONPATH": here, "PYTHONUTF8": "1"}


def _processes() -> dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Return module, arguments and listening sockets of every process, by its name."""
    instances = {
        f"{release}/{name}": ("app", (release, name), (f"{release}/{name}",))
        for release in RELEASES
        for name in INSTANCES
    }
    return {
        **instances,
        "gateway": ("gateway", (), ("gateway",)),
        "router": ("router", (), ("router", "control")),
        "load": ("load", (), ()),
    }


def _bind() -> socket.socket:
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    sock.listen(256)
    return sock
