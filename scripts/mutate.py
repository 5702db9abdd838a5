"""Change the core in small ways, one at a time, and count the changes that its tests notice.

Run: python scripts/mutate.py [--count 100] [--seed 1 [2 ...]] [--only MODULE] [--minutes 60]

A change that no test notices is printed with its place: either a test is missing, or the change
makes no difference to anybody. Tests that fail without any change are left out first. Each change
is run in a fork of a process that has everything imported, and only by the tests which have called
the changed function, in whichever thread; a change at the top of a module, by all. The quickest of
them go first. One that loops is killed by time.
"""
# ruff: noqa: D102 - the methods are those that ast, pytest and the import system call

import argparse
import ast
import importlib.util
import os
import random
import re
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis  # noqa: F401 - paid for once, before the forks
import pytest

ROOT = Path(__file__).resolve().parents[1]
CORE = ROOT / "src" / "warroom" / "core"
TESTS = ("tests/core", "tests/room")
QUIET = ("-q", "-x", "-m", "not soak", "-p", "no:xdist")
FIRST = 40
"""Of the tests of a change, how many of the quickest are run before the others."""
LIMIT = 120.0
"""Seconds after which a change counts as noticed: it loops."""

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_COUNTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """One small change of one module."""

    module: str
    line: int
    what: str
    function: tuple[str, int] | None
    """The file and first line of the function it is in; None at the top of the module."""
    number: int
    """Which one of the changes of its module, in order."""

    def __str__(self) -> str:
        return f"core/{self.module}.py:{self.line}: {self.what}"


class Changer(ast.NodeTransformer):
    """Walks through a module and makes the change with one number; records all of them."""

    def __init__(self, module: str, path: Path, wanted: int = -1) -> None:
        self.module, self.path, self.wanted = module, path, wanted
        self.found: list[Change] = []
        self._inside: list[int] = []

    def offer(self, node: ast.AST, what: str) -> bool:
        """Record a possible change; returns whether it is the one to make."""
        function = (str(self.path), self._inside[-1]) if self._inside else None
        line = getattr(node, "lineno", 0)
        self.found.append(Change(self.module, line, what, function, len(self.found)))
        return len(self.found) - 1 == self.wanted

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        # A decorated function's code begins at its first decorator.
        first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
        self._inside.append(first if len(self._inside) == 0 else self._inside[-1])
        node.body = [self.visit(one) for one in node.body]
        self._inside.pop()
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is not None:
            node.value = self.visit(node.value)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.body = [self.visit(one) for one in node.body]
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        if isinstance(node.value, ast.Constant):
            return node  # a docstring
        if self.offer(node, f"without `{ast.unparse(node)[:50]}`"):
            return ast.copy_location(ast.Pass(), node)
        return self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        if self.offer(node, "without raise"):
            return ast.copy_location(ast.Pass(), node)
        return node  # what it says is for people

    def visit_If(self, node: ast.If) -> ast.AST:
        if ast.unparse(node.test) == "TYPE_CHECKING":
            return node
        if self.offer(node, f"if not ({ast.unparse(node.test)[:50]})"):
            node.test = ast.copy_location(ast.UnaryOp(ast.Not(), node.test), node.test)
            return node
        return self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> ast.AST:
        if node.value is None or ast.unparse(node.value) == "None":
            return node
        if self.offer(node, "return None"):
            node.value = ast.copy_location(ast.Constant(None), node)
            return node
        return self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        for place, op in enumerate(node.ops):
            other = _COMPARED[type(op)]
            if self.offer(node, f"{type(op).__name__} → {other.__name__}"):
                node.ops[place] = other()
                return node
        return self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        other = _COUNTED.get(type(node.op))
        if other and self.offer(node, f"{type(node.op).__name__} → {other.__name__}"):
            node.op = other()
            return node
        return self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        other = ast.And if isinstance(node.op, ast.Or) else ast.Or
        if self.offer(node, f"{type(node.op).__name__} → {other.__name__}"):
            node.op = other()
            return node
        return self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        if isinstance(node.op, ast.Not) and self.offer(node, "without not"):
            return node.operand
        return self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, bool):
            if self.offer(node, f"{node.value} → {not node.value}"):
                return ast.copy_location(ast.Constant(not node.value), node)
        elif isinstance(node.value, int | float) and self.offer(node, f"{node.value} + 1"):
            return ast.copy_location(ast.Constant(node.value + 1), node)
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        return node  # what is said is for people


def changes(module: str, path: Path) -> list[Change]:
    found = Changer(module, path)
    found.visit(ast.parse(path.read_text("utf-8")))
    return found.found


def changed(change: Change, path: Path) -> Any:
    """Return the code of a module with one change."""
    tree = Changer(change.module, path, change.number).visit(ast.parse(path.read_text("utf-8")))
    return compile(ast.fix_missing_locations(tree), str(path), "exec")


_REMEMBERS = re.compile(r"(?:lru_)?cache\b")


