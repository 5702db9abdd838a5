"""The timeline: every event as one line a person reads."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import get_args

from warroom.core import conduct as k
from warroom.core import events as e
from warroom.core import spell
from warroom.core.fold import replay
from warroom.core.state import Incident
from warroom.core.telling import tell
from warroom.core.words import Audience, HypothesisState, Outcome, StepAction, Verdict

_CONDUCT = get_args(k.Conduct)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One line: when, a mark, a word, who, and what."""

    number: int
    """Position in the incident's journal; `T12` in a postmortem means number 12."""
    at: datetime
    mark: str
    """A glyph of one cell."""
    word: str
    tone: str
    """Name of the colour token its mark and word take."""
    actor: str
    text: str
    """Foreign: to be cleaned before it is drawn."""
    back_dated: bool = False
    run: str = ""
    kind: str = ""
    """The stored name of its event: what a filter names."""
    original: str = ""
    """Its text before it was amended; empty: it was not."""
    original_at: datetime | None = None
    """Its time before it was moved; None: it was not."""

    public: str = ""
    """Who outside reads it: `client` or `public`; empty: nobody."""

    @property
    def amended(self) -> bool:
        """Whether it is told otherwise than it was kept."""
        return bool(self.original) or self.original_at is not None


def timeline(
    records: Iterable[e.Recorded], kinds: Collection[str] = ()
) -> tuple[TimelineEntry, ...]:
    """Return the entries in the order in which things happened.

    A back-dated note stands at the time it is about and says so; an amended entry says what it was.
    Saving the postmortem and the identity of a process are not worth a line.

    Args:
        records: The events of one incident.
        kinds: Stored names of events, or words of the timeline (`note`, `update`); none: all.
    """
    records = tuple(records)
    amended = [record.event for record in records if isinstance(record.event, k.EntryAmended)]
    found = [_amended(entry, amended) for entry in _entries(records)]
    if kinds:
        found = [entry for entry in found if entry.kind in kinds or entry.word in kinds]
    return tuple(sorted(found, key=lambda entry: (entry.at, entry.number)))


def as_of(records: Iterable[e.Recorded], at: datetime) -> Incident | None:
    """Return the incident as it stood at an instant; None: it had not been declared."""
    return replay(record for record in records if record.at <= at)


def _amended(entry: TimelineEntry, amendments: Iterable[k.EntryAmended]) -> TimelineEntry:
    if entry.word == "onset" and entry.kind == "declared":
        return entry  # its number is that of the declaration, whose words are amended
    for event in amendments:
        if event.entry != entry.number:
            continue
        if event.text is not None:
            entry = replace(entry, original=entry.original or entry.text, text=event.text)
        if event.at is not None:
            entry = replace(entry, original_at=entry.original_at or entry.at, at=event.at)
    return entry


def _entries(records: Iterable[e.Recorded]) -> Iterator[TimelineEntry]:
    titles: dict[str, e.StepIntended] = {}
    for record in records:
        if isinstance(record.event, e.StepIntended):
            titles[record.event.run] = record.event
        told = _tell(record.event, titles)
        if told is None:
            continue
        mark, word, tone, text = told
        at, back_dated = record.at, False
        event = record.event
        if isinstance(event, e.NoteAdded) and event.about is not None:
            at, back_dated = event.about, True
        elif isinstance(event, e.ChangeRecorded):
            at = event.happened_at
        elif isinstance(event, e.OnsetMeasured):
            at = event.onset.at
        elif isinstance(event, e.Declared) and event.onset is not None:
            yield _onset_entry(record, event, event.onset)
        yield TimelineEntry(
            number=record.version,
            at=at,
            mark=mark,
            word=word,
            tone=tone,
            actor=record.actor,
            text=text,
            back_dated=back_dated,
            run=getattr(record.event, "run", ""),
            kind=e.kind_of(record.event),
            public=_readers(event),
        )


def _readers(event: e.Event) -> str:
    outside = isinstance(event, e.UpdateSent) and event.audience is not Audience.INTERNAL
    return event.audience.value if isinstance(event, e.UpdateSent) and outside else ""


def _onset_entry(record: e.Recorded, event: e.Declared, onset: e.Onset) -> TimelineEntry:
    boundary = f"; {event.boundary}" if event.boundary else ""
    return TimelineEntry(
        number=record.version,
        at=onset.at,
        mark="▲",
        word="onset",
        tone="s5",
        actor="log",
        kind="declared",
        text=onset.sentence + boundary,
    )


def _until(words: str, reason: str) -> str:
    return f"{words} UTC: {reason}" if reason else f"{words} UTC"


