"""What a drill was worth: points with their reasons, from the record and the course alone."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from warroom.core import events as e
from warroom.core.clocks import Pace, clocks
from warroom.core.drill import DrillScored, Mark
from warroom.core.postmortem import open_questions
from warroom.core.spell import in_prose
from warroom.core.state import Incident
from warroom.drills.play.course import Course, Said
from warroom.drills.scenarios.model import Caller, Expects

ENOUGH = 70
"""Points from which a drill is won, if the damage was stopped."""
ANSWER = 150.0
"""Seconds in which somebody who asks has an answer: the contract's half hour in a drill."""
OTHERS = {caller.value for caller in Caller} | {"changes", "drill"}
"""Actors that are no players."""

Records = Sequence[e.Recorded]


def score(
    course: Course, incidents: Sequence[Incident], records: Records, now: float
) -> DrillScored:
    """Return the score.

    Args:
        course: What happened in the shop.
        incidents: The incidents of this drill, the first one declared at the front.
        records: Their events.
        now: Epoch seconds of the end.
    """
    main = incidents[0] if incidents else None
    marks = (
        _acknowledged(course, main),
        _contained(course),
        _no_slips(course),
        _clocks(main, now),
        _told(course, main, records),
        _cause(course, records),
        _removed(course, incidents),
        _report(main),
    )
    points = sum(mark.points for mark in marks)
    return DrillScored(
        scenario=course.scenario.id,
        seed=course.scenario.seed,
        points=points,
        won=points >= ENOUGH and course.contained_at() is not None,
        marks=marks,
        truth=course.scenario.truth.root_cause,
    )


def _acknowledged(course: Course, main: Incident | None) -> Mark:
    what, most = "taken charge in time", 10
    at = main.acknowledged_at if main else None
    if at is None:
        why = "nobody took charge" if main else "nobody declared an incident"
        return Mark(what=what, points=0, most=most, reason=why)
    took, par = at.timestamp() - course.failing_since, course.scenario.par.acknowledge
    return _timed(what, most, took, par, "acknowledged {} after the first failure")


def _contained(course: Course) -> Mark:
    what, most = "contained in time", 25
    at = course.contained_at()
    if at is None:
        left = [name for name in course.scenario.faults if name not in course.quiet]
        causes = {way.fault: way for way in reversed(course.scenario.contained_by)}
        ways = ", ".join(causes[name].runbook for name in left)
        return Mark(what=what, points=0, most=most, reason=f"the damage went on; {ways} stops it")
    took = at - course.failing_since
    return _timed(
        what, most, took, course.scenario.par.contain, "the damage stopped {} after it began"
    )


def _no_slips(course: Course) -> Mark:
    what, most = "no move that did not help", 10
    if not course.quiet and not course.slips:
        return Mark(what=what, points=0, most=most, reason="nothing was tried")
    if not course.slips:
        return Mark(what=what, points=most, most=most, reason="everything tried was to the point")
    told = dict.fromkeys(
        f"{' '.join(f'{key} = {value}' for key, value in slip.move.set.items())}: {slip.move.why}"
        for slip in course.slips
    )
    points = max(0, most - 5 * len(told))
    return Mark(what=what, points=points, most=most, reason="; ".join(told))


