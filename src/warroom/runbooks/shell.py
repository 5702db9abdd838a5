"""Run a command under supervision: no terminal, no input, bounded output, ended as a whole."""

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from warroom.core.words import Outcome as OutcomeKind
from warroom.runbooks.outcome import Identity, OnOutput, OnStart, OnState, Outcome, Survivor
from warroom.runbooks.output import Collector
from warroom.runbooks.process import boot_id

GRACE = 2.0
"""Seconds between TERM and KILL."""
FLOOD = 10_000_000
"""Bytes of output after which a step is ended: it writes faster than anybody reads."""

_START_LIMIT = 10.0
_POLL = 0.05
_CHUNK = 65536
_SUPERVISOR = str(Path(__file__).with_name("supervisor.py"))


@dataclass(slots=True)
class _Run:
    """A supervised command while it runs."""

    supervisor: subprocess.Popen[bytes]
    status: int
    collector: Collector
    stopped: OutcomeKind | None = None
    stop_at: float = 0.0
    identity: Identity | None = None
    failed: str = ""
    ended: bool = False
    exit_status: int | None = None
    survivors: list[Survivor] = field(default_factory=list)
    rest: bytes = b""

    def tell(self, byte: bytes) -> None:
        """Send a control byte; a supervisor that is gone needs none."""
        if self.supervisor.stdin is not None:
            with contextlib.suppress(OSError):
                self.supervisor.stdin.write(byte)
                self.supervisor.stdin.flush()

    def stop(self, kind: OutcomeKind) -> None:
        if self.stopped is None:
            self.stopped = kind
            self.stop_at = time.monotonic()
            self.tell(b"s")

    def read_status(self) -> bool:
        """Take what the supervisor reports; False at the end of it."""
        piece = os.read(self.status, _CHUNK)
        *lines, self.rest = (self.rest + piece).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if "pid" in message:
                self.identity = Identity(message["pid"], message["start"], boot_id())
            self.failed = message.get("failed", self.failed)
            if "ended" in message:
                self.ended = True
                self.exit_status = message["ended"]
                self.survivors = [Survivor(**left) for left in message["left"]]
        return bool(piece)

    def read_output(self) -> bool:
        """Take some output; False at the end of it."""
        if self.supervisor.stdout is None:
            return False
        try:
            piece = os.read(self.supervisor.stdout.fileno(), _CHUNK)
        except BlockingIOError:
            return True
        self.collector.feed(piece)
        return bool(piece)

    def drain(self) -> None:
        """Take what is in the pipe already; a daemon may keep it open, so never wait."""
        if self.supervisor.stdout is None:
            return
        with contextlib.suppress(BlockingIOError):
            while piece := os.read(self.supervisor.stdout.fileno(), _CHUNK):
                self.collector.feed(piece)
                if self.collector.total > FLOOD:
                    return


