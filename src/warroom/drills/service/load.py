"""The load generator: plays the customers against the router, whatever the router answers."""

import asyncio
import contextlib
import sys
import time
from pathlib import Path

from warroom.drills.service import faults, wire
from warroom.drills.service.child import live
from warroom.drills.service.faults import FAULTS, Surge
from warroom.drills.service.settings import load_settings
from warroom.drills.service.state import StateError, read_state
from warroom.drills.service.traffic import Call, calls
from warroom.drills.service.wire import Request

PATIENCE = 8.0
"""Seconds after which a customer gives up."""
CROWD = 200
"""Requests under way at the same time; beyond it customers wait."""


class Customers:
    """Sends requests at their times, each without waiting for the one before."""

    def __init__(self, port: int) -> None:
        self._router = wire.Pool(port)
        self._crowd = asyncio.Semaphore(CROWD)
        self._running: set[asyncio.Task[None]] = set()

    async def send(self, call: Call) -> None:
        """Start one request; waits only while too many are under way."""
        await self._crowd.acquire()
        task = asyncio.create_task(self._one(call))
        self._running.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._crowd.release()

    async def _one(self, call: Call) -> None:
        headers = {
            "host": "shop.example",
            "user-agent": call.agent,
            "x-forwarded-for": call.client,
            "x-request-id": call.request_id,
        }
        if call.referer:
            headers["referer"] = call.referer
        if call.cached:
            headers["if-none-match"] = '"9f2c"'
        body = b'{"qty": 1}' if call.method in {"POST", "PUT"} else b""
        # A customer whose request fails goes away: the router's log has what happened.
        with contextlib.suppress(OSError, wire.WireError, TimeoutError):
            await self._router.ask(Request(call.method, call.path, headers, body), PATIENCE)


async def _ordinary(customers: Customers, seed: int, rate: float) -> None:
    due = time.monotonic()
    for call in calls(seed, rate):
        due += call.wait
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        await customers.send(call)


async def _surge(customers: Customers, folder: Path, name: str, surge: Surge) -> None:
    number = 0
    while True:
        await asyncio.sleep(1 / surge.rate)
        with contextlib.suppress(StateError):
            start = read_state(folder / "state.json").active_from.get(name)
            if start is not None and time.time() >= start:
                number += 1
                path = surge.path.replace("{n}", str(number))
                request_id = f"{int(faults.draw(number, name) * 2**52):013x}"
                await customers.send(
                    Call(0, surge.method, path, surge.client, surge.agent, "", request_id)
                )


async def _main(folder: Path) -> None:
    settings = load_settings(folder)
    customers = Customers(settings.ports["router"])
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_ordinary(customers, settings.seed, settings.rate))
        for move in settings.plan:
            surge = FAULTS[move.fault].surge if move.fault else None
            if move.fault and surge:
                tasks.create_task(_surge(customers, folder, move.fault, surge))


if __name__ == "__main__":
    live(lambda: _main(Path(sys.argv[1])))
