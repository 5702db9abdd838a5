"""Logs that are not named by a file: tables of the configuration and URL-like names."""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

from warroom.logs.errors import LogError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from warroom.logs.engines.model import Engine
    from warroom.logs.merged import Mergeable
    from warroom.logs.opening import Reading

ENGINES = ("loki", "elastic", "splunk", "datadog")
KINDS = ("files", "command", *ENGINES)
_COMMON = {"zone", "skew", "format"}
_KEYS = {
    "files": {"files"},
    "command": {"command"},
    "loki": {"loki", "query", "tenant", "token_env", "user", "password_env", "since"},
    "elastic": {
        *("elastic", "query", "index", "time_field", "since"),
        *("token_env", "key_env", "user", "password_env"),
    },
    "splunk": {"splunk", "query", "token_env", "user", "password_env", "since"},
    "datadog": {"datadog", "query", "key_env", "app_key_env", "since"},
}
_URL = re.compile(rf"(?P<kind>{'|'.join(ENGINES)})\+(?P<url>https?://.+)\Z", re.DOTALL)
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd]?)\Z")
_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a log comes from, and how to read it."""

    name: str
    kind: str
    """One of `KINDS`."""
    files: tuple[str, ...] = ()
    """Paths and globs."""
    at: str = ""
    """The URL of a log system, or the command line."""
    values: Mapping[str, str] = field(default_factory=dict)
    """The other keys of its table."""
    since: float = 3600.0
    """Seconds to read back."""
    zone: str = ""
    skew: float = 0.0


def read_source(name: str, data: Mapping[str, object]) -> Source:
    """Return the source that a table describes.

    Raises:
        LogError: A key is missing, unknown or not usable; the message names it.
    """
    kinds = [kind for kind in KINDS if kind in data]
    if len(kinds) != 1:
        raise LogError(f"it needs exactly one of {', '.join(KINDS)}")
    kind = kinds[0]
    for key in data:
        if key not in _KEYS[kind] | _COMMON:
            known = ", ".join(sorted(_KEYS[kind] | _COMMON))
            raise LogError(f"unknown key {key!r}; {kind} has {known}")
    files = data.get("files", [])
    listed = [files] if isinstance(files, str) else files
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise LogError(f"files = {files!r} is not a list of texts")
    texts: dict[str, str] = {}
    for key, value in data.items():
        if key != "files" and not isinstance(value, str):
            raise LogError(f"{key} = {value!r} is not text")
        texts[key] = str(value)
    if kind in ENGINES and not texts.get("query") and kind != "elastic":
        raise LogError(f"{kind} needs a query")
    if kind == "elastic" and not texts.get("index"):
        raise LogError("elastic needs an index, such as logs-*")
    if kind in ENGINES:
        _checked_url(texts[kind])
    zone, skew, since = (texts.get(key, "") for key in ("zone", "skew", "since"))
    return Source(
        name=name,
        kind=kind,
        files=tuple(listed),
        at=texts.get(kind, "") if kind != "files" else "",
        values=texts,
        since=span(since) if since else 3600.0,
        zone=checked_zone(zone) if zone else "",
        skew=signed_span(skew) if skew else 0.0,
    )


def source_at(text: str) -> Source | None:
    """Return the source of `loki+https://host/?query=…&since=6h`; None: it is no such name.

    Raises:
        LogError: It is one, and cannot be used.
    """
    found = _URL.match(text)
    if found is None:
        return None
    parts = urlsplit(found["url"])
    base = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
    data = dict(parse_qsl(parts.query, keep_blank_values=True)) | {found["kind"]: base}
    try:
        source = read_source(f"{found['kind']}:{parts.hostname or ''}", data)
    except LogError as error:
        raise LogError(f"{found['kind']}+{base}: {error}") from None
    said = source.values.get("query") or source.values.get("index", "")
    return replace(source, name=f"{found['kind']}:{said}"[:60])


def _checked_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise LogError(f"{url!r} is no address such as https://logs.example:3100")
    if parts.username or parts.password:
        raise LogError(
            "a password in an address ends in histories and process lists; write user and "
            "password_env, the name of an environment variable"
        )


def span(text: str) -> float:
    """Return the seconds of `90`, `30m`, `6h` or `2d`.

    Raises:
        LogError: It is none of these.
    """
    found = _SPAN.match(text.strip())
    if found is None:
        raise LogError(f"{text!r} is no length of time; write 30m, 6h or 2d")
    return float(found[1]) * _UNITS[found[2]]


def signed_span(text: str) -> float:
    """Return the seconds of `-2.5s` or `+1h`.

    Raises:
        LogError: It is none of these.
    """
    sign = -1.0 if text.startswith("-") else 1.0
    return sign * span(text.lstrip("+-"))


def checked_zone(text: str) -> str:
    """Return the name of a time zone.

    Raises:
        LogError: There is none of that name.
    """
    try:
        ZoneInfo(text)
    except (ValueError, OSError, KeyError):
        raise LogError(f"there is no time zone {text!r}; write Europe/Berlin or UTC") from None
    return text


def reading_for(source: Source, how: Reading) -> Reading:
    """Return how to read a source, over what holds for all."""
    return replace(
        how,
        label=source.name,
        zone=ZoneInfo(source.zone) if source.zone else how.zone,
        skew=source.skew or how.skew,
        format_name=source.values.get("format") or how.format_name,
    )


def open_source(
    source: Source, reading: Reading, environment: Mapping[str, str] = os.environ
) -> Mergeable:
    """Open a command or a log system, read as `reading_for` says.

    Raises:
        LogError: A variable that is to hold its credentials is not set.
    """
    if source.kind == "command":
        from warroom.logs.opening import open_command  # noqa: PLC0415 - imports subprocess

        return open_command(shlex.split(source.at), reading=reading)
    from warroom.logs.engines import open_engine  # noqa: PLC0415 - most logs are files

    engine = engine_of(source, environment)
    return open_engine(engine, since=source.since, reading=reading)


def engine_of(source: Source, environment: Mapping[str, str] = os.environ) -> Engine:
    """Return what asks the log system.

    Raises:
        LogError: A variable that is to hold its credentials is not set.
    """
    from warroom.logs.engines import Datadog, Elastic, Loki, Splunk  # noqa: PLC0415 - see above

    values, url = source.values, source.at.rstrip("/")
    headers = _credentials(source, environment)
    query = values.get("query", "")
    if source.kind == "loki":
        return Loki(url, query, headers, values.get("tenant"))
    if source.kind == "elastic":
        field_name = values.get("time_field", "@timestamp")
        return Elastic(url, values["index"], query or "*", headers, field_name)
    if source.kind == "splunk":
        return Splunk(url, query, headers)
    return Datadog(url, query, headers)


def _credentials(source: Source, environment: Mapping[str, str]) -> dict[str, str]:
    def of(key: str) -> str:
        variable = source.values.get(key, "")
        if variable and not environment.get(variable):
            raise LogError(f"{source.name}: {key} names {variable}, which is not set")
        return environment.get(variable, "") if variable else ""

    token, key, app_key, password = map(of, ("token_env", "key_env", "app_key_env", "password_env"))
    headers: dict[str, str] = {}
    if source.kind == "datadog":
        headers |= {"DD-API-KEY": key} if key else {}
        headers |= {"DD-APPLICATION-KEY": app_key} if app_key else {}
    elif token:
        headers["Authorization"] = f"Bearer {token}"
    elif key:
        headers["Authorization"] = f"ApiKey {key}"
    elif password:
        from base64 import b64encode  # noqa: PLC0415 - rare

        pair = f"{source.values.get('user', '')}:{password}".encode()
        headers["Authorization"] = f"Basic {b64encode(pair).decode()}"
    return headers