def _tell(  # one line per kind is the clearest form
    event: e.Event, titles: dict[str, e.StepIntended]
) -> tuple[str, str, str, str] | None:
    match event:
        case e.Declared(priority=priority, title=title, summary=summary):
            return (
                "!",
                "declared",
                "s5",
                f"{priority}: {title}" + (f" — {summary}" if summary else ""),
            )
        case e.Qualified():
            return "·", "qualified", "text", _qualified(event)
        case e.Acknowledged():
            return "✓", "acknowledged", "ok", "takes charge"
        case e.RoleTaken(role=role, person=person, briefing=briefing):
            words = f"{person or 'nobody'} is {role.value}" + (f": {briefing}" if briefing else "")
            return "✓", "role", "ok", words
        case e.NoteAdded(text=text):
            return "–", "note", "text", text
        case e.EvidencePinned(excerpt=excerpt, note=note):
            return "◇", "pinned", "accent", f"{note}: {excerpt.text}" if note else excerpt.text
        case e.OnsetMeasured(onset=onset, boundary=boundary):
            return "▲", "onset", "s5", onset.sentence + (f"; {boundary}" if boundary else "")
        case e.StepIntended() | e.StepFinished() | e.StepSettled() | e.EffectMeasured():
            return _tell_step(event, titles)
        case e.Contained(how=how):
            return "●", "contained", "ok", how
        case e.ContainmentKept(until=until, reason=reason):
            return "●", "kept", "warn", _until(f"stays until {until:%Y-%m-%d %H:%M}", reason)
        case e.Diagnosed(text=text, eta=eta, reason=reason):
            fix_by = f"; fixed by {eta:%H:%M} UTC" if eta else ""
            why = f" (revised: {reason})" if reason else ""
            return "✓", "diagnosis", "ok", text + fix_by + why
        case e.FixRecorded(level=level, text=text, reference=reference):
            return "✓", level.value.replace("_", " "), "ok", f"{text} {reference}".strip()
        case e.UpdateSent(audience=audience, text=text):
            return "»", "update", "accent", f"{audience.value}: {text}"
        case e.HypothesisChanged(state=state, text=text, evidence=evidence):
            tone = "mute" if state is HypothesisState.RULED_OUT else "p2"
            mark = {HypothesisState.RULED_OUT: "✓", HypothesisState.CONFIRMED: "✓"}.get(state, "?")
            word = (
                "hypothesis" if state is HypothesisState.PROPOSED else state.value.replace("_", " ")
            )
            return mark, word, tone, f"{text}: {evidence}" if evidence else text
        case e.ChangeRecorded(text=text):
            return "◆", "change", "p2", text
        case e.FollowUpChanged(text=text, owner=owner, state=state):
            who = f" ({owner})" if owner else ""
            return "·", "follow-up", "text", f"{state.value}: {text}{who}"
        case e.Resolved(text=text):
            return "✓", "resolved", "ok", text
        case e.Closed(override=override, missing=gaps):
            words = f"override: {override}; missing: {'; '.join(gaps)}" if override else ""
            return "✓", "closed", "warn" if override else "ok", words
        case e.Reopened(reason=reason):
            return "!", "reopened", "s5", reason
        case e.PostmortemFinished(reason=reason):
            return "✓", "postmortem", "ok", f"final {reason}".strip()
        case e.Snoozed(until=until, reason=reason):
            return "z", "snoozed", "mute", _until(f"until {until:%H:%M}", reason)
        case e.Opaque(kind=kind):
            return "·", kind, "mute", "written by a newer version"
        case _:
            return tell(event) if isinstance(event, _CONDUCT) else None


def _tell_step(
    event: e.StepIntended | e.StepFinished | e.StepSettled | e.EffectMeasured,
    titles: dict[str, e.StepIntended],
) -> tuple[str, str, str, str]:
    if isinstance(event, e.StepIntended):
        verb = "confirms" if event.action is StepAction.RUN else event.action.value
        return "▸", "step", "accent", f"{verb}: {event.title}, step {event.step} {event.step_title}"
    intent = titles.get(event.run)
    name = f"{intent.title}, step {intent.step}" if intent else event.run
    match event:
        case e.StepFinished(outcome=Outcome.SUCCEEDED, milliseconds=ms):
            word = "undone" if intent and intent.action is StepAction.UNDO else "done"
            return "✓", word, "ok", f"{name} ({ms / 1000:.1f} s)"
        case e.StepFinished(outcome=outcome, exit_status=status, milliseconds=ms):
            code = f", exit status {status}" if status is not None else ""
            word = outcome.value.replace("_", " ")
            return "✗", word, "s5", f"{name}{code} after {ms / 1000:.1f} s"
        case e.StepSettled(done=done, reason=reason):
            said = "was done" if done else "was not done"
            return "✓", "settled", "text", f"{name} {said} {reason}".strip()
        case e.EffectMeasured(verdict=verdict, sentence=sentence):
            tone = {Verdict.SOLVED: "ok", Verdict.HELPED: "ok", Verdict.WORSE: "s5"}.get(
                verdict, "warn"
            )
            return "●", "effect", tone, f"{name}: {sentence}"


def _qualified(event: e.Qualified) -> str:
    words = []
    if event.priority:
        words.append(event.priority.value)
    if event.title:
        words.append(f"title: {event.title}")
    if event.service:
        words.append(f"service: {event.service}")
    if event.category:
        words.append(event.category.value.replace("_", " "))
    if event.criteria is not None:
        words.append("critical: " + (", ".join(x.value for x in event.criteria) or "nothing"))
    if event.started_at:
        words.append(f"began {spell.clock_time(event.started_at)}")
    if event.reason:
        words.append(f"because {event.reason}")
    return "; ".join(words)
