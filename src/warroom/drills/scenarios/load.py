"""Read drills from TOML and refuse what could not be played, naming the file and the key."""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from warroom.core.words import Category, ChangeKind, Criterion, Priority
from warroom.drills.scenarios.model import (
    Caller,
    Containment,
    Expects,
    Inject,
    Par,
    Scenario,
    Truth,
    WrongMove,
)
from warroom.drills.service.books import BOOKS
from warroom.drills.service.faults import FAULTS, contained
from warroom.drills.service.routes import ROUTES
from warroom.drills.service.settings import Move, trigger
from warroom.drills.service.state import FIRST, INSTANCES, OPTIONS, RELEASES

SIZE_LIMIT = 64 * 1024
"""Bytes of one scenario's file."""

_ID = re.compile(r"[a-z][a-z0-9-]{0,40}")
_Word = TypeVar("_Word", bound=StrEnum)


class ScenarioError(ValueError):
    """A scenario that cannot be played; the message names the file, the key and the reason."""


class _Table:
    """A TOML table that is read key by key, so that every complaint names its key."""

    def __init__(self, source: str, where: str, content: object) -> None:
        self.source = source
        self.where = where
        if not isinstance(content, dict):
            raise ScenarioError(f"{source}: {where or 'the file'} must be a table")
        self.content: dict[str, Any] = content
        self._read: set[str] = set()

    def fail(self, key: str, why: str) -> ScenarioError:
        name = f"{self.where}.{key}" if self.where else key
        return ScenarioError(f"{self.source}: {name} {why}")

    def get(self, key: str, kind: type | tuple[type, ...], default: object = None) -> Any:
        self._read.add(key)
        value = self.content.get(key, default)
        if value is None:
            raise self.fail(key, "is missing")
        if not isinstance(value, kind) or isinstance(value, bool):
            raise self.fail(key, f"is a {type(value).__name__}, which it cannot be")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        value: str = self.get(key, str, default)
        if default is None and not value.strip():
            raise self.fail(key, "is empty")
        return value.strip()

    def number(self, key: str, low: float, high: float, default: float | None = None) -> float:
        value = float(self.get(key, (int, float), default))
        if not low <= value <= high:
            raise self.fail(key, f"is {value:g}; it must be from {low:g} to {high:g}")
        return value

    def word(self, key: str, words: type[_Word]) -> _Word:
        return self._word(key, self.text(key), words)

    def words(self, key: str, words: type[_Word]) -> tuple[_Word, ...]:
        return tuple(self._word(key, str(value), words) for value in self.get(key, list, []))

    def _word(self, key: str, value: str, words: type[_Word]) -> _Word:
        try:
            return words(value)
        except ValueError:
            raise self.fail(key, f"is {value!r}; it can be: {', '.join(words)}") from None

    def texts(self, key: str) -> tuple[str, ...]:
        return tuple(str(value) for value in self.get(key, list, []))

    def mapping(self, key: str) -> dict[str, str]:
        return {str(name): str(value) for name, value in self.get(key, dict, {}).items()}

    def entries(self, key: str) -> dict[str, str]:
        """Entries of the shop's state."""
        entries = self.mapping(key)
        for name, value in entries.items():
            if value not in OPTIONS.get(name, ()):
                raise self.fail(key, f"has {name} = {value!r}, which the shop does not have")
        return entries

    def table(self, key: str) -> "_Table":
        return _Table(self.source, key, self.get(key, dict))

    def tables(self, key: str) -> list["_Table"]:
        found = self.get(key, list, [])
        return [_Table(self.source, f"{key}[{n}]", item) for n, item in enumerate(found, 1)]

    def done(self) -> None:
        """Complain about a key that nothing has asked for."""
        unknown = sorted(self.content.keys() - self._read)
        if unknown:
            raise self.fail(unknown[0], "means nothing here")


