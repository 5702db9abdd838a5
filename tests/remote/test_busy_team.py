"""A simulated day of a busy team: many incidents, a large log, consoles that come and go.

Five consoles work through a server, each leaving and joining again, some with work that was not
sent; one more runs in a real terminal, on the same server and the same log. At the end everybody
holds the same journal, nothing is lost or doubled, memory is flat and nothing has failed.
"""

import contextlib
import gc
import random
import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.campaign import Tally, sized
from tests.remote.day import HOURS, Day, Follower, Traffic, resident
from tests.remote.kit import open_one
from tests.server.kit import Link, Served, served, until
from tests.terminal.driver import Terminal

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.decide import Refusal
from warroom.core.words import FixLevel, HypothesisState
from warroom.remote.room import RemoteRoom
from warroom.room.service import Done

PEOPLE = ("ana", "leo", "mia", "tom", "zoe")
LOOKS = ("1", "2", "3", "4", "2", "end", "pageup", "tab", "end", "1", "up", "down", "?", "escape")
"""Keys that look at things; in a terminal nobody acts, so that what is counted is the team's."""
CALM = 24 << 20
"""Bytes by which memory may grow from the second third of the day to the last."""


class Member(threading.Thread):
    """Somebody of the team, who joins, works, leaves and joins again."""

    def __init__(
        self, server: Served, folder: Path, who: str, day: Day, incidents: int, restless: float
    ) -> None:
        super().__init__(daemon=True)
        self.restless = restless
        self.server, self.folder, self.who, self.day = server, folder, who, day
        self.dice = random.Random(f"busy {who}")
        self.incidents = incidents
        self.token = server.token(who)
        self.link = Link(server.port)
        self.room: RemoteRoom | None = None
        self.away_until = 0.0
        self.notes: list[str] = []
        self.opened: list[str] = []
        self.did: Counter[str] = Counter()
        self.failure: BaseException | None = None

    def join_in(self) -> RemoteRoom:
        self.link.set("well")
        if self.room is None:
            url = self.link.url
            self.room = open_one(self.folder, url, self.token, self.who, clock=self.day.now)
            self.did["joined"] += 1
        return self.room

    def leave(self) -> None:
        if self.room is not None:
            self.room.close()
        self.room = None

    def run(self) -> None:
        try:
            while self.day.gone() < 1:
                if self.day.gone() >= self.away_until:
                    self.work(self.join_in())
                time.sleep(self.dice.uniform(0.0, 0.4))
            while len(self.opened) < self.incidents:
                self.declare(self.join_in())
            if self.did["joined"] < 2:  # a slow machine left no time for it
                self.leave()
            self.join_in()
        except BaseException as error:
            self.failure = error

    def work(self, room: RemoteRoom) -> None:
        if len(self.opened) < min(self.day.gone(), 1.0) * self.incidents:
            self.declare(room)
        elif self.dice.random() < self.restless:
            if self.dice.random() < 0.5:
                self.link.set("cut")  # what is done now is on its way when the console is closed
                for _ in range(3):
                    self.act(room)
            self.leave()
            self.away_until = self.day.gone() + min(0.1, self.restless) * self.dice.uniform(
                0.25, 1.5
            )
        else:
            self.act(room)

    def declare(self, room: RemoteRoom) -> None:
        title = f"{self.who} reports {len(self.opened)}"
        assert isinstance(room.do(c.Declare(facts=e.Declared(title=title, service="shop"))), Done)
        self.opened.append(title)

    def act(self, room: RemoteRoom) -> None:
        known = [i for i in room.incidents(include_closed=True) if i.closed_at is None]
        if not known:
            return
        one = self.dice.choice(known)
        commands: list[object]
        match self.dice.randrange(10):
            case 0 | 1:
                one = min(known, key=lambda i: (i.declared_at, i.id))
                commands = [c.Acknowledge(), c.Resolve(text="gone"), c.Close(override="a drill")]
            case 2:
                commands = [c.Hypothesise(state=HypothesisState.PROPOSED, text="the pool")]
            case 3:
                commands = [c.Diagnose(text="the pool is too small", reason="measured")]
            case 4:
                commands = [c.RecordFix(level=FixLevel.HOTFIX, text="a larger pool")]
            case 5:
                text = f"{one.postmortem}\n{self.who} writes\n"
                commands = [c.EditPostmortem(text=text, base=one.postmortem_version)]
            case _:
                commands = [c.AddNote(text=f"{self.who} {len(self.notes)}")]
        for command in commands:
            done = room.do(command, one.id)
            self.did["refused" if isinstance(done, Refusal) else "done"] += 1
            if isinstance(command, c.AddNote) and isinstance(done, Done):
                self.notes.append(command.text)


@dataclass
class Seen:
    """What the day was like."""

    incidents: int = 0
    events: int = 0
    lines: int = 0
    shown: int = 0
    """Lines that the follower has in the end."""
    told: list[str] = field(default_factory=list)
    """What its other rows say."""
    rotations: int = 0
    joined: int = 0
    team: list[int] = field(default_factory=list)
    """Bytes of memory of the server with the five consoles, at each hour."""
    terminal: list[int] = field(default_factory=list)
    follower: list[int] = field(default_factory=list)


@contextlib.contextmanager
def in_a_terminal(
    server: Served, folder: Path, log: Path, wanted: bool
) -> Iterator[Terminal | None]:
    if not wanted:
        yield None
        return
    home = folder / "home"
    home.mkdir()
    arguments = ["--remote", server.url, "--log", str(log), "--as", "eva"]
    token = server.token("eva", "read", "act")
    with Terminal.spawned(arguments, home, WARROOM_TOKEN=token) as terminal:
        terminal.sees("FOLLOW")
        terminal.drawn = False  # a day of screens would take longer to read than to draw
        yield terminal
        leave(terminal)
        assert b"Traceback" not in terminal.raw


