"""The facilitator's card of a running drill: kept beside it, where no player's console looks."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from warroom.drills.play.course import Course, Said, Slip
from warroom.drills.scenarios.model import Caller, Expects, Inject, Scenario, WrongMove

STALE = 15.0
"""Seconds without a word from a drill after which it is taken for gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a drill is played: what another console needs to join it."""

    db: str
    logs: tuple[str, ...] = ()
    runbooks: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    state: str = ""
    """The folder that says which runbooks were accepted."""


@dataclass(frozen=True, slots=True)
class Card:
    """A drill as it stands."""

    course: Course
    due: Sequence[tuple[float, Inject]]
    """What will be said, with the epoch second; the next one first."""
    place: Place
    at: float
    """Epoch second of the last word from the drill."""


def write_card(path: Path, card: Card) -> None:
    """Replace the card of a drill.

    Raises:
        OSError: It cannot be written.
    """
    course = card.course
    told = {
        "at": card.at,
        "scenario": course.scenario.id,
        "seed": course.scenario.seed,
        "speed": course.speed,
        "begun": course.begun,
        "said": [
            {"at": s.at, "incident": s.incident, "inject": asdict(s.inject)} for s in course.said
        ],
        "slips": [{"at": s.at, "move": asdict(s.move)} for s in course.slips],
        "quiet": course.quiet,
        "started": course.started,
        "lifted_at": course.lifted_at,
        "returned": course.returned,
        "due": [{"at": at, "inject": asdict(inject)} for at, inject in card.due],
        "place": asdict(card.place),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(told), "utf-8")
    part.replace(path)


def read_card(path: Path, scenarios: Mapping[str, Scenario]) -> Card | None:
    """Return the card of a drill; None: it is gone, unreadable, or of an unknown scenario."""
    try:
        told: dict[str, Any] = json.loads(path.read_text("utf-8"))
        scenario = replace(scenarios[told["scenario"]], seed=told["seed"])
        course = Course(
            scenario,
            told["speed"],
            told["begun"],
            said=[Said(s["at"], _inject(s["inject"]), s["incident"]) for s in told["said"]],
            slips=[Slip(s["at"], WrongMove(**s["move"])) for s in told["slips"]],
            quiet=told["quiet"],
            started=told["started"],
            lifted_at=told["lifted_at"],
            returned=told["returned"],
        )
        due = sorted(((d["at"], _inject(d["inject"])) for d in told["due"]), key=lambda d: d[0])
        return Card(course, due, _place(told["place"]), told["at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None  # it has just ended, or another version wrote it


def _inject(told: Mapping[str, Any]) -> Inject:
    return Inject(told["after"], Caller(told["caller"]), told["text"], Expects(told["expects"]))


def _place(told: Mapping[str, Any]) -> Place:
    return Place(
        db=told["db"],
        logs=tuple(told["logs"]),
        runbooks=tuple(told["runbooks"]),
        changes=tuple(told["changes"]),
        state=told["state"],
    )


def running(folder: Path, scenarios: Mapping[str, Scenario], now: float) -> list[Card]:
    """Return the drills that are played on this machine, the one that began first at the front."""
    found = [read_card(path, scenarios) for path in sorted(folder.glob("*.json"))]
    alive = [card for card in found if card is not None and now - card.at <= STALE]
    return sorted(alive, key=lambda card: card.course.begun)
