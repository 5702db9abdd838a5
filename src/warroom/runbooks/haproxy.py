"""Run a `haproxy` block: commands over the runtime socket, read back, with the state before kept.

HAProxy answers a successful change with nothing and an error with words, and has no status: any
answer to a change is a failure. What a change should have done is read back from it.
"""

import re
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from warroom.core.words import Outcome as OutcomeKind
from warroom.runbooks.model import Block
from warroom.runbooks.outcome import OnOutput, OnState, Outcome
from warroom.runbooks.output import Collector
from warroom.runbooks.params import STATE_PREFIX
from warroom.runbooks.redact import redact

DEFAULT_SOCKET = "haproxy_socket"
"""The parameter that holds the path of the runtime socket, unless `socket=` names another."""

_REPLY_LIMIT = 1_000_000
_READS = re.compile(r"(?:show|get)\s")
_READ_ERRORS = re.compile(
    r"(?:No such|Can't find|Unknown|Require|Missing|Permission denied|Backend not found|'?\w+' is)"
)
_SERVER = re.compile(r"([^\s/]+)/([^\s/]+)")
_SET_STATE = re.compile(r"set server (\S+/\S+) state (ready|drain|maint)")
_SET_WEIGHT = re.compile(r"(?:set weight (\S+/\S+)|set server (\S+/\S+) weight) (\d+)(%?)")

# Bits of srv_admin_state (HAProxy management guide, "show servers state").
_MAINT = 0x01 | 0x02 | 0x04 | 0x20 | 0x40
_DRAIN = 0x08 | 0x10
_OPERATIONAL_UP = 2


class _RefusedError(Exception):
    """A command had no effect, or not the one it should have had."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server as HAProxy knows it."""

    backend: str
    name: str
    up: bool
    admin: str
    """ready, drain or maint."""
    weight: int
    initial_weight: int

    @property
    def serves(self) -> bool:
        """Whether it gets new requests."""
        return self.up and self.admin == "ready" and self.weight > 0


class Runtime:
    """The runtime socket of one HAProxy; a connection for each command."""

    def __init__(self, path: str, deadline: float, cancel: threading.Event | None = None) -> None:
        self._path = path
        self._deadline = deadline
        self._cancel = cancel

    def ask(self, command: str) -> str:
        """What it answers to a command, without blank ends; raises OSError or TimeoutError."""
        left = self._deadline - time.monotonic()
        if self._cancel is not None and self._cancel.is_set():
            raise InterruptedError("stopped")
        if left <= 0:
            raise TimeoutError("time is up")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(left)
            connection.connect(self._path)
            connection.sendall(command.encode() + b"\n")
            reply = bytearray()
            while len(reply) < _REPLY_LIMIT:
                connection.settimeout(max(0.001, self._deadline - time.monotonic()))
                piece = connection.recv(65536)
                if not piece:
                    break
                reply += piece
        return reply.decode("utf-8", "replace").strip()

    def change(self, command: str) -> None:
        """Execute a command that must answer nothing."""
        reply = self.ask(command)
        if reply:
            raise _RefusedError(f"{command}: {reply.splitlines()[0]}")

    def servers(self, backend: str) -> list[Server]:
        """The servers of a backend."""
        reply = self.ask(f"show servers state {backend}")
        lines = reply.splitlines()
        header = next((line for line in lines if line.startswith("# ")), "")
        if not header:
            raise _RefusedError(f"{backend}: {lines[0] if lines else 'no answer'}")
        names = header[2:].split()
        found = []
        for line in lines[lines.index(header) + 1 :]:
            row = dict(zip(names, line.split(), strict=False))
            admin = int(row["srv_admin_state"])
            found.append(
                Server(
                    backend=row["be_name"],
                    name=row["srv_name"],
                    up=int(row["srv_op_state"]) == _OPERATIONAL_UP,
                    admin="maint" if admin & _MAINT else "drain" if admin & _DRAIN else "ready",
                    weight=int(row["srv_uweight"]),
                    initial_weight=int(row["srv_iweight"]),
                )
            )
        return found

    def server(self, name: str) -> Server:
        """One server by `backend/server`."""
        match = _SERVER.fullmatch(name)
        if match is None:
            raise _RefusedError(f"{name!r} is not of the form backend/server")
        for server in self.servers(match[1]):
            if server.name == match[2]:
                return server
        raise _RefusedError(f"{name}: no such server")


def _require(runtime: Runtime, words: Sequence[str]) -> str:
    """`require backend/server admin=drain weight=50 serves=no`, and the other forms."""
    if len(words) == 2 and words[0] == "other":
        this = runtime.server(words[1])
        others = [s for s in runtime.servers(this.backend) if s.name != this.name and s.serves]
        if not others:
            raise _RefusedError(f"no other server of {this.backend} is up: it would serve nothing")
        return f"also up in {this.backend}: {', '.join(s.name for s in others)}"
    if len(words) == 3 and words[0] in {"acl", "no-acl"}:
        return _require_entry(runtime, words[1], words[2], wanted=words[0] == "acl")
    if len(words) < 2:
        raise _RefusedError("require takes a server and what it should be")
    server = runtime.server(words[0])
    is_now = {
        "admin": server.admin,
        "weight": str(server.weight),
        "up": "yes" if server.up else "no",
        "serves": "yes" if server.serves else "no",
    }
    for word in words[1:]:
        name, _, wanted = word.partition("=")
        if is_now.get(name) != wanted:
            raise _RefusedError(
                f"{words[0]}: {name} is {is_now.get(name, 'unknown')}, not {wanted}"
            )
    return f"{words[0]}: {' '.join(words[1:])}"


