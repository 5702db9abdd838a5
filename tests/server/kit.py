"""A real server on loopback, tokens for it, and a network in between that fails when told to."""

import asyncio
import contextlib
import secrets
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from warroom.core.access import Token, compose, digest
from warroom.intake.vendors import Intake
from warroom.room.local import LocalRoom, utc_now
from warroom.room.postman import Postman
from warroom.server.desk import Desk, Limits
from warroom.server.serve import Address, listen, server
from warroom.store import SqlJournal, TokenStore, Tuning, open_journal

QUICK = Tuning(reserve_bytes=0)


def until(what: Callable[[], object], seconds: float = 30.0, step: float = 0.01) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(step)


@dataclass
class Served:
    """A server in a thread of this process."""

    folder: Path
    limits: Limits = field(default_factory=Limits)
    address: str = ""
    port: int = 0
    poll_seconds: float = 0.02
    clock: Callable[[], datetime] = utc_now
    staff: Callable[["Served"], Postman] | None = None
    """Who takes reports in and sends."""
    intakes: dict[str, Intake] = field(default_factory=dict)

    def start(self) -> "Served":
        where = self.address or str(self.folder / "server" / "journal.db")
        self.journal: SqlJournal = open_journal(
            where, anchors=self.folder / "server" / "anchors.log", tuning=QUICK
        )
        self.tokens = TokenStore(self.journal)
        self.hall = LocalRoom(
            self.journal,
            actor="server",
            device="server",
            poll_seconds=self.poll_seconds,
            clock=self.clock,
        )
        desk = Desk(
            hall=self.hall,
            tokens=self.tokens,
            audit=self.folder / "server" / "audit.log",
            limits=self.limits,
            postman=self.staff(self) if self.staff else None,
            intakes=self.intakes,
        )
        place = Address(port=self.port)
        self._socket = listen(place)
        self.port = self._socket.getsockname()[1]
        self._server = server(desk, place)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )
        self._thread.start()
        until(lambda: self._server.started)
        return self

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        assert not self._thread.is_alive()
        self._socket.close()
        self.hall.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def token(self, person: str, *scopes: str, clients: tuple[str, ...] = (), days: int = 1) -> str:
        name = secrets.token_hex(5)
        text = compose(name, secrets.token_urlsafe(32))
        now = datetime.now(UTC)
        self.tokens.add(
            Token(
                id=name,
                person=person,
                scopes=scopes or ("read", "act", "run"),
                clients=clients,
                digest=digest(text),
                created_at=now - timedelta(days=10),
                expires_at=now + timedelta(days=days),
            )
        )
        return text

    def client(self, token: str = "") -> httpx.Client:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=20, trust_env=False)

    def audit(self) -> str:
        path = self.folder / "server" / "audit.log"
        return path.read_text() if path.exists() else ""


@contextlib.contextmanager
def served(folder: Path, **more: Any) -> Iterator[Served]:
    running = Served(folder, **more).start()
    try:
        yield running
    finally:
        running.stop()


def say(client: httpx.Client, name: str, incident: str | None = None, **command: Any) -> Any:
    """Send a command and return the answer."""
    body: dict[str, Any] = {"command": command}
    if incident:
        body["incident"] = incident
    return client.post(f"/v1/commands/{name}", json=body)


class Link:
    """A TCP connection's way to a port of this machine, which can be cut, slowed and broken."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.mode = "well"
        self._loop = asyncio.new_event_loop()
        self._writers: set[asyncio.StreamWriter] = set()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(10)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def set(self, mode: str) -> None:
        """`well`, `slow` (a few bytes at a time), `frozen` (nothing passes), `cut` (nobody there)."""
        self.mode = mode
        if mode == "cut":
            self.reset()

    def reset(self) -> None:
        """Break every connection that there is, without a goodbye."""
        self._loop.call_soon_threadsafe(self._break)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def _break(self) -> None:
        for writer in list(self._writers):
            found = writer.get_extra_info("socket")
            if found is not None and found.fileno() >= 0:
                linger = struct.pack("ii", 1, 0)
                with contextlib.suppress(OSError):
                    found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        listening = await asyncio.start_server(self._meet, "127.0.0.1", 0)
        self.port = listening.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        listening.close()
        self._break()
        tasks = [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.mode == "cut":
            writer.transport.abort()
            return
        try:
            theirs, ours = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, ours}
        try:
            await asyncio.gather(self._pass(reader, ours), self._pass(theirs, writer))
        finally:
            for one in (writer, ours):
                self._writers.discard(one)
                one.transport.abort()

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(4096):
                while self.mode == "frozen":
                    await asyncio.sleep(0.01)
                if self.mode == "cut":
                    break
                if self.mode == "slow":
                    for start in range(0, len(data), 512):
                        target.write(data[start : start + 512])
                        await target.drain()
                        await asyncio.sleep(0.01)
                    continue
                target.write(data)
                await target.drain()
        target.transport.abort()
