"""A link that is cut, healed, slowed and reset at random while both sides act: nothing is lost.

Both consoles add numbered entries (the append list), and do everything else that may clash. At the
end everybody must hold the same chain of hashes, every entry that was acknowledged must be in it
exactly once and in the order of its console, and what was refused must not be in it at all.
"""

import random
import re
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from tests.campaign import Tally, sized
from tests.remote.kit import Console, console
from tests.server.kit import served, until

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.decide import Refusal
from warroom.core.words import HypothesisState
from warroom.room.service import Done

PATIENCE = 60.0
"""Seconds after which a console that has done nothing yet does not work."""
_ENTRY = re.compile(r"^(ana|leo) (\d+)$")


class Actor(threading.Thread):
    """Somebody at a console who goes on working whatever the network does."""

    def __init__(self, one: Console, who: str, seed: int, incident: str) -> None:
        super().__init__(daemon=True)
        self.one, self.who, self.incident = one, who, incident
        self.dice = random.Random(f"{seed} {who}")
        self.kept: list[str] = []
        self.refused: list[str] = []
        self.opened: list[str] = []
        self.lines: list[str] = []
        self.halt = threading.Event()
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            while not self.halt.is_set():
                self.act()
                time.sleep(self.dice.uniform(0, 0.03))
        except BaseException as error:
            self.failure = error

    def act(self) -> None:
        room = self.one.room
        match self.dice.randrange(10):
            case 0:
                title = f"{self.who} opened {len(self.opened)}"
                done = room.do(c.Declare(facts=e.Declared(title=title)))
                assert isinstance(done, Done)
                self.opened.append(title)
            case 1:
                room.do(c.Acknowledge(), self.incident)
            case 2:
                room.do(
                    c.Hypothesise(state=HypothesisState.PROPOSED, text=f"{self.who} guesses"),
                    self.incident,
                )
            case 3:
                self.edit()
            case 4:
                kind = self.dice.choice([c.Resolve(text="gone"), c.Reopen(reason="back again")])
                room.do(kind, self.incident)
            case _:
                text = f"{self.who} {len(self.kept) + len(self.refused)}"
                done = room.do(c.AddNote(text=text), self.incident)
                (self.refused if isinstance(done, Refusal) else self.kept).append(text)

    def edit(self) -> None:
        state = self.one.room.incident(self.incident)
        line = f"{self.who} writes {len(self.lines)}"
        heading = f"# {self.who}"
        text = state.postmortem or "# ana\n\n# leo\n"
        if heading not in text:
            return
        edited = text.replace(heading, f"{heading}\n{line}", 1)
        command = c.EditPostmortem(text=edited, base=state.postmortem_version)
        if isinstance(self.one.room.do(command, self.incident), Done):
            self.lines.append(line)


def campaign(folder: Path, seed: int, seconds: float) -> Counter[str]:
    """Let it happen, and check what became of it; returns how often what was done to the links."""
    dice = random.Random(seed)
    done: Counter[str] = Counter()
    with (
        served(folder) as server,
        console(server, folder, "ana") as ana,
        console(server, folder, "leo") as leo,
    ):
        first = ana.room.do(c.Declare(facts=e.Declared(title="the one")))
        assert isinstance(first, Done)
        until(lambda: ana.level() and leo.level())
        actors = [
            Actor(one, who, seed, first.incident.id) for who, one in (("ana", ana), ("leo", leo))
        ]
        for actor in actors:
            actor.start()
        began = time.monotonic()
        # On a busy machine it goes on until each has done something that could be lost.
        while (gone := time.monotonic() - began) < seconds or (
            gone < PATIENCE and not all(actor.kept and actor.opened for actor in actors)
        ):
            link = dice.choice([ana.link, leo.link])
            what = dice.choice(["cut", "well", "well", "slow", "frozen", "reset"])
            done[what] += 1
            if what == "reset":
                link.reset()
            else:
                link.set(what)
            time.sleep(dice.uniform(0.05, 0.6))
        for actor in actors:
            actor.halt.set()
        for link in (ana.link, leo.link):
            link.set("well")
        for actor in actors:
            actor.join(60)
            assert actor.failure is None, actor.failure
        until(lambda: ana.level() and leo.level(), 90)
        check(actors, ana, leo)
    return done


def check(actors: list[Actor], ana: Console, leo: Console) -> None:
    truth = ana.server.journal
    found = truth.verify()
    assert found.problems == ()
    assert ana.room._replica.verify() == leo.room._replica.verify() == found
    records = truth.since(0, 1_000_000)
    states = [one.incidents(include_closed=True) for one in (ana.room, leo.room)]
    assert states[0] == states[1] == truth.incidents(include_closed=True)
    entries = [
        r.event.text
        for r in records
        if isinstance(r.event, e.NoteAdded) and _ENTRY.match(r.event.text)
    ]
    titles = Counter(i.title for i in truth.incidents(include_closed=True))
    text = truth.incident(actors[0].incident).postmortem
    for actor in actors:
        mine = [entry for entry in entries if entry.startswith(actor.who)]
        assert mine == actor.kept  # each once, in order, and no other
        assert [title for title in actor.opened if titles[title] != 1] == []
        assert [line for line in actor.lines if line not in text] == []
        for refused in actor.one.room.refusals():
            assert refused.name not in {"add-note", "declare", "edit-postmortem"}, refused
    assert all(actor.kept and actor.opened for actor in actors)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_broken_network_loses_and_doubles_nothing(tmp_path: Path, seed: int) -> None:
    done = campaign(tmp_path, seed, 3.0)
    assert sum(done.values()) > 3


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 100 + sized(20)))
def test_twenty_broken_networks_lose_and_double_nothing(
    tmp_path: Path, seed: int, tally: Tally
) -> None:
    done = campaign(tmp_path, seed, 30.0)
    tally(sum(done.values()), "faults of a network", seed=seed)
    assert set(done) == {"cut", "well", "slow", "frozen", "reset"}
