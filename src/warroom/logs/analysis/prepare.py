"""From a table to a frame: corrected clocks, order, and the fields derived from path and client."""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import unquote_plus

import numpy as np

from warroom.logs.analysis import clockskew
from warroom.logs.analysis.frame import Frame
from warroom.logs.analysis.templates import Routes
from warroom.logs.table import Coded, Table

MOST_VALUES = 2000
"""Distinct values above which a field is an identity (a request id), not a group."""
LEARNT_FROM = 20_000
_PATH_VALUES = 500
_QUERY_VALUES = 60

_ERROR_LEVELS = frozenset(
    {"error", "err", "critical", "crit", "alert", "emergency", "emerg", "fatal", "panic"}
)
# What happened to the request is the question, not an answer to it.
_CONSEQUENCES = frozenset(
    {
        "at",
        "bytes",
        "client",
        "client_port",
        "connection",
        "connections",
        "duration",
        "ident",
        "level",
        "message",
        "path",
        "pid",
        "port",
        "query",
        "queues",
        "referer",
        "referrer",
        "request",
        "request_id",
        "response_time",
        "rest",
        "retries",
        "size",
        "status",
        "termination",
        "termination_state",
        "thread",
        "time",
        "timers",
        "timestamp",
        "trace_id",
        "upstream_status",
        "upstream_time",
        "user_agent",
    }
)


def prepare(table: Table) -> Frame:
    """Make a table ready for every analysis."""
    rows = np.arange(len(table.at), dtype=np.int64) if table.row is None else table.row
    written = np.argsort(rows, kind="stable")
    source = table.fields.get("upstream")
    stamped = table.at[written]
    ordered = None if source is None else Coded(source.codes[written], source.values)
    clocks = clockskew.measure(stamped, ordered)
    corrected = clockskew.correct(stamped, ordered, clocks)
    order = written[np.argsort(corrected, kind="stable")]
    fields = {
        name: Coded(column.codes[order], column.values) for name, column in table.fields.items()
    }
    status = table.status[order].astype(np.int32)
    derived = _derive(fields, status)
    cell, cells = _cells(derived)
    at = np.sort(corrected, kind="stable")
    whole = bool((stamped[:1000] == np.floor(stamped[:1000])).all())
    return Frame(
        at=at,
        status=status,
        weight=table.weight[order].astype(np.float64),
        duration=None if table.duration is None else table.duration[order].astype(np.float64),
        fields=derived,
        cell=cell if cells > 1 else np.zeros(len(at), np.int32),
        cells=cells,
        row=rows[order],
        resolution=1.0 if whole else 0.001,
        jitter=clocks.jitter,
        offsets=clocks.offsets,
        failing=_failing(fields.get("level")),
        requests=table.requests or round(float(table.weight.sum())),
        sampled=table.sampled,
    )


def _failing(level: Coded | None) -> np.ndarray | None:
    if level is None:
        return None
    named = np.array([value.lower() in _ERROR_LEVELS for value in level.values] + [False])
    return np.asarray(named[level.codes])


def failing_levels(table: Table) -> np.ndarray:
    """Which rows of a log without statuses failed, by their level."""
    found = _failing(table.fields.get("level"))
    return np.zeros(len(table.at), bool) if found is None else found


def _cells(fields: dict[str, Coded]) -> tuple[np.ndarray, int]:
    route, method = fields.get("route"), fields.get("method")
    known = [column for column in (route, method) if column is not None]
    if not known:
        return np.zeros(0, np.int32), 1
    cell = np.zeros(len(known[0].codes), np.int32)
    size = 1
    for column in known:
        width = len(column.values) + 1  # the last one is "absent"
        cell = cell * width + np.where(column.codes < 0, width - 1, column.codes)
        size *= width
    used, packed = np.unique(cell, return_inverse=True)
    return packed.astype(np.int32), max(2, len(used))


def _derive(fields: dict[str, Coded], status: np.ndarray) -> dict[str, Coded]:
    derived: dict[str, Coded] = {}
    if "path" in fields:
        derived.update(_paths(fields["path"], status))
    derived |= {
        name: column
        for name, column in fields.items()
        if name not in _CONSEQUENCES and _groups(column)
    }
    if "user_agent" in fields:
        agents = fields["user_agent"]
        told = [agent(value) for value in agents.values]
        derived["client family"] = _map(agents, [family for family, _ in told])
        derived["client version"] = _map(agents, [version for _, version in told])
    if "client" in fields:
        clients = fields["client"]
        derived["network /16"] = _map(
            clients, [network(value, wide=True) for value in clients.values]
        )
        derived["network /24"] = _map(
            clients, [network(value, wide=False) for value in clients.values]
        )
        if 2 <= len(clients.values) <= _PATH_VALUES:
            derived["client"] = clients
    return {
        name: column
        for name, column in derived.items()
        if len(column.values) >= 2 or name in {"route", "method"}
    }


