"""Keep the copy of the journal up to date: in pages to catch up, then by the stream."""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from warroom.core.events import Recorded
from warroom.core.journal import Head, Journal, JournalDamaged, JournalError, Link
from warroom.remote.breaker import Breaker
from warroom.remote.wire import Page, Unreachable, Unwelcome, Wire

_log = logging.getLogger(__name__)

_ASTRAY_SECONDS = 30.0
"""Until the next look at a server whose history is not the one that is known here."""


class Replica(Journal, Protocol):
    """A copy of another journal."""

    def take(self, links: Sequence[Link]) -> tuple[Recorded, ...]:
        """Take over what follows; what is there already is passed over.

        Raises:
            JournalDamaged: It does not follow.
        """
        ...


class Astray(Exception):  # noqa: N818 - a state, not a mistake
    """The server's history is not the continuation of the one that is known here."""


class Reader:
    """Reads in a thread of its own."""

    def __init__(
        self,
        wire: Wire,
        replica: Replica,
        breaker: Breaker,
        *,
        alive: Callable[[], None],
        trouble: Callable[[str], None],
        news: Callable[[], None],
        lost: Callable[[str], None],
    ) -> None:
        self._wire = wire
        self._replica = replica
        self._breaker = breaker
        self._alive = alive
        self._trouble = trouble
        self._news = news
        self._lost = lost
        self._closing = threading.Event()
        self._settled = threading.Event()
        self._thread = threading.Thread(target=self._run, name="remote-read", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def settled(self, seconds: float) -> None:
        """Wait until it is known whether the server answers, and the copy is up to date if so."""
        self._settled.wait(seconds)

    def stop(self) -> None:
        """End the thread."""
        self._closing.set()
        self._wire.hang_up()
        self._thread.join(timeout=1)

    def catch_up(self) -> None:
        """Fetch what is missing at the end of the copy.

        Raises:
            Unreachable: The server does not answer.
            Unwelcome: It does not accept the token.
            Astray: What it has is another history.
        """
        while True:
            page = self._wire.page(self._replica.head())
            self._take(page.links)
            if not page.links or page.links[-1].seq >= page.end.seq:
                return

    def _run(self) -> None:
        while not self._closing.is_set():
            wait = self._breaker.left()
            if wait:
                self._closing.wait(wait)
                continue
            try:
                self._meet()
                self._follow()
            except Unreachable as error:
                _log.info("the server: %s", error.why)
                self._lost(error.why)
                if error.seconds:
                    self._breaker.pause(error.seconds)
                elif not self._closing.is_set() and self._breaker.failed():
                    self._news()
            except Unwelcome as error:
                self._breaker.failed(2.0)
                self._trouble(f"the server does not accept the token: {error}")
            except Astray as error:
                self._breaker.failed(_ASTRAY_SECONDS)
                self._trouble(str(error))
            except JournalError as error:
                if not self._closing.is_set():
                    _log.warning("the copy of the journal: %s", error)
                    self._closing.wait(1.0)
            except Exception:
                if not self._closing.is_set():
                    raise
            self._settled.set()

    def _meet(self) -> None:
        """See that the server's history goes on from ours before anything of it is believed."""
        ours = self._replica.end()
        page = self._wire.page(max(0, ours.seq - 1))
        _check(ours, page)
        self._take(page.links)
        if page.links and page.links[-1].seq < page.end.seq:
            self.catch_up()
        self._trouble("")
        self._alive()

    def _follow(self) -> None:
        with self._wire.stream(self._replica.head()) as stream:
            self._settled.set()
            for links in stream:
                if self._closing.is_set():
                    return
                self._take(links)
                self._alive()
        raise Unreachable("the stream ended")

    def _take(self, links: Sequence[Link]) -> None:
        if not links:
            return
        try:
            taken = self._replica.take(links)
        except JournalDamaged as error:
            raise Astray(f"{error.what} {error.hint}".strip()) from error
        if taken:
            self._news()


def _check(ours: Head, page: Page) -> None:
    if page.end.journal != ours.journal:
        raise Astray(
            "the server keeps another journal than the one this copy was made of. "
            "Ask who runs it; `warroom remote forget` begins anew with a copy put aside"
        )
    if page.end.seq < ours.seq:
        raise Astray(
            f"the server's history was shortened: it ends with event {page.end.seq}, this copy with"
            f" {ours.seq}. Ask who runs it; nothing is merged by itself"
        )
    if ours.seq and (not page.links or page.links[0].hash != ours.hash):
        raise Astray(
            f"event {ours.seq} of the server is not the one that was there before. "
            "Ask who runs it; nothing is merged by itself"
        )
