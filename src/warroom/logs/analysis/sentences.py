"""The sentences a reader gets; every value of foreign origin in them has been cleaned."""

from collections.abc import Sequence

from warroom.logs.analysis import outcomes, words
from warroom.logs.analysis.answer import Part
from warroom.logs.analysis.boundary import Cause
from warroom.logs.analysis.edges import Edge
from warroom.logs.analysis.frame import Frame


def _range(edge: Edge, near: float) -> str:
    low, high = words.clock(edge.low, near), words.clock(edge.high, near)
    return f"between {low} and {high}"


def onset(
    kind: str,
    start: Edge,
    end: Edge | None,
    *,
    ramp: float | None,
    bursts: bool,
    gone: bool,
    failures: float,
    expected: float,
    last: float,
) -> str:
    """Since when, until when, and how many failures more than expected."""
    name = outcomes.NAMES.get(kind, kind)
    said = f"{name} since {words.clock(start.at, last)} ({_range(start, last)})"
    if ramp is not None:
        said += f", grew over about {words.span(ramp)}"
    if bursts:
        said += ", in bursts"
    if end is None:
        said += ", still going"
    elif gone:
        said += f", last seen {words.clock(end.at, last)}: its requests stopped, no recovery seen"
    else:
        doubt = max(end.high - end.at, end.at - end.low)
        said += f", stopped {words.clock(end.at, last)} (±{words.span(max(doubt, 1))})"
    verb = "was" if round(expected, 1) == 1 else "were"
    return (
        f"{said} — {words.count(failures)} failures where "
        f"{words.expected(expected)} {verb} to be expected"
    )


def cause(kind: str, name: str, found: Cause) -> str:
    """Which slice, how much of the failures, and the contrast with the rest."""
    what = "failures" if kind in {"5xx", "errors"} else outcomes.NAMES.get(kind, kind)
    fails = "fail" if kind in {"5xx", "errors"} else "are hit"
    asked = "lines" if kind == "errors" else "requests"
    return (
        f"{words.prose(found.coverage)} of the {what} are {name}: {words.prose(found.rate)} of its "
        f"{asked} {fails}, {words.prose(found.elsewhere)} elsewhere ({words.times(found.lift)})"
    )


def everything(kind: str, share: float) -> str:
    """That no slice stands out, which is an answer of its own."""
    name = "" if kind == "5xx" else f" by {outcomes.NAMES.get(kind, kind)}"
    return (
        f"Everything is affected evenly{name} ({words.prose(share)}): no route, release, host, "
        "upstream, network or client stands out"
    )


def no_onset(kind: str, failures: float, routes: tuple[int, int]) -> str:
    """That nothing left the ordinary."""
    name = outcomes.NAMES.get(kind, kind)
    if not failures:
        return f"No {name} in this log"
    spread = f" ({routes[0]} of {routes[1]} routes have some)" if routes[1] else ""
    return f"No onset in this log: {words.count(failures)} {name}, spread as at other times{spread}"


def silence(start: float, end: float, missing: float, last: float) -> str:
    """That requests are missing, which must not pass for recovery."""
    return (
        f"Silence from {words.clock(start, last)} to {words.clock(end, last)} "
        f"({words.span(end - start)}): about {words.count(missing)} requests are missing; "
        "silence is no recovery"
    )


def notes(frame: Frame, *, headless: bool) -> tuple[str, ...]:
    """What limits the answers."""
    said = []
    if frame.sampled:
        said.append("Denominators are sampled: shares are estimates, failure counts are exact")
    for name, seconds in (frame.offsets or {}).items():
        where = "ahead" if seconds > 0 else "behind"
        said.append(
            f"The clock of {words.describe((('upstream', name),)).removeprefix('on upstream ')} is "
            f"{words.span(abs(seconds))} {where}; corrected"
        )
    if headless:
        said.append("No before: the failures are there from the first line on")
    return tuple(said)


def boundary(parts: Sequence[Part]) -> str:
    """Every cause in one line; several values of one field as a set."""
    if len(parts) == 1:
        return parts[0].sentence
    names = {tuple(name for name, _ in part.fields) for part in parts}
    if len(names) == 1 and len(parts[0].fields) == 1:
        each = [f"{words.describe(part.fields)} ({words.prose(part.coverage)})" for part in parts]
        said = ", ".join(each[:-1]) + f" and {each[-1]}"
        covered = sum(part.coverage for part in parts)
        lowest, highest = min(part.rate for part in parts), max(part.rate for part in parts)
        return (
            f"{words.prose(min(covered, 1.0))} of the failures are {said}: "
            f"{words.prose(lowest)} to {words.prose(highest)} of their requests fail, "
            f"{words.prose(parts[-1].elsewhere)} elsewhere"
        )
    return f"{len(parts)} causes: " + "; ".join(part.sentence for part in parts)
