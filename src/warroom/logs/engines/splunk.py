"""Splunk, by its documented streaming search `/services/search/v2/jobs/export`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from warroom.logs.engines.elastic import nanoseconds
from warroom.logs.engines.model import Page, Record, Request, Window


def _seconds(ns: int) -> str:
    return f"{ns // 1_000_000_000}.{ns % 1_000_000_000:09}"


@dataclass(frozen=True, slots=True)
class Splunk:
    """A search, without the leading `search`."""

    url: str
    query: str
    headers: Mapping[str, str] = field(default_factory=dict)
    overlap: float = 60.0
    """Seconds an event may take from its time stamp to the index."""

    @property
    def name(self) -> str:
        """What to call it on the screen."""
        return f"splunk:{self.query}"

    def request(self, window: Window, limit: int, cursor: Any) -> Request:
        """Return the request for a page."""
        del cursor  # an export has no pages: the window moves
        order = "+_time" if window.forward else "-_time"
        data = {
            "search": f"search {self.query} | sort {limit} {order} | fields _time _raw _cd _bkt",
            "earliest_time": _seconds(window.start),
            "latest_time": _seconds(window.stop),
            "output_mode": "json",
            "preview": "false",
        }
        url = f"{self.url}/services/search/v2/jobs/export"
        return Request("POST", url, headers=self.headers, data=data)

    def page(self, body: bytes, window: Window, limit: int) -> Page:
        """Return the page an answer holds: one JSON object a line."""
        records = []
        for line in body.splitlines():
            if not line.strip():
                continue
            answer = json.loads(line)
            result = answer.get("result")
            if answer.get("preview") or not isinstance(result, dict):
                continue
            ns = nanoseconds(str(result["_time"]))
            raw = str(result.get("_raw", ""))
            place = f"{result.get('_bkt', '')}:{result.get('_cd', '')}"
            key = place if place != ":" else f"{ns}\0{raw}"
            records.append(Record(ns, key, raw.encode("utf-8", "surrogatepass")))
        records.sort(key=lambda record: record.ns, reverse=not window.forward)
        return Page(tuple(records), full=len(records) >= limit)
