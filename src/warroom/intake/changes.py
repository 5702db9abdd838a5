"""What a deployment tool tells in its own JSON: something changed; by itself nothing is wrong."""

from collections.abc import Mapping
from datetime import datetime

from warroom.core.events import ChangeRecorded
from warroom.core.words import ChangeKind
from warroom.intake import fields as f
from warroom.intake.report import Message, Odd, Report


def change(message: Message, mapping: Mapping[str, str]) -> Report:
    """Read a change by a mapping of our fields to dotted paths.

    Fields: text (needed), kind (`deploy` unless another that is known), at (else when it arrived),
    release, reference, service.
    """
    data = f.document(message)
    words = f.mapped(data, mapping, "text")
    if not words:
        raise Odd("no text where the mapping looks for it")
    kind = f.mapped(data, mapping, "kind").lower().replace("-", "_")
    service = f.mapped(data, mapping, "service")
    told = ChangeRecorded(
        kind=ChangeKind(kind) if kind in set(ChangeKind) else ChangeKind.DEPLOY,
        text=words,
        happened_at=_moment(data, mapping) or message.received_at,
        release=f.mapped(data, mapping, "release"),
        reference=f.mapped(data, mapping, "reference"),
    )
    return Report(source="change", group=service, service=service, changes=(told,))


def moment(message: Message, mapping: Mapping[str, str]) -> datetime | None:
    """Return when it says that it happened; None: it does not say.

    Raises:
        Odd: It is no JSON object.
    """
    return _moment(f.document(message), mapping)


def _moment(data: object, mapping: Mapping[str, str]) -> datetime | None:
    return f.when(data, *f.path(mapping.get("at", "at")))
