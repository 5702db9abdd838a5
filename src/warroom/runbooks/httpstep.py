"""Run an `http` block: one request to a host that the configuration allows, bounded in all ways.

The name is resolved once, the address is checked and that address is connected to; no proxy, no
redirect, no cookie; the body is cut at `BODY_LIMIT` and the whole exchange at the time-out.
"""

import ipaddress
import json
import queue
import socket
import ssl
import threading
import time
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from warroom.core.words import Outcome as OutcomeKind
from warroom.runbooks.errors import RunbookError
from warroom.runbooks.httptext import Request, build, expected, pointers
from warroom.runbooks.model import Block
from warroom.runbooks.outcome import OnOutput, OnState, Outcome
from warroom.runbooks.output import Collector
from warroom.runbooks.redact import redact

if TYPE_CHECKING:
    import httpx

BODY_LIMIT = 64 * 1024
"""Bytes of a response that are read; a switch answers in hundreds."""

_DEFAULT_PORTS = {"http": 80, "https": 443}
_POLL = 0.05


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    phrase: str
    body: bytes
    cut: bool


def run_http(
    block: Block,
    env: Mapping[str, str],
    *,
    timeout: float,
    hosts: Sequence[str],
    integers: frozenset[str] = frozenset(),
    on_output: OnOutput | None = None,
    on_state: OnState | None = None,
    cancel: threading.Event | None = None,
    secrets: Sequence[str] = (),
) -> Outcome:
    """Send the request and judge the answer; what goes wrong is in the outcome.

    Args:
        block: The request.
        env: Values of its parameters, secrets in clear.
        timeout: Seconds for everything from the look-up of the name to the last byte.
        hosts: `name`, `name:port` or an address that may be talked to.
        integers: Parameters that stay numbers in JSON.
        on_output: Gets the redacted answer.
        on_state: Gets the state before, as the answer told it.
        cancel: Gives up when set; the request may have been received all the same.
        secrets: Values hidden in the outcome.
    """
    began = time.monotonic()
    collector = Collector(secrets, on_output, on_state)
    answers: queue.SimpleQueue[_Answer | Exception] = queue.SimpleQueue()

    def exchange() -> None:
        try:
            answers.put(_exchange(build(block, env, integers), hosts, timeout))
        except Exception as error:  # noqa: BLE001 - whatever happened becomes the outcome
            answers.put(error)

    threading.Thread(target=exchange, name="http step", daemon=True).start()
    kind, reason, answer = OutcomeKind.TIMED_OUT, f"no answer within {timeout:g} s", None
    while time.monotonic() - began < timeout:
        if cancel is not None and cancel.is_set():
            kind, reason = OutcomeKind.CANCELLED, "stopped; it may have been received all the same"
            break
        try:
            got = answers.get(timeout=_POLL)
        except queue.Empty:
            continue
        if isinstance(got, Exception):
            kind, reason = OutcomeKind.FAILED, _say(got)
        else:
            answer = got
            kind, reason = _judge(block, answer)
        break
    if answer is not None:
        collector.report(_state(block, answer))
        collector.feed(f"HTTP {answer.status} {answer.phrase}\n".encode() + answer.body)
        collector.feed(b"\n[cut]\n" if answer.cut else b"\n")
    head, tail, state = collector.finish()
    return Outcome(
        kind=kind,
        reason=redact(reason, secrets),
        exit_status=answer.status if answer else None,
        head=head,
        tail=tail,
        total_bytes=collector.total,
        seconds=time.monotonic() - began,
        pid=None,
        state=state,
    )


def _say(error: Exception) -> str:
    if isinstance(error, RunbookError):
        return f"{error.msg}. {error.hint}"
    return f"{type(error).__name__}: {error}"[:300]


def _judge(block: Block, answer: _Answer) -> tuple[OutcomeKind, str]:
    if answer.status not in expected(block):
        return OutcomeKind.FAILED, f"HTTP {answer.status} {answer.phrase}"
    for pointer, wanted in pointers(block.options.get("require", ""), "="):
        found = _at(answer, pointer)
        if found != wanted:
            return OutcomeKind.FAILED, f"{pointer} is {found or 'absent'}, not {wanted}"
    return OutcomeKind.SUCCEEDED, ""


