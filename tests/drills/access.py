"""An independent reading of the access log, for tests: a regular expression of its own."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

LINE = re.compile(
    r"^(?P<client>[0-9a-f.:]+) - - \[(?P<time>\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000)\] "
    r'"(?P<method>[A-Z]+) (?P<path>\S+) (?P<version>HTTP/1\.[01])" (?P<status>\d{3}) (?P<bytes>\d+) '
    r'"(?P<referer>[^"]*)" "(?P<agent>[^"]*)" '
    r'rt=(?P<rt>\d+\.\d{3}) us="(?P<us>[^"]+)" upstream="(?P<upstream>[^"]+)" '
    r'release="(?P<release>[^"]+)" id="(?P<id>[0-9a-f]+)"$'
)


@dataclass(frozen=True, slots=True)
class Hit:
    client: str
    time: str
    method: str
    path: str
    status: int
    seconds: float
    upstream: str
    release: str
    id: str
    agent: str

    @property
    def failed(self) -> bool:
        return self.status >= 500


def parse(line: str) -> Hit:
    found = LINE.match(line)
    assert found, f"not a line of the documented format: {line!r}"
    return Hit(
        found["client"],
        found["time"],
        found["method"],
        found["path"],
        int(found["status"]),
        float(found["rt"]),
        found["upstream"],
        found["release"],
        found["id"],
        found["agent"],
    )


def read(log: Path) -> list[Hit]:
    """Every whole line; the last one may be in the middle of being written."""
    whole = log.read_text().rpartition("\n")[0]
    return [parse(line) for line in whole.splitlines()]


def failures(hits: list[Hit]) -> Counter[tuple[str, str, str]]:
    """Failed requests counted by method, plain path and release."""
    return Counter((h.method, h.path.partition("?")[0], h.release) for h in hits if h.failed)
