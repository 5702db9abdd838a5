"""Run a drill: set the stage, let people speak up, open the console, keep and print the score."""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from platformdirs import user_data_path

from warroom.bootstrap import open_console, open_local_room, terminal_refusal
from warroom.core.drill import DrillScored
from warroom.core.text import clean_line
from warroom.drills.play.caller import Callers
from warroom.drills.play.card import Card, Place, read_card, write_card
from warroom.drills.play.course import Course
from warroom.drills.play.terms import drill_agreement
from warroom.drills.scenarios.load import load_scenarios
from warroom.drills.scenarios.model import Inject, Scenario
from warroom.drills.service.books import write_runbooks
from warroom.drills.service.supervisor import ServiceError, SimulatedService
from warroom.runbooks.parse import load_folder
from warroom.runbooks.trust import TrustStore
from warroom.settings import Settings
from warroom.tables import Tables

ACTOR = "drill"
"""Under whose name the score is written."""


@dataclass(frozen=True, slots=True)
class Set:
    """A running drill: the shop, the settings of a console on it, and the people around it."""

    service: SimulatedService
    settings: Settings
    callers: Callers

    @property
    def course(self) -> Course:
        """How it goes."""
        return self.callers.course


@dataclass(frozen=True, slots=True)
class Guest:
    """A drill that another process plays, as its card tells."""

    settings: Settings
    card: Path

    @property
    def course(self) -> Course:
        """How it goes.

        Raises:
            ServiceError: It has ended.
        """
        found = read_card(self.card, load_scenarios())
        if found is None:
            raise ServiceError("the drill has ended")
        return found.course


def drill_database() -> str:
    """Return where drills are kept when nothing else was said: never among the real incidents."""
    return str(user_data_path("warroom") / "drills.db")


@contextmanager
def set_up(settings: Settings, scenario: Scenario, *, speed: float) -> Iterator[Set]:
    """Start the shop and the callers; on leaving no process and no file of the shop is left.

    Args:
        settings: The user's own: name, theme and keys are kept, and the store if one was named.
        scenario: What is played.
        speed: How much faster the story goes; people keep the time they need.

    Raises:
        ServiceError: The shop cannot be started; the message says why.
        JournalError: The store cannot be opened.
    """
    with tempfile.TemporaryDirectory(prefix="warroom-drill-") as name:
        folder = Path(name)
        begun = time.time()
        with SimulatedService.start(
            folder / "shop", seed=scenario.seed, rate=scenario.rate, plan=scenario.plan(speed)
        ) as service:
            shelf = write_runbooks(folder, service)
            trust = TrustStore(folder / "state" / "trusted")
            for book in load_folder(shelf)[0]:
                trust.accept(book)  # written by warroom itself a moment ago
            own = replace(
                settings,
                db=_absolute(settings.db or drill_database()),
                remote="",  # never among the real incidents of a team
                service="shop",
                logs=(str(service.access_log),),
                runbooks=(str(shelf),),
                changes=(str(service.changes_file),),
                hosts=(),
                second_person="never",
                drill=scenario.id,
                tables=Tables(agreements=(drill_agreement(),)),
                state_folder=folder / "state",
            )
            place = Place(
                db=own.db,
                logs=own.logs,
                runbooks=own.runbooks,
                changes=own.changes,
                state=str(own.state_folder),
            )
            card = cards(settings) / f"{os.getpid()}.json"
            room = open_local_room(replace(own, actor=ACTOR))
            course = Course(scenario, speed, begun)

            def tell(due: Sequence[tuple[float, Inject]]) -> None:
                write_card(card, Card(course, due, place, time.time()))

            callers = Callers(service, room, course, tell)
            try:
                callers.start()
                yield Set(service, own, callers)
            finally:
                callers.stop()
                card.unlink(missing_ok=True)
                room.close()


def _absolute(db: str) -> str:
    """Return a database by a name that others in other folders can open."""
    return db if "://" in db else str(Path(db).expanduser().resolve())


def cards(settings: Settings) -> Path:
    """Return the folder in which the drills that are played on this machine tell how they go."""
    return settings.state_folder / "drills"


def joined(settings: Settings, card: Card) -> Settings:
    """Return the settings of another console on a drill that is played on this machine.

    Args:
        settings: The person's own: name, theme and keys are kept, and the server if one is named.
        card: The drill.
    """
    place = card.place
    return replace(
        settings,
        db=place.db,
        service="shop",
        logs=place.logs,
        runbooks=place.runbooks,
        changes=place.changes,
        hosts=(),
        second_person="never",
        drill=card.course.scenario.id,
        tables=replace(settings.tables, agreements=(drill_agreement(),)),
        state_folder=Path(place.state),
    )


def run_drill(settings: Settings, scenario: Scenario, *, speed: float) -> int:
    """Play a drill in the console and print its score; returns the exit status."""
    refusal = terminal_refusal()
    if refusal:
        sys.stderr.write(f"warroom: {refusal}\n")
        return 1
    try:
        with set_up(settings, scenario, speed=speed) as stage:
            status = open_console(stage.settings, ())
            found = stage.callers.finish()
    except ServiceError as error:
        sys.stderr.write(f"warroom: the drill's service does not start: {error}\n")
        return 1
    tell_score(found, print)
    return status


def tell_score(found: DrillScored, tell: Callable[[str], None]) -> None:
    """Tell a score line by line."""
    word = "won" if found.won else "lost"
    tell(f"{clean_line(found.scenario)} (seed {found.seed}): {word}, {found.points} of 100")
    for mark in found.marks:
        sign = "✓" if mark.points == mark.most else "▪" if mark.points else "✗"
        tell(
            f"  {sign} {mark.points:>3} of {mark.most:<3} {clean_line(mark.what):<30} "
            f"{clean_line(mark.reason, 400)}"
        )
    tell(f"  What it was: {clean_line(found.truth, 400)}.")
