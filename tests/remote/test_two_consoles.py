"""Two consoles and a server: what one does the other sees, with and without a network."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.remote.kit import Console, console, open_one
from tests.server.kit import Served, served, until

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.conduct import EntryAmended
from warroom.core.decide import Refusal
from warroom.core.journal import JournalError
from warroom.core.merge import MINE
from warroom.remote import sender
from warroom.room.service import Done


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Console, Console]]:
    folder = tmp_path_factory.mktemp("team")
    with (
        served(folder) as found,
        console(found, folder, "ana") as ana,
        console(found, folder, "leo") as leo,
    ):
        yield ana, leo


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as found:
        yield found


@pytest.fixture
def pair(shared: tuple[Console, Console]) -> tuple[Console, Console]:
    """Ana and Leo, up to date, and with nothing refused."""
    for one in shared:
        one.link.set("well")
        until(one.level)
        one.room._outbox.clear_refusals()
    return shared


def declare(one: Console, title: str = "checkout fails") -> str:
    done = one.room.do(c.Declare(facts=e.Declared(title=title)))
    assert isinstance(done, Done)
    return done.incident.id


def notes(one: Console, name: str) -> list[str]:
    return [r.event.text for r in one.room.records(name) if isinstance(r.event, e.NoteAdded)]


def both_level(*consoles: Console) -> None:
    until(lambda: all(one.level() for one in consoles))
    for one in consoles:
        found = one.room._replica.verify()
        assert found.problems == ()
        assert found == one.server.journal.verify()


def test_what_one_does_the_other_is_told_at_once(pair: tuple[Console, Console]) -> None:
    ana, leo = pair
    told: list[e.Recorded] = []
    leo.room.subscribe(told.extend)
    name = declare(ana)
    done = ana.room.do(c.AddNote(text="pool exhausted"), name)
    assert isinstance(done, Done)
    assert [r.event for r in done.records] == [e.NoteAdded(text="pool exhausted")]
    until(lambda: [r.actor for r in told if r.incident == name] == ["ana", "ana"])
    assert leo.room.incident(name) == ana.room.incident(name)
    assert told[-1].device == "ana-pc"
    both_level(ana, leo)


def test_of_two_who_take_command_one_wins_and_the_other_reads_who(
    pair: tuple[Console, Console],
) -> None:
    ana, leo = pair
    name = declare(ana)
    both_level(ana, leo)
    results: dict[str, object] = {}
    start = threading.Barrier(2)

    def take(who: str, one: Console) -> None:
        start.wait()
        results[who] = one.room.do(c.Acknowledge(), name)

    threads = [threading.Thread(target=take, args=pair_) for pair_ in (("ana", ana), ("leo", leo))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    both_level(ana, leo)
    winner = ana.room.incident(name).commander
    loser = {"ana": "leo", "leo": "ana"}[winner]
    assert isinstance(results[winner], Done)
    assert isinstance(results[loser], Refusal)
    assert winner in results[loser].reason


def test_without_a_network_both_go_on_and_meet_again(pair: tuple[Console, Console]) -> None:
    ana, leo = pair
    name = declare(ana)
    both_level(ana, leo)
    ana.link.set("cut")
    until(lambda: not ana.room.contact().online)
    assert isinstance(ana.room.do(c.AddNote(text="made offline"), name), Done)
    own = ana.room.do(c.Declare(facts=e.Declared(title="only ana knows")))
    assert isinstance(own, Done)
    new = own.incident.id
    assert new.startswith("NEW-")
    assert isinstance(ana.room.do(c.Acknowledge(), new), Done)
    refused = ana.room.do(c.Acknowledge(), new.lower())
    assert isinstance(refused, Refusal)
    number = int(declare(leo, "leo's own").removeprefix("INC-"))
    assert leo.room.do(c.AddNote(text="meanwhile"), name)
    assert ana.room.contact().pending == 3
    assert ana.room.contact().since is not None
    assert notes(ana, name) == ["made offline"]
    ana.link.set("well")
    both_level(ana, leo)
    assert notes(ana, name) == notes(leo, name) == ["meanwhile", "made offline"]
    found = leo.room.incident(f"INC-{number + 1}")
    assert (found.title, found.commander) == ("only ana knows", "ana")
    assert ana.room.incident(new) == found
    assert ana.room.contact().refused == 0


def test_what_the_server_refuses_later_is_told_and_kept(pair: tuple[Console, Console]) -> None:
    ana, leo = pair
    name = declare(ana)
    both_level(ana, leo)
    ana.link.set("cut")
    until(lambda: not ana.room.contact().online)
    assert isinstance(ana.room.do(c.Acknowledge(), name), Done)
    assert ana.room.incident(name).commander == "ana"
    assert isinstance(leo.room.do(c.Acknowledge(), name), Done)
    ana.link.set("well")
    both_level(ana, leo)
    assert ana.room.incident(name).commander == "leo"
    (kept,) = ana.room.refusals()
    assert "leo" in kept.reason
    until(lambda: notes(leo, name))
    (note,) = notes(leo, name)
    assert note.startswith("Not kept: “acknowledge”")
    assert kept.reason in note


def test_two_texts_written_apart_become_one(pair: tuple[Console, Console]) -> None:
    ana, leo = pair
    name = declare(ana)
    first = "# What happened\n\nIt broke.\n\n# Causes\n\nUnknown.\n"
    assert isinstance(ana.room.do(c.EditPostmortem(text=first, base=0), name), Done)
    both_level(ana, leo)
    ana.link.set("cut")
    until(lambda: not ana.room.contact().online)
    for text in ("It broke at", "It broke at noon."):
        edited = first.replace("It broke.", text)
        version = ana.room.incident(name).postmortem_version
        assert isinstance(ana.room.do(c.EditPostmortem(text=edited, base=version), name), Done)
    assert ana.room.contact().pending == 1  # one text is on its way, not every keystroke
    theirs = first.replace("Unknown.", "The pool.").replace("It broke.", "It broke at dusk.")
    assert isinstance(leo.room.do(c.EditPostmortem(text=theirs, base=1), name), Done)
    ana.link.set("well")
    both_level(ana, leo)
    text = leo.room.incident(name).postmortem
    assert text == ana.room.incident(name).postmortem
    assert all(words in text for words in ("at noon.", "at dusk.", "The pool.", MINE))


def test_an_entry_made_long_before_is_told_at_its_time(
    pair: tuple[Console, Console], monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, leo = pair
    monkeypatch.setattr(sender, "LATE", timedelta(0))
    name = declare(ana)
    both_level(ana, leo)
    ana.link.set("cut")
    until(lambda: not ana.room.contact().online)
    done = ana.room.do(c.AddNote(text="it was then"), name)
    ana.link.set("well")
    both_level(ana, leo)
    amended = [r.event for r in leo.room.records(name) if isinstance(r.event, EntryAmended)]
    assert [(a.entry, a.at) for a in amended if a.at == done.records[0].at]
    assert not [r for r in leo.room.records(name) if r.command_id.endswith("-at-at")]


def test_a_console_that_starts_without_the_server_has_what_it_knew(
    running: Served, tmp_path: Path
) -> None:
    with console(running, tmp_path, "ana") as ana:
        name = declare(ana)
        token = running.token("ana")
    port = running.port
    running.stop()
    try:
        room = open_one(tmp_path, f"http://127.0.0.1:{port}", token, "ana")
        room.settle(20)
        assert not room.contact().online
        assert isinstance(room.do(c.AddNote(text="still here"), name), Done)
        room.close()
        again = open_one(tmp_path, f"http://127.0.0.1:{port}", token, "ana")
        assert [r.event for r in again.records(name)][-1] == e.NoteAdded(text="still here")
        assert again.contact().pending == 1
        again.close()
        with pytest.raises(JournalError, match="has not met it yet"):
            open_one(tmp_path, f"http://127.0.0.1:{port}", token, "leo")
    finally:
        running.start()


def test_a_server_with_another_history_is_not_followed(running: Served, tmp_path: Path) -> None:
    with console(running, tmp_path, "ana") as ana:
        declare(ana)
    with served(tmp_path / "other") as other:
        token = other.token("ana")
        room = open_one(tmp_path, other.url, token, "ana")
        try:
            until(lambda: "another journal" in room.contact().trouble)
            assert not room.contact().online
            assert [i.title for i in room.incidents()] == ["checkout fails"]
        finally:
            room.close()


def test_a_token_that_ends_is_a_state_and_not_a_loss(running: Served, tmp_path: Path) -> None:
    with console(running, tmp_path, "ana") as ana:
        name = declare(ana)
        for token in running.tokens.all():
            running.tokens.revoke(token.id, ana.room.now())
        until(lambda: isinstance(ana.room.do(c.AddNote(text="x"), name), Done)
              and "token" in ana.room.contact().trouble)  # fmt: skip
        assert ana.room.contact().pending >= 1


def test_what_one_person_decided_is_not_sent_as_anothers(running: Served, tmp_path: Path) -> None:
    with console(running, tmp_path, "ana") as ana:
        name = declare(ana)
        ana.link.set("cut")
        until(lambda: not ana.room.contact().online)
        ana.room.do(c.AddNote(text="ana's own"), name)
    room = open_one(tmp_path, running.url, running.token("leo"), "ana")
    try:
        until(lambda: "--as leo" in room.contact().trouble)
        assert room.contact().pending == 1
    finally:
        room.close()
    room = open_one(tmp_path, running.url, running.token("ana"), "ana")
    try:
        until(lambda: room.contact().pending == 0)
        assert [r.actor for r in running.journal.records(name)] == ["ana", "ana"]
    finally:
        room.close()
