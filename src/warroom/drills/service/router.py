"""The router: a reverse proxy that sends each request where the state says, and logs it."""

import asyncio
import contextlib
import json
import re
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from warroom.drills.service import routes, wire
from warroom.drills.service.accesslog import Access, LineFile, access_line, error_line
from warroom.drills.service.child import complain, listening, live
from warroom.drills.service.faults import FAULTS, draw
from warroom.drills.service.settings import Move, Settings, load_settings
from warroom.drills.service.state import (
    INSTANCES,
    RELEASES,
    State,
    StateError,
    read_state,
    write_state,
)
from warroom.drills.service.wire import Request, Response

PATIENCE = 5.0
"""Seconds the router waits for an instance before it answers 504."""
BROKEN = Response(502, b"<html><h1>502 Bad Gateway</h1></html>\n", {"content-type": "text/html"})
LATE = Response(504, b"<html><h1>504 Gateway Time-out</h1></html>\n", {"content-type": "text/html"})
LOOK = 0.2
"""Seconds between two looks at the state file, which may be edited by hand."""
_SAFE_ID = re.compile(r"[0-9a-f]{8,64}")
_SAFE_CLIENT = re.compile(r"[0-9a-fA-F.:]{2,45}")
_PASSED_ON = ("content-type", "content-length", "user-agent", "accept")

