"""What the review asks: how to learn faster, and how well the service would stand the next blow.

The questions of resilience recur: an answer given in one incident of a service holds for a while
and is due again after that, whether or not there was another incident.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from warroom.core.parts import Reply
from warroom.core.state import Incident


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One question of the review."""

    key: str
    text: str
    every: timedelta | None = None
    """How long an answer holds; None: it is asked once an incident."""


_DAYS = timedelta(days=1)

LEARNING: tuple[Asking, ...] = (
    Asking(key="learn.detection", text="How long did detection take, and how do we shorten that?"),
    Asking(
        key="learn.diagnosis",
        text="What made diagnosis slow, and what would have made it faster?",
    ),
    Asking(key="learn.test", text="Should a test have caught it? Which one do we add?"),
    Asking(key="learn.elsewhere", text="Where else in the code can the same class of fault hide?"),
)
"""The four questions that make a review worth its time."""

# How long each holds: a restore that was never repeated is a hope, so it comes round soonest.
RESILIENCE: tuple[Asking, ...] = (
    Asking(
        key="review.redundancy",
        text="What is there once only, and what happens when that is gone?",
        every=180 * _DAYS,
    ),
    Asking(
        key="review.circuit_breaker",
        text="Which calls to others have a time-out and a circuit breaker, and which do not?",
        every=180 * _DAYS,
    ),
    Asking(
        key="review.bulkhead",
        text="Can one client, route or job use up what the others need?",
        every=180 * _DAYS,
    ),
    Asking(
        key="review.degradation",
        text="What still works when a part is switched off, and who has tried it?",
        every=180 * _DAYS,
    ),
    Asking(
        key="review.monitoring",
        text="Which failure of this service would nobody be told of today?",
        every=90 * _DAYS,
    ),
    Asking(
        key="review.backup",
        text="Which backup was restored last, when, and how long did it take?",
        every=30 * _DAYS,
    ),
    Asking(
        key="review.training",
        text="Who has practised this containment, and when is the next drill?",
        every=90 * _DAYS,
    ),
)
"""The questions of the resilience review."""

REVIEW_KEYS = frozenset(question.key for question in (*LEARNING, *RESILIENCE))
"""Every key of the review."""

FACTORS = ("technical", "process", "human")
"""The three kinds of contributing factors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurringCheck:
    """One question of resilience about one service, with its last answer."""

    service: str
    asking: Asking
    last: Reply | None
    incident: str
    """Where it was answered last; empty: never."""
    due: datetime
    """From when it is asked again."""

    def overdue(self, now: datetime) -> bool:
        """Whether its answer is too old, was a gap, or never came."""
        return self.last is None or not self.last.known or self.due <= now


def recurring(incidents: Iterable[Incident]) -> tuple[RecurringCheck, ...]:
    """Return each question of each service that had an incident, the longest due first.

    The newest answer counts, a gap (not known) as well: it is due at once.
    """
    since: dict[str, datetime] = {}
    last: dict[tuple[str, str], tuple[Reply, str]] = {}
    for incident in incidents:
        if not incident.service:
            continue
        first = since.get(incident.service, incident.declared_at)
        since[incident.service] = min(first, incident.declared_at)
        for key, reply in incident.answers.items():
            known = last.get((incident.service, key))
            if known is None or reply.at > known[0].at:
                last[incident.service, key] = (reply, incident.id)
    found = [
        _check(service, asking, began, last)
        for service, began in since.items()
        for asking in RESILIENCE
    ]
    return tuple(sorted(found, key=lambda check: (check.due, check.service, check.asking.key)))


def _check(
    service: str,
    asking: Asking,
    began: datetime,
    last: Mapping[tuple[str, str], tuple[Reply, str]],
) -> RecurringCheck:
    reply, incident = last.get((service, asking.key), (None, ""))
    due = began
    if reply is not None:
        due = reply.at + (asking.every or timedelta()) if reply.known else reply.at
    return RecurringCheck(service=service, asking=asking, last=reply, incident=incident, due=due)
