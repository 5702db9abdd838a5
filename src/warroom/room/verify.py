"""Measure the three checks before closing: gone, neighbours well, nothing temporary left."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from warroom.core import commands as c
from warroom.core import spell
from warroom.core.closing import settled_since
from warroom.core.conduct import Measured
from warroom.core.decide import Refusal
from warroom.core.services import ServiceMap
from warroom.core.state import Incident
from warroom.core.text import clean_line
from warroom.core.words import Check
from warroom.logs.analysis import outcomes
from warroom.logs.analysis.answer import Part
from warroom.logs.analysis.effect import wilson
from warroom.logs.analysis.findings import analyse_frame
from warroom.logs.analysis.frame import Frame
from warroom.logs.analysis.prepare import prepare
from warroom.logs.protocol import Log
from warroom.room.measure import Counts
from warroom.room.service import Done, Room
from warroom.room.verify_metrics import measured as by_metrics

HOLD = timedelta(minutes=10)
"""How long the failure must have been gone, unless somebody says otherwise."""
DRILL_HOLD = timedelta(seconds=20)
"""The same in a drill, where every time is shortened: as long as the shop's runbooks watch."""
LEAST_REQUESTS = 30
"""Below this many requests nothing is said."""
BEFORE = timedelta(hours=1)
"""How much of the time before the failure tells what is ordinary."""
_STRICT = 3.0
"""Standard errors for the neighbours: with some hundred routes one in a thousand is still calm."""
_LEAST_WORSE = 3
"""Failures of a neighbour below which it is not called worse."""
_TRAFFIC_LEFT = 0.1
"""Part of the requests a second that must still come: what nobody asks for cannot be well."""
_SLOWER = 2.0
_SLOWER_SECONDS = 0.1
"""A neighbour is slower when its median doubled and grew by this much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What the checks found."""

    checks: tuple[Measured, ...]
    wait: timedelta
    """How long until enough time has passed to tell; zero: it has."""

    @property
    def passed(self) -> bool:
        """Whether nothing speaks against closing."""
        return all(check.passed for check in self.checks)


def verify(
    incident: Incident,
    logs: Sequence[Log],
    now: datetime,
    hold: timedelta | None = None,
    services: ServiceMap | None = None,
) -> Verification:
    """Measure the three checks as of now; nothing is recorded.

    Args:
        incident: What is to be closed.
        logs: Where the failure was seen.
        now: Until when the logs are read.
        hold: How long the failure must have been gone; None: `HOLD`, in a drill `DRILL_HOLD`.
        services: What Prometheus is asked about a service where no log is open.
    """
    if hold is None:
        hold = DRILL_HOLD if incident.drill else HOLD
    last = settled_since(incident)
    start = now - hold if last is None else max(now - hold, last)
    wait = hold - (now - start)
    began = _began(incident)
    over = min(
        (at for at in (incident.contained_at, incident.resolved_at, start) if at), default=start
    )
    if not logs and services is not None:
        found = by_metrics(incident, services, began, (start, now, wait))
        if found is not None:
            return Verification(checks=(*found, _ledger(incident)), wait=wait)
    frames = [_Seen(log, (began, max(over, began)), start, now) for log in logs]
    return Verification(
        checks=(_gone(frames, start, now, wait), _adjacent(frames, start, now), _ledger(incident)),
        wait=wait,
    )


def record(room: Room, incident: Incident, found: Verification) -> Done | Refusal:
    """Keep what the checks found.

    Raises:
        JournalError: The store could not keep it.
    """
    done: Done | Refusal = Done(incident=incident, records=())
    for check in found.checks:
        done = room.do(c.RecordCheck(facts=check), incident.id)
        if isinstance(done, Refusal):
            break
    return done


def _began(incident: Incident) -> datetime:
    if incident.onset is not None:
        return incident.onset.low
    return incident.started_at or incident.declared_at


class _Seen:
    """One log before the failure and after the fix, with the slice that failed."""

    def __init__(
        self, log: Log, failed: tuple[datetime, datetime], start: datetime, now: datetime
    ) -> None:
        began, over = failed
        since = (began - BEFORE).timestamp()
        self.frame: Frame = prepare(log.table(since, now.timestamp()))
        at = self.frame.at
        self.earlier = (at >= since) & (at < began.timestamp())
        self.after = (at >= start.timestamp()) & (at < now.timestamp())
        # Asked about the time of the failure alone: most of the log may be failure by now.
        window = (began.timestamp(), over.timestamp())
        main = analyse_frame(self.frame, window=window).main if len(at) else None
        kinds = outcomes.kinds(self.frame) if len(at) else ()
        kind = main.kind if main is not None and main.kind in kinds else (*kinds, "5xx")[0]
        self.bad = outcomes.mask(self.frame, kind)
        self.kind = kind
        self.name, self.slice = self._slice(() if main is None else main.boundary)
        self.seconds_before = (
            float(at[self.earlier].max() - at[self.earlier].min()) if (self.earlier.any()) else 0.0
        )

    def _slice(self, boundary: Iterable[Part]) -> tuple[str, np.ndarray]:
        frame = self.frame
        rows = np.zeros(len(frame.at), bool)
        names = []
        for part in boundary:
            items = tuple(
                (name, list(frame.fields[name].values).index(value)) for name, value in part.fields
            )
            if items:
                rows |= frame.mask(items)
                names.append(" ".join(clean_line(value, 60) for _, value in part.fields))
        if not names:
            return "", np.ones(len(frame.at), bool)
        return " and ".join(names[:2]), rows

    def count(self, rows: np.ndarray) -> Counts:
        weight = self.frame.weight[rows]
        failures = round(float(weight[self.bad[rows]].sum()))
        return Counts(failures, max(failures, round(float(weight.sum()))))