def run_command(
    command: Sequence[str],
    env: Mapping[str, str],
    *,
    timeout: float,
    on_output: OnOutput | None = None,
    on_start: OnStart | None = None,
    on_state: OnState | None = None,
    cancel: threading.Event | None = None,
    secrets: Sequence[str] = (),
    cwd: str | None = None,
    grace: float = GRACE,
    flood: int = FLOOD,
) -> Outcome:
    """Run a command to its end and return what came of it; blocks, for a worker thread.

    The command has a session of its own, no terminal, an empty standard input and exactly the
    given environment. When time is up, when `cancel` is set, when it floods, or when this process
    dies, everything it started gets TERM, and KILL after `grace` seconds. When it ends by itself,
    what it left in its process group is ended too; a daemon (a session of its own) lives on and is
    named in the outcome.

    Args:
        command: Program and arguments.
        env: The whole environment.
        timeout: Seconds it may take.
        on_output: Gets redacted text as it comes, from this thread.
        on_start: Gets the process's identity before the command is executed: what was recorded
            there is recorded of everything that ever ran. If it raises, nothing is executed.
        on_state: Gets what it says of the state before, ahead of the output that says it.
        cancel: Ends the command when set.
        secrets: Values hidden in everything that is kept or passed on.
        cwd: Working directory; the home directory if None.
        grace: Seconds between TERM and KILL.
        flood: Bytes of output that are too many.
    """
    began = time.monotonic()
    collector = Collector(secrets, on_output, on_state)
    directory = cwd or _home(env)
    status_read, status_write = os.pipe()
    try:
        try:
            supervisor = subprocess.Popen(
                [
                    *(sys.executable, "-I", "-S", _SUPERVISOR),
                    *(str(status_write), str(grace), directory, *command),
                ],
                env=dict(env),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(status_write,),
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            return Outcome(
                kind=OutcomeKind.FAILED,
                reason=f"could not be started: {reason}",
                exit_status=None,
                head="",
                tail="",
                total_bytes=0,
                seconds=time.monotonic() - began,
                pid=None,
            )
        finally:
            os.close(status_write)
        run = _Run(supervisor, status_read, collector)
        try:
            _supervise(run, began + timeout, on_start, cancel, grace, flood)
        finally:
            _release(run)
    finally:
        os.close(status_read)
    return _outcome(run, timeout, flood, time.monotonic() - began)


def _home(env: Mapping[str, str]) -> str:
    """The home directory where there is one: containers and service users may have none."""
    home = env.get("HOME", "")
    return home if home and Path(home).is_dir() else "/"


def _supervise(
    run: _Run,
    deadline: float,
    on_start: OnStart | None,
    cancel: threading.Event | None,
    grace: float,
    flood: int,
) -> None:
    """Read output and status until the supervisor has nothing more to say."""
    if run.supervisor.stdout is None:
        return
    os.set_blocking(run.supervisor.stdout.fileno(), False)
    with selectors.DefaultSelector() as selector:
        selector.register(run.status, selectors.EVENT_READ, run.read_status)
        selector.register(run.supervisor.stdout, selectors.EVENT_READ, run.read_output)
        start_limit = time.monotonic() + _START_LIMIT
        started = False
        while not run.ended:
            ready = selector.select(_POLL)
            for key, _ in ready:
                if not key.data():
                    selector.unregister(key.fileobj)
                    if key.fd == run.status:
                        return
            if not ready:
                run.collector.flush()
            now = time.monotonic()
            if run.identity is not None and not started:
                if on_start is not None:
                    on_start(run.identity)
                started = True
                run.tell(b"g")
            if cancel is not None and cancel.is_set():
                run.stop(OutcomeKind.CANCELLED)
            elif run.collector.total > flood:
                run.stop(OutcomeKind.FLOODED)
            elif now > deadline:
                run.stop(OutcomeKind.TIMED_OUT)
            if not started and now > start_limit:
                return
            if run.stopped is not None and now > run.stop_at + grace + 5:
                return
    run.drain()


def _release(run: _Run) -> None:
    """Let go of the supervisor; whatever happened here, nothing keeps running."""
    if not run.ended:  # an error on our side, or the supervisor was killed
        run.tell(b"s")
        if run.supervisor.poll() is not None and run.identity is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(run.identity.pid, signal.SIGKILL)
    for stream in (run.supervisor.stdin, run.supervisor.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
    try:
        run.supervisor.wait(GRACE + 3)
    except subprocess.TimeoutExpired:
        run.supervisor.kill()
        run.supervisor.wait()


def _outcome(run: _Run, timeout: float, flood: int, seconds: float) -> Outcome:
    head, tail, state = run.collector.finish()
    if run.failed:
        kind, reason = OutcomeKind.FAILED, f"could not be started: {run.failed}"
    elif run.stopped is not None:
        kind = run.stopped
        reason = {
            OutcomeKind.TIMED_OUT: f"not done after {timeout:g} s: ended",
            OutcomeKind.FLOODED: f"more than {flood} bytes of output: ended",
        }.get(kind, "stopped")
    elif run.exit_status == 0:
        kind, reason = OutcomeKind.SUCCEEDED, ""
    elif run.exit_status is None:
        kind, reason = OutcomeKind.FAILED, "its supervisor was ended from outside"
    elif run.exit_status < 0:
        kind, reason = OutcomeKind.FAILED, f"ended by signal {-run.exit_status}"
    else:
        kind, reason = OutcomeKind.FAILED, f"exit status {run.exit_status}"
    return Outcome(
        kind=kind,
        reason=reason,
        exit_status=run.exit_status,
        head=head,
        tail=tail,
        total_bytes=run.collector.total,
        seconds=seconds,
        pid=run.identity.pid if run.identity else None,
        state=state,
        survivors=tuple(run.survivors),
    )
