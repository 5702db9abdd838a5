"""Messages in and out are kept once, whatever happens, on both engines."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from warroom.core.post import Known, Letter, Parcel, Standing
from warroom.store import SqlInbox, SqlJournal, SqlOutbox

NOW = datetime(2026, 11, 20, 14, 6, tzinfo=UTC)
Open = Callable[..., SqlJournal]


def letter(number: int, **more: object) -> Letter:
    body = b'{"n": %d, "raw": "\xc3\xa9\\u0000"}' % number
    made = Letter(
        intake="am", delivery=f"d{number}", received_at=NOW, body=body, headers={"x": "y"}
    )
    return replace(made, **more)


def parcel(number: int, **more: object) -> Parcel:
    made = Parcel(
        key=f"INC-1 update {number} > ops", incident="INC-1", what=f"update {number}",
        kind="progress", channel="ops",
        to="", subject="s", text="t", created_at=NOW, next_at=NOW,
    )  # fmt: skip
    return replace(made, **more)


def test_a_message_is_kept_once_byte_for_byte(journal: SqlJournal) -> None:
    inbox = SqlInbox(journal)
    assert inbox.put([letter(1), letter(2), letter(1)]) == 2
    assert inbox.put([letter(2), letter(3)]) == 1
    found = inbox.waiting()
    assert [one.delivery for one in found] == ["d1", "d2", "d3"]
    assert found[0].body == letter(1).body
    assert found[0].headers == {"x": "y"}
    assert found[0].received_at == NOW
    assert len({one.id for one in found}) == 3


def test_what_became_of_a_message_stays(journal: SqlJournal, address: str, opened: Open) -> None:
    inbox = SqlInbox(journal)
    inbox.put([letter(n) for n in range(4)])
    one, two, three, _ = inbox.waiting()
    inbox.settle(
        [
            replace(one, standing=Standing.DONE, incident="INC-1"),
            replace(two, standing=Standing.ASIDE, reason="not JSON"),
            replace(three, standing=Standing.IDLE),
        ],
        [],
    )
    again = SqlInbox(opened(address))
    assert [x.delivery for x in again.waiting()] == ["d3"]
    standing = {x.delivery: (x.standing, x.incident, x.reason) for x in again.letters()}
    assert standing["d0"] == (Standing.DONE, "INC-1", "")
    assert standing["d1"] == (Standing.ASIDE, "", "not JSON")


def test_signals_are_counted_by_their_latest_state(journal: SqlJournal) -> None:
    inbox = SqlInbox(journal)

    def known(key: str, *, firing: bool, minutes: int = 0, group: str = "g") -> Known:
        at = NOW + timedelta(minutes=minutes)
        return Known(source="am", key=key, group=group, incident="INC-1", firing=firing, last_at=at)

    inbox.settle([], [known(str(n), firing=True) for n in range(1200)])
    inbox.settle([], [known("7", firing=False, minutes=1), known("8", firing=False, minutes=1)])
    assert inbox.counted("INC-1", "am", "g") == (1198, 2)
    assert inbox.counted("INC-1", "am", "other") == (0, 0)
    found = inbox.known("am", [str(n) for n in range(0, 2400, 2)])
    assert len(found) == 600
    assert found["8"].times == 2
    assert not found["8"].firing
    assert inbox.belongs("am", "g") == "INC-1"
    assert inbox.belongs("am", "nothing") == ""


def test_a_thing_to_send_is_given_to_one_at_a_time(journal: SqlJournal) -> None:
    outbox = SqlOutbox(journal)
    assert outbox.post([parcel(1), parcel(2), parcel(1)]) == 2
    later = parcel(3, next_at=NOW + timedelta(minutes=5))
    outbox.post([later])
    soon = NOW + timedelta(minutes=1)
    taken = outbox.take(NOW, soon)
    assert sorted(one.what for one in taken) == ["update 1", "update 2"]
    assert all(one.attempts == 1 for one in taken)
    assert outbox.take(NOW, soon) == ()
    assert len(outbox.take(soon, soon + timedelta(minutes=1))) == 2  # whoever took it first died
    outbox.keep(replace(taken[0], ended="delivered", reference="ts-1"))
    left = outbox.take(NOW + timedelta(hours=1), NOW + timedelta(hours=2))
    assert taken[0].key not in {one.key for one in left}
    kept = outbox.parcel(taken[0].key)
    assert kept is not None
    assert (kept.ended, kept.reference) == ("delivered", "ts-1")
