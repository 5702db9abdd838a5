"""Offers of the watches in the console: told once, answered by a key, never acted upon alone."""

from datetime import timedelta

import numpy as np
from tests.tui.console import console
from tests.tui.fakes import NOW, FakeRoom

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.words import Phase
from warroom.logs.table import Coded, Table
from warroom.room.recurrence import RecurrenceWatch, guarded
from warroom.tui.guarding import watch_words
from warroom.tui.recurring import CameBack
from warroom.tui.snapshot import WatchFacts


def over_room() -> FakeRoom:
    """One incident on /pay that was resolved at noon of the log, more or less."""
    room = FakeRoom()
    onset = e.Onset(at=NOW, low=NOW, high=NOW, sentence="5xx", slices=({"route": "/pay"},))
    facts = e.Declared(title="pay fails", detected_at=NOW, onset=onset, boundary="all are /pay")
    room.told("14:00:00", c.Declare(facts=facts), "INC-1")
    room.told("14:01:00", c.Acknowledge(), "INC-1")
    room.told("14:02:00", c.Contain(how="flag"), "INC-1")
    room.told("14:03:00", c.Resolve(text="rolled back"), "INC-1")
    return room


class After:
    """Five quiet minutes after an instant, and then one in which half of a path fails."""

    def __init__(self, begin: float, path: str) -> None:
        at = begin + np.arange(360.0)
        bad = (at >= begin + 300) & (np.arange(360) % 2 == 1)
        paths = Coded(np.where(bad, 0, np.arange(360) % 2).astype(np.int32), [path, "/"])
        self.whole = Table(
            at=at,
            status=np.where(bad, 502, 200).astype(np.uint16),
            weight=np.ones(360, np.float32),
            fields={"path": paths},
        )

    def table(self, since: float, until: float) -> Table:
        """The whole log; whoever counts selects by time."""
        return self.whole


def test_the_watch_for_a_recurrence_looks_at_the_rows_that_failed():
    room = over_room()
    incident = room.states["INC-1"]
    assert incident.phase is Phase.RESOLVED
    assert guarded(incident, incident.resolved_at + timedelta(hours=3))
    assert not guarded(incident, incident.resolved_at + timedelta(days=2))
    until = incident.resolved_at.timestamp() + 360

    def looked(path: str) -> str:
        log = After(incident.resolved_at.timestamp(), path)
        return RecurrenceWatch(room, incident, [log], lambda _: None).look(until)

    assert looked("/pay").startswith("5xx of /pay ")
    assert looked("/search") == ""  # another failure is not this one


async def test_a_failure_that_is_back_is_offered_and_reopened_by_a_key():
    room = over_room()
    async with console(room) as it:
        it.main.post_message(CameBack("INC-1", "5xx of /pay 50 %", closed=False))
        await it.until("The failure of INC-1 is back")
        assert room.states["INC-1"].phase is Phase.RESOLVED
        await it.press("W")
        await it.until("reopen INC-1")
        await it.wait(0.4)
        await it.press("R")
        await it.holds(lambda: room.states["INC-1"].resolved_at is None)
        assert it.main.again == {}


def test_the_watch_says_what_it_cannot_see():
    words = " ".join(
        watch_words(WatchFacts(sees="this watch sees +12 points and up here", always=("/h 35 %",)))
    )
    assert "+12 points" in words
    assert "less than that it does not tell from noise" in words
    assert "Always failing, so not watched: /h 35 %" in words
    assert "begins when the log has been read" in watch_words(WatchFacts())[0]
