"""Measure from the logs what an action did, for as long as its watch asks."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from threading import Event

from warroom.core import events as e
from warroom.core import spell
from warroom.core.state import Incident, Run
from warroom.core.text import clean_line
from warroom.core.words import Verdict
from warroom.logs.analysis.effect import wilson
from warroom.logs.protocol import Log
from warroom.room.containment import Progress
from warroom.room.measure import Counts, counts
from warroom.runbooks.watch import Verdict as WatchVerdict
from warroom.runbooks.watch import Watch, WatchState, judge

DEFAULT_HOLD = 60.0
"""Seconds counted after an action whose step says nothing about what to watch."""
LEAST_REQUESTS = 30
"""Below this many requests of the slice nothing is said about an effect."""
LONGEST_WASH_OUT = 60.0
"""Seconds after an action that are not counted at most: requests under way, hosts one by one."""
HALF_THE_TRAFFIC = 0.5
LOOK_BACK = 3600.0
"""Seconds before the action that are counted at most when no onset is known."""


class Meter:
    """Follows the effect of one action in the logs."""

    def __init__(
        self, logs: Sequence[Log], now: Callable[[], datetime], sleep: Callable[[float], None]
    ) -> None:
        self._logs = logs
        self._now = now
        self._sleep = sleep

    def follow(
        self,
        incident: Incident,
        run: Run,
        watch: Watch | None,
        on_progress: Callable[[Progress], None] | None,
        cancel: Event | None,
    ) -> Progress:
        """Look each second until the watch has its answer or gives up, or `cancel` is set."""
        acted = (run.finished_at or run.intended_at).timestamp()
        since = incident.onset.at.timestamp() if incident.onset else acted - LOOK_BACK
        where = watch.where if watch else {}
        until = run.intended_at.timestamp()
        before = counts(self._logs, since, until, where)
        rate_before = before.requests / max(until - since, 1.0)
        hold = watch.hold if watch else DEFAULT_HOLD
        begin = acted + min(LONGEST_WASH_OUT, hold / 5)
        within = watch.within if watch else 5 * hold
        judged = WatchState(started=acted)
        while True:
            now = self._now().timestamp()
            start = max(begin, now - hold)
            after = counts(self._logs, start, now, where) if now > begin else Counts(0, 0)
            if watch is not None:
                judged = judge(watch, judged, now, after.share)
            counted = max(0.0, min(now - begin, hold))
            enough = counted >= hold and after.requests >= LEAST_REQUESTS
            verdict = _verdict(before, after) if enough else Verdict.TOO_EARLY
            volume = after.requests / max(counted, 1.0) / rate_before if rate_before else None
            if verdict is Verdict.SOLVED and volume is not None and volume < HALF_THE_TRAFFIC:
                verdict = Verdict.HELPED
            progress = Progress(
                before=(before.failures, before.requests),
                after=(after.failures, after.requests),
                seconds=counted,
                needed=hold,
                verdict=verdict,
                sentence=effect_sentence(
                    before, after, counted, verdict, where, volume if enough else None
                ),
            )
            if on_progress is not None:
                on_progress(progress)
            answered = enough and (watch is None or judged.verdict is not WatchVerdict.PENDING)
            stopped = cancel is not None and cancel.is_set()
            if stopped or answered or now - acted >= within + hold:
                return progress
            self._sleep(1.0)


def measured(run: str, progress: Progress) -> e.EffectMeasured:
    """Return the facts of a finished measurement."""
    return e.EffectMeasured(
        run=run,
        verdict=progress.verdict,
        before_failures=progress.before[0],
        before_requests=progress.before[1],
        after_failures=progress.after[0],
        after_requests=progress.after[1],
        seconds=round(progress.seconds),
        sentence=progress.sentence,
    )


def effect_sentence(
    before: Counts,
    after: Counts,
    seconds: float,
    verdict: Verdict,
    where: Mapping[str, str],
    volume: float | None = None,
) -> str:
    """Return the effect in one sentence, as it stands in the timeline.

    `volume` is the rate of requests after the action by that before: a fall of failures with the
    traffic gone is no success, and the sentence says so.
    """
    slice_ = f" of {clean_line(' '.join(where.values()))}" if where else ""
    change = (
        f"5xx{slice_} {spell.share(before.failures, before.requests)} → "
        f"{spell.share(after.failures, after.requests)} in {max(0, round(seconds))} s"
    )
    words = {
        Verdict.TOO_EARLY: "too early to say",
        Verdict.NO_EFFECT: "no effect seen",
        Verdict.WORSE: "worse than before",
        Verdict.HELPED: "helped",
        Verdict.SOLVED: "gone",
    }
    told = f"{change}, {spell.count(after.requests)} requests: {words[verdict]}"
    if volume is not None and volume < HALF_THE_TRAFFIC:
        told += f"; only {volume:.0%} of the traffic is left"
    return told


def _verdict(before: Counts, after: Counts) -> Verdict:
    if before.share is None or after.share is None or before.requests < LEAST_REQUESTS:
        return Verdict.TOO_EARLY
    low_before, high_before = wilson(before.failures, before.requests)
    low_after, high_after = wilson(after.failures, after.requests)
    if high_after < low_before:
        return Verdict.SOLVED if after.failures == 0 else Verdict.HELPED
    return Verdict.WORSE if low_after > high_before else Verdict.NO_EFFECT
