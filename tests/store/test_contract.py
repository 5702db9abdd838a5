"""What every journal promises, whichever database keeps it."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from warroom.core import events as e
from warroom.core.decide import Refusal
from warroom.core.fold import replay
from warroom.core.journal import Appended, JournalError
from warroom.core.words import FollowUpKind, FollowUpState, Phase, Priority
from warroom.store import SqlJournal

from .story import START, always, declare, note, origin


def test_an_empty_journal_is_whole(journal: SqlJournal) -> None:
    assert journal.head() == 0
    assert journal.incidents(include_closed=True) == ()
    assert journal.incident("INC-1") is None
    assert journal.records("INC-1") == ()
    assert journal.since(0) == ()
    assert journal.search("anything") == ()
    assert journal.verify().problems == ()
    assert journal.rebuild() == 0


def test_declaring_gives_the_next_number_and_the_state(journal: SqlJournal) -> None:
    first = declare(journal, "Checkout fails", service="shop", priority=Priority.P1)
    second = declare(journal, "Mail is late")
    assert (first.id, second.id) == ("INC-1", "INC-2")
    assert (first.version, first.title, first.priority) == (1, "Checkout fails", Priority.P1)
    assert journal.incident("INC-1") == first
    assert [i.id for i in journal.incidents()] == ["INC-1", "INC-2"]


def test_records_come_back_as_they_were_kept(journal: SqlJournal) -> None:
    declare(journal)
    text = "  ünï\x00cøde \x1b[2J 你好 \u202e \n\t" + "x" * 10_000
    excerpt = e.Excerpt(source="/var/log/ä", offset=-1, sha256="0" * 64, text=text, at=START)
    done = journal.append(
        "INC-1",
        always(e.NoteAdded(text=text, about=START), e.EvidencePinned(excerpt=excerpt)),
        origin(actor="ana\x1b[0m"),
    )
    assert isinstance(done, Appended)
    assert [r.seq for r in done.records] == [2, 3]
    assert [r.version for r in done.records] == [2, 3]
    assert done.records == journal.records("INC-1")[1:] == journal.since(1)
    assert done.records[0].event == e.NoteAdded(text=text, about=START)
    assert done.records[1].event == e.EvidencePinned(excerpt=excerpt)
    assert done.records[0].actor == "ana\x1b[0m"
    assert done.incident == replay(journal.records("INC-1"))


def test_a_reader_catches_up_in_pages(journal: SqlJournal) -> None:
    declare(journal)
    for number in range(7):
        note(journal, "INC-1", f"{number}")
    seen, at = [], 0
    while page := journal.since(at, limit=3):
        assert len(page) <= 3
        seen += [record.seq for record in page]
        at = page[-1].seq
    assert seen == list(range(1, 9))
    assert at == journal.head()


def test_the_decision_sees_the_newest_state_of_another_console(
    address: str, opened: Callable[..., SqlJournal]
) -> None:
    ours, theirs = opened(address), opened(address)
    declare(ours)
    assert ours.incident("INC-1").version == 1
    note(theirs, "INC-1", "theirs")
    seen = []
    ours.append("INC-1", lambda state: seen.append(state.version) or (), origin())
    assert seen == [2]
    assert ours.incident("INC-1").version == 2
    assert ours.incidents()[0].version == 2


def test_a_refusal_stores_nothing_and_returns_its_reason(journal: SqlJournal) -> None:
    declare(journal)
    no = Refusal(reason="a rule says no")
    assert journal.append("INC-1", lambda state: no, origin()) == no
    assert journal.append("INC-9", lambda state: no, origin()) == no
    assert journal.append(None, lambda state: no, origin()) == no
    assert journal.head() == 1
    assert declare(journal).id == "INC-2"


def test_an_empty_decision_stores_nothing(journal: SqlJournal) -> None:
    state = declare(journal)
    assert journal.append("INC-1", lambda s: (), origin()) == Appended(incident=state, records=())
    assert journal.head() == 1


def test_an_exception_in_the_decision_stores_nothing(journal: SqlJournal) -> None:
    declare(journal)

    def broken(state: object) -> tuple[e.Event, ...]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        journal.append("INC-1", broken, origin())
    note(journal, "INC-1", "goes on")
    assert journal.head() == 2


def test_a_command_sent_twice_happens_once(journal: SqlJournal) -> None:
    declare(journal)
    first = journal.append("INC-1", always(e.Acknowledged(), e.NoteAdded(text="a")), origin("same"))
    note(journal, "INC-1", "later")
    again = journal.append("INC-1", always(e.NoteAdded(text="other")), origin("same"))
    assert isinstance(first, Appended)
    assert isinstance(again, Appended)
    assert again.repeated
    assert not first.repeated
    assert again.records == first.records
    assert again.incident == first.incident, "the answer of then, not the state of now"
    assert journal.head() == 4


def test_a_repeated_declaration_opens_no_second_incident(journal: SqlJournal) -> None:
    first = journal.append(None, always(e.Declared(title="x")), origin("d"))
    again = journal.append(None, always(e.Declared(title="x")), origin("d"))
    assert (first.incident.id, again.incident.id) == ("INC-1", "INC-1")
    assert declare(journal).id == "INC-2"


def test_a_command_id_of_another_incident_is_an_error(journal: SqlJournal) -> None:
    declare(journal)
    declare(journal)
    note(journal, "INC-1", "a", "same")
    with pytest.raises(JournalError, match="kept for INC-1, not for INC-2"):
        note(journal, "INC-2", "b", "same")
    assert journal.head() == 3


@pytest.mark.parametrize(
    ("incident", "events", "more", "says"),
    [
        ("INC-7", (e.NoteAdded(text="x"),), {}, "there is no incident INC-7"),
        (None, (e.NoteAdded(text="x"),), {}, "begins with note_added"),
        ("INC-1", (e.NoteAdded(text="\udcff"),), {}, "unpaired surrogate"),
        ("INC-1", (e.StepStarted(run="r", pid=1, start_ticks=2**60, boot_id="b"),), {}, "beyond"),
        ("INC-1", (e.NoteAdded(text="x"),), {"now": START.replace(tzinfo=None)}, "naive"),
        ("INC-1", (e.NoteAdded(text="x"),), {"actor": "a\0b"}, "actor"),
        ("INC-1", (e.NoteAdded(text="x"),), {"actor": "\udcff"}, "unpaired surrogate"),
        ("INC-1", (e.NoteAdded(text="x"),), {"command_id": "\0"}, "command_id"),
    ],
)
def test_what_cannot_be_stored_is_an_error_and_stores_nothing(
    journal: SqlJournal, incident: str | None, events: tuple, more: dict, says: str
) -> None:
    declare(journal)
    with pytest.raises(JournalError, match=says):
        journal.append(incident, always(*events), origin(**more))
    assert journal.head() == 1
    assert declare(journal).id == "INC-2", "no number is lost"
    assert journal.verify().problems == ()


def test_closed_incidents_leave_the_list(journal: SqlJournal) -> None:
    declare(journal, "one")
    declare(journal, "two")
    journal.append("INC-1", always(e.Resolved(), e.Closed(override="why")), origin())
    assert [i.id for i in journal.incidents()] == ["INC-2"]
    everything = journal.incidents(include_closed=True)
    assert [i.phase for i in everything] == [Phase.CLOSED, Phase.DECLARED]
    journal.append("INC-1", always(e.Reopened(reason="back")), origin())
    assert [i.id for i in journal.incidents()] == ["INC-1", "INC-2"]


def test_search_finds_all_words_wherever_they_are_said(journal: SqlJournal) -> None:
    declare(journal, "Checkout fails", service="shop")
    declare(journal, "Paiement refusé à la caisse")
    declare(journal, "Checkout slow")
    note(journal, "INC-1", "pgbouncer pool is full on /api/checkout?x=1, see WEB-3")

    def found(words: str) -> list[str]:
        return [incident.id for incident in journal.search(words)]

    assert found("checkout") == ["INC-3", "INC-1"], "newest first"
    assert found("CHECKOUT pgbouncer") == ["INC-1"], "one word in the title, one in a note"
    assert found("check pgb") == ["INC-1"], "by their beginnings"
    assert found("/api/checkout") == ["INC-1"]
    assert found("REFUSE") == ["INC-2"], "without accents"
    assert found("web-3") == ["INC-1"]
    assert found("checkout nothing") == []
    assert found("") == found("\"*()'") == found("  ") == []
    assert found("shop' OR 1=1 --") == []
    assert [i.id for i in journal.search("checkout", limit=1)] == ["INC-3"]


def test_what_is_owed_and_where_something_happened_is_found_without_reading_everything(
    journal: SqlJournal,
) -> None:
    for _ in range(3):
        declare(journal)
    one = {"kind": FollowUpKind.TEST, "text": "test it"}
    for name, number, state in (("INC-1", 1, "open"), ("INC-3", 1, "open"), ("INC-3", 2, "open")):
        facts = e.FollowUpChanged(follow_up=number, state=FollowUpState(state), **one)
        journal.append(name, always(facts), origin())
    done = e.FollowUpChanged(follow_up=1, state=FollowUpState.DONE, **one)
    journal.append("INC-3", always(done, e.Closed(override="over")), origin())
    assert [(n, f.follow_up, f.state.value) for n, f in journal.follow_ups()] == [
        ("INC-1", 1, "open"),
        ("INC-3", 1, "done"),
        ("INC-3", 2, "open"),
    ]
    assert [i.id for i in journal.incidents_with("follow_up_changed")] == ["INC-1", "INC-3"]
    assert journal.incidents_with("note_added") == ()


def test_search_finds_only_the_last_postmortem(journal: SqlJournal) -> None:
    declare(journal)
    journal.append("INC-1", always(e.PostmortemEdited(text="zebra cause", base=0)), origin())
    journal.append("INC-1", always(e.PostmortemEdited(text="giraffe cause", base=1)), origin())
    assert journal.search("zebra") == ()
    assert [i.id for i in journal.search("giraffe")] == ["INC-1"]
    assert journal.verify().problems == ()


def test_waiting_ends_with_the_next_event(address: str, opened: Callable[..., SqlJournal]) -> None:
    ours, theirs = opened(address), opened(address)
    assert ours.wait(0, timeout=0.02) == 0
    thread = threading.Timer(0.05, declare, [theirs])
    thread.start()
    assert ours.wait(0, timeout=20, step=0.02) == 1
    thread.join()


def test_an_event_of_an_unknown_kind_is_kept_and_shown(journal: SqlJournal) -> None:
    declare(journal)
    strange = e.Opaque(kind="teleported", payload={"to": "mars", "times": 3})
    journal.append("INC-1", always(strange), origin())
    assert journal.records("INC-1")[1].event == strange
    assert journal.incident("INC-1").version == 2
    assert journal.verify().problems == ()
    assert journal.rebuild() == 1


def test_everything_is_there_after_opening_again(
    address: str, opened: Callable[..., SqlJournal]
) -> None:
    journal = opened(address)
    declare(journal)
    note(journal, "INC-1", "one")
    before = journal.incident("INC-1"), journal.records("INC-1")
    journal.close()
    journal = opened(address)
    assert (journal.incident("INC-1"), journal.records("INC-1")) == before
    assert journal.warnings == ()
    assert declare(journal).id == "INC-2"


def test_clock_going_back_keeps_the_order_of_events(journal: SqlJournal) -> None:
    declare(journal)
    for hours in (0, -1, 8760, -2):
        when = START + timedelta(hours=hours)
        journal.append("INC-1", always(e.NoteAdded(text=f"{hours}")), origin(now=when))
    said = [record.event.text for record in journal.records("INC-1")[1:]]
    assert said == ["0", "-1", "8760", "-2"]
    assert journal.verify().problems == ()


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
EVENTS = st.one_of(
    st.builds(e.NoteAdded, text=TEXTS),
    st.builds(e.Qualified, title=TEXTS, priority=st.sampled_from(Priority), reason=TEXTS),
    st.builds(e.PostmortemEdited, text=TEXTS, base=st.integers(0, 5)),
    st.builds(e.Diagnosed, text=TEXTS),
    st.builds(e.Contained, how=TEXTS),
    st.builds(e.Resolved, text=TEXTS),
    st.builds(e.Closed, override=TEXTS, missing=st.tuples(TEXTS)),
    st.builds(e.Reopened, reason=TEXTS),
    st.just(e.Acknowledged()),
)
COMMANDS = st.lists(
    st.one_of(
        st.tuples(st.none(), TEXTS),
        st.tuples(st.integers(1, 3), st.lists(EVENTS, min_size=1, max_size=3)),
    ),
    max_size=8,
)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(commands=COMMANDS)
def test_projections_are_what_the_events_say(journal: SqlJournal, commands: list) -> None:
    for number, what in commands:
        if number is None:
            declare(journal, what)
        elif journal.incident(f"INC-{number}") is not None:
            journal.append(f"INC-{number}", always(*what), origin())
    verified = journal.verify()
    assert verified.problems == ()
    assert verified.events == journal.head()
    assert journal.rebuild() == len(journal.incidents(include_closed=True))
    assert journal.verify() == verified
    for incident in journal.incidents(include_closed=True):
        assert incident == replay(journal.records(incident.id))
