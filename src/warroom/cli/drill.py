"""Drills on the command line: list, run, join, watch, score, new."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from warroom.cli.common import EXIT_NOT_FOUND, emit, end, fail, json_option, say, settings
from warroom.files import put

_AGAIN = 2.0
"""Seconds between two looks of the facilitator."""

if TYPE_CHECKING:
    from warroom.drills.play.board import Board
    from warroom.drills.play.card import Card
    from warroom.drills.scenarios.model import Scenario


@click.group()
def drill() -> None:
    """Practise on a service that really fails, against the clock, with a score."""


@drill.command("list")
@json_option
def list_(*, as_json: bool) -> None:
    """List the drills, easiest first."""
    found = _scenarios()
    if as_json:
        emit(
            [
                {
                    "id": one.id,
                    "title": one.title,
                    "difficulty": one.difficulty,
                    "briefing": one.briefing,
                }
                for one in found.values()
            ]
        )
        return
    for one in found.values():
        say(f"{one.id:<18} {'▪' * one.difficulty:<4} {one.title}")
    say("\n`warroom drill run ID` begins one; nothing of it touches your incidents.")


@drill.command()
@click.argument("scenario", default="bad-release")
@click.option("--speed", type=click.FloatRange(0.5, 20), default=1.0, show_default=True,
              help="How much faster the story goes.")  # fmt: skip
@click.option("--seed", type=int, help="Of the traffic; the scenario's own by default.")
@click.option(
    "--play",
    type=click.Choice(["win", "nothing", "wrong"]),
    help="Let it be played without a person, and print the transcript.",
)
def run(*, scenario: str, speed: float, seed: int | None, play: str | None) -> None:
    """Play SCENARIO in the console; its score is kept and printed at the end.

    A small shop really runs and really fails on this machine. People call and ask, runbooks act on
    it, wrong moves have consequences. An hour of the contract lasts five minutes.
    """
    from dataclasses import replace

    found = _known(scenario)
    if seed is not None:
        found = replace(found, seed=seed)
    if play:
        from warroom.demo.drilled import play_drill

        end(play_drill(settings(), found, speed=speed, how=play))
    from warroom.demo.drill import run_drill

    say(f"{found.title}\n{found.briefing}\n")
    end(run_drill(settings(), found, speed=speed))


@drill.command()
@click.argument("scenario", required=False)
def join(*, scenario: str | None) -> None:
    """Open one more console on the drill that is played on this machine.

    Each player takes a name: `warroom --as leo drill join`. With --remote they act over the
    server that serves the drill's incidents.
    """
    from warroom.bootstrap import open_console
    from warroom.demo.drill import joined

    cards = [card for card in _running() if scenario in (None, card.course.scenario.id)]
    if not cards:
        fail("no such drill is played on this machine now", "`warroom drill run ID` begins one.")
        end(EXIT_NOT_FOUND)
    end(open_console(joined(settings(), cards[-1]), ()))


@drill.command()
@click.option("--once", is_flag=True, help="Print it once and end.")
@json_option
def watch(*, once: bool, as_json: bool) -> None:
    """Show the facilitator what is due, who did what, and the score so far.

    It tells what the players must find out: look at it where they do not.
    """
    from dataclasses import asdict
    from shutil import get_terminal_size
    from time import sleep, time

    from warroom.cli.common import present
    from warroom.core.text import clean_line
    from warroom.drills.play.board import lines, within

    while True:
        boards = [_board(card, time()) for card in _running()]
        if as_json:
            emit([asdict(one) for one in boards])
            return
        live = not once and sys.stdout.isatty()
        width, height = get_terminal_size() if live else (0, 0)
        told: list[str] = ["No drill is played on this machine now."] if not boards else []
        for one in boards:
            told += [*(clean_line(text, 400) for text in lines(one, present(), width)), ""]
        told = within(told, height) if live else told
        say(("\x1b[H\x1b[J" if live else "") + "\n".join(told).rstrip())
        if not live:
            return
        sleep(_AGAIN)


def _running() -> "list[Card]":
    from time import time

    from warroom.demo.drill import cards
    from warroom.drills.play.card import running

    return running(cards(settings()), _scenarios(), time())


def _board(card: "Card", now: float) -> "Board":
    """Read the journal of a drill and lay it beside what only the drill knows."""
    from dataclasses import replace

    from warroom.bootstrap import open_store
    from warroom.drills.play.board import board

    own = replace(settings(), db=card.place.db, remote="")
    store = open_store(own, read_only=True)
    try:
        found = card.course.own(store.incidents(include_closed=True))
        records = [record for one in found for record in store.records(one.id)]
    finally:
        store.close()
    return board(card, found, records, now)


@drill.command()
@click.argument("incident", required=False)
@json_option
def score(*, incident: str | None, as_json: bool) -> None:
    """Print the score of a drill, or of every drill that was played."""
    from dataclasses import replace

    from warroom.bootstrap import open_store
    from warroom.core.codec import encode
    from warroom.demo.drill import drill_database, tell_score

    own = settings()
    own = replace(own, db=own.db or drill_database())
    if "://" not in own.db and not Path(own.db).exists():
        say("No drill has been played yet. `warroom drill list` shows what there is.")
        return
    store = open_store(own, read_only=True)
    try:
        played = [one for one in store.incidents(include_closed=True) if one.score is not None]
    finally:
        store.close()
    if incident is not None:
        name = incident.upper() if not incident.isdigit() else f"INC-{incident}"
        played = [one for one in played if one.id == name]
        if not played:
            fail(f"no drill is called {incident!r}", "`warroom drill score` prints all.")
            end(EXIT_NOT_FOUND)
    if as_json:
        emit([{"incident": one.id, "score": encode(one.score)} for one in played])
        return
    if not played:
        say("No drill was finished yet.")
    for one in played:
        if one.score is not None:
            say(f"{one.id}  {one.declared_at:%Y-%m-%d %H:%M} UTC")
            tell_score(one.score, say)


@drill.command()
@click.argument("name")
def new(*, name: str) -> None:
    """Write a drill of your own to change, under NAME."""
    from warroom.drills.scenarios.load import ScenarioError, load_scenario, shipped

    folder = _own_folder()
    path = folder / f"{name}.toml"
    if path.exists():
        fail(f"{path} is there already", "Take another name, or change that file.")
        end(1)
    text = (shipped() / "bad-release.toml").read_text("utf-8")
    text = text.replace('id = "bad-release"', f'id = "{name}"', 1)
    folder.mkdir(parents=True, exist_ok=True)
    put(path, text.encode())
    try:
        load_scenario(path)
    except ScenarioError as error:
        path.unlink()
        fail(str(error))
        end(1)
    say(f"{path}\nChange it, then: warroom drill run {name}")


def _own_folder() -> Path:
    return settings().config_folder / "drills"


def _scenarios() -> "dict[str, Scenario]":
    from warroom.drills.scenarios.load import ScenarioError, load_scenarios

    try:
        found = load_scenarios()
        own = _own_folder()
        return found | load_scenarios(own) if own.is_dir() else found
    except ScenarioError as error:
        fail(str(error), "Correct that file, or take it out of the folder.")
        end(1)


def _known(name: str) -> "Scenario":
    found = _scenarios()
    if name not in found:
        fail(f"there is no drill {name!r}", f"There are: {', '.join(found)}.")
        end(EXIT_NOT_FOUND)
    return found[name]
