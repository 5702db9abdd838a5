"""Count failures and requests in logs, in the windows and the slice that an action is judged by."""

import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from warroom.core.state import Incident
from warroom.core.words import Verdict
from warroom.logs.protocol import Entry, Log
from warroom.logs.table import Table

LATEST_FAILURES = 200
"""How many of the last failures are looked at for what they have in common."""
STANDS_OUT = 1.5
"""A value says something about failures when it has this many times the share that it has in
ordinary requests: a third of all failures on one of three instances says nothing."""
RELEASES_BEFORE = 3600.0
"""Seconds before the oldest of them in which the previous release is looked for."""


_ENOUGH = 50
"""Ordinary requests from which their shares say something."""
_UNDER_WAY = 4.0
"""Seconds after a step in which requests that it came too late for may still fail."""
_MANY_LEFT = 10
_WORSE = 2.0
"""Failures since then, and how many times the ordinary share, from which something is left."""
_ORDINARY = 600.0
"""Seconds before the onset that tell what is ordinary."""
_STRAY = 3
_LEAST = 0.2
"""Failures with a value, and their share, below which it says nothing of all failures."""
_FAILED = 500
"""Statuses from here on are failures."""
PATIENCE = 60.0
"""Seconds without any progress after which an index is not waited for any longer."""


def read_through(logs: Sequence[Log], patience: float = PATIENCE) -> bool:
    """Wait until logs are indexed to their beginning; False: one of them made no progress.

    A log is usable at its tail at once, which is not enough to say what was before a failure.
    """
    seen, since = -1, time.monotonic()
    while True:
        states = [log.progress() for log in logs]
        if all(state.complete for state in states):
            return True
        indexed = sum(state.indexed_bytes for state in states)
        if indexed != seen:
            seen, since = indexed, time.monotonic()
        elif time.monotonic() - since > patience:
            return False
        time.sleep(0.02)


