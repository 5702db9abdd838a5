"""Measure what an action did, for as long as its watch asks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event

from warroom.core import events as e
from warroom.core import spell
from warroom.core.state import Incident, Run
from warroom.core.text import clean_line
from warroom.core.words import Verdict
from warroom.logs.analysis.effect import wilson
from warroom.logs.analysis.words import prose
from warroom.room.containment import Progress
from warroom.room.sources import Source
from warroom.room.stretch import Stretch, improvement, only_a_pause
from warroom.runbooks.watch import Verdict as WatchVerdict
from warroom.runbooks.watch import Watch, WatchState, judge

DEFAULT_HOLD = 60.0
"""Seconds counted after an action whose step says nothing about what to watch."""
LEAST_REQUESTS = 30
"""Below this many requests of the slice nothing is said about an effect."""
LONGEST_WASH_OUT = 60.0
"""Seconds after an action that are not counted at most: requests under way, hosts one by one."""
HALF_THE_TRAFFIC = 0.5
SETTLED = 2.0
"""Seconds before now that are not counted yet: a line is written when its request ends, and read
a moment later. Without it a count could not be repeated from the file."""
LONGEST_UNSETTLED = 10.0
"""The same at most, where requests last longer: a router stamps them with their beginning."""
LOOK_BACK = 3600.0
"""Seconds before the action that are counted at most when no onset is known."""
BASELINE = 1800.0
"""Seconds before the onset in which the ordinary share is counted."""
LEAST_USUAL = 100
"""Requests in them below which it is not known."""
LEFT = 0.01
"""Share below which nobody asks whether there was less before the onset."""
LATE_LOOKS = 10
"""How often a count that still changes is repeated, a second apart, before it is kept."""


class Meter:
    """Follows the effect of one action in a source of counts."""

    def __init__(
        self, source: Source, now: Callable[[], datetime], sleep: Callable[[float], None]
    ) -> None:
        self._source = source
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
        where = watch.where if watch else failing_slice(incident)
        until = run.intended_at.timestamp()
        began = _began(incident, acted)
        hold = watch.hold if watch else DEFAULT_HOLD
        flow = watch if watch is not None and watch.measure == "requests" else None
        if flow is not None:
            began = until - hold  # a rate is one of now, not one over all the time it grew in
        before = self._source.stretch(began, until, where)
        usual = self._usual(incident, where)
        unsettled = _unsettled(before)
        complete = self._now().timestamp() >= until + unsettled
        wash_out = max(min(LONGEST_WASH_OUT, hold / 5), self._source.smear)
        begin = round(acted + wash_out, 6)
        within = (watch.within if watch else 5 * hold) + self._source.smear
        judged = WatchState(started=acted)
        while True:
            clock = self._now().timestamp()
            now = round(max(begin, clock - unsettled), 6)
            if not complete:  # the last lines before the action were not read yet
                before = self._source.stretch(began, until, where)
                unsettled = _unsettled(before)
                complete = clock >= until + unsettled
            after = self._source.stretch(round(max(begin, now - hold), 6), now, where)
            if watch is not None:
                judged = judge(watch, judged, now, _watched(watch, after))
            counted = min(now - begin, hold)
            enough = counted >= hold and (flow is not None or after.requests >= LEAST_REQUESTS)
            over = clock - acted >= within + hold + unsettled
            counts = _Counts(before, after, usual, where, flow=flow)
            progress = self._told(counts, (counted, hold), enough=enough, over=over)
            if on_progress is not None:
                on_progress(progress)
            told = enough and progress.verdict is not Verdict.TOO_EARLY
            answered = told and (watch is None or judged.verdict is not WatchVerdict.PENDING)
            if cancel is not None and cancel.is_set():
                return progress
            if answered or over:
                before, after = self._counted_again(before, after, where, cancel)
                total = self._total(before, after) if where else None
                counts = _Counts(before, after, usual, where, total, flow)
                kept = self._told(counts, (counted, hold), enough=enough, over=over)
                if over or kept.verdict is not Verdict.TOO_EARLY:
                    if on_progress is not None and kept != progress:
                        on_progress(kept)
                    return kept
            self._sleep(1.0)

    def _usual(self, incident: Incident, where: Mapping[str, str]) -> float | None:
        """The share of failures before the onset; None where that is not known."""
        if incident.onset is None:
            return None
        before = incident.onset.low.timestamp()
        earlier = self._source.stretch(before - BASELINE, before, where)
        return earlier.share if earlier.requests >= LEAST_USUAL else None

    def _total(self, before: Stretch, after: Stretch) -> tuple[float | None, float | None]:
        """The shares of everything in the same two stretches, beside those of the slice."""
        both = (self._source.stretch(one.since, one.until, {}) for one in (before, after))
        first, second = (one.share for one in both)
        return first, second

    def _told(
        self, counts: "_Counts", counted: tuple[float, float], *, enough: bool, over: bool
    ) -> Progress:
        """Return how far it has come; `counted` is how long was counted, and how long it must."""
        effect = _judged(counts, enough=enough, over=over)
        before, after = counts.before, counts.after
        seconds, needed = counted
        return Progress(
            before=(before.failures, before.requests),
            after=(after.failures, after.requests),
            seconds=seconds,
            needed=needed,
            verdict=effect.verdict,
            sentence=effect_sentence(counts, seconds, effect, self._source.name),
            before_since=datetime.fromtimestamp(before.since, UTC),
            after_since=datetime.fromtimestamp(after.since, UTC),
            after_until=datetime.fromtimestamp(after.until, UTC),
            source=self._source.name,
            looks=after.looks,
        )

    def _counted_again(
        self, before: Stretch, after: Stretch, where: Mapping[str, str], cancel: Event | None
    ) -> tuple[Stretch, Stretch]:
        """Count the same two stretches until all was read and a second adds nothing to them.

        Servers write lines late (buffers, requests under way, a busy disk), and what is kept must
        be what anybody counts in the file afterwards.
        """
        for _ in range(LATE_LOOKS):
            if cancel is not None and cancel.is_set():
                break
            self._sleep(1.0)
            read = self._source.caught_up()
            again = (
                self._source.stretch(before.since, before.until, where),
                self._source.stretch(after.since, after.until, where),
            )
            same = _counts(*again) == _counts(before, after)
            before, after = again
            if same and read:
                break
        return before, after


@dataclass(frozen=True, slots=True)
class _Counts:
    """Everything that a verdict stands on."""

    before: Stretch
    after: Stretch
    usual: float | None
    """The share before the onset; None where that is not known."""
    where: Mapping[str, str]
    total: tuple[float | None, float | None] | None = None
    """The shares of everything before and after; None where everything is what was measured."""
    flow: Watch | None = None
    """The watch, where it is on how many requests come: their rate is the effect, not failures."""


def failing_slice(incident: Incident) -> Mapping[str, str]:
    """Return the slice that the log named; several causes are measured in total."""
    slices = incident.onset.slices if incident.onset is not None else ()
    return slices[0] if len(slices) == 1 else {}


def _counts(*stretches: Stretch) -> list[tuple[int, int]]:
    return [(one.failures, one.requests) for one in stretches]


def _watched(watch: Watch, after: Stretch) -> float | None:
    """Return what a watch looks at; None: it cannot be told."""
    values = {
        "5xx_rate": after.share,
        "5xx_count": float(after.failures),
        "requests": after.rate,
        "latency_p50": after.p50,
        "latency_p95": after.p95,
        "latency_p99": after.p99,
    }
    return values[watch.measure]


def _unsettled(before: Stretch) -> float:
    """Return how many seconds before now cannot be counted yet."""
    return min(LONGEST_UNSETTLED, max(SETTLED, before.p99 or 0.0))


def _began(incident: Incident, acted: float) -> float:
    """Return from when on the failures before an action count, as an epoch second."""
    if incident.onset is not None:
        return incident.onset.at.timestamp()
    if incident.started_at is not None and incident.started_at.timestamp() < acted:
        return incident.started_at.timestamp()
    return acted - LOOK_BACK


def untold(why: str, source: str) -> Progress:
    """Return what is kept of an effect that could not be measured."""
    return Progress(
        before=(0, 0),
        after=(0, 0),
        seconds=0,
        needed=0,
        verdict=Verdict.TOO_EARLY,
        sentence=f"not measured: {clean_line(why, 300)}",
        source=source,
    )


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
        before_since=progress.before_since,
        after_since=progress.after_since,
        after_until=progress.after_until,
        source=progress.source,
    )


@dataclass(frozen=True, slots=True)
class _Effect:
    """What can be said, and with what certainty."""

    verdict: Verdict
    interval: tuple[float, float] | None = None
    """Of the change in the share, after minus before, at 95 %."""
    volume: float | None = None
    """The rate of requests afterwards by that before."""
    pause: bool = False
    """Whether such a quiet was seen before without any action."""


_WORDS = {
    Verdict.TOO_EARLY: "too early to say",
    Verdict.NO_EFFECT: "no effect seen",
    Verdict.WORSE: "worse than before",
    Verdict.HELPED: "helped",
    Verdict.SOLVED: "gone",
}


def effect_sentence(counts: _Counts, seconds: float, effect: _Effect, source: str = "") -> str:
    """Return the effect in one sentence, as it stands in the timeline.

    A fall of failures with the traffic gone is no success, and the sentence says so.
    """
    before, after, where = counts.before, counts.after, counts.where
    slice_ = f" of {clean_line(' '.join(where.values()))}" if where else ""
    if counts.flow is not None:
        number = f"{before.rate:.1f} → {after.rate:.1f} a second in {max(0, round(seconds))} s"
        return f"requests{slice_} {number}: {_WORDS[effect.verdict]}"
    change = (
        f"5xx{slice_} {spell.share(before.failures, before.requests)} → "
        f"{spell.share(after.failures, after.requests)}"
    )
    if effect.interval is not None:
        low, high = (f"{100 * end:+.0f}".replace("-", "−") for end in effect.interval)
        change += f" (95 %: {low} to {high} points)"
    number = f"{after.looks} looks" if after.looks else f"{spell.count(after.requests)} requests"
    by = f" by {source}" if source else ""
    told = f"{change} in {max(0, round(seconds))} s, {number}{by}: {_WORDS[effect.verdict]}"
    if effect.verdict is Verdict.HELPED and counts.usual is not None:
        if (after.share or 0.0) <= counts.usual:
            told += ", and no more fail than before the onset; too few yet to call it gone"
        else:
            told += f", not solved: before the onset it was {prose(counts.usual)}"
    if effect.pause:
        told += "; such pauses happened before without any action"
    if effect.volume is not None and effect.volume < HALF_THE_TRAFFIC:
        told += f"; only {100 * effect.volume:.0f} % of the traffic is left"
    if effect.interval is not None and before.p95 is not None and after.p95 is not None:
        told += f"; p95 {1000 * before.p95:.0f} → {1000 * after.p95:.0f} ms"
    if counts.total is not None:
        told += f"; in total {prose(counts.total[0])} → {prose(counts.total[1])}"
    return told


def _judged(counts: _Counts, *, enough: bool, over: bool) -> _Effect:
    """Judge by the interval; what cannot be told before time is up stays untold."""
    before, after = counts.before, counts.after
    if not enough or before.requests < LEAST_REQUESTS:
        return _Effect(Verdict.TOO_EARLY)
    if counts.flow is not None:
        met = counts.flow.holds(after.rate) and not counts.flow.holds(before.rate)
        missed = Verdict.NO_EFFECT if over else Verdict.TOO_EARLY
        return _Effect(Verdict.SOLVED if met else missed)
    low, high = improvement(before, after)
    volume = after.rate / before.rate if before.rate else None
    pause = False
    if low > 0:
        verdict = Verdict.HELPED
        fallen = volume is not None and volume < HALF_THE_TRAFFIC
        if not fallen and _as_usual(counts):
            verdict = Verdict.SOLVED
        pause = only_a_pause(before, after)
        if pause:
            verdict = Verdict.TOO_EARLY
    elif high < 0:
        verdict = Verdict.WORSE
    else:
        # "No effect" is a claim of its own: an improvement by a third must be out of the question.
        certain = high < (before.share or 0.0) / 3
        verdict = Verdict.NO_EFFECT if certain or over else Verdict.TOO_EARLY
    return _Effect(verdict, (-high, -low), volume, pause)


def _as_usual(counts: _Counts) -> bool:
    """Whether what is left is surely no more than was there before the onset, about."""
    after = counts.after
    if counts.usual is None or after.looks:
        return after.failures == 0
    most = wilson(after.failures, after.requests)[1]
    return most < max(2 * counts.usual, LEFT)
