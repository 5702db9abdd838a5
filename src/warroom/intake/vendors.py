"""Every kind of sender by name: how it proves itself, how it is read, what names a delivery."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from warroom.intake import alertmanager, changes, fields, forges, monitors, people, proof
from warroom.intake.proof import Proof
from warroom.intake.report import Message, Odd, Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """A kind of sender."""

    read: Callable[[Message], Report]
    """Raises `Odd` for a message that does not follow the sender's documents."""
    proof: Proof = proof.timed
    delivery: str = ""
    """The header that is the same in every retry of one message; empty: its bytes are."""
    pulled: Callable[[Message], Report] | None = None
    """Reads what the sender's own interface lists, for consoles that nobody can reach."""
    mapped: Callable[[Message, Mapping[str, str]], Report] | None = None
    """Reads a message of no fixed form by the mapping of the intake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """A sender as it is configured: `[intake.NAME]`."""

    name: str
    kind: str
    """A key of `VENDORS`."""
    secret: str = ""
    """The name of the environment variable that holds its secret."""
    service: str = ""
    """The service of a report that names none."""
    client: str = ""
    pull: str = ""
    """Where to ask for its alerts; empty: it sends them."""
    listen: str = ""
    """Where the mail server delivers, as `intake.door` reads it; empty: nowhere. Only for mail."""
    every: int = 30
    """Seconds between two questions."""
    mapping: Mapping[str, str] = field(default_factory=dict)
    """For `generic` and `change`: our fields by their dotted path."""


VENDORS: Mapping[str, Vendor] = {
    "alertmanager": Vendor(
        read=alertmanager.webhook, proof=proof.bearer, pulled=alertmanager.listed
    ),
    "grafana": Vendor(read=alertmanager.webhook),
    "prometheus": Vendor(read=alertmanager.listed, proof=proof.bearer, pulled=alertmanager.listed),
    "datadog": Vendor(read=monitors.datadog),
    "sentry": Vendor(read=monitors.sentry, proof=proof.sentry, delivery="request-id"),
    "pagerduty": Vendor(
        read=monitors.pagerduty,
        proof=proof.pagerduty,
        delivery="x-webhook-id",
        pulled=monitors.pagerduty_listed,
    ),
    "opsgenie": Vendor(read=monitors.opsgenie),
    "github": Vendor(read=forges.github, proof=proof.github, delivery="x-github-delivery"),
    "gitlab": Vendor(read=forges.gitlab, proof=proof.gitlab, delivery="x-gitlab-event-uuid"),
    "jira": Vendor(read=forges.jira, delivery="x-atlassian-webhook-identifier"),
    "slack": Vendor(read=people.slack, proof=proof.slack),
    "mail": Vendor(read=people.mail),
    "generic": Vendor(read=lambda message: people.generic(message, {}), mapped=people.generic),
    "change": Vendor(read=lambda message: changes.change(message, {}), mapped=changes.change),
}


def read(intake: Intake, message: Message, *, pulled: bool = False) -> Report:
    """Return what a message says.

    Raises:
        Odd: It does not follow its sender's documents.
    """
    vendor = VENDORS[intake.kind]
    if vendor.mapped is not None and not pulled:
        return vendor.mapped(message, intake.mapping)
    if pulled:
        if vendor.pulled is None:
            raise Odd(f"{intake.kind} cannot be asked for its alerts")
        return vendor.pulled(message)
    return vendor.read(message)


def delivery_of(intake: Intake, message: Message) -> str:
    """Return what names a delivery: the same for every retry of it, never for another message.

    Alertmanager names none, and sends an unchanged group again on purpose: its identity is the
    group with every alert's state. A change that does not say when it happened may be told in the
    same words tomorrow: its identity is the minute as well.
    """
    header = VENDORS[intake.kind].delivery
    if header and message.header(header):
        return message.header(header)[:200]
    if intake.kind in {"alertmanager", "grafana"}:
        try:
            data = fields.document(message)
        except Odd:
            return _digest(message.body)
        alerts = sorted(
            tuple(
                fields.text(one, part) for part in ("fingerprint", "status", "startsAt", "endsAt")
            )
            for one in fields.items(data, "alerts")
        )
        return _digest(json.dumps([fields.text(data, "groupKey"), alerts]).encode())
    if intake.kind == "change" and not _says_when(intake, message):
        return _digest(message.body + f"{message.received_at:%Y-%m-%dT%H:%M}".encode())
    return _digest(message.body)


def _says_when(intake: Intake, message: Message) -> bool:
    try:
        return changes.moment(message, intake.mapping) is not None
    except Odd:
        return True


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
