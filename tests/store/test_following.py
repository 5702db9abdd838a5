"""A copy of a journal follows its original, and reads of its own only what it must."""

from pathlib import Path

import pytest

from warroom.core import commands as c
from warroom.core import events as e
from warroom.room.local import LocalRoom
from warroom.store import Tuning, open_journal, projections

QUICK = Tuning(reserve_bytes=0)


def test_an_event_more_costs_one_event_however_long_the_incident(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = open_journal(tmp_path / "a.db", anchors=tmp_path / "a", tuning=QUICK)
    room = LocalRoom(original, actor="ana", device="pc")
    name = room.do(c.Declare(facts=e.Declared(title="checkout fails"))).incident.id
    for number in range(30):
        room.do(c.AddNote(text=f"note {number}"), name)
    copy = open_journal(
        tmp_path / "b.db", anchors=tmp_path / "b", tuning=QUICK, journal_id=original.end().journal
    )
    copy.take(original.links(0))
    room.do(c.AddNote(text="one more"), name)
    folded = []
    fold = projections.fold_into
    monkeypatch.setattr(
        projections, "fold_into", lambda states, row: (folded.append(row.seq), fold(states, row))
    )
    copy.take(original.links(copy.head()))
    assert folded == [copy.head()]
    assert copy.incident(name) == original.incident(name)
    assert copy.verify().problems == ()
    room.close()
    copy.close()
