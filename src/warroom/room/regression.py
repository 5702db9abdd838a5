"""The requests that failed in an incident, chosen from its log so that a test can repeat them."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from warroom.core.regression import Failing, Share, as_file, file_name, wanted
from warroom.core.requests import request_to
from warroom.core.state import Incident
from warroom.core.text import clean_line
from warroom.core.words import FollowUpKind
from warroom.logs.analysis.prepare import learn_routes
from warroom.logs.protocol import Log
from warroom.logs.table import Table
from warroom.room.attaching import Drafted
from warroom.room.impact import window
from warroom.room.measure import read_through
from warroom.runbooks.redact import redact_shapes

MOST = 5
"""Routes that a regression test asks; more would be a load test."""
_GOOD_ROWS = 300_000
"""Good rows of a log that are looked at; of more, one stands for several."""
_AROUND = timedelta(hours=6)
"""How much of the time before and after the incident is compared with it."""
_STRAY = 0.05
"""Failures of a route as a part of those of the worst one, below which they are chance."""
_FAILED = 500
_HEADER_LIMIT = 1000
_NAMED = {"user_agent": "User-Agent", "referrer": "Referer", "content_type": "Content-Type"}
_OF_REQUEST = re.compile(
    r"(?:(?:.*\.)?req(?:uest)?\.headers\.|request_(?=[A-Z]))([A-Za-z][A-Za-z0-9-]{0,60})"
)
"""How structured logs name a header of the request: `request.headers.Accept`, `request_Accept`."""
# Those of the connection, those that say who asked, and those that hold a secret by their nature.
_LEFT_OUT = re.compile(
    r"(?i)host|connection|content-length|transfer-encoding|upgrade|te|expect|keep-alive|"
    r"x-forwarded-.*|x-real-ip|forwarded|via|.*(?:cookie|auth|token|secret|key|session|password).*"
)


@dataclass(slots=True)
class _Route:
    """What the logs hold of one route."""

    counts: list[list[float]] = field(default_factory=lambda: [[0.0, 0.0] for _ in range(3)])
    """Failures and requests: before, during and after the incident."""
    targets: Counter[str] = field(default_factory=Counter)
    """Failures less successes in the incident, by path with its query."""
    rows: dict[str, tuple[Log, int]] = field(default_factory=dict)
    """Where a target failed last."""

    @property
    def unusual(self) -> float:
        """Failures in the incident beyond those that the time before it would have led to."""
        (failed, asked), during, _ = self.counts
        ordinary = failed / asked if asked else 0.0
        return during[0] - ordinary * during[1]

    def share(self, stretch: int) -> Share:
        """Return failures among requests before (0), during (1) or after (2) the incident."""
        failed, asked = self.counts[stretch]
        return Share(failed=round(failed), asked=round(asked))


def failing_requests(
    logs: Sequence[Log], incident: Incident, now: datetime
) -> tuple[Failing, ...] | None:
    """Return requests that failed in an incident, one a route, the route that failed most first.

    Of a route, the request is taken that failed most surely: oftenest, and never well meanwhile.
    A route that fails as much at other times is left out: a test of it would prove nothing. What
    has the shape of a secret is hidden. Logs of the same requests are not told apart: name one.

    Returns:
        None without an onset, or where a log is not read to its beginning.
    """
    span = window(incident, now)
    if span is None or not read_through(logs):
        return None
    low, high = math.floor(span[0].timestamp()), math.ceil(span[1].timestamp())
    found: dict[str, _Route] = {}
    for log in logs:
        around = _AROUND.total_seconds()
        table = log.table(low - around, high + around, sample=_GOOD_ROWS)
        stretch = np.where(table.at < low, 0, np.where(table.at < high, 1, 2)).tolist()
        weight = table.weight.tolist()
        for row, name, target, failed in _asked(table):
            route = found.setdefault(name, _Route())
            counted = route.counts[stretch[row]]
            counted[0] += weight[row] if failed else 0
            counted[1] += weight[row]
            if stretch[row] != 1:
                continue
            route.targets[target] += 1 if failed else -1
            if failed and table.row is not None:
                route.rows[target] = (log, int(table.row[row]))
    worst = sorted(found.items(), key=lambda item: -item[1].unusual)
    most = worst[0][1].unusual if worst else 0.0
    chosen = (
        _failing(name, route)
        for name, route in worst
        if route.rows and route.unusual > max(0.5 * route.counts[1][0], _STRAY * most)
    )
    return tuple([one for one in chosen if one is not None][:MOST])


def drafted_test(
    found: Sequence[Failing], incident: Incident, form: str = "pytest", base: str = ""
) -> Drafted:
    """Return requests that failed for the follow-up that asks for a test of them.

    Args:
        found: At least one.
        incident: The one they failed in.
        form: One of `warroom.core.regression.FORMS`.
        base: The address to ask; empty: a variable.
    """
    return Drafted(
        kind=FollowUpKind.TEST,
        name=file_name(incident.id, form),
        text=as_file(found, f"{incident.id}: {incident.title}", form, base),
        wanted=wanted(found),
    )


def _asked(table: Table) -> Iterator[tuple[int, str, str, bool]]:
    """Yield of each request: its row, method and route, path with query, whether it failed."""
    path, method = table.fields.get("path"), table.fields.get("method")
    if path is None or method is None:
        return
    routes = learn_routes(path, table.status)
    templates = [routes(value.partition("?")[0])[0] for value in path.values]
    known = np.flatnonzero((table.status > 0) & (path.codes >= 0) & (method.codes >= 0))
    failed = (table.status >= _FAILED).tolist()
    paths, methods = path.codes.tolist(), method.codes.tolist()
    for row in known.tolist():
        code = paths[row]
        name = f"{method.values[methods[row]]} {templates[code]}"
        yield row, name, path.values[code], failed[row]


def _failing(name: str, route: _Route) -> Failing | None:
    surest = max(route.rows, key=lambda target: route.targets[target])
    log, row = route.rows[surest]
    entries = log.entries(row, row + 1)
    if not entries:
        return None
    entry = entries[0]
    target = redact_shapes(entry.path or "")
    request = request_to(entry.method or "", target, tuple(_headers(entry.fields)))
    if request is None or entry.status is None:
        return None
    return Failing(
        request=request,
        route=redact_shapes(name),
        status=entry.status,
        before=route.share(0),
        during=route.share(1),
        after=route.share(2),
    )


def _headers(fields: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for field_name, text in fields.items():
        given = _OF_REQUEST.fullmatch(field_name)
        name = _NAMED.get(field_name) or (given[1] if given else "")
        value = clean_line(text, _HEADER_LIMIT).strip()
        if not name or _LEFT_OUT.fullmatch(name) or value in ("", "-") or not value.isascii():
            continue
        yield name, redact_shapes(value)
