"""What a log says as a whole, read in a thread: chart, shares, spike watch, onset and boundary."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from warroom.logs.protocol import Log, Progress
from warroom.tui.snapshot import LogFacts
from warroom.tui.widgets.chart import Bars, worst
from warroom.tui.widgets.log_question import PLAIN, Question
from warroom.tui.widgets.log_watch import LogWatch

if TYPE_CHECKING:
    from warroom.logs.analysis.answer import Finding, Findings
    from warroom.logs.analysis.changes import Change

MINUTE = 60.0
SPAN = 1800.0
"""Seconds of the chart unless the reader zooms or an onset lies before."""
_PEAK_CELLS = 90
_REACH = 4 * 3600
"""Seconds before its left edge for which the chart stretches to show the onset."""
_AGAIN = 15.0
"""Seconds at least between two analyses of one log."""
_IDLE = 20
"""Or so many times what the last one took: it shall stay below a twentieth of a core."""
_WINDOW = 86_400.0
"""Seconds before the newest line that are analysed."""
_SAMPLE = 40_000
"""Good lines that are read for the denominators."""
_SOON = 2.0
"""Seconds between two analyses while a spike is unexplained."""


def nearly_complete(progress: Progress) -> bool:
    """Whether the index reaches from the head to about the tail; a file that grows always lags."""
    return progress.complete or progress.indexed_bytes * 20 >= progress.total_bytes * 19


@dataclass(frozen=True, slots=True)
class Report:
    """The answer of the analysis, with what it was asked about."""

    findings: Findings
    log: Log
    seconds: float
    """How long the analysis took."""
    requests: int
    question: Question = PLAIN


@dataclass(frozen=True, slots=True)
class Asked:
    """What the chart is to show."""

    cells: int
    span: float = SPAN
    until: float | None = None
    """The right edge, None for the newest line."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at a log."""

    progress: Progress
    latest: float | None
    """Time of the newest line that has one."""
    bars: Bars | None
    facts: LogFacts
    by_rows: tuple[bool, ...] = ()
    """For equal parts of the rows from the first to the last: whether they hold a spike."""


