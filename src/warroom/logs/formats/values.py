"""Read single values: durations, severities, nested JSON, the pairs after an access line."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from warroom.logs.levels import level_of

# Names that access logs give their trailing key=value pairs, and the standard names they stand for.
ALIASES = {
    "rt": "duration",
    "request_time": "duration",
    "rtime": "duration",
    "urt": "upstream_duration",
    "upstream_response_time": "upstream_duration",
    "uct": "upstream_connect",
    "uht": "upstream_header",
    "us": "upstream",
    "ua": "upstream",
    "upstream_addr": "upstream",
    "rel": "release",
    "id": "request_id",
    "req_id": "request_id",
    "hostname": "host",
    "az": "zone",
}
_SUFFIX = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ns": 1e-9, "m": 60.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(s|ms|us|µs|μs|ns|m)?")
PAIR = re.compile(rb'([A-Za-z_][\w.\-]*)=("(?:[^"\\]|\\.)*"|[^\s"]*)|"((?:[^"\\]|\\.)*)"|(\S+)')
_DEEPEST = 6
"""Dots in a name from which what is nested deeper stays JSON."""
_METHOD = re.compile(rb"[A-Z][A-Z_-]*")
_SEVERITY = re.compile(
    rb"\b(EMERGENCY|EMERG|ALERT|CRITICAL|CRIT|FATAL|PANIC|SEVERE|ERROR|ERR|WARNING|WARN|NOTICE"
    rb"|INFO|DEBUG|TRACE)\b"
    rb"|[\[<(](emerg|alert|crit(?:ical)?|fatal|error|err|warn(?:ing)?|notice|info|debug|trace)[\])>:]"
    rb"|\b(?:level|severity|lvl)[=:]\s*\"?([A-Za-z]+)"
    rb"|\b([Ee]rror|[Ff]atal|[Pp]anic|[Ww]arning):"
)


def severity(raw: bytes) -> str | None:
    """Return the level that the first severity word of a line stands for, None without one."""
    found = _SEVERITY.search(raw, 0, 512)
    return level_of(found[found.lastindex or 0].decode("ascii", "replace")) if found else None


def seconds(text: str, unit: float) -> float | None:
    """Read a duration; `-` is None, of nginx's list of attempts (`0.1, 0.2`) the sum."""
    total, seen = 0.0, False
    for part in text.replace(":", ",").split(","):
        found = _DURATION.fullmatch(part.strip())
        if found:
            total += float(found[1]) * (_SUFFIX[found[2]] if found[2] else unit)
            seen = True
    return round(total, 9) if seen else None


def flatten(value: Mapping[str, Any]) -> dict[str, str]:
    """Return nested JSON as dotted names and texts, journald's lists of bytes as text.

    Raises:
        RecursionError: It is nested too deeply.
    """
    found: dict[str, str] = {}
    _flatten(value, "", found)
    return found


def _flatten(value: Mapping[str, Any], prefix: str, found: dict[str, str]) -> None:
    for key, inner in value.items():
        kind = type(inner)
        if kind is str:
            found[prefix + key] = inner
        elif kind is dict and prefix.count(".") < _DEEPEST:
            _flatten(inner, f"{prefix}{key}.", found)
        elif kind is list and inner and all(is_pair(each) for each in inner):
            for each in inner:  # OpenTelemetry's attributes
                found[f"{prefix}{key}.{each['key']}"] = pair_text(each["value"])
        elif inner is not None:
            found[prefix + key] = _text(inner)


def _text(value: object) -> str:
    text = scalar(value)
    if text is not None:
        return text
    if isinstance(value, list) and value and all(_is_byte(each) for each in value):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False)


def scalar(value: object) -> str | None:
    """Return a plain value of JSON as text; None for null, a list or an object."""
    kind = type(value)
    if kind is str:
        return str(value)
    if kind is int:
        return str(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is float:  # JSON writes a number as Python does, and three that Python writes otherwise
        return repr(value) if value - value == 0.0 else json.dumps(value)  # type: ignore[operator]  # a float
    return None


def is_pair(value: object) -> bool:
    """Say whether a value is one of OpenTelemetry's attributes."""
    return isinstance(value, dict) and isinstance(value.get("key"), str) and "value" in value


def pair_text(value: object) -> str:
    """Return OpenTelemetry's `{"stringValue": ...}` as its text."""
    if isinstance(value, dict) and len(value) == 1:
        value = next(iter(value.values()))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _is_byte(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 256


def unquoted(text: str) -> str:
    """Return a value without its quotes and the backslashes that protect them."""
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1].replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")
    return text


def trailing(rest: bytes, names: Sequence[str] = ()) -> dict[str, str]:
    """Read what an access log's writer added after the standard fields.

    `name=value` pairs go under their standard names; loose values under `names` in order, or
    `extra1`, `extra2` ... where there are none left. A lone duration (`0.012`) is the request's.
    """
    found: dict[str, str] = {}
    loose: list[str] = []
    for match in PAIR.finditer(rest):
        if match[1] is not None:
            name = match[1].decode()
            found[ALIASES.get(name, name)] = unquoted(match[2].decode("utf-8", "replace"))
        else:
            value = match[3] if match[3] is not None else match[4]
            loose.append(value.decode("utf-8", "replace"))
    for name, text in loose_names(loose, names, found).items():
        found.setdefault(name, text)
    return found


def loose_names(
    loose: Sequence[str], names: Sequence[str], found: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the values without a name under those of `names`, or under ones made for them."""
    given: dict[str, str] = {}
    for place, value in enumerate(loose):
        if value in ("", "-"):
            continue
        taken = {**(found or {}), **given}
        name = names[place] if place < len(names) else _loose_name(place, value, taken)
        given.setdefault(name, value)
    return given


def _loose_name(place: int, value: str, found: Mapping[str, str]) -> str:
    if re.fullmatch(r"\d+\.\d{3,6}", value):  # nginx writes $request_time so
        return "duration" if "duration" not in found else "upstream_duration"
    if place == 0 and value.isdigit():  # Apache's %D, microseconds
        return "duration_us"
    if re.fullmatch(r"(?:\d{1,3}\.){3}\d{1,3}:\d+|\[[\da-f:]+\]:\d+|unix:\S+", value):
        return "upstream"
    return f"extra{place + 1}"


def split_request(request: bytes) -> tuple[bytes, bytes, bytes, bytes] | None:
    """Return method, path, protocol and host of a request line, None for what is none.

    The protocol is empty where there is none, the host where the request does not name it.
    """
    method, space, rest = request.partition(b" ")
    if not space or not _METHOD.fullmatch(method) or not rest.strip():
        return None
    path, space, protocol = rest.rpartition(b" ")
    if not space or not protocol.startswith(b"HTTP/"):
        path, protocol = rest, b""
    if b"://" in path[:8]:  # a proxy's request names the host
        host, slash, path = path.partition(b"://")[2].partition(b"/")
        return method, slash + path or b"/", protocol, host
    return method, path, protocol, b""
