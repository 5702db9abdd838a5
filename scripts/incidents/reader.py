"""Read the generator's files into tables, independently of the log engine."""

import calendar
import json
import re
from datetime import datetime
from pathlib import Path

import numpy as np

from warroom.logs.table import Coded, Table

_NAMES = ("client", "method", "path", "user_agent", "host", "upstream", "zone", "release")
_MONTHS = {
    name: i + 1
    for i, name in enumerate(
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    )
}
_COMBINED = re.compile(
    r"(\S+) \S+ \S+ \[(\d\d)/(\w{3})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-]\d\d)(\d\d)\] "
    r'"(\S+) (\S+)[^"]*" (\d{3}) \S+ "[^"]*" "([^"]*)"'
    r"(?: vhost=(\S+) upstream=(\S+) zone=(\S+) release=(\S+) rt=(\S+))?"
)
_HAPROXY = re.compile(
    r"\w{3} .\d \S+ \S+ haproxy\[\d+\]: ([^:]+):\d+ \[(\d\d)/(\w{3})/(\d{4}):(\d\d):(\d\d):(\d\d)"
    r"\.(\d{3})\] \S+ ([^/]+)/(\S+) \S+/(\d+) (\d{3}) \d+ - - \S+ \S+ \S+ "
    r'\{([^|]*)\|([^}]*)\} \{([^}]*)\} "(\S+) (\S+)'
)


def read(path: Path, form: str) -> Table:
    """Every line of a file as a row; lines that do not match are left out."""
    with path.open(encoding="utf-8", errors="replace") as lines:
        parsed = [
            one
            for one in map({"combined": _combined, "json": _json, "haproxy": _haproxy}[form], lines)
            if one
        ]
    at, status, seconds, *texts = zip(*parsed, strict=True)
    fields = {
        name: _coded(values)
        for name, values in zip(_NAMES, texts, strict=True)
        if any(value is not None for value in values)
    }
    count = len(at)
    known = any(second is not None for second in seconds)
    order = np.argsort(np.array(at), kind="stable")
    row = np.arange(count, dtype=np.int64)
    return Table(
        at=np.array(at, np.float64)[order],
        status=np.array(status, np.uint16)[order],
        weight=np.ones(count, np.float32),
        duration=np.array([float(s or "nan") for s in seconds], np.float32)[order]
        if known
        else None,
        fields={name: Coded(one.codes[order], one.values) for name, one in fields.items()},
        row=row[order],
        requests=count,
    )


def _coded(values: tuple[str | None, ...]) -> Coded:
    known: dict[str, int] = {}
    codes = [-1 if value is None else known.setdefault(value, len(known)) for value in values]
    return Coded(np.array(codes, np.int32), list(known))


_seconds: dict[tuple[str, ...], float] = {}


def _moment(day: str, month: str, year: str, *rest: str) -> float:
    key = (day, month, year, *rest)
    if key not in _seconds:
        if len(_seconds) > 100_000:
            _seconds.clear()
        hour, minute, second = (int(one) for one in rest[:3])
        _seconds[key] = calendar.timegm((int(year), _MONTHS[month], int(day), hour, minute, second))
    return _seconds[key]


def _combined(line: str) -> tuple | None:
    found = _COMBINED.match(line)
    if not found:
        return None
    ip, *stamp, zone_h, zone_m, verb, path, status, agent, host, up, zone, rel, sec = found.groups()
    hours = int(zone_h)
    shift = hours * 3600 + (-1 if zone_h[0] == "-" else 1) * int(zone_m) * 60
    return (_moment(*stamp) - shift, int(status), sec, ip, verb, path, agent, host, up, zone, rel)


def _json(line: str) -> tuple | None:
    one = json.loads(line)
    return (
        datetime.fromisoformat(one["time"]).timestamp(),
        one["status"],
        one["duration"],
        *(one[name] for name in _NAMES),
    )


def _haproxy(line: str) -> tuple | None:
    found = _HAPROXY.match(line)
    if not found:
        return None
    ip, *stamp, milli, zone, up, total, status, host, agent, rel, verb, path = found.groups()
    at = _moment(*stamp) + int(milli) / 1000
    return (at, int(status), int(total) / 1000, ip, verb, path, agent, host, up, zone, rel)
