r"""The router's logs in nginx's words: combined with trailing key=value fields, and the error log.

The combined format is that of nginx's documentation (ngx_http_log_module); control characters,
quotes and backslashes in foreign text are written as `\xHH`, as nginx does.
"""

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_ODD = re.compile(r"[^\x20\x21\x23-\x5b\x5d-\x7e]")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Access:
    """One served request."""

    at: float
    """Epoch seconds of the end of the answer."""
    client: str
    method: str
    target: str
    version: str
    status: int
    sent: int
    """Bytes of the body."""
    referer: str
    agent: str
    seconds: float
    """From the first byte of the request to the end of the answer."""
    address: str
    """Host and port of the instance that was asked, `-` when the router answered by itself."""
    upstream: str
    release: str
    request_id: str


def access_line(entry: Access) -> str:
    """Return the line without its newline; the time is in UTC."""
    moment = datetime.fromtimestamp(entry.at, UTC)
    local = f"{moment:%d}/{_MONTHS[moment.month - 1]}/{moment:%Y:%H:%M:%S} +0000"
    request = f"{_quote(entry.method)} {_quote(entry.target)} {_quote(entry.version)}"
    return (
        f'{entry.client} - - [{local}] "{request}" {entry.status} {entry.sent}'
        f' "{_quote(entry.referer or "-")}" "{_quote(entry.agent or "-")}"'
        f' rt={entry.seconds:.3f} us="{entry.address}" upstream="{entry.upstream}"'
        f' release="{entry.release}" id="{entry.request_id}"'
    )


def error_line(at: float, connection: int, what: str, entry: Access) -> str:
    """Return the line of the error log for a request whose instance failed."""
    moment = datetime.fromtimestamp(at, UTC)
    return (
        f"{moment:%Y/%m/%d %H:%M:%S} [error] {os.getpid()}#{os.getpid()}: *{connection} {what},"
        f" client: {entry.client}, server: shop.example,"
        f' request: "{_quote(entry.method)} {_quote(entry.target)} {_quote(entry.version)}",'
        f' upstream: "http://{entry.address}{_quote(entry.target)}", host: "shop.example"'
    )


def _quote(text: str) -> str:
    return _ODD.sub(lambda odd: "".join(f"\\x{byte:02X}" for byte in odd[0].encode()), text)


class LineFile:
    """A log file to which each line is written at once and whole."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def write(self, line: str) -> None:
        """Append one line."""
        os.write(self._file, line.encode("utf-8", "replace") + b"\n")
