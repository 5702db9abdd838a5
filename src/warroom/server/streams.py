"""Events as they happen: one reader of the journal for all streams, each stream at its own pace."""

import asyncio
import json
import threading
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from warroom.core.codec import encode
from warroom.core.events import Recorded
from warroom.core.journal import JournalError, Link
from warroom.server.desk import Hall

PING_SECONDS = 5.0
"""Between signs of life; a client that misses three of them looks for another connection."""

_RING = 2000
"""Newest events kept encoded for all streams; who is further behind reads from the journal."""

_PAGE = 500

FAR_BEHIND = 10_000
"""Events; a client further behind is told to fetch the journal in pages instead."""


def encoded(link: Link) -> bytes:
    """Return an event as it goes over the wire; its position is the id to resume from."""
    data = json.dumps(encode(link), ensure_ascii=False, separators=(",", ":"))
    return f"id: {link.seq}\nevent: link\ndata: {data}\n\n".encode()


class Hub:
    """Wakes the streams when there is news, and ends them when the server leaves."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ring: deque[tuple[int, bytes]] = deque(maxlen=_RING)
        self._lock = threading.Lock()
        self._waiting: set[asyncio.Event] = set()
        self._unsubscribe: Callable[[], None] | None = None
        self.closing = False
        self.open: Counter[str] = Counter()
        """Streams by token."""

    @contextmanager
    def held(self, token: str) -> Iterator[None]:
        """Count a stream while it is open."""
        self.open[token] += 1
        try:
            yield
        finally:
            self.open[token] -= 1

    def start(self) -> None:
        """Begin to watch; call it on the event loop that the streams run on."""
        self._loop = asyncio.get_running_loop()
        self._unsubscribe = self._hall.subscribe(self._news)

    def stop(self) -> None:
        """End every stream."""
        self.closing = True
        if self._unsubscribe is not None:
            self._unsubscribe()
        self._wake()

    def _news(self, records: Sequence[Recorded]) -> None:
        """Called from the room's watching thread."""
        first = records[0].seq - 1
        try:
            links = self._hall.links(first, len(records))
        except JournalError:
            links = ()  # the streams read by themselves what is missing here
        with self._lock:
            self._ring.extend((link.seq, encoded(link)) for link in links)
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        for event in self._waiting:
            event.set()

    def _held(self, seq: int) -> list[tuple[int, bytes]] | None:
        """Return what the ring holds after a position; None if something before is missing."""
        with self._lock:
            if not self._ring or self._ring[-1][0] <= seq:
                return []
            if self._ring[0][0] > seq + 1:
                return None
            return [(number, data) for number, data in self._ring if number > seq]

    async def after(self, seq: int) -> AsyncIterator[bytes]:
        """Yield events after a position for as long as the server lives, with signs of life."""
        woken = asyncio.Event()
        self._waiting.add(woken)
        try:
            end = await asyncio.to_thread(self._hall.end)
            yield f"retry: 1000\n: journal {end.journal}\n\n".encode()
            if end.seq - seq > FAR_BEHIND:
                yield f'event: resync\ndata: {{"seq":{end.seq}}}\n\n'.encode()
                return
            look = True
            while not self.closing:
                found = None if look else self._held(seq)
                if found is None:
                    links = await asyncio.to_thread(self._hall.links, seq, _PAGE)
                    found = [(link.seq, encoded(link)) for link in links]
                    look = len(links) == _PAGE
                if found:
                    seq = found[-1][0]
                    yield b"".join(data for _, data in found)
                    continue
                try:
                    async with asyncio.timeout(PING_SECONDS):
                        await woken.wait()
                except TimeoutError:
                    yield b": ping\n\n"
                woken.clear()
        finally:
            self._waiting.discard(woken)


class EventStream(Response):
    """Sends a stream until the client leaves, takes nothing for too long, or the server ends."""

    media_type = "text/event-stream"

    def __init__(
        self,
        parts: AsyncIterator[bytes],
        stall_seconds: float,
        counted: AbstractContextManager[None],
    ) -> None:
        super().__init__(
            headers={"cache-control": "no-store", "x-accel-buffering": "no"},
            media_type="text/event-stream",
        )
        del self.headers["content-length"]
        self._parts = parts
        self._stall = stall_seconds
        self._counted = counted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the parts as they come."""
        del scope
        with self._counted:
            await self._stream(receive, send)

    async def _stream(self, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        sending = asyncio.create_task(self._send(send))
        leaving = asyncio.create_task(_gone(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, leaving):
                task.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)

    async def _send(self, send: Send) -> None:
        try:
            async for part in self._parts:
                # A client that stopped reading holds up nobody but itself, and not for ever.
                async with asyncio.timeout(self._stall):
                    await send({"type": "http.response.body", "body": part, "more_body": True})
        except (TimeoutError, JournalError):
            return  # without an end: the client sees a broken stream, and comes again
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
