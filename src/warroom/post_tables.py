"""Read the tables that name other systems: `[intake.…]` for reports in, `[channels.…]` for out."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from warroom.comms.channel import KINDS, Channel
from warroom.core.words import Audience
from warroom.intake.door import door_of
from warroom.intake.vendors import VENDORS, Intake
from warroom.table import Table, TableError

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_NEEDS = {
    "mail": ("user", "to"),
    "webhook": ("url",),
    "statuspage": ("to", "secret"),
    "slack": ("to", "secret"),
    "slack_webhook": ("secret",),
    "teams": ("secret",),
    "github": ("secret",),
    "gitlab": ("secret",),
    "jira": ("url", "user", "secret"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """The other systems of a configuration."""

    intakes: Mapping[str, Intake]
    channels: tuple[Channel, ...]


def read_post(
    intakes: Sequence[tuple[str, Mapping[str, Any]]],
    channels: Sequence[tuple[str, Mapping[str, Any]]],
) -> Post:
    """Return what the tables say.

    Raises:
        TableError: One of them cannot be used.
    """
    return Post(
        intakes={name: intake_of(name, table) for name, table in intakes},
        channels=tuple(channel_of(name, table) for name, table in channels),
    )


def intake_of(name: str, data: Mapping[str, Any]) -> Intake:
    """Return a sender of reports.

    Raises:
        TableError: The table cannot be used.
    """
    table = _named("intake", name, data)
    kind = table.take("kind", str, name)
    if kind not in VENDORS:
        raise TableError(f"[intake.{name}] kind = {kind!r}: it is one of {', '.join(VENDORS)}")
    mapping = table.take("map", dict, {})
    if not all(isinstance(value, str) for value in mapping.values()):
        raise TableError(
            f'[intake.{name}] map is not a table of paths such as title = "alert.name"'
        )
    pull = table.take("pull", str, "")
    if pull and not pull.startswith(("http://", "https://")):
        raise TableError(f"[intake.{name}] pull = {pull!r} is no http address")
    if pull and VENDORS[kind].pulled is None:
        able = ", ".join(key for key, vendor in VENDORS.items() if vendor.pulled)
        raise TableError(f"[intake.{name}] pull: {kind} cannot be asked; these can: {able}")
    listen = table.take("listen", str, "")
    if listen and kind != "mail":
        raise TableError(f"[intake.{name}] listen: only mail is delivered; {kind} comes over HTTP")
    if listen:
        try:
            door_of(listen)
        except ValueError as error:
            raise TableError(f"[intake.{name}] listen = {listen!r}: {error}") from None
    intake = Intake(
        name=name,
        listen=listen,
        kind=kind,
        secret=table.take("secret", str, ""),
        service=table.take("service", str, ""),
        client=table.take("client", str, ""),
        pull=pull,
        every=max(5, table.take("every", int, 30)),
        mapping=mapping,
    )
    table.done()
    return intake


def channel_of(name: str, data: Mapping[str, Any]) -> Channel:
    """Return a channel for updates.

    Raises:
        TableError: The table cannot be used.
    """
    table = _named("channels", name, data)
    kind = table.take("kind", str, name)
    if kind not in KINDS:
        raise TableError(f"[channels.{name}] kind = {kind!r}: it is one of {', '.join(KINDS)}")
    texts = {key: table.take(key, str, "") for key in ("to", "url", "secret", "user")}
    for key in _NEEDS[kind]:
        if not texts[key]:
            raise TableError(f"[channels.{name}] {key} is missing: {kind} needs it")
    audiences = table.texts("audiences") or ("internal",)
    for one in audiences:
        if one not in set(Audience):
            known = ", ".join(Audience)
            raise TableError(f"[channels.{name}] audiences: {one!r} is none of {known}")
    channel = Channel(
        name=name,
        kind=kind,
        to=texts["to"],
        url=texts["url"].rstrip("/"),
        secret=texts["secret"],
        user=texts["user"],
        audiences=tuple(Audience(one) for one in audiences),
        services=table.texts("services"),
        clients=table.texts("clients"),
        reporters=table.take("reporters", bool, False),
    )
    table.done()
    return channel


def _named(group: str, name: str, data: Mapping[str, Any]) -> Table:
    if not _NAME.fullmatch(name):
        raise TableError(f"[{group}.{name}]: a name is small letters, digits, - and _")
    return Table(f"{group}.{name}", data)
