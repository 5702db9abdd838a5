"""Stand-ins for four log systems, written after what their vendors document.

None of it has met the real systems: what these tests prove is that warroom speaks as documented.
"""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from warroom.logs.engines.elastic import nanoseconds, stamp


class Stub:
    """Entries as (nanoseconds, text), and the four vendors' interfaces to them."""

    def __init__(self) -> None:
        self.entries: list[tuple[int, str]] = []
        self.answers: list[int] = []
        """Statuses to give before any real answer."""
        self.down = False
        self.headers: list[dict[str, str]] = []
        self.largest = 10_000
        self.lock = threading.Lock()
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                stub.serve(self, b"")

            def do_POST(self) -> None:
                stub.serve(self, self.rfile.read(int(self.headers.get("Content-Length", 0))))

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def add(self, *texts: str, at: int | None = None) -> None:
        with self.lock:
            for text in texts:
                self.entries.append((time.time_ns() if at is None else at, text))

    def between(self, start: int, stop: int, *, forward: bool) -> list[tuple[int, int, str]]:
        with self.lock:
            found = [
                (ns, number, text)
                for number, (ns, text) in enumerate(self.entries)
                if start <= ns < stop
            ]
        return sorted(found, reverse=not forward)

    def serve(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        self.headers.append(dict(handler.headers))
        if self.down:
            handler.connection.close()
            return
        if self.answers:
            handler.send_response(self.answers.pop(0))
            handler.send_header("Retry-After", "0.1")
            handler.end_headers()
            return
        path = urlsplit(handler.path)
        answer = {
            "/loki/api/v1/query_range": self.loki,
            "/logs-*/_search": self.elastic,
            "/services/search/v2/jobs/export": self.splunk,
            "/api/v2/logs/events/search": self.datadog,
        }[path.path](parse_qs(path.query), body)
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(answer)))
        handler.end_headers()
        handler.wfile.write(answer)

    def loki(self, query: dict[str, list[str]], _: bytes) -> bytes:
        forward = query["direction"] == ["forward"]
        found = self.between(int(query["start"][0]), int(query["end"][0]), forward=forward)
        streams: dict[str, list[list[str]]] = {}
        for ns, number, text in found[: min(self.largest, int(query["limit"][0]))]:
            streams.setdefault(str(number % 2), []).append([str(ns), text])
        result = [{"stream": {"pod": pod}, "values": rows} for pod, rows in streams.items()]
        return json.dumps(
            {"status": "success", "data": {"resultType": "streams", "result": result}}
        ).encode()

    def elastic(self, _: dict[str, list[str]], body: bytes) -> bytes:
        asked = json.loads(body)
        span = asked["query"]["bool"]["filter"][0]["range"]["@timestamp"]
        forward = asked["sort"][0]["@timestamp"]["order"] == "asc"
        found = self.between(nanoseconds(span["gte"]), nanoseconds(span["lt"]), forward=forward)
        if "search_after" in asked:
            after = (nanoseconds(asked["search_after"][0]), asked["search_after"][1])
            found = [each for each in found if (each[:2] > after if forward else each[:2] < after)]
        hits = [
            {
                "_index": "logs-1",
                "_id": str(number),
                "_source": {"@timestamp": stamp(ns), "log.level": "error", "message": text},
                "sort": [stamp(ns), number],
            }
            for ns, number, text in found[: asked["size"]]
        ]
        return json.dumps({"hits": {"hits": hits}}).encode()

    def splunk(self, _: dict[str, list[str]], body: bytes) -> bytes:
        form = {key: value[0] for key, value in parse_qs(body.decode()).items()}
        limit = int(form["search"].partition("| sort ")[2].split()[0])
        forward = "+_time" in form["search"]

        def ns(text: str) -> int:
            seconds, _, rest = text.partition(".")
            return int(seconds) * 10**9 + int(rest)

        found = self.between(ns(form["earliest_time"]), ns(form["latest_time"]), forward=forward)
        lines = [
            json.dumps(
                {
                    "preview": False,
                    "offset": number,
                    "result": {"_time": stamp(at), "_raw": text, "_bkt": "m~1", "_cd": str(number)},
                }
            )
            for at, number, text in found[: min(self.largest, limit)]
        ]
        return "\n".join(lines).encode()

    def datadog(self, _: dict[str, list[str]], body: bytes) -> bytes:
        asked = json.loads(body)
        span = asked["filter"]
        found = self.between(
            nanoseconds(span["from"]), nanoseconds(span["to"]), forward=asked["sort"] == "timestamp"
        )
        begin = int(asked["page"].get("cursor", "0"))
        limit = asked["page"]["limit"]
        data = [
            {
                "id": f"id{number}",
                "attributes": {"timestamp": stamp(ns), "status": "error", "message": text},
            }
            for ns, number, text in found[begin : begin + limit]
        ]
        answer: dict[str, Any] = {"data": data, "meta": {}}
        if begin + limit < len(found):
            answer["meta"] = {"page": {"after": str(begin + limit)}}
        return json.dumps(answer).encode()
