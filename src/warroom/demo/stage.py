"""Set the stage: the simulated shop, its runbooks and a fresh store, in a folder that goes away."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from warroom.drills.service.books import FIRST_FOUR, write_runbooks
from warroom.drills.service.supervisor import SimulatedService
from warroom.runbooks.parse import load_folder
from warroom.runbooks.trust import TrustStore
from warroom.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast the story goes; seconds."""

    seed: int = 7
    rate: float = 40.0
    """Requests a second."""
    deploy_after: float = 25.0
    """Until the bad release goes out: long enough to see what ordinary looks like."""
    fail_after: float = 12.0
    """From the release to the first failures."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A running shop and the settings of a console on it."""

    service: SimulatedService
    settings: Settings


@contextmanager
def stage(settings: Settings, pace: Pace) -> Iterator[Stage]:
    """Start the shop; on leaving, however that happens, no process and no file of it is left.

    Args:
        settings: The user's own: name, theme and keys are kept, everything else is the demo's.
        pace: How fast the story goes.

    Raises:
        ServiceError: The shop cannot be started; the message says why.
    """
    with tempfile.TemporaryDirectory(prefix="warroom-demo-") as name:
        folder = Path(name)
        with SimulatedService.start(
            folder / "shop",
            seed=pace.seed,
            rate=pace.rate,
            deploy_after=pace.deploy_after,
            fail_after=pace.fail_after,
        ) as service:
            shelf = write_runbooks(folder, service, books=FIRST_FOUR)
            trust = TrustStore(folder / "state" / "trusted")
            for book in load_folder(shelf)[0]:
                trust.accept(book)  # written by warroom itself a moment ago
            yield Stage(
                service,
                replace(
                    settings,
                    db=str(folder / "incidents.db"),
                    remote="",
                    service="shop",
                    logs=(str(service.access_log),),
                    runbooks=(str(shelf),),
                    changes=(str(service.changes_file),),
                    state_folder=folder / "state",
                ),
            )
