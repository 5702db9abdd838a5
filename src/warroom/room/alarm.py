"""The alert that would have caught an incident: drafted from its log and tried on the same log."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from warroom.core import spell
from warroom.core.impact import Series
from warroom.core.references import one_line
from warroom.core.similar import routes
from warroom.core.state import Incident
from warroom.core.words import FollowUpKind
from warroom.logs.analysis.watch import STEP, Watch
from warroom.logs.protocol import Log
from warroom.room.attaching import Drafted
from warroom.room.impact import measure_series
from warroom.room.measure import read_through

EVALUATED = 15
"""Seconds between two evaluations: what Prometheus and its examples use."""
_LOOK_BACK = timedelta(hours=6)
"""How much of the quiet time before the onset an alert is tried on."""
_LEAST_REQUESTS = 20
"""Requests in the window below which a share says nothing."""
# Window and hold in seconds, from what pages at once to what waits; shares from strict to lax.
_SHAPES = ((60, 0), (60, 30), (120, 60), (300, 120))
_SHARES = (0.01, 0.02, 0.05, 0.1, 0.2)
_IDENTIFIER = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Ring when the share of 5xx in a window stays above a limit."""

    service: str
    share: float
    window: int
    """Seconds."""
    hold: int
    """Seconds for which it must be so; 0: rings at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a rule would have done on the log of the incident."""

    fired_at: datetime | None
    """When it would have rung for the incident; None: never."""
    earlier: timedelta | None
    """How long before the incident was noticed; negative: later."""
    false_rings: int
    """How often it would have rung in the quiet part."""
    quiet: timedelta
    """Length of the quiet part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """The drafted alert with what came of trying it."""

    rule: Rule
    trial: Trial
    watched: Trial
    """The same for warroom's own watch with its own levels."""
    ordinary: float
    """Share of 5xx in the quiet part."""
    routes: tuple[str, ...]
    """What the incident was about. Foreign."""

    @property
    def watch_text(self) -> str:
        """The rule as the watch of a runbook: the condition that must hold."""
        hold = max(self.rule.hold, self.rule.window)
        return f"5xx_rate < {100 * self.rule.share:g}% for {hold}s"


def draft_alarm(
    logs: Sequence[Log], incident: Incident, now: datetime, service: str = ""
) -> Alarm | None:
    """Return the alert that would have rung first without ringing in the quiet part.

    Tries a few windows, holds and limits on the log, from six hours before the onset to the end.
    Where every one rings falsely, the one that does so least is returned and its trial says so.
    None without an onset or without requests in the logs.
    """
    onset = incident.onset.at if incident.onset else incident.started_at
    if onset is None or not read_through(logs):
        return None
    measured = incident.onset.end if incident.onset else None
    end = measured or incident.contained_at or incident.resolved_at or now
    start = max(onset - _LOOK_BACK, _first_time(logs) or onset)
    series = _ten_seconds(logs, start, max(end, onset) + timedelta(minutes=15))
    if not sum(series.total):
        return None
    noticed = incident.detected_at or incident.declared_at
    named = service or incident.service or "service"
    best: tuple[tuple[int, float, float], Rule, Trial] | None = None
    for rule in _rules(named):
        rings = list(_rings(series, rule))
        trial = _trial(rings, start, onset, end, noticed)
        late = (trial.fired_at - onset).total_seconds() if trial.fired_at else 1e9
        rank = (trial.false_rings, late, -rule.share)
        if best is None or rank < best[0]:
            best = (rank, rule, trial)
    assert best is not None  # noqa: S101 - there are rules to try
    before = [n for n in range(len(series.total)) if series.at(n) < onset]
    quiet = sum(series.total[n] for n in before)
    failed = sum(series.failed[n] for n in before)
    return Alarm(
        rule=best[1],
        trial=best[2],
        watched=_trial(list(_watch_rings(series)), start, onset, end, noticed),
        ordinary=failed / quiet if quiet else 0.0,
        routes=tuple(sorted(routes(incident))),
    )


def _rules(service: str) -> Iterator[Rule]:
    for window, hold in _SHAPES:
        for share in _SHARES:
            yield Rule(service=service, share=share, window=window, hold=hold)


def _ten_seconds(logs: Sequence[Log], start: datetime, end: datetime) -> Series:
    low = int(start.timestamp()) // int(STEP) * int(STEP)
    return measure_series(logs, datetime.fromtimestamp(low, UTC), end, int(STEP))


def _first_time(logs: Sequence[Log]) -> datetime | None:
    starts = [shown.start for log in logs if (shown := log.histogram(1)) is not None]
    return datetime.fromtimestamp(min(starts), UTC) if starts else None


