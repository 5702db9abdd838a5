"""What is told reaches every channel that takes it, once; what fails is visible and tried again."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from warroom.comms.channel import Channel, Undelivered
from warroom.core.channels import Sent
from warroom.core.commands import Acknowledge, Declare, SendUpdate
from warroom.core.events import Declared
from warroom.core.post import Parcel
from warroom.core.words import Audience, UpdateKind
from warroom.room.dispatch import FRESH, WAITS, Dispatch
from warroom.room.local import LocalRoom
from warroom.store import SqlOutbox, Tuning, open_journal

CHANNELS = (
    Channel(name="ops", kind="slack", to="C1", secret="S"),
    Channel(name="status", kind="statuspage", to="p", secret="S", audiences=(Audience.PUBLIC,)),
    Channel(name="acme", kind="mail", user="a@b.c", to="x", clients=("acme",),
            audiences=(Audience.CLIENT,)),
    Channel(name="tickets", kind="github", secret="S", audiences=(Audience.PUBLIC,), reporters=True,
            services=("nothing",)),
)  # fmt: skip


class Desk:
    def __init__(self, folder: Path) -> None:
        self.at = datetime(2026, 11, 20, 14, 6, tzinfo=UTC)
        self.journal = open_journal(
            folder / "journal.db", anchors=folder / "anchors", tuning=Tuning(reserve_bytes=0)
        )
        self.room = LocalRoom(self.journal, actor="ana", device="desk", clock=lambda: self.at)
        self.sent: list[Parcel] = []
        self.failures: list[Undelivered] = []
        self.dispatch = self.open()
        self.room.do(
            Declare(
                facts=Declared(
                    title="secret inside words",
                    service="checkout",
                    contact="github:shop/checkout#12",
                )
            )
        )

    def open(self) -> Dispatch:
        return Dispatch(self.room, SqlOutbox(self.journal), CHANNELS, self.send)

    def send(self, channel: Channel, parcel: Parcel) -> str:
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(parcel)
        return f"{channel.name}-{len(self.sent)}"

    def tell(self, audience: Audience, text: str = "we are on it") -> None:
        command = SendUpdate(kind=UpdateKind.PROGRESS, audience=audience, text=text)
        self.room.do(command, "INC-1")

    def go(self) -> None:
        self.dispatch.post()
        self.dispatch.deliver()

    def states(self) -> list[tuple[str, str, Sent]]:
        incident = self.room.incident("INC-1")
        assert incident is not None
        return [(d.what, d.channel, d.state) for d in incident.deliveries.values()]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.room.close()


def test_an_update_goes_where_its_audience_is(desk: Desk) -> None:
    desk.tell(Audience.INTERNAL)
    desk.go()
    assert [p.channel for p in desk.sent] == ["ops"]
    desk.tell(Audience.PUBLIC)
    desk.go()
    assert [p.channel for p in desk.sent[1:]] == ["status", "tickets"]
    assert desk.sent[-1].to == "shop/checkout#12"
    assert "secret inside words" not in "".join(p.subject + p.text for p in desk.sent[1:])
    desk.tell(Audience.CLIENT)
    desk.go()
    assert [p.channel for p in desk.sent[3:]] == ["tickets"]  # acme's mail is for acme's incidents


def test_the_reporter_hears_that_somebody_has_taken_charge(desk: Desk) -> None:
    desk.go()
    assert desk.sent == []
    desk.room.do(Acknowledge(), "INC-1")
    desk.go()
    (only,) = desk.sent
    assert (only.channel, only.to, only.what) == ("tickets", "shop/checkout#12", "taking charge")
    assert "INC-1" in only.text
    assert "secret inside words" not in only.subject + only.text


def test_nothing_is_sent_twice(desk: Desk) -> None:
    desk.tell(Audience.INTERNAL)
    for _ in range(3):
        desk.go()
    desk.open().post()
    desk.open().deliver()
    assert len(desk.sent) == 1
    assert desk.states() == [("update 1", "ops", Sent.DELIVERED)]


def test_the_later_message_hangs_on_the_first(desk: Desk) -> None:
    desk.tell(Audience.INTERNAL)
    desk.go()
    desk.at += timedelta(minutes=1)
    desk.tell(Audience.INTERNAL)
    desk.go()
    assert [p.reference for p in desk.sent] == ["", "ops-1"]


def test_a_failure_is_visible_and_tried_again_until_it_arrives(desk: Desk) -> None:
    desk.failures = [Undelivered("out of reach", again=True) for _ in range(3)]
    desk.tell(Audience.INTERNAL)
    desk.go()
    assert desk.states() == [("update 1", "ops", Sent.RETRYING)]
    for wait in WAITS[:3]:
        desk.dispatch.deliver()  # not yet due: nobody is asked
        desk.at += timedelta(seconds=wait)
        desk.dispatch.deliver()
    assert [p.attempts for p in desk.sent] == [4]
    assert desk.states() == [("update 1", "ops", Sent.DELIVERED)]


def test_the_other_side_says_when_to_come_back(desk: Desk) -> None:
    desk.failures = [Undelivered("busy", again=True, after=120)]
    desk.tell(Audience.INTERNAL)
    desk.go()
    desk.at += timedelta(seconds=100)
    desk.dispatch.deliver()
    assert desk.sent == []
    desk.at += timedelta(seconds=30)
    desk.dispatch.deliver()
    assert len(desk.sent) == 1


def test_what_is_given_up_stays_one_key_away(desk: Desk) -> None:
    desk.failures = [Undelivered("no such channel", again=False)]
    desk.tell(Audience.INTERNAL)
    desk.go()
    assert desk.states() == [("update 1", "ops", Sent.GIVEN_UP)]
    (dead,) = desk.dispatch.parcels()
    assert (dead.ended, dead.reason) == ("given_up", "no such channel")
    desk.at += timedelta(days=1)
    assert desk.dispatch.again(dead.key)
    desk.dispatch.deliver()
    assert len(desk.sent) == 1
    assert not desk.dispatch.again("nothing")


def test_it_is_given_up_in_the_end(desk: Desk) -> None:
    desk.failures = [Undelivered("down", again=True) for _ in range(50)]
    desk.tell(Audience.INTERNAL)
    desk.dispatch.post()
    for _ in range(len(WAITS) + 3):
        desk.dispatch.deliver()
        desk.at += timedelta(hours=1)
    assert desk.states() == [("update 1", "ops", Sent.GIVEN_UP)]
    assert len(desk.failures) == 50 - len(WAITS) - 1
    told = [r for r in desk.room.records("INC-1") if type(r.event).__name__ == "Delivered"]
    assert len(told) == 2  # the first failure and the last one, not all between


def test_a_channel_set_up_later_tells_nobody_of_yesterday(desk: Desk) -> None:
    desk.tell(Audience.INTERNAL)
    desk.at += FRESH + timedelta(minutes=1)
    desk.go()
    assert desk.sent == []


def test_whoever_dies_while_sending_leaves_it_to_another(desk: Desk) -> None:
    desk.tell(Audience.INTERNAL)
    desk.dispatch.post()

    class Dies(BaseException):
        pass

    def dies(channel: Channel, parcel: Parcel) -> str:
        raise Dies

    with pytest.raises(Dies):
        Dispatch(desk.room, SqlOutbox(desk.journal), CHANNELS, dies).deliver()
    desk.dispatch.deliver()
    assert desk.sent == []
    desk.at += timedelta(minutes=3)
    desk.dispatch.deliver()
    assert len(desk.sent) == 1
