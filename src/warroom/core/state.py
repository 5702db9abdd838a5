"""What an incident is now, as its events have made it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from warroom.core import conduct as k
from warroom.core import events as e
from warroom.core.channels import Delivered, Reported
from warroom.core.drill import DrillScored
from warroom.core.parts import Hypothesis, Reply, Run, Wait
from warroom.core.terms import Terms
from warroom.core.words import (
    Category,
    Check,
    Criterion,
    FollowUpState,
    Outcome,
    Phase,
    Place,
    Priority,
    Role,
)

__all__ = ["Hypothesis", "Incident", "Reply", "Run", "Wait"]


@dataclass(frozen=True, kw_only=True)  # without slots: see fold._but
class Incident:
    """An incident as it stands after some number of its events."""

    id: str
    version: int
    title: str
    service: str
    priority: Priority
    category: Category
    summary: str
    source: str
    declared_at: datetime
    declared_by: str
    changed_at: datetime
    reporter: str = ""
    contact: str = ""
    client: str = ""
    criteria: tuple[Criterion, ...] = ()
    factors: Mapping[str, int] = field(default_factory=dict)
    started_at: datetime | None = None
    detected_at: datetime | None = None
    onset: e.Onset | None = None
    boundary: str = ""
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    roles: Mapping[Role, str] = field(default_factory=dict)
    evidence: tuple[tuple[datetime, e.EvidencePinned], ...] = ()
    runs: tuple[Run, ...] = ()
    contained_at: datetime | None = None
    contained_how: str = ""
    diagnoses: tuple[tuple[datetime, e.Diagnosed], ...] = ()
    fixes: tuple[tuple[datetime, e.FixRecorded], ...] = ()
    updates: tuple[tuple[datetime, e.UpdateSent], ...] = ()
    hypotheses: tuple[Hypothesis, ...] = ()
    changes: tuple[e.ChangeRecorded, ...] = ()
    follow_ups: tuple[e.FollowUpChanged, ...] = ()
    resolved_at: datetime | None = None
    resolution: str = ""
    closed_at: datetime | None = None
    close_override: str = ""
    close_missing: tuple[str, ...] = ()
    """What was missing when it was closed against the checks."""
    reopened: int = 0
    postmortem: str = ""
    postmortem_version: int = 0
    """How many times the postmortem was saved; 0: nobody has touched the draft."""
    postmortem_final_at: datetime | None = None
    snoozed_until: datetime | None = None
    terms: Terms | None = None
    public: str = ""
    """What may be said of it outside."""
    criteria_by: str = ""
    """Who said which criteria hold."""
    waits: tuple[Wait, ...] = ()
    answers: Mapping[str, Reply] = field(default_factory=dict)
    """By the key of the question."""
    merged_into: str = ""
    absorbed: tuple[str, ...] = ()
    links: tuple[k.Linked, ...] = ()
    place: Place = Place.COMPUTED
    place_by: str = ""
    place_reason: str = ""
    calls: tuple[tuple[datetime, k.Called], ...] = ()
    offers: Mapping[Role, k.HandoverOffered] = field(default_factory=dict)
    """Roles offered and not yet accepted."""
    drill: str = ""
    """The drill it belongs to; empty: it is real."""
    score: DrillScored | None = None
    """How the drill went, once it was scored."""
    checks: Mapping[Check, tuple[datetime, k.Measured]] = field(default_factory=dict)
    """The latest result of each check since it was last (re)opened."""
    reports: tuple[Reported, ...] = ()
    """What other systems tell of it: the latest of each group, in the order of their first."""
    notices: Mapping[str, k.NoticeOwed] = field(default_factory=dict)
    """What was said of notices to authorities, by their key."""
    contacts: tuple[tuple[datetime, str, k.Contacted], ...] = ()
    """When, by whom, and who outside was spoken to."""
    attachments: tuple[k.Attached, ...] = ()
    """What follow-ups were given, the latest text of each name."""
    deliveries: Mapping[str, Delivered] = field(default_factory=dict)
    """How the sending of each thing to each channel stands, by `what > channel`."""

    @property
    def waiting_since(self) -> datetime | None:
        """Since when the client is waited for; None: nobody waits."""
        return self.waits[-1].since if self.waits and self.waits[-1].until is None else None

    @property
    def phase(self) -> Phase:
        """Where it stands, the furthest thing reached."""
        if self.closed_at is not None:
            return Phase.CLOSED
        if self.resolved_at is not None:
            return Phase.RESOLVED
        if self.contained_at is not None:
            return Phase.CONTAINED
        if self.acknowledged_at is not None:
            return Phase.ACKNOWLEDGED
        return Phase.DECLARED

    @property
    def commander(self) -> str:
        """Who commands; empty: nobody."""
        return self.roles.get(Role.COMMANDER, "")

    @property
    def ledger(self) -> tuple[Run, ...]:
        """Containments in force, newest first."""
        return tuple(run for run in reversed(self.runs) if run.in_force)

    @property
    def unknown(self) -> tuple[Run, ...]:
        """Steps of which nobody knows whether they ran, oldest first."""
        return tuple(run for run in self.runs if run.outcome is Outcome.UNKNOWN)

    @property
    def diagnosis(self) -> e.Diagnosed | None:
        """The diagnosis as last revised."""
        return self.diagnoses[-1][1] if self.diagnoses else None

    @property
    def open_follow_ups(self) -> tuple[e.FollowUpChanged, ...]:
        """Follow-ups still to be done."""
        return tuple(f for f in self.follow_ups if f.state is FollowUpState.OPEN)

    def attached(self, follow_up: int) -> tuple[k.Attached, ...]:
        """What a follow-up was given to start from."""
        return tuple(one for one in self.attachments if one.follow_up == follow_up)

    def run(self, name: str) -> Run | None:
        """The execution of that name."""
        return next((run for run in self.runs if run.intent.run == name), None)
