"""Elasticsearch and OpenSearch, by their documented `_search` with `search_after`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from warroom.logs.engines.model import Page, Record, Request, Window

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def stamp(ns: int) -> str:
    """Return nanoseconds since the epoch as an RFC 3339 time with nine places."""
    whole = _EPOCH + timedelta(seconds=ns // 1_000_000_000)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{ns % 1_000_000_000:09}Z"


def nanoseconds(text: str) -> int:
    """Return an RFC 3339 time, or milliseconds since the epoch, as nanoseconds.

    Raises:
        ValueError: It is neither.
    """
    if text.isdigit():
        return int(text) * 1_000_000
    whole, _, rest = text.partition(".")
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    zone = rest[len(digits) :] if rest else ""
    moment = datetime.fromisoformat(whole + zone)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    seconds = round((moment - _EPOCH).total_seconds())
    return seconds * 1_000_000_000 + int(digits.ljust(9, "0")[:9] or 0)


@dataclass(frozen=True, slots=True)
class Elastic:
    """A query on an index pattern or data stream."""

    url: str
    index: str
    query: str = "*"
    """Lucene's query string syntax."""
    headers: Mapping[str, str] = field(default_factory=dict)
    time_field: str = "@timestamp"
    tie_field: str = "event.sequence"
    """Orders entries of one moment; an index without it is read by time alone."""
    overlap: float = 30.0
    """Seconds after which a refresh has made a late entry visible."""

    @property
    def name(self) -> str:
        """What to call it on the screen."""
        return f"elastic:{self.index}"

    def request(self, window: Window, limit: int, cursor: Any) -> Request:
        """Return the request for a page."""
        order = "asc" if window.forward else "desc"
        span = {
            "gte": stamp(window.start),
            "lt": stamp(window.stop),
            "format": "strict_date_optional_time_nanos",
        }
        body: dict[str, Any] = {
            "size": limit,
            "query": {
                "bool": {
                    "filter": [
                        {"range": {self.time_field: span}},
                        {"query_string": {"query": self.query}},
                    ]
                }
            },
            "sort": [
                {
                    self.time_field: {
                        "order": order,
                        "format": "strict_date_optional_time_nanos",
                        "numeric_type": "date_nanos",
                    }
                },
                {self.tie_field: {"order": order, "unmapped_type": "long"}},
            ],
            "track_total_hits": False,
        }
        if cursor is not None:
            body["search_after"] = cursor
        url = f"{self.url}/{self.index}/_search"
        return Request("POST", url, headers=self.headers, json=body)

    def page(self, body: bytes, window: Window, limit: int) -> Page:
        """Return the page an answer holds."""
        del window
        answer = json.loads(body)
        hits = answer.get("hits", {}).get("hits") if isinstance(answer, dict) else None
        if not isinstance(hits, list):
            raise TypeError("the answer holds no hits; is this Elasticsearch or OpenSearch?")
        records = []
        for hit in hits:
            source = hit["_source"]
            line = json.dumps(source, ensure_ascii=False, separators=(",", ":"))
            ns = nanoseconds(str(hit["sort"][0]))
            records.append(Record(ns, f"{hit['_index']}/{hit['_id']}", line.encode()))
        full = len(records) >= limit
        return Page(tuple(records), hits[-1]["sort"] if full else None, full)
