"""The text of an `http` block: a request as RFC 9112 writes it, parameters bound part by part."""

import json
import re
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass

from warroom.runbooks.errors import RunbookError
from warroom.runbooks.mention import NAME, value_of
from warroom.runbooks.model import Block

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")

_REQUEST = re.compile(r"([A-Z]+)\s+(https?://\S+)\s*")
_HEADER = re.compile(r"([A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}):[ \t]*(.*)")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_STATUSES = re.compile(r"([1-5]\d\d)(?:-([1-5]\d\d))?")
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "te", "upgrade"})


@dataclass(frozen=True, slots=True)
class Request:
    """A request with every parameter in its place."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


def _wrong(block: Block, line: int, why: str, hint: str) -> RunbookError:
    return RunbookError("Request not understood", f"line {block.line + 1 + line}: {why}", hint)


def build(block: Block, env: Mapping[str, str], integers: frozenset[str] = frozenset()) -> Request:
    """Bind the parameters of a request; raises RunbookError.

    In the URL a value is percent-encoded, in a header it may not hold a line break (no value can),
    in a JSON body it becomes the string, or where the string is nothing but a parameter of type int
    the number; in a form it is encoded. No other body takes parameters.
    """
    head, _, body = block.code.strip("\n").partition("\n\n")
    first, *rest = head.split("\n")
    request = _REQUEST.fullmatch(first)
    if request is None or request[1] not in METHODS:
        raise _wrong(block, 0, f"{first[:60]!r} is no request", "Write GET https://host/path")
    authority = request[2].partition("://")[2].partition("/")[0].partition("?")[0]
    if "$" in authority and NAME.sub("", authority).strip(":") not in {"", *_ports(authority)}:
        raise _wrong(block, 0, "a parameter makes up part of a host", "Let it be the whole host")
    if "@" in authority:
        raise _wrong(block, 0, "a password in a URL", "Use an Authorization header and a secret")
    scheme, _, path = request[2].partition("://")
    host = NAME.sub(lambda match: value_of(match, env), authority)
    path = path[len(authority) :]
    path = NAME.sub(lambda match: _encoded(block, match, env), path)
    headers: list[tuple[str, str]] = []
    for number, line in enumerate(rest, 1):
        header = _HEADER.fullmatch(line)
        if header is None or header[1].lower() in _OURS:
            raise _wrong(block, number, f"{line[:60]!r} is no header to set", "Write Name: value")
        headers.append((header[1], NAME.sub(lambda match: value_of(match, env), header[2])))
    kind = next((value for name, value in headers if name.lower() == "content-type"), "")
    if body.strip() and not kind:
        kind = "application/json"
        headers.append(("Content-Type", kind))
    if any(_CONTROL.search(value) for _, value in headers):
        raise _wrong(block, 0, "a line break in a header", "Set the secret without one")
    return Request(
        request[1],
        f"{scheme}://{host}{path}",
        tuple(headers),
        _body(block, body, kind, env, integers) if body.strip() else b"",
    )


def _encoded(block: Block, match: re.Match[str], env: Mapping[str, str]) -> str:
    value = value_of(match, env)
    if value in {".", ".."}:
        raise _wrong(block, 0, f"{match[0]} would climb in the path", "Choose another value")
    return urllib.parse.quote(value, safe="")


def _ports(authority: str) -> set[str]:
    """What may stand beside a parameter in a host: a port."""
    port = re.search(r":\d{1,5}$", authority)
    return {port[0].strip(":")} if port else set()


def _body(
    block: Block, body: str, kind: str, env: Mapping[str, str], integers: frozenset[str]
) -> bytes:
    if "json" in kind:
        try:
            template = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise _wrong(block, 0, f"the body is no JSON ({error})", "Correct it") from None
        return json.dumps(_bind(template, env, integers), ensure_ascii=False).encode()
    if "form-urlencoded" in kind:
        quoted = NAME.sub(lambda m: urllib.parse.quote_plus(value_of(m, env)), body)
        return quoted.replace("\n", "").encode()
    if NAME.search(body):
        raise _wrong(block, 0, f"a parameter in a body of {kind}", "Use JSON or a form")
    return body.encode()


def _bind(node: object, env: Mapping[str, str], integers: frozenset[str]) -> object:
    if isinstance(node, str):
        whole = NAME.fullmatch(node)
        if whole and (whole[1] or whole[2]) in integers:
            return int(value_of(whole, env))
        return NAME.sub(lambda match: value_of(match, env), node)
    if isinstance(node, list):
        return [_bind(item, env, integers) for item in node]
    if isinstance(node, dict):
        return {key: _bind(value, env, integers) for key, value in node.items()}
    return node


def request_text(block: Block, env: Mapping[str, str], integers: frozenset[str]) -> str:
    """The request as it will be sent, for a preview."""
    request = build(block, env, integers)
    lines = [f"{request.method} {request.url}"]
    lines += [f"{name}: {value}" for name, value in request.headers]
    text = "\n".join(lines)
    return f"{text}\n\n{request.body.decode()}" if request.body else text


def expected(block: Block) -> set[int]:
    """The statuses that count as success: 200 to 299 unless the block says `expect=200-299,404`."""
    statuses: set[int] = set()
    for part in block.options.get("expect", "200-299").split(","):
        match = _STATUSES.fullmatch(part)
        if match is None:
            raise _wrong(block, -1, f"expect={part[:20]} is no status", "Write expect=200-299,404")
        statuses.update(range(int(match[1]), int(match[2] or match[1]) + 1))
    return statuses


def pointers(option: str, separator: str) -> list[tuple[str, str]]:
    """The pairs of an option such as `state=enabled:/enabled` or `require=/enabled=true`."""
    pairs = [part.partition(separator) for part in option.split(",") if part]
    return [(left, right) for left, _, right in pairs]
