"""What can have happened to an incident: past tense, immutable, the only thing that is stored.

An event carries facts and no arithmetic: shares are stored as their two counts, durations in
milliseconds, because the canonical form knows no floats. `KINDS` maps the stored name of an event
to its class; a name, once released, is never reused for another meaning.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from warroom.core.canonical import Json
from warroom.core.codec import decode, encode
from warroom.core.conduct import CONDUCT_KINDS, Conduct
from warroom.core.terms import Terms
from warroom.core.words import (
    Audience,
    Category,
    ChangeKind,
    ContainmentKind,
    Criterion,
    FixLevel,
    FollowUpKind,
    FollowUpState,
    HypothesisState,
    Outcome,
    Priority,
    Role,
    StepAction,
    UpdateKind,
    Verdict,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """A piece of a log, kept as evidence with what proves where it came from."""

    source: str
    offset: int
    """Bytes from the start of the source when it was read; -1 without positions."""
    sha256: str
    """Of the raw bytes, before any decoding."""
    text: str
    at: datetime | None = None
    """The time in the log line, if it had one."""
    lines: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Onset:
    """Since when, as measured from a log: the instant and the bounds it lies in."""

    at: datetime
    low: datetime
    high: datetime
    sentence: str
    end: datetime | None = None
    kind: str = "5xx"
    """The outcome that is counted: 5xx, errors, 499, slow, 4xx, silence."""
    slices: tuple[Mapping[str, str], ...] = ()
    """The failing slices, values by field; none where everything is affected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """An incident was opened."""

    title: str
    service: str = ""
    priority: Priority = Priority.P2
    category: Category = Category.PRODUCTION
    summary: str = ""
    criteria: tuple[Criterion, ...] = ()
    factors: Mapping[str, int] = field(default_factory=dict)
    """Weight 0 to 3 by the name of a `Factor`; a missing factor is an open question."""
    source: str = "console"
    """Through which channel the report came."""
    reporter: str = ""
    contact: str = ""
    started_at: datetime | None = None
    """When it began according to the reporter or the log; None is an open question."""
    detected_at: datetime | None = None
    """When anybody or anything first noticed it."""
    onset: Onset | None = None
    boundary: str = ""
    """Who is affected, in one sentence of the log analysis."""
    evidence: tuple[Excerpt, ...] = ()
    client: str = ""
    terms: Terms | None = None
    """The agreement it runs under; None: the default times, around the clock."""
    public: str = ""
    """What may be said of it outside, in one sentence without inside knowledge."""
    drill: str = ""
    """The drill it belongs to; empty: it is real."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Qualified:
    """Priority and its reasons were settled or changed; None leaves a thing as it was."""

    priority: Priority | None = None
    category: Category | None = None
    criteria: tuple[Criterion, ...] | None = None
    factors: Mapping[str, int] | None = None
    title: str | None = None
    service: str | None = None
    summary: str | None = None
    started_at: datetime | None = None
    reason: str = ""
    client: str | None = None
    contact: str | None = None
    public: str | None = None
    terms: Terms | None = None
    """What a changed client or service leads to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """Somebody took charge: the response clock stops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleTaken:
    """A person holds a role from now on; an empty name frees it."""

    role: Role
    person: str
    briefing: str = ""
    """What was told at the hand-over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteAdded:
    """Somebody wrote something down."""

    text: str
    about: datetime | None = None
    """When it happened, if not now: a back-dated note says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidencePinned:
    """A piece of a log was pinned to the timeline."""

    excerpt: Excerpt
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnsetMeasured:
    """The log analysis said since when and who is affected."""

    onset: Onset
    boundary: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepIntended:
    """Somebody confirmed a step; stored before its process starts."""

    run: str
    """Unique name of this one execution."""
    runbook: str
    """File name of the runbook without its suffix."""
    title: str
    """What the runbook is for."""
    kind: ContainmentKind
    step: int
    """Number of the step, from 1."""
    step_title: str
    action: StepAction
    command: str
    """The exact text that runs, as it was previewed."""
    sha256: str
    """Of the runbook file that was previewed."""
    params: Mapping[str, str] = field(default_factory=dict)
    """What the step was given; values of secrets are never in here."""
    blast_radius: str = ""
    undo: str = ""
    """The exact text of the undo; empty: there is no way back."""
    undoes: str = ""
    """For an undo, the run it takes back."""
    confirmed: str = ""
    """What was pressed or typed."""
    console: str = ""
    """Process id, start time and boot of the console that runs it, parted by spaces: while that
    lives, nobody else may say what became of the step."""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted:
    """The process of a step exists; what identifies it even after its number is used again."""

    run: str
    pid: int
    start_ticks: int
    boot_id: str
    state: Mapping[str, str] = field(default_factory=dict)
    """What the check before it read, kept before anything is changed: a console that dies in the
    middle leaves behind what an undo needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReported:
    """A running step said what its undo will need; stored before it is shown."""

    run: str
    state: Mapping[str, str]
    """By name, only what is new or different; secrets removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFinished:
    """A step ended; stored after its process is gone."""

    run: str
    outcome: Outcome
    exit_status: int | None = None
    milliseconds: int = 0
    output: str = ""
    """Head and tail of what it printed, secrets removed."""
    output_bytes: int = 0
    state: Mapping[str, str] = field(default_factory=dict)
    """What the step said about the state before it, for the undo."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSettled:
    """A person said what became of an unknown step, after looking."""

    run: str
    done: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectMeasured:
    """What the log says an action did: failures and requests before and after."""

    run: str
    verdict: Verdict
    before_failures: int
    before_requests: int
    after_failures: int
    after_requests: int
    seconds: int
    """Length of the time after the action that was looked at."""
    sentence: str
    before_since: datetime | None = None
    """From when on the failures before were counted, up to the confirmation of the step."""
    after_since: datetime | None = None
    after_until: datetime | None = None
    """Between which instants the requests afterwards were counted: anybody can count again."""
    source: str = ""
    """Who counted: empty for the logs, else the name of a monitoring system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contained:
    """The damage stopped."""

    how: str
    run: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainmentKept:
    """Something in force stays for now: until when and why."""

    run: str
    until: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosed:
    """What is wrong and when it will be fixed; later ones revise earlier ones."""

    text: str
    eta: datetime | None = None
    reason: str = ""
    """Why a revision was needed."""
    public: str = ""
    """The cause as it may be told outside; empty: nothing of it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FixRecorded:
    """A fix exists, at its level."""

    level: FixLevel
    text: str
    reference: str = ""
    """Branch, commit or ticket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateSent:
    """People were told."""

    kind: UpdateKind
    audience: Audience
    text: str
    next_due: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HypothesisChanged:
    """A hypothesis was proposed or moved on."""

    hypothesis: int
    """Number within the incident, from 1."""
    text: str
    state: HypothesisState
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRecorded:
    """Something changed around the service; a correlation until somebody confirms it."""

    kind: ChangeKind
    text: str
    happened_at: datetime
    release: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpChanged:
    """A follow-up was opened or changed."""

    follow_up: int
    """Number within the incident, from 1."""
    kind: FollowUpKind
    text: str
    state: FollowUpState = FollowUpState.OPEN
    owner: str = ""
    due: datetime | None = None
    link: str = ""
    public: bool = False
    """Whether its text may be told outside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """The failure is gone."""

    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """The incident is over; an override says why, though something was missing."""

    override: str = ""
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopened:
    """It was not over."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PostmortemEdited:
    """The postmortem has a new text."""

    text: str
    base: int
    """Version of the text it was edited from; 0 is the draft."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostmortemFinished:
    """The review marked the postmortem final."""

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snoozed:
    """The incident leaves the top of the queue until a time."""

    until: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opaque:
    """An event of a kind this version does not know: kept, shown, never acted on."""

    kind: str
    payload: Mapping[str, Json]