def leave(terminal: Terminal) -> None:
    """Close whatever is open, then quit."""
    for _ in range(4):
        terminal.press("escape")
        terminal.settle(0.5, 10)
    terminal.press("q")
    assert terminal.ends(120) == 0


def a_day(
    folder: Path, seconds: float, incidents: int, lines: int, rotations: int, *, terminal: bool
) -> Seen:
    day, seen = Day(seconds), Seen()  # it begins anew once everybody is there
    log = folder / "access.log"
    restless = 0.02 if terminal else 0.4
    traffic = Traffic(day, log, lines, rotations)
    with served(folder, clock=day.now) as server:
        team = [
            Member(server, folder, who, day, incidents // len(PEOPLE), restless) for who in PEOPLE
        ]
        follower = Follower(log, folder)
        traffic.seen = follower.so_far
        try:
            for member in team:
                member.join_in()
            day.began = time.monotonic()
            for thread in (traffic, *team):
                thread.start()
            until(log.exists)
            with in_a_terminal(server, folder, log, terminal) as window:
                spend(day, seen, window, follower)
            for thread in (traffic, *team):
                thread.join(120)
                assert not thread.is_alive()
                assert thread.failure is None, thread.failure
            seen.lines, seen.rotations = traffic.written, traffic.rotations
            seen.shown, seen.told = follower.rows(600)
            seen.joined = sum(member.did["joined"] for member in team)
            with contextlib.suppress(AssertionError):
                until(lambda: all(level(member) for member in team), 120)
            assert [state(member) for member in team if not level(member)] == []
            check(server, team, seen)
        finally:
            follower.close()
            for member in team:
                member.leave()
                member.link.close()
    return seen


def spend(day: Day, seen: Seen, window: Terminal | None, follower: Follower) -> None:
    """Let the day pass; look at things in the terminal, and at the memory every hour."""
    dice, hour = random.Random("looks"), 0
    while day.gone() < 1:
        if window is None:
            time.sleep(0.05)
        else:
            window.read(0.05)
            if dice.random() < 0.05:
                window.press(dice.choice(LOOKS))
            assert b"Traceback" not in window.raw
            window.raw = window.raw[-4096:]
        if day.gone() * HOURS >= hour + 1:
            hour += 1
            gc.collect()
            seen.team.append(resident())
            if follower.said:
                seen.follower.append(follower.said[-1]["resident"])
            if window is not None:
                seen.terminal.append(resident(window.drawing))


def level(member: Member) -> bool:
    room = member.room
    assert room is not None
    contact = room.contact()
    return contact.online and not contact.pending and room.end() == member.server.journal.end()


def state(member: Member) -> tuple[object, ...]:
    assert member.room is not None
    ends = member.room.end(), member.server.journal.end()
    return member.who, member.room.contact(), ends, member.link.mode, dict(member.did)


def check(server: Served, team: list[Member], seen: Seen) -> None:
    truth = server.journal
    found = truth.verify()
    assert found.problems == ()
    everything = truth.incidents(include_closed=True)
    for member in team:
        assert member.room is not None
        assert member.room._replica.verify() == found
        assert member.room.incidents(include_closed=True) == everything
    kept = Counter(
        r.event.text for r in truth.since(0, 10_000_000) if isinstance(r.event, e.NoteAdded)
    )
    titles = Counter(incident.title for incident in everything)
    for member in team:
        assert [note for note in member.notes if kept[note] != 1] == []
        assert [title for title in member.opened if titles[title] != 1] == []
    seen.incidents, seen.events = len(everything), found.events


def growth(sizes: list[int]) -> int:
    """Return by how many bytes the last third of the day is above the second, in the middle."""
    third = len(sizes) // 3
    return round(
        statistics.median(sizes[2 * third :]) - statistics.median(sizes[third : 2 * third])
    )


def test_a_day_in_seconds_ends_with_one_journal(tmp_path: Path) -> None:
    seen = a_day(tmp_path, 6.0, 10, 20_000, 2, terminal=False)
    assert seen.incidents == 10
    assert seen.shown == seen.lines == 20_000
    assert seen.joined > len(PEOPLE)
    assert seen.told.count("rotated") == seen.rotations == 2


@pytest.mark.soak
def test_a_day_of_a_busy_team_ends_with_one_journal(tmp_path: Path, tally: Tally) -> None:
    seen = a_day(tmp_path, sized(1200), sized(200), sized(10_000_000), HOURS - 1, terminal=True)
    tally(seen.incidents, "incidents", seed="busy")
    tally(seen.events, "events")
    tally(seen.lines, "log lines", lost=abs(seen.shown - seen.lines))
    tally(seen.joined, "times joined")
    sizes = {"the team": seen.team, "the console": seen.terminal, "the follower": seen.follower}
    for name, each in sizes.items():
        print(name, [size >> 20 for size in each])
        tally(growth(each) >> 20, f"MiB grown by {name}")
    assert seen.told.count("rotated") == seen.rotations
    assert seen.joined > len(PEOPLE)
    assert growth(seen.team) < CALM
    lines = seen.lines // 3
    assert growth(seen.follower) < CALM + 4 * lines
    assert growth(seen.terminal) < CALM + 16 * lines  # of each line it keeps columns to count by