def _groups(column: Coded) -> bool:
    """Whether a field divides requests into groups: few values, and not a measurement."""
    size = len(column.values)
    if not 2 <= size <= MOST_VALUES:
        return size == 1
    whole = sum(value.isdigit() for value in column.values)
    decimal = sum(value.replace(".", "", 1).isdigit() for value in column.values) - whole
    return not (decimal > 0.5 * size and size > 8) and not (whole > 0.8 * size and size > 40)


def _map(column: Coded, names: Sequence[str | None]) -> Coded:
    """A coarser column: each value of `column` replaced by its name, None meaning absent."""
    known: dict[str, int] = {}
    codes = np.array(
        [-1 if name is None else known.setdefault(name, len(known)) for name in names] + [-1],
        np.int32,
    )
    return Coded(codes[column.codes], list(known))


def _paths(column: Coded, status: np.ndarray) -> dict[str, Coded]:
    routes = learn_routes(column, status)
    bare, _, queries = zip(*(value.partition("?") for value in column.values), strict=True)
    known: dict[str, tuple[str, dict[str, str]]] = {}
    told = []
    for path in bare:
        if path not in known:
            known[path] = routes(path)
        told.append(known[path])
    found = {"route": _map(column, [template for template, _ in told])}
    found["path under"] = _map(column, [_under(template, 2) for template, _ in told])
    found["area"] = _map(column, [_under(template, 1) for template, _ in told])
    for name in _names(values for _, values in told):
        part = _map(column, [values.get(name) for _, values in told])
        if 2 <= len(part.values) <= _PATH_VALUES:
            found[name] = part
    parsed = [_query(query) if query else {} for query in queries]
    for name in _names(parsed):
        part = _map(column, [values.get(name) for values in parsed])
        if 2 <= len(part.values) <= _QUERY_VALUES:
            found[f"?{name}"] = part
    return found


def learn_routes(path: Coded, status: np.ndarray) -> Routes:
    """Routes from paths that exist, each counted as often as it was asked for."""
    codes = path.codes[(status != 404) & (path.codes >= 0)]
    codes = codes[:: max(1, len(codes) // LEARNT_FROM)]
    asked = np.bincount(codes, minlength=len(path.values))
    return Routes(
        (path.values[code].partition("?")[0], int(asked[code]))
        for code in np.flatnonzero(asked).tolist()
    )


def _names(dicts: Iterable[dict[str, str]], most: int = 40) -> list[str]:
    counts: dict[str, int] = {}
    for values in dicts:
        for name in values:
            counts[name] = counts.get(name, 0) + 1
    return sorted(counts, key=lambda name: -counts[name])[:most]


def _under(template: str, depth: int) -> str | None:
    parts = template.split("/")
    return "/".join(parts[: depth + 1]) if len(parts) > depth + 1 else None


def _query(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split("&")[:30])
    return {name: unquote_plus(value) for name, equals, value in pairs if equals and name}


_PRODUCT = re.compile(r"([A-Za-z][\w.-]*)/(\d+(?:\.\d+)?)")
_BOT = re.compile(r"compatible; ([\w.-]+)/(\d+(?:\.\d+)?)")
_BROWSERS = (
    (re.compile(r"\bEdg[A-Z]*/(\d+)|\bEdge/(\d+)"), "Edge"),
    (re.compile(r"\bOPR/(\d+)"), "Opera"),
    (re.compile(r"\bFirefox/(\d+)"), "Firefox"),
    (re.compile(r"\bChrome/(\d+)"), "Chrome"),
    (re.compile(r"\bVersion/(\d+)[\d.]* (?:Mobile/\w+ )?Safari"), "Safari"),
    (re.compile(r"\bMSIE (\d+)"), "Internet Explorer"),
)


def agent(value: str) -> tuple[str, str]:
    """Family and version of a user agent: `("Chrome", "Chrome/119")`."""
    product = _PRODUCT.match(value)
    if product and product[1] != "Mozilla" and product[1] != "Opera":
        return product[1], f"{product[1]}/{product[2]}"
    bot = _BOT.search(value)
    if bot:
        return bot[1], f"{bot[1]}/{bot[2]}"
    for pattern, name in _BROWSERS:
        found = pattern.search(value)
        if found:
            version = next(group for group in found.groups() if group)
            return name, f"{name}/{version}"
    return ("none", "none") if value in {"", "-"} else ("other", "other")


def network(address: str, *, wide: bool) -> str | None:
    """The network of a client: /16 or /24 of an IPv4 address, /32 or /48 of an IPv6 one."""
    if ":" in address and "." not in address:
        parts = address.split(":")
        if len(parts) < 3:
            return None
        return ":".join(parts[: 2 if wide else 3]) + f"::/{32 if wide else 48}"
    parts = address.split(".")
    if len(parts) != 4:
        return None
    return f"{parts[0]}.{parts[1]}.0.0/16" if wide else ".".join(parts[:3]) + ".0/24"