class Gauge:
    """Reads one log; `read` in one thread at a time, `analyse` in one. Both import numpy."""

    def __init__(self, log: Log, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.log = log
        self._monotonic = monotonic
        self.watch = LogWatch(log)
        self._report: Report | None = None
        self._analysed_at = -1e9
        self._analysed = (0, 0)
        """Failures and entries when it was last analysed."""

    def read(self, asked: Asked) -> Reading:
        """Look at the log; blocks for milliseconds."""
        progress = self.log.progress()
        latest = self._latest()
        if latest is None:
            facts = LogFacts(label=self.log.label)
            return Reading(progress, None, None, facts)
        facts = self._facts(latest)
        until = latest + 1 if asked.until is None else asked.until
        since = until - asked.span
        if (
            asked.until is None
            and facts.onset is not None
            and facts.onset < since < facts.onset * 2
        ):
            since = facts.onset - (until - facts.onset) / 4
        bars = self._bars(asked.cells, since, until)
        lately = self._bars(_PEAK_CELLS, latest + 1 - SPAN, latest + 1)
        if lately is not None:  # whatever the chart shows: others show this number too
            facts = replace(facts, peak=worst(lately))
        return Reading(progress, latest, bars, facts, self._rows_with_spikes())

    def _latest(self) -> float | None:
        log = self.log
        for entry in reversed(log.entries(max(log.end - 50, log.first), log.end)):
            if entry.at is not None:
                return entry.at
        whole = log.histogram(1)
        return None if whole is None else whole.start + whole.width - 1

    def _bars(self, cells: int, since: float, until: float) -> Bars | None:
        whole = self.log.histogram(1)
        if whole is None:
            return None
        since = max(since, whole.start)
        found = self.log.histogram(max(cells, 1), since, max(until, since + 1))
        if found is None:
            return None
        # Buckets are whole seconds, so the last ones may lie beyond the end: they are not silence.
        used = max(1, min(len(found.total), -int(-(until - found.start) // found.width)))
        last = (until - found.start) / found.width - (used - 1)
        return Bars(
            start=found.start,
            width=found.width,
            total=tuple(int(n) for n in found.total[:used]),
            failed=tuple(int(n) for n in found.failed[:used]),
            last=min(max(last, 0.1), 1.0),
        )

    def _counts(self, since: float | None, until: float) -> tuple[int, int]:
        found = self.log.histogram(1, since, until)
        if found is None:
            return 0, 0
        return int(found.failed.sum()), int(found.total.sum())

    def _facts(self, latest: float) -> LogFacts:
        facts = LogFacts(
            label=self.log.label,
            share_now=self._counts(latest + 1 - MINUTE, latest + 1),
            latest=latest,
            watch=self.watch.facts,
        )
        main = None if self._report is None else self._report.findings.main
        if main is None:
            return facts
        from warroom.logs.analysis.outcomes import NAMES  # noqa: PLC0415 - loaded by the analysis

        return replace(
            facts,
            share_before=self._counts(None, main.onset.at),
            onset=main.onset.at,
            onset_bounds=(main.onset.low, main.onset.high),
            end=None if main.end is None else main.end.at,
            end_bounds=None if main.end is None else (main.end.low, main.end.high),
            gone=main.gone,
            kind=main.kind,
            outcome=NAMES.get(main.kind, main.kind),
            slices=tuple(dict(part.fields) for part in main.boundary if part.fields),
            onset_sentence=main.sentences[0] if main.sentences else "",
            boundary_sentence=main.sentences[1] if len(main.sentences) > 1 else "",
            title=_title(main),
        )

    def due(self, progress: Progress) -> bool:
        """Whether an analysis is worth its time: more failed, or what goes on may have ended."""
        took = 0.0 if self._report is None else self._report.seconds
        waited = self._monotonic() - self._analysed_at
        main = None if self._report is None else self._report.findings.main
        open_ended = main is not None and main.end is None
        failed, entries = self._analysed
        news = progress.failed > failed or (open_ended and progress.entries > entries)
        # A spike that nothing explains yet cannot wait: whoever declares now wants to know more.
        unexplained = bool(self.watch.facts.title) and not open_ended
        patience = _SOON if unexplained else max(_AGAIN, _IDLE * took)
        return nearly_complete(progress) and news and waited >= patience

    @property
    def report(self) -> Report | None:
        """The last analysis."""
        return self._report

    def analyse(self, declared: Sequence[Change] = (), question: Question = PLAIN) -> Report:
        """Ask for onset and boundary; blocks for up to some seconds.

        Args:
            declared: Changes that somebody told of, ranked with those of the log itself.
            question: What of the log is looked at; only the plain one is what the chart shows.

        Raises:
            ValueError: The question names a field that the log does not have.
        """
        from warroom.logs.analysis.findings import analyse  # noqa: PLC0415 - imports numpy

        at, begun = self._monotonic(), time.perf_counter()
        progress = self.log.progress()
        latest = self._latest()
        since = None if latest is None else latest - _WINDOW
        findings = analyse(
            self.log.table(since, sample=_SAMPLE),
            declared=declared,
            where=dict(question.where),
            without=question.without,
            window=question.window,
        )
        seconds = time.perf_counter() - begun
        report = Report(findings, self.log, seconds, findings.requests, question)
        if question == PLAIN:
            self._analysed_at = at
            self._analysed = (progress.failed, progress.entries)
            self._report = report
        return report

    def _rows_with_spikes(self, parts: int = 200) -> tuple[bool, ...]:
        """Where along the rows failures are dense, for the scrollbar."""
        whole = self.log.histogram(parts)
        if whole is None:
            return ()
        total = [int(n) for n in whole.total]
        failed = [int(n) for n in whole.failed]
        rows = sum(total)
        if not rows:
            return ()
        found = [False] * parts
        seen = 0
        for count, bad in zip(total, failed, strict=True):
            if count and bad / count >= 0.02:
                low, high = seen * parts // rows, -(-(seen + count) * parts // rows)
                found[low:high] = [True] * (min(high, parts) - low)
            seen += count
        return tuple(found)


def moment(at: float) -> datetime:
    """Return an epoch second as an instant."""
    return datetime.fromtimestamp(at, UTC)


def _title(finding: Finding) -> str:
    """Return what fails where; without a boundary, since when."""
    from warroom.logs.analysis.outcomes import NAMES  # noqa: PLC0415 - with it
    from warroom.logs.analysis.words import describe  # noqa: PLC0415 - not before the first frame

    what = NAMES.get(finding.kind, finding.kind)
    if finding.kind == "silence":
        return "No requests arrive"
    if finding.boundary and finding.boundary[0].fields:
        return f"{what} on {describe(finding.boundary[0].fields).removeprefix('on ')}"[:120]
    return f"{what} everywhere" if finding.boundary else f"{what} above the usual"