def _gone(seen: Sequence[_Seen], start: datetime, now: datetime, wait: timedelta) -> Measured:
    seconds = max(0, round((now - start).total_seconds()))
    before = _sum(one.count(one.slice & one.earlier) for one in seen)
    after = _sum(one.count(one.slice & one.after) for one in seen)
    name = next((one.name for one in seen if one.name), "")
    kind = next((one.kind for one in seen), "5xx")
    what = f"{kind} of {name}" if name else kind
    change = (
        f"{what} {spell.share(after.failures, after.requests)} of "
        f"{spell.count(after.requests)} requests in {spell.in_prose(now - start)}, "
        f"{spell.share(before.failures, before.requests)} before the failure"
    )
    passed, words = _verdict(seen, before, after, seconds, wait)
    return Measured(
        check=Check.GONE,
        passed=passed,
        sentence=f"{change}: {words}",
        failures=after.failures,
        requests=after.requests,
        before_failures=before.failures,
        before_requests=before.requests,
        seconds=seconds,
    )


def _verdict(
    seen: Sequence[_Seen], before: Counts, after: Counts, seconds: int, wait: timedelta
) -> tuple[bool, str]:
    if not seen:
        return False, "no log to measure in"
    if wait > timedelta():
        return False, f"too early, {spell.in_prose(wait)} more"
    if after.requests < LEAST_REQUESTS:
        return False, "too few requests to tell"
    length = max((one.seconds_before for one in seen), default=0.0)
    if before.requests >= LEAST_REQUESTS and length > 0:
        left = (after.requests / max(seconds, 1)) / (before.requests / length)
        if left < _TRAFFIC_LEFT:
            return (
                False,
                f"only {100 * left:.0f} % of the requests still come: nothing shows that it works",
            )
    if after.failures == 0:
        return True, "gone"
    if before.requests < LEAST_REQUESTS:
        return False, "still failing, and nothing before it to compare with"
    low, _ = wilson(after.failures, after.requests)
    _, high = wilson(before.failures, before.requests)
    return (True, "as before the failure") if low <= high else (False, "not gone")


def _adjacent(seen: Sequence[_Seen], start: datetime, now: datetime) -> Measured:
    worse: list[str] = []
    compared = 0
    before_all, after_all = Counts(0, 0), Counts(0, 0)
    for one in seen:
        column = one.frame.fields.get("route")
        if column is None:
            continue
        # A slice that is everything leaves every route to look at.
        beside = ~one.slice if one.name else np.ones(len(one.frame.at), bool)
        for code, route in enumerate(column.values):
            rows = (column.codes == code) & beside
            before, after = one.count(rows & one.earlier), one.count(rows & one.after)
            if min(before.requests, after.requests) < LEAST_REQUESTS:
                continue
            compared += 1
            before_all, after_all = _sum((before_all, before)), _sum((after_all, after))
            told = _worse(one, rows, before, after)
            if told:
                worse.append(f"{clean_line(route, 60)} {told}")
    if worse:
        told = "; ".join(worse[:3]) + (f"; {len(worse) - 3} more" if len(worse) > 3 else "")
        sentence = f"{len(worse)} of {compared} neighbouring routes worse than before: {told}"
    elif compared:
        sentence = f"{compared} neighbouring routes as before the failure"
    else:
        sentence = "no neighbouring route had enough requests to compare"
    return Measured(
        check=Check.ADJACENT,
        passed=not worse and bool(seen),
        sentence=sentence if seen else "no log to measure in",
        failures=after_all.failures,
        requests=after_all.requests,
        before_failures=before_all.failures,
        before_requests=before_all.requests,
        seconds=max(0, round((now - start).total_seconds())),
    )


def _worse(one: _Seen, rows: np.ndarray, before: Counts, after: Counts) -> str:
    low, _ = wilson(after.failures, after.requests, _STRICT)
    _, high = wilson(before.failures, before.requests, _STRICT)
    if after.failures >= _LEAST_WORSE and low > high:
        was = spell.share(before.failures, before.requests)
        return f"{was} → {spell.share(after.failures, after.requests)}"
    duration = one.frame.duration
    if duration is None:
        return ""
    slow_before = duration[rows & one.earlier & ~one.bad]
    slow_after = duration[rows & one.after & ~one.bad]
    slow_before, slow_after = (x[~np.isnan(x)] for x in (slow_before, slow_after))
    if min(len(slow_before), len(slow_after)) < LEAST_REQUESTS:
        return ""
    was_slow, is_slow = float(np.median(slow_before)), float(np.median(slow_after))
    if is_slow > _SLOWER * was_slow and is_slow - was_slow > _SLOWER_SECONDS:
        return f"{was_slow:.2f} s → {is_slow:.2f} s"
    return ""


def _ledger(incident: Incident) -> Measured:
    left = [run.intent.title for run in incident.ledger if run.keep_until is None]
    kept = [run for run in incident.ledger if run.keep_until is not None]
    if left:
        sentence = f"still in force: {', '.join(clean_line(title, 80) for title in left)}"
    elif kept:
        sentence = f"{len(kept)} kept in force with a date, nothing else"
    else:
        sentence = "nothing temporary is in force"
    return Measured(check=Check.LEDGER, passed=not left, sentence=sentence)


def _sum(counts: Iterable[Counts]) -> Counts:
    total = Counts(0, 0)
    for one in counts:
        total = Counts(total.failures + one.failures, total.requests + one.requests)
    return total
