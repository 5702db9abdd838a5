"""Which authorities must be told of an incident, and until when the law gives time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from warroom.core.state import Incident
from warroom.core.words import Criterion


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One notice that somebody outside is owed."""

    key: str
    """How it is named in a command; `name` is what people read."""
    party: str
    allowed: timedelta
    """Counted around the clock: the law knows no office hours here."""
    source: str
    after: str = ""
    """The notice from whose sending the time runs; empty: from when the incident was known."""

    @property
    def name(self) -> str:
        """What it is called."""
        return called(self.key)


_NAMES = {
    "gdpr": "GDPR notice",
    "nis2-warning": "NIS2 early warning",
    "nis2": "NIS2 notice",
    "nis2-final": "NIS2 final report",
    "dora": "DORA notice",
}


def called(key: str) -> str:
    """Return what a notice is called, one that was agreed on as well: `acme notice`."""
    return _NAMES.get(key, f"{key} notice")


NOTICES: Mapping[str, Notice] = {
    one.key: one
    for one in (
        Notice(
            key="gdpr",
            party="data protection authority",
            allowed=timedelta(hours=72),
            source="GDPR, Article 33(1)",
        ),
        Notice(
            key="nis2-warning",
            party="CSIRT or competent authority",
            allowed=timedelta(hours=24),
            source="Directive (EU) 2022/2555, Article 23(4)(a)",
        ),
        Notice(
            key="nis2",
            party="CSIRT or competent authority",
            allowed=timedelta(hours=72),
            source="Directive (EU) 2022/2555, Article 23(4)(b)",
        ),
        Notice(
            key="nis2-final",
            party="CSIRT or competent authority",
            # "One month"; the shortest month is never too late.
            allowed=timedelta(days=28),
            source="Directive (EU) 2022/2555, Article 23(4)(d)",
            after="nis2",
        ),
        Notice(
            key="dora",
            party="competent authority",
            allowed=timedelta(hours=24),
            source="Delegated Regulation (EU) 2025/301, Article 5(1)(a)",
        ),
    )
}
"""Those whose time is written in a law; others are named with their hours when they are owed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """A notice that an incident owes."""

    notice: Notice
    since: datetime
    """When its time began."""
    sent_at: datetime | None

    @property
    def due(self) -> datetime:
        """Until when it must be sent."""
        return self.since + self.notice.allowed


def owed(incident: Incident) -> tuple[Owed, ...]:
    """Return what is owed to whom, sent or not, in the order in which it is due.

    Exposed data owes the notice of the GDPR by itself: who finds that it does not apply says why,
    which Article 33(5) asks for as well. Its time runs from the declaration unless somebody says
    when it was known, because that is the latest moment at which it can have been.
    """
    return tuple(sorted(_owed(incident), key=lambda one: one.due))


def _owed(incident: Incident) -> Iterator[Owed]:
    said = incident.notices
    keys = [*said]
    if Criterion.DATA_EXPOSURE in incident.criteria and "gdpr" not in said:
        keys.append("gdpr")
    for key in keys:
        told = said.get(key)
        if told is not None and not told.owed:
            continue
        since = incident.declared_at
        notice = NOTICES.get(key)
        if told is not None:
            since = told.aware_at or since
            if notice is None:
                allowed = timedelta(hours=told.hours)
                notice = Notice(key=key, party=told.party, allowed=allowed, source="agreed")
            elif told.party:
                notice = replace(notice, party=told.party)
        if notice is None:
            continue
        if notice.after:
            first = sent(incident, notice.after)
            if first is None:
                continue  # its time has not begun
            since = first
        yield Owed(notice=notice, since=since, sent_at=sent(incident, key))


def sent(incident: Incident, key: str) -> datetime | None:
    """Return when a notice was first sent; None: not yet."""
    return next((at for at, _, made in incident.contacts if made.notice == key), None)