def load_scenario(path: Path) -> Scenario:
    """Read one drill; raises ScenarioError."""
    try:
        raw = path.read_bytes()[: SIZE_LIMIT + 1]
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read ({error.strerror})") from error
    if len(raw) > SIZE_LIMIT:
        raise ScenarioError(f"{path}: is longer than {SIZE_LIMIT} bytes")
    try:
        content = tomllib.loads(raw.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ScenarioError(f"{path}: is no TOML ({error})") from error
    scenario = _scenario(_Table(path.name, "", content))
    _check(path.name, scenario)
    return scenario


def shipped() -> Path:
    """Return the folder of the drills that come with warroom."""
    return Path(__file__).parent


def load_scenarios(folder: Path | None = None) -> dict[str, Scenario]:
    """Read every `*.toml` of a folder (the shipped ones if None), easiest first, by id.

    Raises:
        ScenarioError: one of them cannot be played, or two have the same id.
    """
    found: dict[str, Scenario] = {}
    for path in sorted((folder or shipped()).glob("*.toml")):
        scenario = load_scenario(path)
        if scenario.id in found:
            raise ScenarioError(f"{path.name}: id {scenario.id!r} is taken by another file")
        found[scenario.id] = scenario
    return dict(sorted(found.items(), key=lambda item: (item[1].difficulty, item[0])))


def _scenario(table: _Table) -> Scenario:
    name = table.text("id")
    if not _ID.fullmatch(name):
        raise table.fail("id", "is lower-case letters, digits and -, beginning with a letter")
    scenario = Scenario(
        id=name,
        title=table.text("title"),
        briefing=table.text("briefing"),
        difficulty=int(table.number("difficulty", 1, 3)),
        seed=int(table.number("seed", 0, 2**31)),
        rate=table.number("rate", 5, 200, 40),
        moves=_each(table, "moves", _move),
        contained_by=_each(table, "contained_by", _containment),
        wrong_moves=_each(table, "wrong_moves", _wrong_move),
        injects=_each(table, "injects", _inject),
        par=_par(table.table("par")),
        truth=_truth(table.table("truth")),
    )
    table.done()
    return scenario


_Item = TypeVar("_Item")


def _each(table: _Table, key: str, read: Callable[[_Table], _Item]) -> tuple[_Item, ...]:
    return tuple(read(item) for item in table.tables(key))


def _move(table: _Table) -> Move:
    after = table.number("after", 0, 3600)
    fault = table.text("fault", "")
    if fault:
        if fault not in FAULTS:
            raise table.fail("fault", f"is {fault!r}; it can be: {', '.join(FAULTS)}")
        move = trigger(fault, after, table.number("fails_after", 0, 3600, 0))
        record = table.mapping("record") or move.record
        move = Move(after, record, move.sets, fault, move.fails_after)
    else:
        move = Move(after, table.mapping("record"), table.entries("sets"))
    if move.record and not (move.record.get("kind") in set(ChangeKind) and "text" in move.record):
        raise table.fail("record", f"needs text and a kind: {', '.join(ChangeKind)}")
    table.done()
    return move


def _containment(table: _Table) -> Containment:
    found = Containment(
        table.text("fault"), table.entries("set"), table.text("runbook"), table.text("why")
    )
    if found.runbook not in {book.file.removesuffix(".md") for book in BOOKS}:
        raise table.fail("runbook", f"is {found.runbook!r}, which the shop does not have")
    table.done()
    return found


def _wrong_move(table: _Table) -> WrongMove:
    found = WrongMove(table.entries("set"), table.text("why"), table.text("says", ""))
    if not found.set:
        raise table.fail("set", "is empty")
    table.done()
    return found


def _inject(table: _Table) -> Inject:
    found = Inject(
        table.number("after", 0, 7200),
        table.word("from", Caller),
        table.text("text"),
        table.word("expects", Expects),
    )
    table.done()
    return found


def _par(table: _Table) -> Par:
    found = Par(*(table.number(key, 1, 7200) for key in ("acknowledge", "contain", "diagnose")))
    if not found.acknowledge <= found.contain <= found.diagnose:
        raise table.fail("contain", "must lie between acknowledge and diagnose")
    table.done()
    return found


def _truth(table: _Table) -> Truth:
    found = Truth(
        root_cause=table.text("root_cause"),
        change=table.text("change", ""),
        boundary=_boundary(table),
        category=table.word("category", Category),
        priority=table.word("priority", Priority),
        criteria=table.words("criteria", Criterion),
        follow_ups=table.texts("follow_ups"),
        signs=_signs(table),
    )
    table.done()
    return found


def _signs(table: _Table) -> tuple[tuple[str, ...], ...]:
    groups = table.get("signs", list)
    if not groups or not all(isinstance(group, list) and group for group in groups):
        raise table.fail("signs", "is a list of lists of words, one word of each is to be named")
    return tuple(tuple(str(word) for word in group) for group in groups)


def _boundary(table: _Table) -> dict[str, str]:
    boundary = table.mapping("boundary")
    known = {
        "route": {route.template for route in ROUTES},
        "release": set(RELEASES),
        "upstream": set(INSTANCES),
        "client": None,
    }
    for field, value in boundary.items():
        if field not in known:
            raise table.fail("boundary", f"has {field!r}; the log has: {', '.join(known)}")
        values = known[field]
        if values is not None and value not in values:
            raise table.fail("boundary", f"has {field} = {value!r}, which the shop does not have")
    return boundary


def _check(source: str, scenario: Scenario) -> None:
    """Refuse a scenario whose parts contradict each other."""

    def require(fine: bool, why: str) -> None:
        if not fine:
            raise ScenarioError(f"{source}: {why}")

    require(bool(scenario.faults), "moves triggers no fault")
    require(len(set(scenario.faults)) == len(scenario.faults), "moves triggers a fault twice")
    entries = _entries_after(scenario.moves)
    for name in scenario.faults:
        ways = [way for way in scenario.contained_by if way.fault == name]
        require(bool(ways), f"contained_by has nothing for {name}")
        require(not contained(FAULTS[name], entries), f"the moves never let {name} act")
    for way in scenario.contained_by:
        require(way.fault in scenario.faults, f"contained_by is for {way.fault}, which never acts")
        ends = contained(FAULTS[way.fault], {**entries, **way.set})
        require(ends, f"contained_by {way.runbook} does not end {way.fault}")
    for wrong in scenario.wrong_moves:
        for name in scenario.faults:
            ends = contained(FAULTS[name], {**entries, **wrong.set})
            require(not ends, f"wrong_moves {dict(wrong.set)} ends {name}: it is not wrong")
    order = [inject.after for inject in scenario.injects]
    require(order == sorted(order), "injects are not in the order of their times")
    records = {move.record.get("text", "") for move in scenario.moves}
    require(scenario.truth.change in records | {""}, "truth.change is no record of the moves")


def _entries_after(moves: Sequence[Move]) -> Mapping[str, str]:
    entries = dict(FIRST)
    for move in sorted(moves, key=lambda move: move.after):
        entries |= move.sets
    return entries