class Recorder(ast.NodeTransformer):
    """Lets each function of a module say that it was called, also where it remembers results."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._first = 0

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        outermost = self._first == 0
        if outermost:
            self._first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
        key = f"({str(self.path)!r}, {self._first})"
        said = ast.parse(f"__called__.add({key})").body
        if any(_REMEMBERS.match(ast.unparse(one)) for one in node.decorator_list):
            node.decorator_list.insert(0, ast.parse(f"__noting__({key})", mode="eval").body)
        node.body = [*said, *(self.visit(one) for one in node.body)]
        if outermost:
            self._first = 0
        return node


class Collector:
    """Runs the tests once: which of them pass, and which functions of the core each has called."""

    def __init__(self) -> None:
        self.callers: dict[tuple[str, int], set[str]] = defaultdict(set)
        self.passed: set[str] = set()
        self.took: dict[str, float] = {}
        self._called: set[tuple[str, int]] = set()
        for path in CORE.glob("*.py"):
            if path.stem != "__init__":
                tree = Recorder(path).visit(ast.parse(path.read_text("utf-8")))
                code = compile(ast.fix_missing_locations(tree), str(path), "exec")
                known = {"__called__": self._called, "__noting__": self._noting}
                finder = Finder(f"warroom.core.{path.stem}", path, code, **known)
                sys.meta_path.insert(0, finder)  # type: ignore[arg-type]

    def _noting(self, key: tuple[str, int]) -> Any:
        def around(function: Any) -> Any:
            def called(*given: object, **named: object) -> Any:
                self._called.add(key)
                return function(*given, **named)

            return called

        return around

    def pytest_runtest_logstart(self) -> None:
        self._called.clear()

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        for function in tuple(self._called):
            self.callers[function].add(nodeid)

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.took[report.nodeid] = self.took.get(report.nodeid, 0.0) + report.duration
        if report.when == "call" and report.passed:
            self.passed.add(report.nodeid)


def in_fork(work: Any, seconds: float) -> int | None:
    """Return the exit status of `work` in a forked process; None if it took too long."""
    child = os.fork()
    if child == 0:
        os.setsid()
        null = os.open(os.devnull, os.O_RDWR)
        for target in (0, 1, 2):
            os.dup2(null, target)
        try:
            os._exit(work())
        except BaseException:
            os._exit(1)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


class Finder:
    """Gives the changed code to whoever imports the module."""

    def __init__(self, name: str, path: Path, code: Any, **known: object) -> None:
        self.name, self.path, self.code, self.known = name, path, code, known

    def find_spec(self, name: str, *_: object) -> Any:
        if name != self.name:
            return None
        return importlib.util.spec_from_file_location(name, self.path, loader=self)

    def create_module(self, spec: Any) -> None:
        """Take the ordinary one."""

    def exec_module(self, module: Any) -> None:
        module.__dict__.update(self.known)
        exec(self.code, module.__dict__)


def survives(change: Change, tests: list[str]) -> bool:
    """Whether all of those tests pass with the change; most that do not fail one of the first."""
    return all(_passes(change, part) for part in (tests[:FIRST], tests[FIRST:]) if part)


def _passes(change: Change, tests: list[str]) -> bool:
    path = CORE / f"{change.module}.py"

    def work() -> int:
        name = f"warroom.core.{change.module}"
        for loaded in [m for m in sys.modules if m.split(".")[0] in {"warroom", "tests"}]:
            del sys.modules[loaded]
        sys.meta_path[:] = [one for one in sys.meta_path if not isinstance(one, Finder)]
        sys.meta_path.insert(0, Finder(name, path, changed(change, path)))  # type: ignore[arg-type]
        return int(pytest.main([*QUIET, *tests]))

    return in_fork(work, LIMIT) == 0


def chosen_changes(only: str, seed: int) -> Iterator[Change]:
    everything = [
        change
        for path in sorted(CORE.glob("*.py"))
        if not only or path.stem == only
        for change in changes(path.stem, path)
    ]
    print(f"{len(everything)} changes are possible", flush=True)
    random.Random(seed).shuffle(everything)
    yield from everything


def measure(known: Collector, asked: argparse.Namespace, seed: int) -> bool:
    """Make the changes of one seed; returns whether nine of ten were noticed."""
    began = time.monotonic()
    alive: list[Change] = []
    untested = done = 0
    for change in chosen_changes(asked.only, seed):
        if done == asked.count or time.monotonic() - began > asked.minutes * 60:
            break
        wanted = known.passed if change.function is None else known.callers[change.function]
        tests = sorted(known.passed & wanted, key=lambda name: known.took[name])
        done += 1
        untested += not tests
        if not tests or survives(change, tests):
            alive.append(change)
            print(f"not noticed ({len(tests)} tests): {change}", flush=True)
    killed = done - len(alive)
    print(f"\nseed {seed}: {done} changes, {killed} noticed ({killed / max(1, done):.0%}), "
          f"{len(alive)} not, of which {untested} in functions that no test calls; "
          f"{time.monotonic() - began:.0f} s", flush=True)  # fmt: skip
    return bool(done) and killed / done >= 0.9


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=100, help="changes a seed")
    parser.add_argument("--seed", type=int, nargs="+", default=[1])
    parser.add_argument("--only", default="", help="a module of the core")
    parser.add_argument("--minutes", type=float, default=600, help="at most so long a seed")
    asked = parser.parse_args()
    began = time.monotonic()
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    known = Collector()
    pytest.main([q for q in QUIET if q != "-x"] + list(TESTS), plugins=[known])
    print(f"{len(known.passed)} tests pass in {time.monotonic() - began:.0f} s", flush=True)
    if not known.passed:
        return 2
    enough = [measure(known, asked, seed) for seed in asked.seed]
    return 0 if all(enough) else 1


if __name__ == "__main__":
    sys.exit(main())