def _state(block: Block, answer: _Answer) -> dict[str, str]:
    named = pointers(block.options.get("state", ""), ":")
    return {name: value for name, pointer in named if (value := _at(answer, pointer))}


def _at(answer: _Answer, pointer: str) -> str:
    """The scalar at a JSON pointer (RFC 6901) as JSON writes it, strings bare; empty for none."""
    try:
        node = json.loads(answer.body)
        for part in pointer.split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            node = node[int(key)] if isinstance(node, list) else node[key]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        return ""
    if isinstance(node, dict | list):
        return ""
    return node if isinstance(node, str) else json.dumps(node)


def _exchange(request: Request, hosts: Sequence[str], timeout: float) -> _Answer:
    import httpx  # noqa: PLC0415 - 60 ms to import, and only such a step needs it

    url = urllib.parse.urlsplit(request.url)
    host, port = url.hostname or "", url.port or _DEFAULT_PORTS[url.scheme]
    ensure_allowed(host, port, hosts)
    address = resolve_host(host, port)
    shown = f"[{address}]" if ":" in address else address
    target = urllib.parse.urlunsplit(url._replace(netloc=f"{shown}:{port}"))
    headers = {
        "Host": url.netloc,
        "User-Agent": "warroom",
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        "Connection": "close",
    }
    context = ssl.create_default_context()  # the system's certificates, as its other tools use
    transport = httpx.HTTPTransport(verify=context, trust_env=False, retries=0)
    with httpx.Client(
        transport=transport, follow_redirects=False, trust_env=False, timeout=timeout
    ) as client:
        sent = client.build_request(
            request.method,
            target,
            headers=[*headers.items(), *request.headers],
            content=request.body or None,
            extensions={"sni_hostname": host, "timeout": httpx.Timeout(timeout).as_dict()},
        )
        response = client.send(sent, stream=True)
        try:
            body, cut = _body(response)
        finally:
            response.close()
    return _Answer(response.status_code, response.reason_phrase, body, cut)


def _body(response: "httpx.Response") -> tuple[bytes, bool]:
    body = bytearray()
    for piece in response.iter_raw():
        body += piece
        if len(body) > BODY_LIMIT:
            return bytes(body[:BODY_LIMIT]), True
    return bytes(body), False


def ensure_allowed(host: str, port: int, hosts: Sequence[str]) -> None:
    """Raise RunbookError where a host is not on the list; an entry without a port allows any."""
    bare = host.lower()
    shown = f"[{bare}]" if ":" in bare else bare
    allowed = {entry.lower() for entry in hosts}
    if not allowed & {bare, shown, f"{shown}:{port}"}:
        raise RunbookError(
            "Host not allowed",
            f"{shown}:{port} is not on the list of hosts that steps may talk to",
            "Add it to runbooks.hosts in the configuration",
        )


def resolve_host(host: str, port: int) -> str:
    """One address of a host; raises RunbookError where it leads to a place no name should.

    A name that points at this machine, at a link-local address (where clouds serve credentials) or
    at a multicast group is refused; an address written out, and `localhost`, mean what they say.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise RunbookError("Host not found", f"{host}: {error}", "Check its name") from None
    address = str(found[0][4][0]).partition("%")[0]
    parsed = ipaddress.ip_address(address)
    mapped = getattr(parsed, "ipv4_mapped", None) or parsed
    literal = _is_address(host)
    if mapped.is_loopback and not (literal or host.lower() == "localhost"):
        why = "this machine"
    elif (mapped.is_link_local or mapped.is_multicast or mapped.is_unspecified) and not literal:
        why = "an address that no name should have"
    else:
        return address
    raise RunbookError(
        "Host refused", f"{host} leads to {address}, {why}", "Write the address if you mean it"
    )


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