Event: TypeAlias = (
    Declared
    | Qualified
    | Acknowledged
    | RoleTaken
    | NoteAdded
    | EvidencePinned
    | OnsetMeasured
    | StepIntended
    | StepStarted
    | StepReported
    | StepFinished
    | StepSettled
    | EffectMeasured
    | Contained
    | ContainmentKept
    | Diagnosed
    | FixRecorded
    | UpdateSent
    | HypothesisChanged
    | ChangeRecorded
    | FollowUpChanged
    | Resolved
    | Closed
    | Reopened
    | PostmortemEdited
    | PostmortemFinished
    | Snoozed
    | Conduct
    | Opaque
)

KINDS: Mapping[str, type[Event]] = {
    "declared": Declared,
    "qualified": Qualified,
    "acknowledged": Acknowledged,
    "role_taken": RoleTaken,
    "note_added": NoteAdded,
    "evidence_pinned": EvidencePinned,
    "onset_measured": OnsetMeasured,
    "step_intended": StepIntended,
    "step_started": StepStarted,
    "step_reported": StepReported,
    "step_finished": StepFinished,
    "step_settled": StepSettled,
    "effect_measured": EffectMeasured,
    "contained": Contained,
    "containment_kept": ContainmentKept,
    "diagnosed": Diagnosed,
    "fix_recorded": FixRecorded,
    "update_sent": UpdateSent,
    "hypothesis_changed": HypothesisChanged,
    "change_recorded": ChangeRecorded,
    "follow_up_changed": FollowUpChanged,
    "resolved": Resolved,
    "closed": Closed,
    "reopened": Reopened,
    "postmortem_edited": PostmortemEdited,
    "postmortem_finished": PostmortemFinished,
    "snoozed": Snoozed,
    **CONDUCT_KINDS,
}

_NAMES = {event: name for name, event in KINDS.items()}


def kind_of(event: Event) -> str:
    """Return the stored name of an event."""
    return event.kind if isinstance(event, Opaque) else _NAMES[type(event)]


def to_payload(event: Event) -> dict[str, Json]:
    """Return what is stored of an event besides its kind."""
    if isinstance(event, Opaque):
        return dict(event.payload)
    payload = encode(event)
    assert isinstance(payload, dict)  # noqa: S101 - a dataclass always encodes to an object
    return payload


def from_payload(kind: str, payload: dict[str, Json]) -> Event:
    """Return the event of a stored kind and payload; an unknown kind becomes `Opaque`.

    Raises:
        CannotDecode: If the payload does not fit its kind.
    """
    known = KINDS.get(kind)
    return Opaque(kind=kind, payload=payload) if known is None else decode(known, payload)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An event with its place in the journal."""

    seq: int
    """Position in the whole journal, from 1, without gaps."""
    incident: str
    version: int
    """Position among the events of its incident, from 1."""
    at: datetime
    actor: str
    device: str
    command_id: str
    event: Event
