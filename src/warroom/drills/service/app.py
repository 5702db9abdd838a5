"""One application instance of one release: serves the shop, and fails the way the faults say."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from warroom.drills.service import faults, wire
from warroom.drills.service.child import listening, live
from warroom.drills.service.faults import FAULTS, Fault, draw
from warroom.drills.service.routes import Route, find
from warroom.drills.service.settings import Settings, load_settings
from warroom.drills.service.wire import Request, Response

CONNECTIONS = 12
"""Database connections of one instance."""
PATIENCE = 1.5
"""Seconds a request waits for a database connection before it gives up with 503."""
MEMORY = 24 * 1024
"""KiB a leaking instance may hoard before its requests fail."""
FULL_SLOWDOWN = 1.2
"""Seconds that collecting garbage adds to a request when the memory is full."""
BACKGROUND = 0.003
"""Share of requests that fail on an ordinary day."""


class Broken(Exception):  # noqa: N818 - it is an event, told to the client as a broken connection
    """The worker died while it served: the client sees the connection break."""


class Instance:
    """The state of one instance: its connections, its memory, and what it was told last."""

    def __init__(self, folder: Path, settings: Settings, name: str, release: str) -> None:
        self.name = name
        self.release = release
        self.seed = settings.seed
        self._gateway = wire.Pool(settings.ports["gateway"])
        self._database = asyncio.Semaphore(CONNECTIONS)
        self._leaked = 0
        self._hoard: list[bytearray] = []
        self._log = os.open(folder / "app.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    async def serve(self, request: Request) -> Response:
        """Answer one request; raises Broken when the worker dies of it."""
        told = json.loads(request.headers.get("x-shop", "{}"))
        entries: Mapping[str, str] = told.get("entries", {}) | {"release": self.release}
        ages: Mapping[str, float] = told.get("ages", {})
        route = find(request.method, request.path)
        if route is None:
            return self._answer(404, {"error": "not found"})
        acting = [
            (fault, age)
            for name, age in ages.items()
            if age >= 0
            and faults.holds(fault := FAULTS[name], entries)
            and not fault.at_gateway
            and faults.touches(fault, route.name, self.name)
        ]
        self._give_back(entries, ages)
        request_id = request.headers.get("x-request-id", "")
        pause = route.low + (route.high - route.low) * draw(self.seed, "pace", request_id) ** 3
        for fault, age in acting:
            pause += faults.delay(fault, self.seed, request_id, age)
            self._grow(fault)
        pause += FULL_SLOWDOWN * self._fullness() ** 2
        if route.database:
            failure = await self._with_database(route, request_id, acting, pause)
            if failure is not None:
                return failure
        else:
            await asyncio.sleep(pause)
        for fault, age in acting:
            kind = faults.answer(fault, self.seed, request_id, request.path, age)
            if kind is not None:
                return self._fail(route, request_id, kind, fault.name)
        if self._fullness() >= 1 and draw(self.seed, "memory", request_id) < 0.6:
            return self._fail(route, request_id, "500", "slow_leak")
        if route.database and draw(self.seed, "background", request_id) < BACKGROUND:
            return self._fail(route, request_id, "500", "background")
        return await self._succeed(route, request, entries, request_id)

    async def _with_database(
        self, route: Route, request_id: str, acting: list[tuple[Fault, float]], pause: float
    ) -> Response | None:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._database.acquire()
        except TimeoutError:
            self._write("error", route, request_id, "no database connection within 1.5 s")
            return self._answer(503, {"error": "busy"})
        leaks = any(draw(self.seed, f.name, "leak", request_id) < f.leaks for f, _ in acting)
        try:
            await asyncio.sleep(pause)
        finally:
            if leaks:
                self._leaked += 1
                self._write("warning", route, request_id, "export session left open")
            else:
                self._database.release()
        return None

    def _give_back(self, entries: Mapping[str, str], ages: Mapping[str, float]) -> None:
        leaking = any(
            FAULTS[name].leaks and age >= 0 and faults.holds(FAULTS[name], entries)
            for name, age in ages.items()
        )
        while self._leaked and not leaking:
            self._leaked -= 1
            self._database.release()
        if self._hoard and not any(FAULTS[name].grows for name in ages):
            self._hoard.clear()  # the cause is removed: whoever brought the fix began it anew

    def _grow(self, fault: Fault) -> None:
        if fault.grows and self._fullness() < 1:
            self._hoard.append(bytearray(fault.grows * 1024))

    def _fullness(self) -> float:
        return min(1.0, sum(map(len, self._hoard)) / (MEMORY * 1024))

    def _fail(self, route: Route, request_id: str, kind: str, why: str) -> Response:
        message, error = _MESSAGES.get(why, _MESSAGES["background"])
        self._write("error", route, request_id, message, error)
        if kind == "reset":
            raise Broken(message)
        return self._answer(int(kind), {"error": error})

    async def _succeed(
        self, route: Route, request: Request, entries: Mapping[str, str], request_id: str
    ) -> Response:
        luck = draw(self.seed, "outcome", request_id)
        if route.template == "/health":
            return self._answer(200, {"ok": True, **entries})
        if route.template == "/api/login" and luck < 0.12:
            return self._answer(401, {"error": "wrong password"})
        if route.template == "/api/orders/{id}" and luck < 0.04:
            return self._answer(404, {"error": "no such order"})
        if route.template == "/api/checkout" and luck < 0.02:
            return self._answer(422, {"error": "address incomplete"})
        if route.template == "/api/export" and entries.get("key.partner-7") == "revoked":
            return self._answer(401, {"error": "key revoked"})
        if route.template == "/api/pay":
            return await self._pay(route, request, entries, request_id)
        return self._answer(route.status, {"items": "x" * int(route.size * (0.7 + 0.6 * luck))})

    async def _pay(
        self, route: Route, request: Request, entries: Mapping[str, str], request_id: str
    ) -> Response:
        if entries.get("fallback.payments") == "on":
            return self._answer(202, {"payment": "kept, charged when the gateway is back"})
        headers = {name: request.headers.get(name, "") for name in ("x-request-id", "x-shop")}
        try:
            paid = await self._gateway.ask(Request("POST", "/charge", headers), timeout=3.0)
        except (OSError, wire.WireError, TimeoutError) as error:
            self._write("error", route, request_id, "payment gateway unreachable", str(error))
            return self._answer(504, {"error": "gateway"})
        if paid.status >= 500:
            self._write("error", route, request_id, f"payment gateway answered {paid.status}")
            return self._answer(502, {"error": "gateway"})
        return self._answer(200, {"payment": "done"})

    def _answer(self, status: int, body: Mapping[str, object]) -> Response:
        headers = {
            "content-type": "application/json",
            "x-release": self.release,
            "x-instance": self.name,
        }
        return Response(status, json.dumps(body).encode(), headers)

    def _write(
        self, level: str, route: Route, request_id: str, message: str, error: str | None = None
    ) -> None:
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "level": level,
            "logger": "shop" + route.template.partition("{")[0].rstrip("/").replace("/", "."),
            "message": message,
            "method": route.method,
            "route": route.template,
            "request_id": request_id,
            "instance": self.name,
            "release": self.release,
        }
        if error is not None:
            line["error"] = error
        os.write(self._log, (json.dumps(line) + "\n").encode())


_MESSAGES: Mapping[str, tuple[str, str]] = {
    "bad_release": ("order refused: currency is empty", "CurrencyError"),
    "one_bad_backend": ("cannot write session: no space left on device", "OSError"),
    "config_typo": ("search gave up after 20 ms", "TimeoutError"),
    "slow_leak": ("worker is out of memory", "MemoryError"),
    "bad_migration": ("order has no currency", "ValueError"),
    "background": ("deadlock detected, transaction rolled back", "DeadlockError"),
}


async def _connection(
    instance: Instance, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    try:
        while (request := await wire.read_request(reader)) is not None:
            if request.path == "/internal/restart":
                _restart()
            writer.write(wire.encode_response(await instance.serve(request)))
            await writer.drain()
    except (Broken, wire.WireError, ConnectionError):
        writer.transport.abort()
    finally:
        writer.close()


def _restart() -> None:
    # The same process begins anew: memory and leaked connections are gone, requests that were
    # being served break, and the listening socket and the parent's pipe stay open.
    os.execv(sys.executable, sys.orig_argv)  # noqa: S606 - our own command line, unchanged


async def _main(folder: Path, release: str, name: str, descriptor: int) -> None:
    instance = Instance(folder, load_settings(folder), name, release)
    server = await asyncio.start_server(
        lambda reader, writer: _connection(instance, reader, writer),
        sock=listening(descriptor),
        limit=wire.HEAD_LIMIT,
    )
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    live(lambda: _main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])))
