"""The questions the method asks, each with what it means; unanswered ones stay open."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from warroom.core.state import Incident
from warroom.core.words import Category, Criterion, Factor, FixLevel


class Group(StrEnum):
    """When a question is asked."""

    INTAKE = "intake"
    CRITERIA = "criteria"
    FACTORS = "factors"
    CHECKLIST = "checklist"
    DIAGNOSIS = "diagnosis"
    FIX = "fix"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question."""

    key: str
    group: Group
    text: str
    help: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question with its answer."""

    question: Question
    answer: str = ""
    by: str = ""
    unknown: bool = False
    """Somebody looked and could not tell: it stays open."""

    @property
    def open(self) -> bool:
        """Whether it still waits for an answer."""
        return not self.answer


CRITERIA: Mapping[Criterion, str] = {
    Criterion.REVENUE: "money is lost while it lasts",
    Criterion.DATA_EXPOSURE: "data is seen by, or may reach, people it is not for",
    Criterion.CORE_FUNCTION: "what the service is bought for does not work",
    Criterion.SLA_BREACH: "a promise in a contract is broken or will be",
}
"""What makes an incident critical, in words: any one of them makes P1 the default."""

FACTORS: Mapping[Factor, tuple[str, tuple[str, str, str, str]]] = {
    Factor.BUSINESS: (
        "How much does it hurt the business?",
        ("not at all", "an annoyance", "revenue or trust suffers", "the business stands still"),
    ),
    Factor.USERS: (
        "How many users are affected?",
        ("nobody outside", "a few", "many", "nearly all"),
    ),
    Factor.DATA_LOSS: (
        "Can data be lost or spoilt?",
        ("no", "it can be restored", "some may be lost", "it is being lost now"),
    ),
    Factor.SECURITY: (
        "Does it touch security?",
        ("no", "a weakness", "likely misused", "an intruder is active"),
    ),
    Factor.NO_WORKAROUND: (
        "Is there a way around it?",
        ("an easy one", "a slow one", "for some only", "none"),
    ),
    Factor.COMPLEXITY: (
        "How hard is it to recover?",
        ("one step", "a known procedure", "several systems", "nobody knows yet"),
    ),
}
"""The six factors: the question, and what the weights 0 to 3 mean."""

_CHECKLISTS: Mapping[Category, tuple[tuple[str, str], ...]] = {
    Category.FUNCTIONAL: (
        ("path", "Which action, by whom, with which data fails?"),
        ("last_good", "When did it last work, and in which release?"),
        ("others", "Do other actions that share its code work?"),
    ),
    Category.PRODUCTION: (
        ("scope", "Which services, hosts and routes fail, and which do not?"),
        ("resources", "Are memory, disk, connections or threads used up?"),
        ("load", "Did the load change?"),
        ("restart", "Would a restart destroy what is needed to find the cause?"),
    ),
    Category.DATA: (
        ("stop_writing", "Has everything that writes wrong data been stopped?"),
        ("extent", "Which records are wrong, missing or doubled, since when?"),
        ("backup", "Which backup is the last good one, and was it tested?"),
        ("downstream", "Who has received the wrong data already?"),
    ),
    Category.INTEGRATION: (
        ("side", "Which side fails: ours, the network, theirs?"),
        ("credentials", "Did a certificate, key or address expire or change?"),
        ("backlog", "What piles up meanwhile, and can it be replayed?"),
        ("partner", "Who was told on the other side?"),
    ),
    Category.SECURITY: (
        ("contained", "Is the way in closed, and are its credentials revoked?"),
        ("evidence", "Is the evidence preserved before anything is cleaned?"),
        ("exposed", "Which data of whom was reachable?"),
        ("duties", "Whom must we inform by law or contract, and by when?"),
    ),
    Category.PERFORMANCE: (
        ("slow", "Which requests are slow, for whom, since when?"),
        ("bottleneck", "What do they wait for: processor, database, lock, network?"),
        ("growth", "Does it grow with load, data or time?"),
    ),
    Category.THIRD_PARTY: (
        ("status", "What does the provider's status page say?"),
        ("workaround", "Which workaround can be offered at once?"),
        ("contact", "Was the publisher contacted, and under which ticket?"),
        ("alternative", "Is there an alternative, and what would a switch take?"),
    ),
}

_DIAGNOSIS = (
    ("trigger", "What triggers it?", "An action, a shape of data, a time, a load."),
    ("reproduce", "Can it be reproduced outside production?", "How, with which request."),
    (
        "staging",
        "What is different between staging and production?",
        "Where it cannot be reproduced, the cause often lies in that difference.",
    ),
)

_FIX = (
    ("fix.branch", "Is the fix on a branch of its own, with nothing else in it?"),
    ("fix.test", "Which test covers the failure, and did it fail before the fix?"),
    ("fix.staging", "Did it run on staging?"),
    ("fix.staged", "Is it deployed in stages, and where is it now?"),
    ("fix.monitoring", "What is watched while it goes out?"),
    ("fix.rollback", "Is the way back ready and tested?"),
)


def _checklist_key(category: Category, name: str) -> str:
    return f"{category.value}.{name}"


_CHECKS = {
    category: tuple(
        Question(key=_checklist_key(category, name), group=Group.CHECKLIST, text=text)
        for name, text in items
    )
    for category, items in _CHECKLISTS.items()
}
_INTAKE: tuple[tuple[Question, Callable[[Incident], str]], ...] = (
    (
        Question(key="intake.description", group=Group.INTAKE, text="What happens, in a sentence?"),
        lambda i: i.summary,
    ),
    (
        Question(key="intake.started", group=Group.INTAKE, text="Since when?"),
        lambda i: f"{i.started_at:%Y-%m-%d %H:%M} UTC" if i.started_at else "",
    ),
    (
        Question(key="intake.impact", group=Group.INTAKE, text="Who is affected?"),
        lambda i: i.boundary,
    ),
    (
        Question(key="intake.errors", group=Group.INTAKE, text="Which error do they see?"),
        lambda i: i.evidence[0][1].excerpt.text[:120] if i.evidence else "",
    ),
    (
        Question(key="intake.changes", group=Group.INTAKE, text="What changed recently?"),
        lambda i: i.changes[-1].text if i.changes else "",
    ),
    (
        Question(key="intake.contact", group=Group.INTAKE, text="Whom do we ask and tell?"),
        lambda i: i.contact or i.reporter,
    ),
)
_CRITERIA = Question(
    key="criteria",
    group=Group.CRITERIA,
    text="Which criterion of criticality holds, if any?",
    help="; ".join(f"{name.value}: {text}" for name, text in CRITERIA.items()),
)
_FACTORS = tuple(
    Question(
        key=f"factor.{factor.value}",
        group=Group.FACTORS,
        text=text,
        help=", ".join(f"{weight} {meaning}" for weight, meaning in enumerate(meanings)),
    )
    for factor, (text, meanings) in FACTORS.items()
)
_DIAGNOSTIC = tuple(
    Question(key=key, group=Group.DIAGNOSIS, text=text, help=help_)
    for key, text, help_ in _DIAGNOSIS
)
_FIXING = tuple(Question(key=key, group=Group.FIX, text=text) for key, text in _FIX)

KEYS = frozenset(
    q.key
    for q in (
        *(q for q, _ in _INTAKE),
        _CRITERIA,
        *_FACTORS,
        *(q for checks in _CHECKS.values() for q in checks),
        *_DIAGNOSTIC,
        *_FIXING,
    )
)
"""Every key there is."""


def checklist(category: Category) -> tuple[Question, ...]:
    """Return what a category asks."""
    return _CHECKS[category]


def asked(incident: Incident, group: Group | None = None) -> tuple[Asked, ...]:
    """Return every question that the incident raises as it stands, in the order of the method.

    The checklist is that of its category; the fix is asked about once there is one that changes
    code.
    """
    found = [_with(incident, question, fact(incident)) for question, fact in _INTAKE]
    found.append(_criteria(incident))
    found += [_factor(incident, question) for question in _FACTORS]
    found += [_with(incident, question) for question in _CHECKS[incident.category]]
    found += [_with(incident, question) for question in _DIAGNOSTIC]
    if any(fix.level is not FixLevel.WORKAROUND for _, fix in incident.fixes):
        found += [_with(incident, question) for question in _FIXING]
    return tuple(one for one in found if group is None or one.question.group is group)


def still_open(incident: Incident, group: Group | None = None) -> tuple[Asked, ...]:
    """Return the questions that still wait for an answer."""
    return tuple(one for one in asked(incident, group) if one.open)


def _with(incident: Incident, question: Question, fact: str = "") -> Asked:
    reply = incident.answers.get(question.key)
    if reply is not None and reply.known:
        return Asked(question=question, answer=reply.text, by=reply.by)
    return Asked(question=question, answer=fact, unknown=reply is not None and not fact)


def _criteria(incident: Incident) -> Asked:
    words = ", ".join(criterion.value for criterion in incident.criteria)
    if words:
        return Asked(question=_CRITERIA, answer=words, by=incident.criteria_by)
    return _with(incident, _CRITERIA)


def _factor(incident: Incident, question: Question) -> Asked:
    factor = Factor(question.key.removeprefix("factor."))
    weight = incident.factors.get(factor.value)
    if weight is None:
        return _with(incident, question)
    meanings = FACTORS[factor][1]
    return Asked(question=question, answer=f"{weight} {meanings[max(0, min(weight, 3))]}")
