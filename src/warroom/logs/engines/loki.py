"""Grafana Loki, by its documented HTTP interface `/loki/api/v1/query_range`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from warroom.logs.engines.model import Page, Record, Request, Window


@dataclass(frozen=True, slots=True)
class Loki:
    """A LogQL query, asked again and again.

    The web socket of `/tail` is documented as best effort; looking again at the last seconds is
    complete.
    """

    url: str
    query: str
    headers: Mapping[str, str] = field(default_factory=dict)
    tenant: str | None = None
    """Sent as X-Scope-OrgID."""
    overlap: float = 10.0
    """Seconds for which Loki's ingesters may take entries out of order after others are seen."""

    @property
    def name(self) -> str:
        """What to call it on the screen."""
        return f"loki:{self.query}"

    def request(self, window: Window, limit: int, cursor: Any) -> Request:
        """Return the request for a page."""
        del cursor  # Loki pages by time
        headers = dict(self.headers)
        if self.tenant:
            headers["X-Scope-OrgID"] = self.tenant
        params = {
            "query": self.query,
            "start": str(window.start),
            "end": str(window.stop),
            "limit": str(limit),
            "direction": "forward" if window.forward else "backward",
        }
        return Request("GET", f"{self.url}/loki/api/v1/query_range", params, headers)

    def page(self, body: bytes, window: Window, limit: int) -> Page:
        """Return the page an answer holds."""
        answer = json.loads(body)
        data = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(data, dict) or data.get("resultType") != "streams":
            raise ValueError("Loki's answer holds no streams; is the query a metric query?")
        records = []
        for stream in data["result"]:
            labels = json.dumps(stream["stream"], sort_keys=True)
            for value in stream["values"]:
                ns, line = int(value[0]), str(value[1])
                key = f"{ns}\0{labels}\0{line}"
                records.append(Record(ns, key, line.encode("utf-8", "surrogatepass")))
        records.sort(key=lambda record: record.ns, reverse=not window.forward)
        return Page(tuple(records), full=len(records) >= limit)
