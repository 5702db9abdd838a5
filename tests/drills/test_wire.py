"""The shop's own HTTP and its log lines, with everything a client may send."""

import asyncio
import socket
from pathlib import Path

import pytest
from tests.drills.access import parse, read
from tests.drills.support import wait_until

from warroom.drills.service import wire
from warroom.drills.service.accesslog import Access, access_line, error_line
from warroom.drills.service.supervisor import SimulatedService
from warroom.drills.service.traffic import calls


def entry(**changes: object) -> Access:
    values: dict[str, object] = {
        "at": 1795246842.9,
        "client": "192.0.2.1",
        "method": "GET",
        "target": "/",
        "version": "HTTP/1.1",
        "status": 200,
        "sent": 12,
        "referer": "",
        "agent": "",
        "seconds": 0.0821,
        "address": "127.0.0.1:9001",
        "upstream": "app-1",
        "release": "2026.11.20",
        "request_id": "ab12",
    }
    return Access(**{**values, **changes})


def test_a_line_is_what_nginx_would_write() -> None:
    assert access_line(entry()) == (
        '192.0.2.1 - - [21/Nov/2026:07:40:42 +0000] "GET / HTTP/1.1" 200 12 "-" "-" rt=0.082'
        ' us="127.0.0.1:9001" upstream="app-1" release="2026.11.20" id="ab12"'
    )
    broken = error_line(1795246842.9, 7, "upstream timed out", entry())
    assert broken.startswith("2026/11/21 07:40:42 [error] ")
    assert broken.endswith('upstream: "http://127.0.0.1:9001/", host: "shop.example"')


@pytest.mark.parametrize(
    ("agent", "written"),
    [
        ('say "hi"', r"say \x22hi\x22"),
        ("back\\slash", r"back\x5Cslash"),
        ("a\x1b[2Jb\x00", r"a\x1B[2Jb\x00"),
        ("café", r"caf\xC3\xA9"),
        ("\n127.0.0.1 - - [", r"\x0A127.0.0.1 - - ["),
    ],
)
def test_foreign_text_cannot_leave_its_field(agent: str, written: str) -> None:
    line = access_line(entry(agent=agent))
    assert f'"{written}" rt=' in line
    assert line.isascii()
    assert line.isprintable()
    assert parse(line).agent == written


async def _read(raw: bytes) -> wire.Request | None:
    reader = asyncio.StreamReader(limit=wire.HEAD_LIMIT)
    reader.feed_data(raw)
    reader.feed_eof()
    return await wire.read_request(reader)


async def test_a_request_is_read_with_its_body() -> None:
    request = await _read(b"POST /a?b=1 HTTP/1.1\r\nX-A: 1: 2\r\nContent-Length: 3\r\n\r\nabcX")
    assert request == wire.Request(
        "POST", "/a?b=1", {"x-a": "1: 2", "content-length": "3"}, b"abc", "HTTP/1.1"
    )
    assert await _read(b"") is None


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /\r\n\r\n",
        b"\x16\x03\x01\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab",
        b"GET / HTT",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n",
    ],
)
async def test_what_is_no_request_is_refused(raw: bytes) -> None:
    with pytest.raises(wire.WireError):
        await _read(raw)


async def test_an_answer_that_breaks_off_is_an_error_and_the_next_request_works() -> None:
    broken = 2

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal broken
        while await wire.read_request(reader) is not None:
            if broken:
                broken -= 1
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"[: broken * 99])
                writer.close()
                return
            writer.write(wire.encode_response(wire.Response(200, b"ok")))
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        pool = wire.Pool(server.sockets[0].getsockname()[1])
        for _ in range(2):
            with pytest.raises(wire.WireError):
                await pool.ask(wire.Request("GET", "/"), 5)
        for _ in range(3):
            assert (await pool.ask(wire.Request("GET", "/"), 5)).body == b"ok"
        assert len(pool._idle) == 1
        pool._idle.pop()[1].close()


def test_the_router_survives_garbage_and_logs_a_client_that_left(tmp_path: Path) -> None:
    with SimulatedService.start(tmp_path, plan=(), rate=10) as shop:
        port = shop.settings.ports["router"]
        for raw in (b"\x16\x03\x01\x00\r\n\r\n", b"A" * 40_000, b"GET / HTTP/1.1\r\n"):
            with socket.create_connection(("127.0.0.1", port), 2) as client:
                client.sendall(raw)
        with socket.create_connection(("127.0.0.1", port), 2) as client:
            client.sendall(
                b'GET /nope"\x7f HTTP/1.1\r\nuser-agent: left\r\nx-forwarded-for: evil"\r\n'
                b"x-request-id: ../../etc\r\n\r\n"
            )
        with socket.create_connection(("127.0.0.1", port), 2) as client:
            client.sendall(b"POST /api/checkout HTTP/1.1\r\nuser-agent: gone\r\n\r\n")
        wait_until(lambda: {"left", "gone"} <= {h.agent for h in read(shop.access_log)}, "logged")
        gone = next(h for h in read(shop.access_log) if h.agent == "gone")
        assert gone.status == 499
        assert gone.client == "127.0.0.1"
        mark = len(read(shop.access_log))
        wait_until(lambda: len(read(shop.access_log)) > mark, "it still serves")
        assert shop.status().running
    assert (tmp_path / "service.err").read_text() == ""


def test_traffic_is_decided_by_its_seed() -> None:
    def some(seed: int) -> list[object]:
        sequence = calls(seed, 40)
        return [next(sequence) for _ in range(500)]

    assert some(3) == some(3) != some(4)
    waits = [call.wait for call in some(3)]
    assert sum(waits) / len(waits) == pytest.approx(1 / 40, rel=0.15)
