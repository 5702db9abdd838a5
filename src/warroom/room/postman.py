"""The post office's rounds: ask who can be asked, place what came in, send what is to go out."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from warroom.core.journal import JournalError
from warroom.intake.report import Message
from warroom.intake.vendors import Intake
from warroom.room.dispatch import Attempt, Dispatch
from warroom.room.reception import Outcome, Reception

_log = logging.getLogger(__name__)

ROUND = 1.0
"""Seconds between two rounds when nobody calls: an update is on its way within that."""
REST = 0.25
"""Seconds after a round that found messages, or as long as it took: in a storm the senders and the
consoles get their half of the machine, and an incident is told of many alerts in one entry."""


class Postman:
    """Goes his rounds in a thread from `start` to `stop`; his methods also work alone."""

    def __init__(
        self,
        reception: Reception,
        dispatch: Dispatch,
        pulls: Sequence[Intake],
        ask: Callable[[Intake], bytes],
        clock: Callable[[], datetime],
    ) -> None:
        """`ask` returns what an intake's own interface lists; an `OSError` says why it does not."""
        self.reception = reception
        self.dispatch = dispatch
        self._pulls = pulls
        self._ask = ask
        self._clock = clock
        self._due: dict[str, float] = {}
        self.failures: dict[str, str] = {}
        """Why the latest question to an intake had no answer, by its name."""
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin the rounds."""
        self._thread = threading.Thread(target=self._rounds, name="postman", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Go now: something came in."""
        self._wake.set()

    def stop(self, patience: float = 2.0) -> None:
        """End the rounds; what is being sent at the moment may be sent again later."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(patience)

    def pull(self, intake: Intake) -> int:
        """Ask one intake and keep what it lists, if that has changed; returns how many were new.

        Raises:
            OSError: It does not answer, or refuses.
            JournalError: The answer could not be kept.
        """
        body = self._ask(intake)
        message = Message(body=body, received_at=self._clock())
        return self.reception.take([self.reception.letter(intake.name, message, pulled=True)])

    def round(self) -> tuple[Outcome, Sequence[Attempt]]:
        """Do everything that is to be done now.

        Raises:
            JournalError: The store could not be read or written; the next round goes on.
        """
        for intake in self._pulls:
            if self._due.get(intake.name, 0.0) > time.monotonic():
                continue
            self._due[intake.name] = time.monotonic() + intake.every
            try:
                self.pull(intake)
                self.failures.pop(intake.name, None)
            except OSError as error:
                self.failures[intake.name] = str(error)
        outcome = self.reception.work()
        self.dispatch.post()
        return outcome, self.dispatch.deliver()

    def _rounds(self) -> None:
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                if self.round()[0].letters:
                    self._stop.wait(max(REST, time.monotonic() - began))
                    continue
            except JournalError as error:
                _log.warning("the post: %s", error)
            except Exception:  # noqa: BLE001 - the rounds go on: the next message may be a better one
                _log.exception("the post")
            self._wake.wait(ROUND)
            self._wake.clear()
