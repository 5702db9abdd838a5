"""The measured checks before closing, from Prometheus: for where no log is open."""

from collections.abc import Callable
from datetime import datetime, timedelta

from warroom.core import spell
from warroom.core.conduct import Measured
from warroom.core.services import Metrics, ServiceMap
from warroom.core.state import Incident
from warroom.core.text import clean_line
from warroom.core.words import Check
from warroom.logs.analysis.effect import wilson
from warroom.monitor.wire import MonitorError
from warroom.room.sources import Prometheus, Source
from warroom.room.stretch import Stretch

LEAST_REQUESTS = 30
"""Below this many requests nothing is said."""
BEFORE = timedelta(hours=1)
"""How much of the time before the failure tells what is ordinary."""
_TRAFFIC_LEFT = 0.1
"""Part of the requests a second that must still come: what nobody asks for cannot be well."""
_STRICT = 3.0
"""Standard errors for the neighbours."""


def measured(
    incident: Incident,
    services: ServiceMap,
    began: datetime,
    window: tuple[datetime, datetime, timedelta],
    source: Callable[[Metrics], Source] = Prometheus,
) -> tuple[Measured, Measured] | None:
    """Return whether the failure is gone and the neighbours are well; None: nothing is configured.

    Args:
        incident: What is to be closed.
        services: Says what to ask for the service, and for those that it stands between.
        began: When the failure began.
        window: From when to when it is looked at, and how much longer to wait.
        source: Makes what is asked.
    """
    metrics = services.get(incident.service).metrics
    if metrics is None:
        return None
    start, now, wait = window
    try:
        earlier, later = _both(source(metrics), began, start, now)
        gone = _gone(earlier, later, wait)
    except MonitorError as error:
        words = f"not measured: {clean_line(str(error), 300)}"
        gone = Measured(check=Check.GONE, passed=False, sentence=words)
    names = {hit.name for hit in services.blast_radius(incident.service)}
    names |= set(services.get(incident.service).depends_on)
    beside = {name: services.get(name).metrics for name in sorted(names)}
    known = {name: found for name, found in beside.items() if found is not None}
    return gone, _adjacent(known, source, began, start, now)


def _both(
    source: Source, began: datetime, start: datetime, now: datetime
) -> tuple[Stretch, Stretch]:
    earlier = source.stretch((began - BEFORE).timestamp(), began.timestamp(), {})
    # What is averaged over time before the window does not belong to it.
    since = min(start.timestamp() + source.smear, now.timestamp())
    return earlier, source.stretch(since, now.timestamp(), {})


def _gone(before: Stretch, after: Stretch, wait: timedelta) -> Measured:
    change = (
        f"5xx {spell.share(after.failures, after.requests)} in "
        f"{spell.in_prose(timedelta(seconds=after.until - after.since))}, "
        f"{spell.share(before.failures, before.requests)} before the failure, by Prometheus"
    )
    passed, words = _verdict(before, after, wait)
    return _check(Check.GONE, before, after, passed=passed, sentence=f"{change}: {words}")


def _verdict(before: Stretch, after: Stretch, wait: timedelta) -> tuple[bool, str]:
    if wait > timedelta():
        return False, f"too early, {spell.in_prose(wait)} more"
    if after.requests < LEAST_REQUESTS:
        return False, "too few requests to tell"
    counted = not after.looks
    if counted and before.requests and after.rate < _TRAFFIC_LEFT * before.rate:
        left = after.rate / before.rate
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


def _adjacent(
    services: dict[str, Metrics],
    source: Callable[[Metrics], Source],
    began: datetime,
    start: datetime,
    now: datetime,
) -> Measured:
    worse: list[str] = []
    compared: list[tuple[Stretch, Stretch]] = []
    for name, metrics in services.items():
        try:
            before, after = _both(source(metrics), began, start, now)
        except MonitorError as error:
            worse.append(f"{clean_line(name, 60)} was not measured: {clean_line(str(error), 200)}")
            continue
        if min(before.requests, after.requests) < LEAST_REQUESTS:
            continue
        compared.append((before, after))
        low, _ = wilson(after.failures, after.requests, _STRICT)
        _, high = wilson(before.failures, before.requests, _STRICT)
        if low > high:
            was = spell.share(before.failures, before.requests)
            change = f"{was} → {spell.share(after.failures, after.requests)}"
            worse.append(f"{clean_line(name, 60)} {change}")
    if worse:
        sentence = f"{len(worse)} of {len(services)} neighbouring services: {'; '.join(worse[:3])}"
    elif compared:
        sentence = f"{len(compared)} neighbouring services as before the failure, by Prometheus"
    else:
        sentence = "no neighbouring service is measured by Prometheus"
    return Measured(
        check=Check.ADJACENT,
        passed=not worse,
        sentence=sentence,
        failures=sum(after.failures for _, after in compared),
        requests=sum(after.requests for _, after in compared),
        before_failures=sum(before.failures for before, _ in compared),
        before_requests=sum(before.requests for before, _ in compared),
        seconds=round((now - start).total_seconds()),
    )


def _check(
    check: Check, before: Stretch, after: Stretch, *, passed: bool, sentence: str
) -> Measured:
    return Measured(
        check=check,
        passed=passed,
        sentence=sentence,
        failures=after.failures,
        requests=after.requests,
        before_failures=before.failures,
        before_requests=before.requests,
        seconds=round(after.until - after.since),
    )
