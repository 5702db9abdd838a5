"""Events as they happen: in order, once, resumed where they ended; a stalled reader is let go."""

import json
import socket
from pathlib import Path

import httpx
from tests.server.kit import Served, say, served, until

from warroom.server.desk import Limits


def read(client: httpx.Client, after: int, count: int) -> list[int]:
    """The positions of the next events after a position."""
    found: list[int] = []
    with client.stream("GET", "/v1/events", headers={"last-event-id": str(after)}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for line in answer.iter_lines():
            if line.startswith("data:"):
                found.append(json.loads(line[5:])["seq"])
            if len(found) == count:
                return found
    return found


def test_a_stream_is_resumed_where_it_ended(running: Served) -> None:
    with running.client(running.token("ana")) as ana:
        name = say(ana, "declare", facts={"title": "x"}).json()["incident"]
        for number in range(19):
            assert say(ana, "add-note", name, text=f"{number}").status_code == 200
        got: list[int] = []
        while len(got) < 20:  # cut after every third event
            got += read(ana, got[-1] if got else 0, min(3, 20 - len(got)))
        assert got == list(range(1, 21))


def test_who_stops_reading_is_let_go_and_holds_up_nobody(tmp_path: Path) -> None:
    with served(tmp_path, limits=Limits(stall_seconds=0.3)) as running:
        token = running.token("ana")
        with running.client(token) as ana:
            name = say(ana, "declare", facts={"title": "x"}).json()["incident"]
            stalled = socket.socket()
            stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            stalled.connect(("127.0.0.1", running.port))
            stalled.sendall(
                f"GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
            )
            stalled.recv(200)

            def streams() -> str:
                return ana.get("/metrics").text

            until(lambda: "warroom_streams 1" in streams())
            for number in range(60):
                kept = say(ana, "add-note", name, text=f"{number} " + "x" * 100_000)
                assert kept.status_code == 200
            until(lambda: "warroom_streams 0" in streams())
            stalled.close()
            assert read(ana, 58, 3) == [59, 60, 61]


def test_one_token_holds_so_many_streams_and_no_more(tmp_path: Path) -> None:
    with (
        served(tmp_path, limits=Limits(streams=1)) as running,
        running.client(running.token("ana")) as ana,
    ):
        with ana.stream("GET", "/v1/events") as first:
            chunks = first.iter_bytes()  # dropped, it would close the stream
            next(chunks)
            assert ana.get("/v1/events").status_code == 429
        until(lambda: "warroom_streams 0" in ana.get("/metrics").text)
