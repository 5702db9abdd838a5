"""The values that an analysis returns, and the same for a program."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from warroom.logs.analysis import changes
from warroom.logs.analysis.changes import Ranked
from warroom.logs.analysis.edges import Edge, Edges
from warroom.logs.analysis.groups import Group


@dataclass(frozen=True, slots=True)
class Part:
    """One entry of a boundary, ready to show."""

    fields: tuple[tuple[str, str], ...]
    """Field name and value (foreign text, raw); empty for "everything"."""
    coverage: float
    """Share of the failures of the window that lie in it."""
    share_before: float | None
    """Share of all requests before the onset that lay in it; None without a before."""
    rate: float
    elsewhere: float
    lift: float
    failures: float
    requests: float
    sentence: str
    same: tuple[tuple[tuple[str, str], ...], ...] = ()
    edges: Edges | None = None
    sure: int = 0
    """0 to 3: how much evidence stands behind it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One outcome that left the ordinary."""

    kind: str
    onset: Edge
    end: Edge | None
    """None while it goes on."""
    gone: bool
    """The requests stopped, so that no recovery could be seen."""
    ramp: float | None
    """Seconds over which it grew; None for a step."""
    bursts: bool
    """Failures come and go inside, as in a crash loop."""
    before: float | None
    """Share before the onset in the boundary (everything, if that is it); None if unknown."""
    after: float
    """Share from the onset to the end in the same rows."""
    failures: float
    expected: float
    score: float
    boundary: tuple[Part, ...]
    """Named slices; one part with empty fields for "everything"; empty for nothing."""
    table: tuple[Part, ...]
    """The best value of each field, for the list of bars."""
    quiet: tuple[str, ...]
    """Fields whose values all fail alike."""
    shows: tuple[int, ...]
    """Row numbers of failures inside the boundary, first ones first."""
    shows_total: float
    misfits: tuple[int, ...]
    """Row numbers of failures of the window outside the boundary."""
    misfits_total: float
    sentences: tuple[str, ...]
    """Since when, then (unless nothing can be said of it) who is affected."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How often an outcome was seen, and whether it is a finding."""

    kind: str
    failures: float
    requests: float
    found: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Bars:
    """Counts over time, estimated where good rows were thinned."""

    start: float
    width: float
    total: tuple[float, ...]
    failed: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything a log answers."""

    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]
    """The one that answers for the incident comes first."""
    histogram: Bars | None
    groups: tuple[Group, ...]
    """Failing messages by template, most frequent first."""
    changes: tuple[Ranked, ...]
    """Closest to the onset first; without an onset in order of time."""
    requests: int
    sampled: bool
    notes: tuple[str, ...]
    """What limits the answer: sampling, clocks, a missing before."""

    @property
    def main(self) -> Finding | None:
        """The finding to show; None where the log shows no incident."""
        return self.findings[0] if self.findings else None

    @property
    def sentences(self) -> tuple[str, ...]:
        """What to say, most important first."""
        if self.main is None:
            return ("No onset in this log", *self.notes)
        said = self.main.sentences
        if self.changes:
            said += (changes.sentence(self.changes),)
        return said + self.notes

    def as_json(self) -> dict[str, Any]:
        """The answer for a program."""
        main = self.main
        return {
            "onset": None if main is None else _onset_json(main),
            "boundary": [] if main is None else [_part_json(part) for part in main.boundary],
            "histogram": None if self.histogram is None else _bars_json(self.histogram),
            "groups": [_group_json(one) for one in self.groups],
            "changes": [_change_json(one) for one in self.changes],
            "outcomes": [
                {
                    "kind": one.kind,
                    "failures": round(one.failures),
                    "requests": round(one.requests),
                    "found": one.found,
                    "sentence": one.sentence,
                }
                for one in self.outcomes
            ],
            "requests": self.requests,
            "sampled": self.sampled,
            "notes": list(self.notes),
        }


def _group_json(one: Group) -> dict[str, Any]:
    return {
        "template": one.template,
        "count": one.count,
        "first": None if one.first is None else _iso(one.first),
        "last": None if one.last is None else _iso(one.last),
        "release": one.release,
    }


def _change_json(one: Ranked) -> dict[str, Any]:
    return {
        "at": _iso(one.change.at),
        "text": one.change.text,
        "source": one.change.source,
        "possible": one.possible,
        "why": one.why,
    }


def _iso(at: float) -> str:
    """An instant as the other times of a scan are written: RFC 3339, UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat()


def _onset_json(main: Finding) -> dict[str, Any]:
    return {
        "at": _iso(main.onset.at),
        "low": _iso(main.onset.low),
        "high": _iso(main.onset.high),
        "end": None if main.end is None else _iso(main.end.at),
        "before": main.before,
        "after": main.after,
    }


def _part_json(part: Part) -> dict[str, Any]:
    return {
        "fields": dict(part.fields),
        "coverage": part.coverage,
        "lift": part.lift,
        "failures": round(part.failures),
        "requests": round(part.requests),
        "sentence": part.sentence,
    }


def _bars_json(bars: Bars) -> dict[str, Any]:
    return {
        "start": bars.start,
        "width": bars.width,
        "total": [round(value) for value in bars.total],
        "failed": [round(value) for value in bars.failed],
    }