def _clocks(main: Incident | None, now: float) -> Mark:
    what, most = "clocks kept", 10
    if main is None:
        return Mark(what=what, points=0, most=most, reason="no incident, no clocks")
    wanted = [clock for clock in clocks(main) if clock.name != "report"]
    kept = [c for c in wanted if c.pace(_instant(now)) is Pace.MET]
    lost = [clock.name for clock in wanted if clock not in kept]
    reason = f"not met: {', '.join(lost)}" if lost else "response, diagnosis and fix in time"
    return Mark(what=what, points=most * len(kept) // len(wanted), most=most, reason=reason)


def _told(course: Course, main: Incident | None, records: Records) -> Mark:
    what, most = "people told in time", 15
    owed = [said for said in course.said if said.inject.expects is not Expects.NOTHING]
    if main is not None and main.resolved_at is not None:
        end = main.resolved_at.timestamp()
        owed = [said for said in owed if said.at + ANSWER <= end or _answered(said, records)]
        owed = [said for said in owed if said.at <= end]
    if not owed:
        told = any(isinstance(r.event, e.UpdateSent) for r in _players(records))
        points = most if told else 0
        reason = "told without being asked" if told else "nobody was told anything"
        return Mark(what=what, points=points, most=most, reason=reason)
    missed = [said for said in owed if not _answered(said, records)]
    points = round(most * (len(owed) - len(missed)) / len(owed))
    if not missed:
        reason = f"{len(owed)} asked, every one had an answer within {in_prose(_span(ANSWER))}"
    else:
        first = missed[0].inject
        reason = f"{first.caller} waited: “{first.text}”"
    return Mark(what=what, points=points, most=most, reason=reason)


def _answered(said: Said, records: Records) -> bool:
    return answered_by(said, records) is not None


def answered_by(said: Said, records: Records) -> str | None:
    """Return which player gave somebody the answer they wait for; None: nobody in time."""
    fits = _ANSWERS[said.inject.expects]
    return next(
        (
            record.actor
            for record in _players(records)
            if 0 <= record.at.timestamp() - said.at <= ANSWER and fits(record.event)
        ),
        None,
    )


def _is_estimate(event: e.Event) -> bool:
    return isinstance(event, e.UpdateSent) or (
        isinstance(event, e.Diagnosed) and event.eta is not None
    )


_ANSWERS: dict[Expects, Callable[[e.Event], bool]] = {
    Expects.UPDATE: lambda event: isinstance(event, e.UpdateSent),
    Expects.ETA: _is_estimate,
    Expects.NOTE: lambda event: isinstance(
        event, e.NoteAdded | e.UpdateSent | e.Diagnosed | e.HypothesisChanged
    ),
    Expects.NOTHING: lambda _event: True,
}


def _cause(course: Course, records: Records) -> Mark:
    what, most = "root cause found", 15
    truth = course.scenario.truth
    told = [r.event.text for r in _players(records) if isinstance(r.event, e.Diagnosed)]
    if not told:
        return Mark(
            what=what, points=0, most=most, reason=f"no diagnosis; it was: {truth.root_cause}"
        )
    said = told[-1].casefold()
    found = [any(word.casefold() in said for word in group) for group in truth.signs]
    points = most * sum(found) // len(found)
    why = "the diagnosis names it" if all(found) else f"it was: {truth.root_cause}"
    return Mark(what=what, points=points, most=most, reason=why)


def _removed(course: Course, incidents: Sequence[Incident]) -> Mark:
    what, most = "containment removed", 10
    runs = [run for incident in incidents for run in incident.runs]
    left = [run for incident in incidents for run in incident.ledger if run.keep_until is None]
    if course.returned:
        return Mark(
            what=what,
            points=0,
            most=most,
            reason="taken back before the cause was gone: the failure returned",
        )
    if left:
        names = ", ".join(dict.fromkeys(run.intent.title for run in left))
        return Mark(what=what, points=0, most=most, reason=f"still in force: {names}")
    if not any(run.effect or run.undone_by for run in runs) and not course.quiet:
        return Mark(what=what, points=0, most=most, reason="nothing was contained")
    return Mark(
        what=what, points=most, most=most, reason="nothing temporary was left without a date"
    )


def _report(main: Incident | None) -> Mark:
    what, most = "report complete", 5
    if main is None or not main.postmortem_version:
        return Mark(what=what, points=0, most=most, reason="nobody has read the postmortem draft")
    questions = len(open_questions(main.postmortem))
    clean = main.closed_at is not None and not main.close_override
    reason = f"saved, {questions} questions of the review still open"
    if clean:
        reason += "; closed with every check passed"
    elif main.closed_at is not None:
        reason += "; closed against the checks"
    else:
        reason += "; not closed"
    return Mark(what=what, points=most if clean else 3, most=most, reason=reason)


def _timed(what: str, most: int, took: float, par: float, words: str) -> Mark:
    """Full points up to par, none from twice par."""
    took = max(0.0, took)
    share = min(1.0, max(0.0, 2 - took / par))
    reason = f"{words.format(in_prose(_span(took)))}, par is {in_prose(_span(par))}"
    return Mark(what=what, points=round(most * share), most=most, reason=reason)


def _players(records: Records) -> list[e.Recorded]:
    return [record for record in records if record.actor not in OTHERS]


def _span(seconds: float) -> timedelta:
    return timedelta(seconds=round(seconds))


def _instant(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
