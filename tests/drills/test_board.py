"""The facilitator sees what is due, who did what and the score; players' consoles never do."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.drills.support import wait_until
from tests.drills.test_play import BEGUN, SCENARIOS, Play, run

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.words import Audience, UpdateKind
from warroom.demo.drill import cards, joined, set_up
from warroom.drills.play.board import Board, board, lines, within
from warroom.drills.play.card import STALE, Card, Place, read_card, running, write_card
from warroom.drills.play.course import Said
from warroom.settings import Settings


@pytest.fixture
def play(tmp_path: Path):
    found = Play(tmp_path)
    yield found
    found.room.close()


def card_of(play: Play, *, said: int) -> Card:
    """A card on which the first injects were said on time and the others are due."""
    begun = BEGUN.timestamp()
    injects = play.course.scenario.injects
    play.course.said += [Said(begun + one.after, one, "INC-1") for one in injects[:said]]
    due = [(begun + one.after, one) for one in injects[said:]]
    return Card(play.course, due, Place(db="d.db", logs=("a.log",)), play.now.timestamp())


def seen(play: Play, card: Card, seconds: float) -> Board:
    play.at(seconds)
    incidents = tuple(play.room.incidents(include_closed=True))
    records = [r for one in incidents for r in play.room.records(one.id)]
    return board(card, incidents, records, play.now.timestamp())


def test_what_is_due_what_waits_and_who_answered(play: Play) -> None:
    play.do(50, c.Declare(facts=e.Declared(title="x")))
    card = card_of(play, said=1)
    assert [one.stands for one in seen(play, card, 100).spoken] == ["waits 0:10", "due in 2:20"]
    play.do(
        120, c.SendUpdate(kind=UpdateKind.INITIAL, audience=Audience.CLIENT, text="We look into it")
    )
    assert seen(play, card, 130).spoken[0].stands == "answered by ana"
    assert seen(play, card, 130).spoken[1].stands == "due in 1:50"


def test_who_waited_in_vain_is_said(play: Play) -> None:
    play.do(50, c.Declare(facts=e.Declared(title="x")))
    assert seen(play, card_of(play, said=1), 400).spoken[0].stands == "waited in vain"


def test_who_did_what_is_told_by_player_and_callers_are_none(play: Play) -> None:
    play.do(50, c.Declare(facts=e.Declared(title="x")))
    play.at(60)
    play.room.do(c.AddNote(text="the cart\x1b[2J"), "INC-1", actor="leo")
    play.room.do(c.AddNote(text="how long?"), "INC-1", actor="client")
    found = seen(play, card_of(play, said=0), 70)
    assert {player.player: player.number for player in found.players} == {"ana": 1, "leo": 1}
    assert found.players[1].deeds[0][0] == 60
    text = "\n".join(lines(found, play.now))
    assert "leo, 1 deed" in text
    assert found.truth in text


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_board_stays_within_the_terminal_and_keeps_every_word(play: Play, width: int) -> None:
    play.do(50, c.Declare(facts=e.Declared(title="x")))
    play.do(60, c.AddNote(text="twelve calls of the same kind " * 5))
    found = seen(play, card_of(play, said=1), 100)
    whole, told = lines(found, play.now), lines(found, play.now, width)
    assert max(map(len, whole)) > 120
    assert max(map(len, told)) <= width
    assert " ".join(" ".join(told).split()) == " ".join(" ".join(whole).split())


def test_a_low_terminal_keeps_the_beginning_of_a_board() -> None:
    told = [f"line {number}" for number in range(40)]
    assert within(told, 41) == told
    low = within(told, 24)
    assert len(low) == 23
    assert low[:22] == told[:22]
    assert "taller window" in low[-1]


def test_the_score_so_far_and_what_the_shop_does(play: Play) -> None:
    play.shop(31, release="2026.11.20")
    play.shop(43, "bad_release")
    found = seen(play, card_of(play, said=0), 60)
    assert found.stands == "fails: bad_release"
    assert found.points == 0
    play.set(70, "flag.new-cart", "off")
    found = seen(play, card_of(play, said=0), 80)
    assert found.stands == "contained"
    assert {mark.what: mark.points for mark in found.marks}["contained in time"] == 25
    play.course.lifted_at = play.now.timestamp()
    assert seen(play, card_of(play, said=0), 90).stands.startswith("repaired")


def test_a_card_is_read_as_it_was_written(play: Play, tmp_path: Path) -> None:
    play.shop(31, release="2026.11.20")
    play.shop(43, "bad_release")
    play.set(60, "instance.app-3", "drained")
    card = card_of(play, said=1)
    write_card(tmp_path / "cards" / "1.json", card)
    assert read_card(tmp_path / "cards" / "1.json", SCENARIOS) == replace(
        card, course=replace(card.course, _before={})
    )
    now = play.now.timestamp()
    assert len(running(tmp_path / "cards", SCENARIOS, now)) == 1
    assert not running(tmp_path / "cards", SCENARIOS, now + STALE + 1), "it has ended unseen"
    (tmp_path / "cards" / "1.json").write_text("{")
    assert not running(tmp_path / "cards", SCENARIOS, now)


def test_a_running_drill_is_watched_and_joined_and_leaves_no_card(tmp_path: Path) -> None:
    own = Settings(
        db=str(tmp_path / "day.db"),
        remote="http://127.0.0.1:9",
        config_folder=tmp_path,
        state_folder=tmp_path / ".local" / "state" / "warroom",
    )
    with set_up(own, SCENARIOS["bad-release"], speed=20) as stage:
        assert stage.settings.server() is None, "a drill never reaches the server of a team"
        wait_until(lambda: bool(running(cards(own), SCENARIOS, 0)), "a card")
        told = json.loads(run(tmp_path, "drill", "watch", "--json").stdout)
        assert [one["scenario"] for one in told] == ["bad-release"]
        assert [one["caller"] for one in told[0]["spoken"]] == ["client", "management"]
        assert "who speaks" in run(tmp_path, "drill", "watch").stdout
        other = joined(replace(own, actor="leo", remote=""), running(cards(own), SCENARIOS, 0)[0])
        assert (other.actor, other.db, other.logs) == ("leo", own.db, stage.settings.logs)
        assert (other.drill, other.agreements) == ("bad-release", stage.settings.agreements)
    assert not list(cards(own).glob("*"))
    assert "No drill is played" in run(tmp_path, "drill", "watch").stdout
    assert run(tmp_path, "drill", "join").returncode == 4