def _rings(series: Series, rule: Rule) -> Iterator[datetime]:
    """Yield when the rule begins to ring, evaluated as often as Prometheus would."""
    steps = rule.window // series.width
    pending: datetime | None = None
    ringing = False
    last = series.at(len(series.total))
    at = series.start + timedelta(seconds=rule.window)
    while at <= last:
        stop = int((at - series.start).total_seconds()) // series.width
        total = sum(series.total[max(0, stop - steps) : stop])
        failed = sum(series.failed[max(0, stop - steps) : stop])
        if total >= _LEAST_REQUESTS and failed > rule.share * total:
            pending = at if pending is None else pending
            if not ringing and (at - pending).total_seconds() >= rule.hold:
                ringing = True
                yield at
        else:
            pending, ringing = None, False
        at += timedelta(seconds=EVALUATED)


def _watch_rings(series: Series) -> Iterator[datetime]:
    watch = Watch()
    ringing = False
    for step, (total, failed) in enumerate(zip(series.total, series.failed, strict=True)):
        offer = watch.step(total, failed)
        if offer is not None and not ringing:
            yield series.at(step + 1)
        ringing = offer is not None


def _trial(
    rings: Sequence[datetime], start: datetime, onset: datetime, end: datetime, noticed: datetime
) -> Trial:
    # A step of ten seconds may begin before the onset and end in it: that is no false ring.
    slack = timedelta(seconds=STEP)
    during = [at for at in rings if onset - slack <= at <= end + timedelta(minutes=10)]
    fired = during[0] if during else None
    return Trial(
        fired_at=fired,
        earlier=noticed - fired if fired else None,
        false_rings=len(rings) - len(during),
        quiet=max(onset - start, timedelta()),
    )


METRIC = "http_requests_total"
"""The counter of requests by its usual name."""


def drafted_rule(alarm: Alarm, incident: Incident, metric: str = METRIC) -> Drafted:
    """Return the alert for the follow-up that asks for better monitoring."""
    return Drafted(
        kind=FollowUpKind.MONITORING,
        name="alert.yml",
        text=prometheus_rule(alarm, incident, metric),
        wanted=_wanted(alarm),
    )


def prometheus_rule(alarm: Alarm, incident: Incident, metric: str = METRIC) -> str:
    """Return the alert as a rules file of Prometheus.

    The names of the metric and its labels (`service`, `status`) are the usual ones and may have to
    be adapted; everything foreign is quoted.
    """
    rule = alarm.rule
    name = "".join(part.capitalize() for part in _IDENTIFIER.split(rule.service) if part)
    service = json.dumps(one_line(rule.service), ensure_ascii=False)

    def rate(more: str) -> str:
        return f"sum(rate({metric}{{service={service}{more}}}[{rule.window}s]))"

    bad = rate(',status=~"5.."')
    expression = [
        f"{bad} / {rate('')} > {rule.share:g}",
        f"and {rate('')} * {rule.window} >= {_LEAST_REQUESTS}",
    ]
    summary = f"{rule.service}: more than {100 * rule.share:g} % of the requests fail"
    notes = {
        "summary": summary,
        "description": f"Drafted after {incident.id}: {incident.title}. {told(alarm)}",
    }
    # JSON strings are YAML strings; only the template marks of Prometheus need care.
    annotations = [f"          {key}: {_string(words)}" for key, words in notes.items()]
    return "\n".join(
        [
            "groups:",
            f"  - name: {_string('warroom ' + incident.id)}",
            "    rules:",
            f"      - alert: {_string((name or 'Service') + 'Failing')}",
            "        expr: |",
            *(f"          {line}" for line in expression),
            f"        for: {rule.hold}s",
            "        labels:",
            "          severity: page",
            f"          service: {_string(rule.service)}",
            "        annotations:",
            *annotations,
            "",
        ]
    )


def told(alarm: Alarm) -> str:
    """Return what the trial says, in one or two sentences."""
    trial = alarm.trial
    if trial.fired_at is None:
        rang = "It would not have rung for this incident: it was too short or too small for it."
    else:
        rang = f"It would have rung at {trial.fired_at:%H:%M:%S} UTC"
        if trial.earlier is not None and trial.earlier > timedelta():
            rang += f", {spell.in_prose(trial.earlier)} before anybody noticed."
        elif trial.earlier is not None:
            rang += f", {spell.in_prose(trial.earlier)} after somebody noticed."
    quiet = spell.in_prose(trial.quiet)
    if not trial.quiet:
        return f"{rang} The log holds no quiet time to try it on."
    times = "once" if trial.false_rings == 1 else f"{trial.false_rings} times"
    false = "never" if not trial.false_rings else times
    return f"{rang} In {quiet} of quiet it would have rung {false}."


def _wanted(alarm: Alarm) -> str:
    """Return what is to be done, as a follow-up says it."""
    rule = alarm.rule
    held = spell.in_prose(timedelta(seconds=max(rule.window, rule.hold)))
    return one_line(f"Alert when {100 * rule.share:g} % of {rule.service} fail for {held}")


def _string(text: str) -> str:
    escaped = one_line(text).replace("{{", "{ {").replace("}}", "} }")
    return json.dumps(escaped, ensure_ascii=False)