@dataclass(frozen=True, slots=True)
class Counts:
    """Failures among requests."""

    failures: int
    requests: int

    @property
    def share(self) -> float | None:
        """Failures a request; None without requests."""
        return self.failures / self.requests if self.requests else None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the newest failures of the logs have in common."""

    lines: Sequence[str] = ()
    """The newest failing lines as raw text, foreign."""
    newest: Sequence[str] = ()
    """The newest lines of all, failed or not, as raw text, foreign."""
    shares: Sequence[tuple[str, str, float]] = ()
    """Field, value, share of the failures that have it, where it is well above the share that
    ordinary requests have; the largest first."""
    releases: Sequence[str] = ()
    """Releases in the order in which they first appeared."""
    first_failure: float | None = None
    """Epoch second of the oldest of the failures looked at."""
    server: tuple[str, str] = ("", "")
    """Backend and server of most of them; empty where the log names none."""
    left: bool = False
    """Whether these are what still fails after something helped."""


def counts(
    logs: Sequence[Log], since: float, until: float, where: Mapping[str, str] | None = None
) -> Counts:
    """Count the requests of a time and slice; failures exactly, requests from weighted rows.

    Args:
        logs: Where to look; entries without a time do not count.
        since: Epoch second, included.
        until: Epoch second, excluded.
        where: Values by field; `route` compares with the path without its query, in which a part
            in braces stands for one segment of any text.
    """
    failures = requests = 0
    for log in logs:
        table = log.table(since, until)
        inside = selected(table, since, until, where or {})
        requests += round(float(table.weight[inside].sum()))
        failures += round(float(table.weight[inside & (table.status >= 500)].sum()))
    return Counts(failures, requests)


def selected(table: Table, since: float, until: float, where: Mapping[str, str]) -> np.ndarray:
    """Return which rows belong to a time and a slice, as `counts` understands them.

    Where requests are logged with their status, a row without one is no request: a router writes
    there as well that a server is drained.
    """
    inside = (table.at >= since) & (table.at < until)
    if bool(((table.status > 0) & (table.status < _FAILED)).any()):
        inside &= table.status > 0
    for name, value in where.items():
        inside &= _matches(table, name, value)
    return np.asarray(inside, dtype=bool)


def _matches(table: Table, name: str, value: str) -> np.ndarray:

    if name == "status":
        return np.asarray(table.status == int(value), dtype=bool)
    if name in table.fields and name != "route":
        return _coded(table, name, lambda known: known == value)
    from warroom.room.slicing import derived  # noqa: PLC0415 - regular expressions, when asked

    column, fits = derived(name, value)
    return _coded(table, column, fits)


def _coded(table: Table, column: str, fits: Callable[[str], bool]) -> np.ndarray:
    """Return which rows have a value that fits; none where the table lacks the column."""
    coded = table.fields.get(column)
    if coded is None:
        return np.zeros(len(table.at), dtype=bool)
    good = [fits(known) for known in coded.values]
    # Code -1 (absent) picks the appended False.
    return np.take(np.array([*good, False], dtype=bool), coded.codes)


def evidence(
    logs: Sequence[Log], onset: float | None = None, eased: float | None = None
) -> Evidence:
    """Return what the newest failures say: their lines, what they share, the releases seen.

    Args:
        logs: Where to look.
        onset: Epoch second since when it fails, if that is known: only failures since then count,
            and what is ordinary is what was before.
        eased: Epoch second since when a containment helps: what still fails after it is what is
            left to contain, and counts alone where it is more than on an ordinary day.
    """
    newest: list[Entry] = []
    for log in logs:
        newest.extend(log.entries(log.end - LATEST_FAILURES, log.end))
    left = eased is not None and _still(logs, onset, eased)
    failed = _failures(logs, eased if left else onset)
    seen: Counter[tuple[str, str]] = Counter()
    for entry in failed:
        for name, value in _slices(entry).items():
            seen[name, value] += 1
    oldest = min((entry.at for entry in failed if entry.at is not None), default=None)
    began = oldest if onset is None else onset
    since = None if oldest is None or began is None else min(began, oldest) - RELEASES_BEFORE
    tables = [log.table(since) for log in logs]
    usual = _usual(tables, began, seen)
    shares = tuple(
        (name, value, number / len(failed))
        for (name, value), number in seen.most_common(24)
        if number
        >= max(
            _STRAY, _LEAST * len(failed), STANDS_OUT * usual.get((name, value), 0.0) * len(failed)
        )
    )
    return Evidence(
        lines=tuple(entry.raw.decode("utf-8", "replace") for entry in failed),
        newest=tuple(entry.raw.decode("utf-8", "replace") for entry in newest),
        shares=shares,
        releases=_releases(tables, -math.inf if oldest is None else oldest - RELEASES_BEFORE),
        first_failure=oldest,
        server=_server(failed),
        left=left,
    )


def _still(logs: Sequence[Log], onset: float | None, eased: float) -> bool:
    """Return whether clearly more fails since a moment than did before it all began."""
    now = counts(logs, eased, math.inf)
    if now.failures < _MANY_LEFT:
        return False
    before = counts(logs, onset - _ORDINARY, onset) if onset is not None else Counts(0, 0)
    return (now.share or 0.0) > _WORSE * (before.share or 0.0)


def _failures(logs: Sequence[Log], since: float | None) -> list[Entry]:
    """Return the newest failures that are not older than an epoch second."""
    failed: list[Entry] = []
    for log in logs:
        row: int | None = log.end
        while row is not None and len(failed) < LATEST_FAILURES:
            row = log.next_failed(row, backwards=True)
            if row is not None:
                found = log.entries(row, row + 1)
                if since is not None and any(e.at is not None and e.at < since for e in found):
                    break
                failed.extend(found)
    return failed


def eased_at(incident: Incident) -> float | None:
    """Return the epoch second since when something in force helps as measured; None: nothing does.

    The requests that were under way then may still fail: they are given a moment.
    """
    helped = [
        run.finished_at
        for run in incident.ledger
        if run.finished_at is not None
        and run.effect is not None
        and run.effect.verdict in (Verdict.SOLVED, Verdict.HELPED)
    ]
    return max(helped).timestamp() + _UNDER_WAY if helped else None


def onset_of(incident: Incident) -> float | None:
    """Return the epoch second since when it fails as a log told it; None: no log did."""
    return incident.onset.low.timestamp() if incident.onset is not None else None


def _usual(
    tables: Sequence[Table], began: float | None, wanted: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], float]:
    """Return which share of the requests that went well has each value, before it began.

    Where hardly anything is known of the time before, everything that went well is taken.
    """
    if began is None:
        return {}
    good = [table.status < _FAILED for table in tables]
    before = [ok & (table.at < began) for table, ok in zip(tables, good, strict=True)]
    if sum(int(one.sum()) for one in before) >= _ENOUGH:
        good = before
    total = sum(float(t.weight[ok].sum()) for t, ok in zip(tables, good, strict=True))
    if not total:
        return {}
    found: dict[tuple[str, str], float] = {}
    for name, value in wanted:
        fits = (ok & _matches(t, name, value) for t, ok in zip(tables, good, strict=True))
        hits = sum(float(t.weight[inside].sum()) for t, inside in zip(tables, fits, strict=True))
        found[name, value] = hits / total
    return found


def _server(failed: Sequence[Entry]) -> tuple[str, str]:
    pairs = Counter(
        (entry.fields.get("backend", ""), entry.upstream) for entry in failed if entry.upstream
    )
    for pair, _ in pairs.most_common(1):
        return pair
    return "", ""


def _slices(entry: Entry) -> dict[str, str]:
    found = {
        "route": f"{entry.method or ''} {(entry.path or '').partition('?')[0]}".strip(),
        "upstream": entry.upstream or "",
        "release": entry.release or "",
    }
    return {name: value for name, value in found.items() if value}


def _releases(tables: Sequence[Table], since: float) -> tuple[str, ...]:
    """Return the releases that were logged since an epoch second, by their first appearance."""
    first: dict[str, float] = {}
    for table in tables:
        coded = table.fields.get("release")
        if coded is None:
            continue
        for code, value in enumerate(coded.values):
            at = table.at[(coded.codes == code) & (table.at >= since)]
            if len(at) and value:
                first[value] = min(first.get(value, float("inf")), float(at.min()))
    return tuple(sorted(first, key=lambda value: first[value]))
