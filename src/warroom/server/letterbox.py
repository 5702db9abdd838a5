"""Keep messages in bulk: one wait for the disk for all that arrive meanwhile."""

import asyncio

from starlette.concurrency import run_in_threadpool

from warroom.intake.report import Message
from warroom.room.postman import Postman

MOST = 500
"""Messages kept in one transaction."""
GATHER = 0.02
"""Seconds in which messages are gathered once they come faster than they are kept: a transaction
costs the same for one as for twenty."""


class Letterbox:
    """Keeps many messages with one wait for the disk; each sender is answered when his is kept."""

    def __init__(self, postman: Postman) -> None:
        self._postman = postman
        self._waiting: list[tuple[str, Message, asyncio.Future[None]]] = []
        self._work: asyncio.Task[None] | None = None

    async def put(self, intake: str, message: Message) -> None:
        """Return once the message is on the disk.

        Raises:
            JournalError: It is not.
        """
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((intake, message, kept))
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._keep())
        await kept

    async def _keep(self) -> None:
        while self._waiting:
            now, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            failure = await run_in_threadpool(self._take, now)
            for _, _, kept in now:
                if kept.done():
                    continue  # its sender has left
                if failure is None:
                    kept.set_result(None)
                else:
                    kept.set_exception(failure)
            if failure is None:
                self._postman.wake()
            if self._waiting:
                await asyncio.sleep(GATHER)

    def _take(self, batch: list[tuple[str, Message, asyncio.Future[None]]]) -> Exception | None:
        reception = self._postman.reception
        try:
            reception.take([reception.letter(intake, message) for intake, message, _ in batch])
        except Exception as error:  # noqa: BLE001 - whatever it is, the senders must hear of it
            return error
        return None
