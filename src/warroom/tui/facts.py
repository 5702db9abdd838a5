"""What can be inserted into a postmortem: measures, timeline entries, pinned lines, the chart.

Whatever has an entry in the timeline is inserted as a reference to it (`[T12]`), which preview and
report show in the entry's current words; a measure carries its figure in front of the reference.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from warroom.core import spell
from warroom.core.chart import chart, chart_text
from warroom.core.draft_times import began
from warroom.core.impact import Impact
from warroom.core.references import by_number, escape
from warroom.core.state import Incident
from warroom.core.text import clean_text
from warroom.core.timeline import TimelineEntry
from warroom.tui.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing to insert."""

    label: str
    value: str
    """Foreign: to be cleaned before it is drawn."""
    text: str
    """What is inserted, clean."""
    token: str = "text"
    block: bool = False
    """Whether it stands on lines of its own."""


_MEASURES = (
    ("acknowledged", "acknowledged"),
    ("contained", "contained"),
    ("diagnosed", "diagnosed"),
    ("resolved", "resolved"),
)
"""A label and the kind of entry that proves it; each counts from the declaration."""


def facts(snapshot: Snapshot) -> tuple[Fact, ...]:
    """Return everything that can be inserted now: measures, chart, pinned lines, the timeline."""
    incident = snapshot.current
    if incident is None:
        return ()
    known = tuple(by_number(snapshot.timeline).values())
    return (
        *_times(incident, known),
        *_counted(incident, snapshot.impact),
        *_found(incident, known),
        *_pinned(incident, known),
        *(_entry(entry) for entry in known),
    )


def _reference(entries: Iterable[TimelineEntry], kind: str) -> str:
    found = next((entry for entry in entries if entry.kind == kind), None)
    return f" [T{found.number}]" if found else ""


def _times(incident: Incident, entries: tuple[TimelineEntry, ...]) -> Iterator[Fact]:
    onset = began(incident)
    if onset is not None:
        proof = _reference(entries, "onset_measured") or _reference(entries, "declared")
        yield Fact("onset", f"{onset:%H:%M:%S}", f"{onset:%H:%M:%S} UTC{proof}", "s5")
        seen = incident.detected_at or incident.declared_at
        if seen >= onset:
            took = spell.in_prose(seen - onset)
            proof = _reference(entries, "declared")
            yield Fact("detected", f"{took} later", f"{took} after the onset{proof}", "ok")
    reached: dict[str, datetime | None] = {
        "acknowledged": incident.acknowledged_at,
        "contained": incident.contained_at,
        "diagnosed": incident.diagnoses[0][0] if incident.diagnoses else None,
        "resolved": incident.resolved_at,
    }
    for label, kind in _MEASURES:
        at = reached[label]
        if at is not None:
            took = spell.in_prose(at - incident.declared_at)
            proof = _reference(entries, kind)
            yield Fact(label, f"{took} after", f"{took} after the declaration{proof}", "ok")


def _counted(incident: Incident, impact: Impact | None) -> Iterator[Fact]:
    if impact is None:
        return
    share = spell.share(impact.failures, impact.requests)
    failed, whole = spell.count(impact.failures), spell.count(impact.requests)
    words = f"{failed} of {whole} requests failed ({share})"
    yield Fact("failed requests", f"{failed} of {whole}, {share}", words, "s5")
    if impact.clients is not None:
        clients = spell.count(impact.clients)
        yield Fact("clients", clients, f"{clients} client addresses saw a failure")
    lost = spell.in_prose(impact.lost)
    yield Fact("service lost", lost, f"{lost} of the agreed service were lost")
    if impact.series is not None:
        series = impact.series
        pairs = zip(series.failed, series.total, strict=True)
        shares = [failed / total if total else 0.0 for failed, total in pairs]
        step = shares.index(max(shares))
        worst = spell.share(series.failed[step], series.total[step])
        at = f"{series.at(step):%H:%M:%S}"
        yield Fact("worst moment", f"{worst} at {at}", f"{worst} at {at} UTC", "s5")
        marks = {
            "onset": began(incident),
            "declared": incident.declared_at,
            "contained": incident.contained_at,
            "resolved": incident.resolved_at,
        }
        drawn = chart_text(chart(series, marks))
        yield Fact("chart", "5xx over time", drawn, "accent", block=True)


def _found(incident: Incident, entries: tuple[TimelineEntry, ...]) -> Iterator[Fact]:
    if incident.boundary:
        words = escape(str(clean_text(incident.boundary)))
        proof = _reference(entries, "onset_measured") or _reference(entries, "declared")
        yield Fact("boundary", incident.boundary, words + proof)
    onset = began(incident)
    before = [one for one in incident.changes if onset is not None and one.happened_at <= onset]
    if onset is not None and before:
        last = max(before, key=lambda one: one.happened_at)
        took = spell.in_prose(onset - last.happened_at)
        proof = next((f" [T{x.number}]" for x in entries
                      if x.kind == "change_recorded" and x.at == last.happened_at), "")  # fmt: skip
        text = f"{escape(str(clean_text(last.text)))}, {took} before the onset{proof}"
        yield Fact("trigger?", f"{last.text}, {took} before", text, "p2")


def _pinned(incident: Incident, entries: tuple[TimelineEntry, ...]) -> Iterator[Fact]:
    numbers = [entry.number for entry in entries if entry.kind == "evidence_pinned"]
    kept = [pinned.excerpt for _, pinned in incident.evidence]
    for number, excerpt in zip(sorted(numbers), kept, strict=False):
        words = "\n".join(
            f"│ {row}" if row.lstrip().startswith(("```", "~~~")) else row
            for row in str(clean_text(excerpt.text)).strip("\n").split("\n")
        )  # a line of the log must not end the block
        source = escape(str(clean_text(excerpt.source)))
        block = f"From {source} [T{number}]:\n\n```\n{words}\n```"
        first = words.split("\n", 1)[0]
        yield Fact(f"pinned T{number}", first, block, "accent", block=True)


def _entry(entry: TimelineEntry) -> Fact:
    words = f"{entry.at:%H:%M:%S} {entry.word} {entry.text}".strip()
    return Fact(f"T{entry.number}", words, f"[T{entry.number}]", entry.tone)
