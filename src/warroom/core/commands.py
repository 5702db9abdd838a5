"""What somebody wants to happen: imperative, immutable; `decide` says what comes of it.

A command whose facts are exactly those of one event carries that event as `facts`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from warroom.core import events as e
from warroom.core.channels import Delivered, Reported
from warroom.core.conduct import (
    Answered,
    Attached,
    Called,
    Contacted,
    EntryAmended,
    HandoverOffered,
    Linked,
    Measured,
    NoticeOwed,
)
from warroom.core.drill import DrillScored
from warroom.core.words import (
    Audience,
    FixLevel,
    FollowUpKind,
    FollowUpState,
    HypothesisState,
    Place,
    Role,
    UpdateKind,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declare:
    """Open an incident; the only command without an incident."""

    facts: e.Declared


@dataclass(frozen=True, slots=True, kw_only=True)
class Qualify:
    """Settle or change priority, category, factors, title."""

    facts: e.Qualified


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    """Take charge; whoever does it commands if nobody does yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeRole:
    """Give a role to a person; with a briefing it is a hand-over."""

    role: Role
    person: str
    briefing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddNote:
    """Write something down, now or about an earlier moment."""

    text: str
    about: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """Keep a piece of a log as evidence."""

    excerpt: e.Excerpt
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureOnset:
    """Record what the log analysis says."""

    onset: e.Onset
    boundary: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntendStep:
    """Confirm a step; nothing runs before this is stored."""

    facts: e.StepIntended


@dataclass(frozen=True, slots=True, kw_only=True)
class StartStep:
    """Record the identity of the process of a confirmed step."""

    facts: e.StepStarted


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportStep:
    """Record what a running step says of the state that its undo needs."""

    facts: e.StepReported


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishStep:
    """Record how a step ended."""

    facts: e.StepFinished


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleStep:
    """Say what became of an unknown step."""

    run: str
    done: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureEffect:
    """Record what an action did to the failures; a success contains the incident."""

    facts: e.EffectMeasured


@dataclass(frozen=True, slots=True, kw_only=True)
class Contain:
    """Say that the damage has stopped."""

    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepContainment:
    """Let something in force stay until a date, as a follow-up."""

    run: str
    until: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnose:
    """Share what is wrong and when it will be fixed."""

    text: str
    eta: datetime | None = None
    reason: str = ""
    public: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFix:
    """Record a fix at its level; anything less than the root cause opens a follow-up."""

    level: FixLevel
    text: str
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendUpdate:
    """Tell people."""

    kind: UpdateKind
    audience: Audience
    text: str
    next_due: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesise:
    """Propose a hypothesis (number None) or move one on."""

    state: HypothesisState
    text: str = ""
    number: int | None = None
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordChange:
    """Record that something changed."""

    facts: e.ChangeRecorded


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """Open a follow-up (number None) or change one."""

    kind: FollowUpKind
    text: str
    number: int | None = None
    state: FollowUpState = FollowUpState.OPEN
    owner: str = ""
    due: datetime | None = None
    link: str = ""
    public: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolve:
    """Say that the failure is gone."""

    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """End the incident; with a reason also when something is missing."""

    override: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopen:
    """Say that it was not over."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EditPostmortem:
    """Save the postmortem; `base` is the version it was edited from."""

    text: str
    base: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishPostmortem:
    """Mark the postmortem final."""

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snooze:
    """Take the incident off the top of the queue until a time."""

    until: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Wait for the client; the clocks that the terms name stand still."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """Go on: the client answered."""

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Answer one of the method's questions."""

    facts: Answered


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeInto:
    """Let it go on in another incident; its own history stays."""

    into: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Absorb:
    """Take in another incident: the other half of `MergeInto`."""

    other: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitOff:
    """Let a merged incident go on by itself."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Let go of an incident taken in: the other half of `SplitOff`."""

    other: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Say that it has to do with another incident."""

    facts: Linked


@dataclass(frozen=True, slots=True, kw_only=True)
class Reorder:
    """Put it first or last in the queue, or back where its facts put it."""

    place: Place
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wake:
    """End a snooze before its time."""

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Record that somebody was called."""

    facts: Called


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferHandover:
    """Offer a role with a briefing; it moves when it is accepted."""

    facts: HandoverOffered


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerHandover:
    """Accept or decline a role that was offered to you."""

    role: Role
    accepted: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amend:
    """Tell an entry of the timeline in other words or at another time."""

    facts: EntryAmended


@dataclass(frozen=True, slots=True, kw_only=True)
class OweNotice:
    """Say that somebody outside must be told by a date, or why they need not be."""

    facts: NoticeOwed


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordContact:
    """Record that somebody outside was spoken to."""

    facts: Contacted


@dataclass(frozen=True, slots=True, kw_only=True)
class Attach:
    """Give a follow-up a text to start from."""

    facts: Attached


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCheck:
    """Record what a check before closing found."""

    facts: Measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Record what another system told about it."""

    facts: Reported


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDelivery:
    """Record how the sending of something went."""

    facts: Delivered


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreDrill:
    """Record how a drill went."""

    facts: DrillScored


ConductCommand: TypeAlias = (
    Wait
    | Resume
    | Answer
    | MergeInto
    | Absorb
    | SplitOff
    | Release
    | Link
    | Reorder
    | Wake
    | Call
    | OfferHandover
    | AnswerHandover
    | Amend
    | OweNotice
    | RecordContact
    | Attach
    | RecordCheck
    | Report
    | RecordDelivery
    | ScoreDrill
)

Command: TypeAlias = (
    Declare
    | Qualify
    | Acknowledge
    | TakeRole
    | AddNote
    | Pin
    | MeasureOnset
    | IntendStep
    | StartStep
    | ReportStep
    | FinishStep
    | SettleStep
    | MeasureEffect
    | Contain
    | KeepContainment
    | Diagnose
    | RecordFix
    | SendUpdate
    | Hypothesise
    | RecordChange
    | FollowUp
    | Resolve
    | Close
    | Reopen
    | EditPostmortem
    | FinishPostmortem
    | Snooze
    | ConductCommand
)
