"""What the console says by itself: what weighs most is said last, and so stays in the row."""

from datetime import timedelta

from tests.tui.fakes import FakeContainment, busy_room

from warroom.core.clocks import Pace
from warroom.tui.observer import Observer
from warroom.tui.reminders import heaviest_last, reminders


def test_of_two_that_are_late_the_one_that_is_looked_at_is_said_last() -> None:
    room = busy_room()
    room.at += timedelta(hours=2)
    rows = Observer(room, FakeContainment(room)).take().rows
    due = reminders(rows, room.actor, room.at)
    late = sorted({one.incident for one in due if str(Pace.LATE) in one.key})
    assert len(late) > 1
    for name in late:
        assert heaviest_last(due, name)[-1].incident == name


def test_another_incident_changes_nothing_of_what_is_to_be_said() -> None:
    room = busy_room()
    observer = Observer(room, FakeContainment(room))
    first = observer.take()
    assert first.due
    observer.select(first.rows[-1].incident.id)
    second = observer.take()
    assert second.current != first.current
    assert second.due is first.due
