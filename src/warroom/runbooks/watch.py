"""The watch expression: which measure must stay on which side of a limit, and for how long.

`5xx_rate(route="/api/checkout") < 1% for 2m within 10m`. The measure itself is the caller's: it is
taken from the live log or from a metrics server; this module parses, and judges the samples.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from warroom.runbooks.errors import RunbookError

MEASURES = ("5xx_rate", "5xx_count", "requests", "latency_p50", "latency_p95", "latency_p99")
"""What may be watched: a share, a count, requests a second, and seconds."""

_EXPRESSION = re.compile(
    r"\s*(?P<measure>[0-9a-z_]+)\s*(?:\((?P<where>[^()]*)\))?"
    r"\s*(?P<op><=|>=|<|>)\s*(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>%|ms|s|/s)?"
    r"\s+for\s+(?P<hold>\w+)(?:\s+within\s+(?P<within>\w+))?\s*",
)
_SELECTOR = re.compile(r'\s*([a-z_][a-z0-9_]*)\s*=\s*"([^"\\]*)"\s*(?:,|$)')
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)?")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_SCALE = {"%": 0.01, "ms": 0.001, "s": 1.0, "/s": 1.0, None: 1.0}
_PATIENCE = 5
"""Where no `within` is given a watch gives up after this many times its `for`."""

_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "<": lambda value, limit: value < limit,
    "<=": lambda value, limit: value <= limit,
    ">": lambda value, limit: value > limit,
    ">=": lambda value, limit: value >= limit,
}


@dataclass(frozen=True, slots=True)
class Watch:
    """A condition that must hold without a break."""

    text: str
    measure: str
    where: Mapping[str, str]
    """Field to value; a value may be `$name`, a parameter."""
    op: str
    limit: float
    """Share (0 to 1), seconds, or requests a second, by the measure."""
    hold: float
    """Seconds the condition must hold."""
    within: float
    """Seconds after which it has failed."""
    line: int

    def holds(self, value: float) -> bool:
        """Whether one sample is on the right side."""
        return _OPERATORS[self.op](value, self.limit)


class Verdict(StrEnum):
    """Where a watch stands."""

    PENDING = "pending"
    MET = "met"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class WatchState:
    """What is known after some samples; times are the caller's monotonic seconds."""

    started: float
    since: float | None = None
    """When the condition began to hold; None while it does not."""
    value: float | None = None
    verdict: Verdict = Verdict.PENDING


def parse_duration(text: str) -> float:
    """Seconds meant by `90`, `1.5s`, `500ms`, `2m` or `1h`; raises ValueError."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:40]!r} is no duration")
    return float(match[1]) * _SECONDS[match[2] or "s"]


def parse_watch(text: str, *, line: int = 0, path: str = "") -> Watch:
    """Read a watch expression; raises RunbookError naming the line."""
    text = text.strip()

    def wrong(why: str) -> RunbookError:
        return RunbookError(
            "Watch not understood",
            f"{path or 'runbook'}:{line}: {why}",
            'Write it like: 5xx_rate(route="/api") < 1% for 2m',
        )

    match = _EXPRESSION.fullmatch(text)
    if match is None:
        raise wrong(f"{text[:120]!r} is no watch expression")
    if match["measure"] not in MEASURES:
        raise wrong(f"{match['measure']!r} is no measure; there are {', '.join(MEASURES)}")
    where: dict[str, str] = {}
    rest = match["where"] or ""
    while rest.strip():
        selector = _SELECTOR.match(rest)
        if selector is None:
            raise wrong(f'{rest.strip()[:60]!r} is no selector of the form field="value"')
        where[selector[1]] = selector[2]
        rest = rest[selector.end() :]
    try:
        hold = parse_duration(match["hold"])
        within = parse_duration(match["within"]) if match["within"] else hold * _PATIENCE
    except ValueError as error:
        raise wrong(str(error)) from None
    if within < hold:
        raise wrong("it gives up before it can succeed: `within` is shorter than `for`")
    limit = float(match["number"]) * _SCALE[match["unit"]]
    return Watch(text, match["measure"], where, match["op"], limit, hold, within, line)


def bind(watch: Watch, values: Mapping[str, str]) -> Watch:
    """The same watch with `$name` in its selectors replaced by the values of parameters."""
    where = {
        field: values.get(value[1:], value) if value.startswith("$") else value
        for field, value in watch.where.items()
    }
    return replace(watch, where=where)


def judge(watch: Watch, state: WatchState, now: float, value: float | None) -> WatchState:
    """The state after one more sample; `value` is None where nothing could be measured.

    No measure is no success: it breaks the run of good samples.
    """
    if state.verdict is not Verdict.PENDING:
        return state
    good = value is not None and watch.holds(value)
    since = (now if state.since is None else state.since) if good else None
    if since is not None and now - since >= watch.hold:
        verdict = Verdict.MET
    elif now - state.started >= watch.within:
        verdict = Verdict.FAILED
    else:
        verdict = Verdict.PENDING
    return WatchState(state.started, since, value, verdict)
