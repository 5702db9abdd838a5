"""Updates leave the room: each goes once to every channel that takes it, or says why it did not.

At least once: what was given to a channel and not confirmed is given again, with the same key.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from warroom.comms.channel import Channel, Undelivered
from warroom.core.channels import Delivered, Sent
from warroom.core.commands import RecordDelivery
from warroom.core.post import Outbox, Parcel
from warroom.core.state import Incident
from warroom.core.words import Audience
from warroom.room.service import Room

FRESH = timedelta(hours=1)
"""Older updates are not sent: a channel that was set up today tells nobody of yesterday."""
LEASE = timedelta(minutes=2)
"""How long an attempt may take before somebody else may make another."""
WAITS = (5.0, 15.0, 60.0, 300.0, 900.0, 1800.0, 3600.0)
"""Seconds until the next attempt; after the last of them it is given up, about two hours in all."""

CONFIRMED = "taking charge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """How one attempt went."""

    parcel: Parcel
    state: Sent
    reason: str = ""


class Dispatch:
    """Puts updates into the outbox, and sends what is due."""

    def __init__(
        self,
        room: Room,
        outbox: Outbox,
        channels: Sequence[Channel],
        send: Callable[[Channel, Parcel], str],
    ) -> None:
        self._room = room
        self._outbox = outbox
        self._channels: Mapping[str, Channel] = {channel.name: channel for channel in channels}
        self._send = send

    def post(self) -> int:
        """Put whatever was told lately and is not there yet into the outbox; returns how many.

        Raises:
            JournalError: The store could not be read or written.
        """
        now = self._room.now()
        parcels = [
            parcel
            for incident in self._room.incidents(include_closed=True)
            if now - incident.changed_at < FRESH
            for parcel in parcels_of(incident, tuple(self._channels.values()), now)
            if self._outbox.parcel(parcel.key) is None
        ]
        return self._outbox.post(parcels)

    def deliver(self) -> Sequence[Attempt]:
        """Send what is due; blocks for as long as the channels take.

        Raises:
            JournalError: The store could not be read or written.
        """
        now = self._room.now()
        return tuple(self._attempt(one) for one in self._outbox.take(now, now + LEASE))

    def parcels(self, limit: int = 100) -> Sequence[Parcel]:
        """Return the newest things, however they stand."""
        return self._outbox.parcels(limit)

    def again(self, key: str) -> bool:
        """Let something that was given up be tried again; False: there is no such thing."""
        parcel = self._outbox.parcel(key)
        if parcel is None:
            return False
        now = self._room.now()
        self._outbox.keep(replace(parcel, ended="", attempts=0, next_at=now, reason=""))
        return True

    def _attempt(self, parcel: Parcel) -> Attempt:
        channel = self._channels.get(parcel.channel)
        if channel is None:
            gone = Undelivered("the channel is not configured any more", again=False)
            return self._failed(parcel, gone)
        parcel = replace(parcel, reference=parcel.reference or self._thread(parcel))
        try:
            reference = self._send(channel, parcel)
        except Undelivered as problem:
            return self._failed(parcel, problem)
        done = replace(parcel, ended=Sent.DELIVERED.value, reference=reference, reason="")
        self._outbox.keep(done)
        self._record(done, Sent.DELIVERED)
        return Attempt(parcel=done, state=Sent.DELIVERED)

    def _failed(self, parcel: Parcel, problem: Undelivered) -> Attempt:
        last = not problem.again or parcel.attempts > len(WAITS)
        wait = 0.0 if last else max(problem.after, WAITS[parcel.attempts - 1])
        state = Sent.GIVEN_UP if last else Sent.RETRYING
        kept = replace(
            parcel,
            reason=problem.reason,
            next_at=self._room.now() + timedelta(seconds=wait),
            ended=state.value if last else "",
        )
        self._outbox.keep(kept)
        if last or parcel.attempts == 1:  # the first failure and the last one: low in noise
            self._record(kept, state)
        return Attempt(parcel=kept, state=state, reason=problem.reason)

    def _record(self, parcel: Parcel, state: Sent) -> None:
        """Write into the timeline how it went."""
        facts = Delivered(
            what=parcel.what,
            channel=parcel.channel,
            state=state,
            attempts=parcel.attempts,
            reference=parcel.reference,
            reason=parcel.reason,
        )
        self._room.do(RecordDelivery(facts=facts), parcel.incident, actor="warroom")

    def _thread(self, parcel: Parcel) -> str:
        """Return what the earlier messages of the incident in the channel hang on."""
        for one in self._outbox.parcels(1000):
            same = (one.incident, one.channel, one.to) == (
                parcel.incident, parcel.channel, parcel.to,
            )  # fmt: skip
            if same and one.key != parcel.key and one.reference:
                return one.reference
        return ""


def parcels_of(
    incident: Incident, channels: Sequence[Channel], now: datetime
) -> tuple[Parcel, ...]:
    """Return everything that was told about an incident lately, for every channel that takes it."""
    found = []
    for number, (at, update) in enumerate(incident.updates, 1):
        if now - at >= FRESH:
            continue
        subject = f"{incident.id}: {_subject(incident, update.audience)}"
        for channel, to in _takers(incident, channels, update.audience):
            found.append(
                _parcel(incident, channel, to, at, f"update {number}", update.kind.value, subject,
                        update.text)
            )  # fmt: skip
    at_ = incident.acknowledged_at
    if at_ is not None and now - at_ < FRESH:
        for channel, to in _reporter(incident, channels):
            text = f"Your report has reached us as {incident.id}. Somebody has taken charge of it."
            if incident.public:
                text += f"\n{incident.public}"
            found.append(
                _parcel(incident, channel, to, at_, CONFIRMED, "", f"{incident.id}: taken charge",
                        text)
            )  # fmt: skip
    return tuple(found)


def _parcel(
    incident: Incident, channel: Channel, to: str, at: datetime, what: str, kind: str,
    subject: str, text: str,
) -> Parcel:  # fmt: skip
    where = f"{channel.name} {to}".strip()
    return Parcel(
        key=f"{incident.id} {what} > {where}",
        incident=incident.id,
        what=what,
        kind=kind,
        channel=channel.name,
        to=to,
        subject=subject,
        text=text,
        created_at=at,
        next_at=at,
    )


def _takers(
    incident: Incident, channels: Sequence[Channel], audience: Audience
) -> list[tuple[Channel, str]]:
    found = [
        (channel, "")
        for channel in channels
        if channel.takes(audience, incident.service, incident.client)
    ]
    # A reporter is not one of us: only what was written for the outside goes there.
    return found if audience is Audience.INTERNAL else [*found, *_reporter(incident, channels)]


def _reporter(incident: Incident, channels: Sequence[Channel]) -> list[tuple[Channel, str]]:
    """Return where the reporter hears back: the first channel of that kind that does so."""
    kind, _, to = incident.contact.partition(":")
    return [(c, to) for c in channels if c.kind == kind and c.reporters and to][:1]


def _subject(incident: Incident, audience: Audience) -> str:
    """Return a title; outside only what was marked for it, or the service."""
    if audience is Audience.INTERNAL:
        return incident.title
    return incident.public or (f"{incident.service} disturbance" if incident.service else "update")
