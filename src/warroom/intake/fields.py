"""Read fields of a foreign document without ever failing on one that is missing or odd."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from warroom.core.text import clean_line
from warroom.core.words import Priority
from warroom.intake.report import Message, Odd

LONGEST = 300
"""Characters of a title, a name or a label that are kept; the whole is in the kept message."""

_PRIORITIES = {
    **dict.fromkeys(("critical", "fatal", "emergency", "page", "p1", "p0", "sev1", "1"), "P1"),
    **dict.fromkeys(("info", "low", "none", "p3", "p4", "p5", "sev3", "notice", "debug"), "P3"),
}
_DEEPEST = 64


def document(message: Message) -> Mapping[str, object]:
    """Return the JSON object of a message.

    Raises:
        Odd: It is no JSON, or no object.
    """
    found = value_of(message)
    if not isinstance(found, Mapping):
        raise Odd("the JSON is not an object")
    return found


def value_of(message: Message) -> object:
    """Return the JSON value of a message.

    Raises:
        Odd: It is no JSON, or nested too deeply.
    """
    try:
        found = json.loads(message.body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Odd(f"not JSON: {clean_line(str(error), 120)}") from error
    # Most messages have too few brackets for that, and counting them costs next to nothing.
    if message.body.count(b"[") + message.body.count(b"{") > _DEEPEST:
        _shallow(found)
    return found


def at(data: object, *path: str | int) -> object:
    """Return what lies at a path of keys and places; None: nothing."""
    for step in path:
        if isinstance(data, Mapping) and isinstance(step, str):
            data = data.get(step)
        elif isinstance(data, Sequence) and not isinstance(data, str) and isinstance(step, int):
            data = data[step] if -len(data) <= step < len(data) else None
        else:
            return None
    return data


def text(data: object, *path: str | int, limit: int = LONGEST) -> str:
    """Return the text at a path, cleaned to one line; numbers as digits, anything else empty."""
    found = at(data, *path)
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return ""
    return clean_line(str(found), limit).strip()


def path(dotted: str) -> list[str | int]:
    """Return the keys and places of a path written with dots, as `alert.labels.0`."""
    return [int(part) if part.isdigit() else part for part in dotted.split(".")]


def mapped(data: object, mapping: Mapping[str, str], name: str) -> str:
    """Return the text of one of our fields: where the mapping says, else under its own name."""
    return text(data, *path(mapping.get(name, name)))


def items(data: object, *path: str | int) -> list[object]:
    """Return the list at a path; empty: there is none."""
    found = at(data, *path)
    return list(found) if isinstance(found, list) else []


def labels(data: object, *path: str | int) -> dict[str, str]:
    """Return a table of texts at a path; what is no text is left out."""
    found = at(data, *path)
    if not isinstance(found, Mapping):
        return {}
    told = ((clean_line(str(key), 100), text(found, key)) for key in found)
    return {key: value for key, value in told if value}


def when(data: object, *path: str | int) -> datetime | None:
    """Return the instant at a path: ISO 8601, or seconds or milliseconds since 1970; None: none.

    The year 1 is how Go programs say "no time".
    """
    found = at(data, *path)
    try:
        if isinstance(found, bool):
            return None
        if isinstance(found, str) and not found.strip().replace(".", "", 1).isdigit():
            moment = datetime.fromisoformat(found.strip().replace(" UTC", "+00:00"))
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return None if moment.year <= 1 else moment.astimezone(UTC)
        if isinstance(found, str | int | float):
            seconds = float(found)  # 1e11 is the year 5138 in seconds and 1973 in milliseconds
            return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def service_of(found: Mapping[str, str]) -> str:
    """Return the service that labels name, by the usual spellings."""
    for name in ("service", "service_name", "app", "app_kubernetes_io_name", "component", "job"):
        if found.get(name):
            return found[name]
    return ""


def priority_of(word: str) -> Priority:
    """Return the priority for a sender's word of severity; P2 for one that says nothing."""
    return Priority(_PRIORITIES.get(word.strip().lower(), "P2"))


def _shallow(data: object) -> None:
    level: list[object] = [data]
    for _ in range(_DEEPEST):
        level = [
            child
            for one in level
            for child in (
                one.values() if isinstance(one, Mapping) else one if isinstance(one, list) else ()
            )
        ]
        if not level:
            return
    raise Odd(f"the JSON is nested more than {_DEEPEST} deep")
