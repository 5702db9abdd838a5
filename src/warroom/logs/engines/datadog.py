"""Datadog logs, by the documented `/api/v2/logs/events/search`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from warroom.logs.engines.elastic import nanoseconds, stamp
from warroom.logs.engines.model import Page, Record, Request, Window


@dataclass(frozen=True, slots=True)
class Datadog:
    """A query in the log explorer's syntax; the headers carry DD-API-KEY and DD-APPLICATION-KEY."""

    url: str
    """`https://api.datadoghq.eu` and its like."""
    query: str
    headers: Mapping[str, str] = field(default_factory=dict)
    overlap: float = 60.0
    """Seconds an event may take to be indexed."""

    @property
    def name(self) -> str:
        """What to call it on the screen."""
        return f"datadog:{self.query}"

    def request(self, window: Window, limit: int, cursor: Any) -> Request:
        """Return the request for a page."""
        page: dict[str, Any] = {"limit": min(limit, 1000)}
        if cursor is not None:
            page["cursor"] = cursor
        body = {
            "filter": {
                "query": self.query,
                "from": stamp(window.start)[:23] + "Z",
                "to": stamp(window.stop + 999_999)[:23] + "Z",  # whole milliseconds, rounded up
            },
            "sort": "timestamp" if window.forward else "-timestamp",
            "page": page,
        }
        url = f"{self.url}/api/v2/logs/events/search"
        return Request("POST", url, headers=self.headers, json=body)

    def page(self, body: bytes, window: Window, limit: int) -> Page:
        """Return the page an answer holds."""
        del window, limit
        answer = json.loads(body)
        data = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(data, list):
            raise TypeError("the answer holds no events; is this Datadog's log search?")
        records = []
        for event in data:
            found = event["attributes"]
            line = {
                "timestamp": found["timestamp"],
                "level": found.get("status", ""),
                "service": found.get("service", ""),
                "host": found.get("host", ""),
                "message": found.get("message", ""),
                **found.get("attributes", {}),
            }
            text = json.dumps(line, ensure_ascii=False, separators=(",", ":"))
            records.append(Record(nanoseconds(found["timestamp"]), event["id"], text.encode()))
        cursor = (answer.get("meta") or {}).get("page", {}).get("after")
        return Page(tuple(records), cursor, cursor is not None)
