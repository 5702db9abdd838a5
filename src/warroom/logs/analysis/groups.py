"""Failing messages that say the same, as one template with its count."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from warroom.logs.table import Table

ANY = "<*>"
SIMILAR = 0.7
"""Share of words that must agree. Chosen on public message sets; 0.55 merges too much."""
MOST_LENGTH = 400

_MASKS = tuple(
    (re.compile(pattern, re.IGNORECASE), to)
    for pattern, to in (
        (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "<uuid>"),
        (r"\b[a-z][a-z0-9+.-]*://[^\s\"'<>]+", "<url>"),
        (r"\b[\w.+-]+@[\w-]+\.[\w.]+", "<mail>"),
        (r"(?<![\w.])/?\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?(?![\w.])", "<ip>"),
        (r"(?<![\w<])/(?:[\w.@:%+~-]+/)+[\w.@:%+~-]*", "<path>"),
        (r"\b0x[0-9a-f]+\b", "<hex>"),
        (r"\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,}\b", "<hex>"),
        (r"(?<![a-z<])[-+]?\d+(?:[.,:]\d+)*", "<n>"),
    )
)


@dataclass(frozen=True, slots=True)
class Group:
    """Messages of one template."""

    template: str
    """Foreign text: clean it before it is shown."""
    count: int
    first: float | None
    """Epoch second of the first one; None where the table does not tell."""
    last: float | None
    release: str | None
    """The only release that says it, though others ran in this log; else None."""
    row: int | None = None
    """Row of the log that holds the first one; None where the table does not tell."""


@dataclass(slots=True)
class _Cluster:
    words: list[str]
    masked: list[str]


def mask(message: str) -> str:
    """The message with everything that varies replaced."""
    message = message[:MOST_LENGTH]
    for pattern, to in _MASKS:
        message = pattern.sub(to, message)
    return message


def cluster(messages: Sequence[str]) -> list[tuple[str, list[int]]]:
    """Templates with the places of their messages, most frequent first.

    Only distinct masked messages are compared, so a million repetitions cost one comparison.
    """
    places: dict[str, list[int]] = defaultdict(list)
    masks: dict[str, str] = {}
    for place, message in enumerate(messages):
        masked = masks.get(message)
        if masked is None:
            masked = masks[message] = mask(message)
        places[masked].append(place)
    tree: dict[tuple[str | int, ...], list[_Cluster]] = defaultdict(list)
    for masked in places:
        words = masked.split()
        start = (ANY if "<" in word else word for word in words[:2])
        key: tuple[str | int, ...] = (len(words), *start)
        near = max(tree[key], key=lambda one: _agree(one.words, words), default=None)
        if near is not None and _agree(near.words, words) >= SIMILAR * len(words):
            pairs = zip(near.words, words, strict=True)
            near.words = [a if a == b else ANY for a, b in pairs]
            near.masked.append(masked)
        else:
            tree[key].append(_Cluster(words, [masked]))
    found = [
        (" ".join(one.words), sorted(place for masked in one.masked for place in places[masked]))
        for clusters in tree.values()
        for one in clusters
    ]
    return sorted(found, key=lambda one: -len(one[1]))


def _agree(one: list[str], other: list[str]) -> int:
    return sum(map(str.__eq__, one, other))


def group(table: Table, most: int = 50) -> tuple[Group, ...]:
    """The table's failing messages in groups, most frequent first."""
    rows = table.message_rows
    release = table.fields.get("release")
    ran = _ran(table) if release is not None else set()
    said = []
    for template, places in cluster(table.messages)[:most]:
        first = last = only = row = None
        if rows is not None:
            own = rows[places]
            row = None if table.row is None else int(table.row[own[table.at[own].argmin()]])
            first, last = float(table.at[own].min()), float(table.at[own].max())
            if release is not None:
                codes = {int(code) for code in np.unique(release.codes[own])}
                if len(codes) == 1 and len(ran) > 1 and codes <= ran:
                    only = release.values[codes.pop()]
        said.append(Group(template, len(places), first, last, only, row))
    return tuple(said)


def _ran(table: Table) -> set[int]:
    """Releases with enough requests for their silence to mean something."""
    counts = Counter(table.fields["release"].codes.tolist())
    return {code for code, rows in counts.items() if code >= 0 and rows >= 30}
