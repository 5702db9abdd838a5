"""Two machines, one postmortem, a network cut now and then: one text at the end, no word lost."""

import random
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.campaign import Tally, sized
from tests.remote.kit import Console, console
from tests.server.kit import served, until
from tests.writers import SECTIONS, TEXT, Writer, kept

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.canonical import Json
from warroom.core.decide import Refusal
from warroom.remote.wire import Answer
from warroom.room.service import Done


class Machine(threading.Thread):
    """Somebody who goes on writing at a console of their own, whatever the network does."""

    def __init__(self, one: Console, name: str, seed: int, pause: float) -> None:
        super().__init__(daemon=True)
        self.writer = Writer(one.room, name, seed)
        self.pause = pause
        """Seconds between two saves, at most."""
        self.halt = threading.Event()
        self.failure: BaseException | None = None

    def run(self) -> None:
        writer = self.writer
        try:
            while not writer.text:
                writer.exchange()
            while not self.halt.wait(writer.chance.uniform(0, self.pause)):
                writer.type()
                writer.exchange()
        except BaseException as error:
            self.failure = error


def both_write(folder: Path, seed: int, seconds: float, pause: float) -> tuple[int, int]:
    """Let two machines write for a time; return how many words were typed, how often cut."""
    dice = random.Random(seed)
    cuts = 0
    with (
        served(folder) as server,
        console(server, folder, "ana") as ana,
        console(server, folder, "mia") as mia,
    ):
        assert isinstance(ana.room.do(c.Declare(facts=e.Declared(title="broken"))), Done)
        assert isinstance(ana.room.do(c.EditPostmortem(text=TEXT, base=0), "INC-1"), Done)
        until(lambda: ana.level() and mia.level())
        machines = [
            Machine(one, name, seed + place, pause)
            for place, (name, one) in enumerate((("ana", ana), ("mia", mia)))
        ]
        for machine in machines:
            machine.start()
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            link = dice.choice([ana.link, mia.link])
            what = dice.choice(["cut", "well", "well", "slow", "frozen", "reset"])
            cuts += what != "well"
            if what == "reset":
                link.reset()
            else:
                link.set(what)
            time.sleep(dice.uniform(0.05, 4 * pause))
        for machine in machines:
            machine.halt.set()
        for link in (ana.link, mia.link):
            link.set("well")
        for machine in machines:
            machine.join(60)
            assert machine.failure is None, machine.failure
        writers = [machine.writer for machine in machines]

        def over() -> bool:
            for writer in writers:
                writer.exchange()
            saved = all(writer.text == writer.sync.saved for writer in writers)
            return saved and writers[0].text == writers[1].text and ana.level() and mia.level()

        until(over, 120)
        incident = server.journal.incident("INC-1")
        assert incident is not None
        assert incident.postmortem == writers[0].text
        assert server.journal.verify().problems == ()
        wanted = writers[0].words | writers[1].words
        found = kept(writers[0].text)
        assert found == wanted, f"{len(wanted - found)} of {len(wanted)} words are lost"
        for name in SECTIONS:
            assert f"## {name}" in writers[0].text
        assert [x.reason for one in (ana, mia) for x in one.room.refusals()] == []
        assert all(writer.typed for writer in writers)
    return len(wanted), cuts


def test_two_machines_lose_no_word_of_each_other(tmp_path: Path) -> None:
    both_write(tmp_path, 1, 4.0, 0.1)


def test_a_text_that_is_outrun_again_and_again_is_kept_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(tmp_path) as server, console(server, tmp_path, "ana") as ana:
        assert isinstance(ana.room.do(c.Declare(facts=e.Declared(title="broken"))), Done)
        assert isinstance(ana.room.do(c.EditPostmortem(text=TEXT, base=0), "INC-1"), Done)
        until(ana.level)
        wire = ana.room._sender._wire
        sending, faster = wire.send, [f"mia{number:05}" for number in range(8)]
        waiting = list(faster)

        def outrun(name: str, body: Mapping[str, Json]) -> Answer | Refusal:
            if name == "edit-postmortem" and waiting:
                state = server.hall.incident("INC-1")
                assert state is not None
                text = f"{state.postmortem}\n{waiting.pop(0)}\n"
                command = c.EditPostmortem(text=text, base=state.postmortem_version)
                assert isinstance(server.hall.do(command, "INC-1"), Done)
            return sending(name, body)

        monkeypatch.setattr(wire, "send", outrun)
        ana.room.do(c.EditPostmortem(text=f"ana00001\n{TEXT}", base=1), "INC-1")
        until(lambda: not waiting and ana.level())
        assert ana.room.refusals() == ()
        state = server.hall.incident("INC-1")
        assert state is not None
        assert kept(state.postmortem) == {"ana00001", *faster}


@pytest.mark.soak
def test_ten_minutes_of_two_machines(tmp_path: Path, tally: Tally) -> None:
    words, _ = both_write(tmp_path, 2, sized(600), 0.6)
    tally(words, "words of two machines", seed=2)