_CONNECT = "connect() failed (111: Connection refused) while connecting to upstream"
_TIMED_OUT = (
    "upstream timed out (110: Connection timed out) while reading response header from upstream"
)
_CLOSED = "upstream prematurely closed connection while reading response header from upstream"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer and who gave it."""

    response: Response
    address: str = "-"
    upstream: str = "edge"
    release: str = "-"
    failure: str = ""
    """What the error log says; empty when nothing failed."""


class Router:
    """Knows the state and the instances; the only process that writes the state."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self._folder = folder
        self._settings = settings
        self._state_file = folder / "state.json"
        self.state = read_state(self._state_file)
        self._seen = self._state_file.stat().st_mtime_ns
        self._access = LineFile(folder / "access.log")
        self._errors = LineFile(folder / "error.log")
        self._pools = {
            f"{release}/{name}": wire.Pool(settings.ports[f"{release}/{name}"])
            for release in RELEASES
            for name in INSTANCES
        }
        self._turn = 0
        self._count = 0

    # -- traffic ---------------------------------------------------------------------------

    async def client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client connection until it ends."""
        try:
            while (request := await wire.read_request(reader)) is not None:
                if request.path == "/ready":  # asked by whoever starts the shop; no customer
                    writer.write(wire.encode_response(Response(200)))
                    continue
                begun = time.monotonic()
                self._count += 1
                number = self._count
                request_id = self._request_id(request, number)
                reply = await self._reply(request, request_id)
                gone = reader.at_eof()
                if not gone:
                    writer.write(wire.encode_response(reply.response))
                    await writer.drain()
                self._log(request, request_id, reply, begun, number, gone=gone)
        except (wire.WireError, ConnectionError):
            writer.transport.abort()
        finally:
            writer.close()

    def _request_id(self, request: Request, number: int) -> str:
        given = request.headers.get("x-request-id", "")
        if _SAFE_ID.fullmatch(given):
            return given
        return f"{int(draw(self._settings.seed, 'id', str(number)) * 2**52):013x}"

    async def _reply(self, request: Request, request_id: str) -> Reply:
        route = routes.find(request.method, request.path)
        if route is not None and route.edge:
            if "if-none-match" in request.headers:
                return Reply(Response(304))
            return Reply(Response(200, b"/" * route.size, {"etag": '"9f2c"'}))
        gate = self.state.entries.get(f"route.{route.name}", "open") if route else "open"
        if gate == "closed":
            return Reply(Response(503, b'{"error": "closed"}', {"retry-after": "60"}))
        if gate == "degraded":
            body = b'{"degraded": true, "message": "paused for a moment, nothing was charged"}'
            return Reply(Response(200, body, {"x-degraded": "1", "retry-after": "60"}))
        release = self.state.entries["release"]
        names = self.state.instances_in()
        if not names:
            return Reply(BROKEN, failure="no live upstreams while connecting to upstream")
        self._turn += 1
        name = names[self._turn % len(names)]
        return await self._forward(request, request_id, release, name)

    async def _forward(self, request: Request, request_id: str, release: str, name: str) -> Reply:
        pool = self._pools[f"{release}/{name}"]
        headers = {key: request.headers[key] for key in _PASSED_ON if key in request.headers}
        headers["x-request-id"] = request_id
        headers["x-shop"] = self._told()
        asked = Request(request.method, request.path, headers, request.body)
        failure = ""
        try:
            response = await pool.ask(asked, PATIENCE)
        except ConnectionRefusedError:
            response, failure = BROKEN, _CONNECT
        except TimeoutError:
            response, failure = LATE, _TIMED_OUT
        except (wire.WireError, OSError):
            response, failure = BROKEN, _CLOSED
        # Whoever stands in front logs them too, failed or not.
        shown = {**response.headers, "x-release": release, "x-instance": name}
        response = Response(response.status, response.body, shown)
        return Reply(response, pool.address, name, release, failure)

    def _told(self) -> str:
        now = time.time()
        active = self.state.active_from.items()
        ages = {name: round(now - start, 3) for name, start in active if name in FAULTS}
        return json.dumps({"entries": self.state.entries, "ages": ages})

    def _log(
        self,
        request: Request,
        request_id: str,
        reply: Reply,
        begun: float,
        number: int,
        *,
        gone: bool,
    ) -> None:
        client = request.headers.get("x-forwarded-for", "")
        entry = Access(
            at=time.time(),
            client=client if _SAFE_CLIENT.fullmatch(client) else "127.0.0.1",
            method=request.method,
            target=request.path,
            version=request.version,
            status=499 if gone else reply.response.status,
            sent=0 if gone else len(reply.response.body),
            referer=request.headers.get("referer", ""),
            agent=request.headers.get("user-agent", ""),
            seconds=time.monotonic() - begun,
            address=reply.address,
            upstream=reply.upstream,
            release=reply.release,
            request_id=request_id,
        )
        self._access.write(access_line(entry))
        if reply.failure:
            self._errors.write(error_line(entry.at, number, reply.failure, entry))

    # -- control ---------------------------------------------------------------------------

    async def control(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection of the control endpoint."""
        try:
            while (request := await wire.read_request(reader)) is not None:
                writer.write(wire.encode_response(await self._command(request)))
                await writer.drain()
        except (wire.WireError, ConnectionError):
            writer.transport.abort()
        finally:
            writer.close()

    async def _command(self, request: Request) -> Response:
        match request.method, request.path.split("/")[1:]:
            case "GET", ["state"]:
                return _json(200, {"entries": self.state.entries})
            case "POST", ["set"]:
                return self._set(request.body)
            case "POST", ["lift", name] if name in FAULTS:
                self._adopt(self.state.without_fault(name))
                return _json(200, {"lifted": name})
            case "POST", ["restart", name] if name in INSTANCES:
                pool = self._pools[f"{self.state.entries['release']}/{name}"]
                with contextlib.suppress(OSError, wire.WireError, TimeoutError):
                    await pool.ask(Request("POST", "/internal/restart"), PATIENCE)
                return _json(200, {"restarted": name})
            case _:
                return _json(404, {"error": f"no such command: {request.method} {request.path}"})

    def _set(self, body: bytes) -> Response:
        try:
            changes = {str(key): str(value) for key, value in json.loads(body).items()}
            after = self.state.with_entries(changes, time.time())
        except (StateError, ValueError, AttributeError) as error:
            return _json(409, {"error": str(error)})
        before = {key: self.state.entries[key] for key in changes}
        self._adopt(after)
        return _json(200, {"before": before, "after": changes})

    def _adopt(self, state: State) -> None:
        self.state = state
        write_state(self._state_file, state)
        self._seen = self._state_file.stat().st_mtime_ns

    async def look(self) -> None:
        """Take over, for ever, what others write into the state file."""
        while True:
            await asyncio.sleep(LOOK)
            with contextlib.suppress(OSError):
                stamp = self._state_file.stat().st_mtime_ns
                if stamp != self._seen:
                    self._seen = stamp
                    try:
                        self.state = read_state(self._state_file)
                    except StateError as error:
                        complain(f"router: {error}; the last good state stays in force")

    # -- the plan --------------------------------------------------------------------------

    async def play(self, move: Move) -> None:
        """Let one planned thing happen at its time."""
        await asyncio.sleep(move.after)
        now = time.time()
        state = self.state.with_entries(move.sets, now)
        if move.fault is not None:
            state = state.with_fault(move.fault, now + move.fails_after)
        self._adopt(state)
        if move.record:
            at = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds")
            with (self._folder / "changes.jsonl").open("a", encoding="utf-8") as out:
                out.write(json.dumps({"at": at.replace("+00:00", "Z"), **move.record}) + "\n")


def _json(status: int, body: Mapping[str, object]) -> Response:
    return Response(status, json.dumps(body).encode(), {"content-type": "application/json"})


async def _main(folder: Path, descriptor: int, control: int) -> None:
    settings = load_settings(folder)
    router = Router(folder, settings)
    front = await asyncio.start_server(
        router.client, sock=listening(descriptor), limit=wire.HEAD_LIMIT
    )
    back = await asyncio.start_server(router.control, sock=listening(control))
    async with front, back, asyncio.TaskGroup() as tasks:
        tasks.create_task(router.look())
        for move in settings.plan:
            tasks.create_task(router.play(move))


if __name__ == "__main__":
    live(lambda: _main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
