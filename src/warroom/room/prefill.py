"""What the logs already know of an incident before anybody has typed a word."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from warroom.core import events as e
from warroom.logs.analysis.answer import Finding
from warroom.logs.analysis.findings import analyse
from warroom.logs.protocol import Log
from warroom.runbooks.redact import redact_shapes

SAMPLES = 3
"""Failing lines that are kept as evidence."""
TEXT = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefill:
    """Answers of the intake form, as far as the logs have them."""

    onset: e.Onset | None = None
    boundary: str = ""
    evidence: tuple[e.Excerpt, ...] = ()
    failures: int = 0
    """Failing requests since the onset."""
    sentences: tuple[str, ...] = ()
    """Everything the analysis says, most important first."""


def prefill(logs: Sequence[Log]) -> Prefill:
    """Return what the log with the clearest failure says; nothing where none shows one."""
    best: tuple[Finding, Log, tuple[str, ...]] | None = None
    for log in logs:
        found = analyse(log.table())
        main = found.main
        if main is not None and (best is None or main.score > best[0].score):
            best = main, log, found.sentences
    if best is None:
        return Prefill()
    main, log, sentences = best
    return Prefill(
        onset=onset_of(main),
        boundary=main.sentences[1] if len(main.sentences) > 1 else "",
        evidence=tuple(x for row in main.shows[:SAMPLES] for x in _excerpts(log, row)),
        failures=round(main.failures),
        sentences=sentences,
    )


def onset_of(finding: Finding) -> e.Onset:
    """Return what the journal keeps of a finding."""
    return e.Onset(
        at=_instant(finding.onset.at),
        low=_instant(finding.onset.low),
        high=_instant(finding.onset.high),
        sentence=finding.sentences[0],
        end=None if finding.end is None else _instant(finding.end.at),
        kind=finding.kind,
        slices=tuple(dict(part.fields) for part in finding.boundary if part.fields),
    )


def _excerpts(log: Log, row: int) -> tuple[e.Excerpt, ...]:
    return tuple(
        e.Excerpt(
            source=entry.source,
            offset=entry.offset,
            sha256=hashlib.sha256(entry.raw).hexdigest(),
            text=redact_shapes(entry.raw.decode("utf-8", "replace")[:TEXT]),
            at=None if entry.at is None else _instant(entry.at),
        )
        for entry in log.entries(row, row + 1)
    )


def _instant(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