def _require_entry(runtime: Runtime, file: str, entry: str, *, wanted: bool) -> str:
    """`require acl FILE ENTRY` and `require no-acl FILE ENTRY`."""
    reply = runtime.ask(f"show acl {file}")
    if _READ_ERRORS.match(reply):
        raise _RefusedError(f"{file}: {reply.splitlines()[0]}")
    rows = [line.split(maxsplit=1) for line in reply.splitlines() if line.startswith("0x")]
    there = any(len(row) == 2 and row[1] == entry for row in rows)
    if there != wanted:
        raise _RefusedError(f"{entry} is {'already' if there else 'not'} in {file}")
    return f"{entry} is {'' if there else 'not '}in {file}"


def _save(runtime: Runtime, words: Sequence[str]) -> str:
    """`save backend/server`: report its weight and its state, for `restore`."""
    server = runtime.server(" ".join(words))
    return f"warroom-state: weight={server.weight}\nwarroom-state: admin={server.admin}"


def _restore(runtime: Runtime, words: Sequence[str], env: Mapping[str, str]) -> str:
    """`restore backend/server`: exactly the weight and state that `save` reported."""
    name = " ".join(words)
    weight, admin = env.get(f"{STATE_PREFIX}weight"), env.get(f"{STATE_PREFIX}admin")
    if weight is None or admin is None:
        raise _RefusedError(f"{name}: its state before is not known; set it by hand")
    runtime.server(name)
    runtime.change(f"set weight {name} {int(weight)}")
    runtime.change(f"set server {name} state {admin}")
    return _require(runtime, [name, f"weight={int(weight)}", f"admin={admin}"])


def _command(runtime: Runtime, line: str) -> str:
    """A command of HAProxy itself; a change is read back where that is possible."""
    if ";" in line:
        raise _RefusedError("one command a line: no ;")
    if _READS.match(line):
        reply = runtime.ask(line)
        if _READ_ERRORS.match(reply):
            raise _RefusedError(f"{line}: {reply.splitlines()[0]}")
        return reply
    runtime.change(line)
    state = _SET_STATE.fullmatch(line)
    if state:
        return _require(runtime, [state[1], f"admin={state[2]}"])
    weight = _SET_WEIGHT.fullmatch(line)
    if weight:
        server = runtime.server(weight[1] or weight[2])
        wanted = int(weight[3])
        if weight[4]:
            wanted = server.initial_weight * wanted // 100
        return _require(runtime, [f"{server.backend}/{server.name}", f"weight={wanted}"])
    return f"done: {line}"


def run_haproxy(
    block: Block,
    env: Mapping[str, str],
    commands: str,
    *,
    timeout: float,
    on_output: OnOutput | None = None,
    on_state: OnState | None = None,
    cancel: threading.Event | None = None,
    secrets: Sequence[str] = (),
) -> Outcome:
    """Execute the lines of a block in order up to the first that fails.

    Args:
        block: Says which parameter holds the path of the socket.
        env: Values of the parameters, and the state before.
        commands: The lines, parameters in their places (`render.render`).
        timeout: Seconds for all of them.
        on_output: Gets what is answered, redacted.
        on_state: Gets what `save` reports.
        cancel: Stops before the next command when set.
        secrets: Values hidden in the outcome.
    """
    began = time.monotonic()
    collector = Collector(secrets, on_output, on_state)
    path = env.get(block.options.get("socket") or DEFAULT_SOCKET, "")
    runtime = Runtime(path, began + timeout, cancel)
    words: Mapping[str, Callable[[Sequence[str]], str]] = {
        "require": lambda rest: _require(runtime, rest),
        "save": lambda rest: _save(runtime, rest),
        "restore": lambda rest: _restore(runtime, rest, env),
    }
    kind, reason = OutcomeKind.SUCCEEDED, ""
    try:
        for line in commands.splitlines():
            command = line.strip()
            if not command or command.startswith("#"):
                continue
            first, *rest = command.split()
            said = words[first](rest) if first in words else _command(runtime, command)
            collector.feed(f"{said}\n".encode())
    except _RefusedError as error:
        kind, reason = OutcomeKind.FAILED, str(error)
    except InterruptedError:
        kind, reason = OutcomeKind.CANCELLED, "stopped"
    except TimeoutError:
        kind, reason = OutcomeKind.TIMED_OUT, f"no answer within {timeout:g} s"
    except (OSError, ValueError, KeyError) as error:
        kind, reason = OutcomeKind.FAILED, f"{path or 'no runtime socket'}: {error}"
    head, tail, state = collector.finish()
    return Outcome(
        kind=kind,
        reason=redact(reason[:300], secrets),
        exit_status=None,
        head=head,
        tail=tail,
        total_bytes=collector.total,
        seconds=time.monotonic() - began,
        pid=None,
        state=state,
    )
