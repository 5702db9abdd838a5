"""Route templates from paths alone: `/orders/8812/items` and `/orders/9034/items` are one route.

Learnt once from paths that exist (a scanner's 404s must not teach routes). When in doubt two
routes stay two: a split costs a little strength, a merge hides the failing endpoint.
"""

import itertools
import re
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_HEX = re.compile(r"(?=[a-f]*[0-9])(?=[0-9]*[a-f])(?:[0-9a-f]{7}|[0-9a-f]{8,})", re.IGNORECASE)
_DATE = re.compile(r"(?:19|20)\d\d-[01]\d(?:-[0-3]\d)?(?:T[\d:.]+Z?)?")
_MAIL = re.compile(r"[^@\s]+(?:@|%40)[^@\s]+\.[a-z]{2,}", re.IGNORECASE)
_LOCALE = re.compile(r"[a-z]{2}(?:[-_][A-Za-z]{2})?")
_INNER_HASH = re.compile(
    r"(?<![0-9A-Za-z])(?=[a-f]*[0-9])(?=[0-9]*[a-f])[0-9a-f]{8,}(?![0-9A-Za-z])", re.IGNORECASE
)
_INNER_NUMBER = re.compile(r"(?<![0-9A-Za-z])\d+(?![0-9A-Za-z])")
_TOKEN_LENGTH = 20

OPEN = "{*}"
"""A place where any name may stand."""
LOCALE = "{locale}"
REST = "…"
"""Stands for what was never seen while learning."""

_OPEN_NAMES = 40
_SURELY_OPEN = 150
_RARE_SHARE = 0.15
_CLOSED_NAMES = 6
_COMMON_NAMES = 3


def segment_class(segment: str) -> str:
    """The placeholder of a segment that is plainly a value, else the segment itself."""
    if segment.isdigit():
        return "{id}"
    if not segment or segment.isalpha():
        return segment
    if len(segment) == 36 and _UUID.fullmatch(segment):
        return "{uuid}"
    if _HEX.fullmatch(segment):
        return "{hash}"
    if _DATE.fullmatch(segment):
        return "{date}"
    if _MAIL.fullmatch(segment):
        return "{mail}"
    if _token(segment):
        return "{token}"
    if "-" in segment or "." in segment or "_" in segment:
        return _INNER_NUMBER.sub("{n}", _INNER_HASH.sub("{hash}", segment))
    return segment


def _token(segment: str) -> bool:
    """Long, without a dot, and mixing letters with digits more often than words do."""
    if len(segment) < _TOKEN_LENGTH or "." in segment:
        return False
    kinds = [("d" if c.isdigit() else "u" if c.isupper() else "l") for c in segment if c.isalnum()]
    changes = sum(a != b for a, b in itertools.pairwise(kinds))
    return "d" in kinds and changes >= len(kinds) / 4


@dataclass(slots=True)
class _Node:
    children: dict[str, "_Node"] = field(default_factory=dict)
    merged: dict[str, str] = field(default_factory=dict)
    """Names that a placeholder stands for."""


_Row = tuple[tuple[str, ...], int]


class Routes:
    """The routes learnt; call it with a path for its template and the values in it."""

    def __init__(self, paths: Iterable[tuple[str, int]]) -> None:
        """Learn from paths without query, each with how often it was asked for."""
        rows: dict[tuple[str, ...], int] = defaultdict(int)
        for path, asked in paths:
            rows[tuple(segment_class(part) for part in path.split("/")[1:])] += asked
        self._root = _learn(list(rows.items()), 0)

    def __call__(self, path: str) -> tuple[str, dict[str, str]]:
        """The template, and the value at each placeholder by the template up to it."""
        node = self._root
        said = ""
        values: dict[str, str] = {}
        for part in path.split("/")[1:]:
            name = segment_class(part)
            name = node.merged.get(name, name)
            following = node.children.get(name)
            if following is None:
                following = node.children.get(OPEN)
                name = OPEN
            if following is None:
                return f"{said}/{REST}", values
            said = f"{said}/{name}"
            if "{" in name:
                values[said] = part
            node = following
        return said or "/", values


def _learn(rows: list[_Row], depth: int) -> _Node:
    below: dict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        if len(row[0]) > depth:
            below[row[0][depth]].append(row)
    node = _Node()
    if depth == 0:
        _merge(node, below, _locales(below), LOCALE)
    _merge(node, below, _open_names(below, depth) or _alike(below, depth), OPEN)
    node.children = {name: _learn(own, depth + 1) for name, own in below.items()}
    return node


def _merge(
    node: _Node, below: dict[str, list[_Row]], names: Iterable[str], placeholder: str
) -> None:
    for name in names:
        node.merged[name] = placeholder
        below[placeholder] += below.pop(name)


def _literal(below: Mapping[str, list[_Row]]) -> list[str]:
    return [name for name in below if "{" not in name and name]


def _tree(rows: list[_Row], depth: int) -> frozenset[str]:
    return frozenset(parts[depth + 1] if len(parts) > depth + 1 else "" for parts, _ in rows)


def _locales(below: Mapping[str, list[_Row]]) -> list[str]:
    """Two-letter names at the root, when at least three carry much the same subtree."""
    names = [name for name in _literal(below) if _LOCALE.fullmatch(name)]
    if len(names) < 3:
        return []
    trees = {name: _tree(below[name], 0) for name in names}
    model = max(names, key=lambda name: len(trees[name]))
    same = [name for name in names if 2 * len(trees[name] & trees[model]) >= len(trees[name]) > 0]
    return same if len(same) >= 3 and len(trees[model]) >= 2 else []


def _open_names(below: Mapping[str, list[_Row]], depth: int) -> list[str]:
    """Names of an open set (users, slugs): many, and many of them rarely seen."""
    names = _literal(below)
    if len(names) < _OPEN_NAMES:
        return []
    asked = {name: sum(count for _, count in below[name]) for name in names}
    rare = sum(count <= 3 for count in asked.values())
    if rare < _RARE_SHARE * len(names) and len(names) < _SURELY_OPEN:
        return []
    median, total = statistics.median(asked.values()), sum(asked.values())
    # what is asked for far more than its neighbours is a page of its own
    cut = max(12 * median, 0.004 * total) if depth == 0 else max(30 * median, 0.02 * total)
    return [name for name in names if asked[name] < cut]


def _alike(below: Mapping[str, list[_Row]], depth: int) -> list[str]:
    """Names that all carry the same named subtree (tenants): `/t/acme/cart`, `/t/wayne/cart`.

    Resources of an API share `/{id}` and perhaps one word; three words of their own are asked for.
    """
    names = _literal(below)
    if len(names) < _CLOSED_NAMES:
        return []
    trees = {name: _tree(below[name], depth) for name in names}
    ranked = sorted(
        trees.values(), key=lambda tree: -sum(other == tree for other in trees.values())
    )
    model = ranked[0]
    if sum(1 for part in model if part and "{" not in part) < _COMMON_NAMES:
        return []
    same = [name for name in names if trees[name] and trees[name] <= model]
    return same if len(same) >= max(_CLOSED_NAMES, 0.6 * len(names)) else []
