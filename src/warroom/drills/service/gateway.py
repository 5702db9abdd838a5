"""The payment gateway: somebody else's service, which the shop depends on and cannot repair."""

import asyncio
import json
import sys
from pathlib import Path

from warroom.drills.service import faults, wire
from warroom.drills.service.child import listening, live
from warroom.drills.service.faults import FAULTS, draw
from warroom.drills.service.settings import load_settings
from warroom.drills.service.wire import Request, Response

ORDINARY = (0.015, 0.050)
"""Seconds of an ordinary charge: least and most."""


async def _charge(seed: int, request: Request) -> Response:
    request_id = request.headers.get("x-request-id", "")
    low, high = ORDINARY
    await asyncio.sleep(low + (high - low) * draw(seed, "charge", request_id))
    ages = json.loads(request.headers.get("x-shop") or "{}").get("ages", {})
    for name, age in ages.items():
        fault = FAULTS[name]
        if fault.at_gateway and age >= 0:
            await asyncio.sleep(faults.delay(fault, seed, request_id, age))
            kind = faults.answer(fault, seed, request_id, request.path, age)
            if kind is not None:
                return Response(int(kind), b'{"error": "acquirer unavailable"}')
    return Response(200, b'{"charged": true}')


async def _connection(
    seed: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    try:
        while (request := await wire.read_request(reader)) is not None:
            writer.write(wire.encode_response(await _charge(seed, request)))
            await writer.drain()
    except (wire.WireError, ConnectionError):
        writer.transport.abort()
    finally:
        writer.close()


async def _main(folder: Path, descriptor: int) -> None:
    seed = load_settings(folder).seed
    server = await asyncio.start_server(
        lambda reader, writer: _connection(seed, reader, writer),
        sock=listening(descriptor),
        limit=wire.HEAD_LIMIT,
    )
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    live(lambda: _main(Path(sys.argv[1]), int(sys.argv[2])))
