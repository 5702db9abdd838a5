"""Counters of the server in the text form that Prometheus reads."""

import threading
from collections import Counter
from collections.abc import Iterable

_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds: the usual buckets of a web service."""

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Gauge = tuple[str, str, dict[str, str], float]
"""Name, meaning, labels and value of something that stands now."""


class Metrics:
    """Counts what happened since the start; may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._refusals: Counter[int] = Counter()
        self._buckets: Counter[float] = Counter()
        self._seconds = 0.0
        self._count = 0

    def served(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request by the pattern of its route: addresses would never end."""
        with self._lock:
            self._requests[method, route, status] += 1
            self._seconds += seconds
            self._count += 1
            for bound in _BOUNDS:
                if seconds <= bound:
                    self._buckets[bound] += 1

    def refused(self, status: int) -> None:
        """Count a refusal."""
        with self._lock:
            self._refusals[status] += 1

    def text(self, gauges: Iterable[Gauge]) -> str:
        """Return everything counted, and these gauges."""
        with self._lock:
            lines = [*_head("warroom_requests_total", "Requests answered.", "counter")]
            for (method, route, status), count in sorted(self._requests.items()):
                labels = {"method": method, "route": route, "status": str(status)}
                lines.append(_line("warroom_requests_total", labels, count))
            lines += _head("warroom_refusals_total", "Requests turned away.", "counter")
            for status, count in sorted(self._refusals.items()):
                lines.append(_line("warroom_refusals_total", {"status": str(status)}, count))
            name = "warroom_request_seconds"
            lines += _head(name, "Time to answer a request.", "histogram")
            for bound in _BOUNDS:
                lines.append(_line(f"{name}_bucket", {"le": f"{bound:g}"}, self._buckets[bound]))
            lines.append(_line(f"{name}_bucket", {"le": "+Inf"}, self._count))
            lines.append(_line(f"{name}_sum", {}, self._seconds))
            lines.append(_line(f"{name}_count", {}, self._count))
        seen: set[str] = set()
        for name, meaning, labels, value in gauges:
            if name not in seen:
                lines += _head(name, meaning, "gauge")
                seen.add(name)
            lines.append(_line(name, labels, value))
        return "\n".join(lines) + "\n"


def _head(name: str, meaning: str, kind: str) -> tuple[str, str]:
    return f"# HELP {name} {meaning}", f"# TYPE {name} {kind}"


def _line(name: str, labels: dict[str, str], value: float) -> str:
    inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
    return f"{name}{{{inside}}} {value:g}" if inside else f"{name} {value:g}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
