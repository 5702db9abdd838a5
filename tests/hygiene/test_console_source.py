"""Rules of the console's source that no linter knows."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "warroom"
TUI = sorted((SOURCE / "tui").rglob("*.py"))
BUDGET = {"app.py": 250}
"""Lines; every other module of the console has 400."""

RAW = "the framework's input draws what is pasted as it is: use WordsInput"
DRAWS = {"Static", "Label", "Button", "update"}


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            name = function.attr if isinstance(function, ast.Attribute) else ""
            yield (function.id if isinstance(function, ast.Name) else name), node


def keywords(call: ast.Call) -> dict[str, ast.expr]:
    return {word.arg: word.value for word in call.keywords if word.arg}


def is_plain(argument: ast.expr) -> bool:
    """A literal, or something that makes content: never a bare string from elsewhere."""
    if isinstance(argument, ast.Constant):
        return True
    if isinstance(argument, ast.Call):
        function = argument.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        return name in {"Content", "Text", "plain", "block", "cell", "assemble"}
    return False


def broken_rules(tree: ast.AST) -> list[tuple[int, str]]:
    """Where a module breaks a rule: line and what is wrong."""
    found = []
    for name, call in calls(tree):
        if name == "notify":
            found.append((call.lineno, "a toast: notices go to the notice row"))
        if name in DRAWS and call.args and not isinstance(call.args[0], ast.Starred):
            draws_text = name != "update" or isinstance(
                call.args[0], ast.JoinedStr | ast.Constant | ast.BinOp
            )
            if draws_text and not is_plain(call.args[0]):
                found.append((call.lineno, f"{name}() gets a string that may hold markup"))
        if name == "Input":
            found.append((call.lineno, RAW))
        if name == "Binding" and "id" not in keywords(call):
            found.append((call.lineno, "a key without an id cannot be changed"))
        if name == "work":
            given = keywords(call)
            if "group" not in given:
                found.append((call.lineno, "a worker without a group cancels others"))
            fatal = given.get("exit_on_error")
            if not (isinstance(fatal, ast.Constant) and fatal.value is False):
                found.append((call.lineno, "a worker that fails would end the console"))
    found += [
        (node.lineno, RAW)
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and node.name != "WordsInput"
        for base in node.bases
        if isinstance(base, ast.Name) and base.id == "Input"
    ]
    return found + [
        (node.lineno, "@work without group and exit_on_error")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Name) and decorator.id == "work"
    ]


@pytest.mark.parametrize("path", TUI, ids=lambda p: str(p.relative_to(SOURCE)))
def test_a_module_of_the_console_keeps_the_rules(path: Path) -> None:
    assert broken_rules(ast.parse(path.read_text("utf-8"))) == []


@pytest.mark.parametrize("path", TUI, ids=lambda p: str(p.relative_to(SOURCE)))
def test_a_module_of_the_console_stays_small(path: Path) -> None:
    lines = len(path.read_text("utf-8").splitlines())
    assert lines <= BUDGET.get(path.name, 400)


@pytest.mark.parametrize(
    "source",
    [
        "self.app.notify('x')",
        "Static(f'{title}')",
        "Label(title)",
        "widget.update(f'{n} lines')",
        "Binding('a', 'act', 'do')",
        "Input(placeholder='words')",
        "class Field(Input): ...",
        "@work\nasync def f(self): ...",
        "@work(thread=True, exit_on_error=False)\ndef f(self): ...",
        "@work(group='x')\nasync def f(self): ...",
    ],
)
def test_a_broken_rule_is_found(source: str) -> None:
    assert broken_rules(ast.parse(source))


@pytest.mark.parametrize(
    "source",
    [
        "Static('words')",
        "Static(plain(title))",
        "found.update(other)",
        "Binding('a', 'act', 'do', id='x.act')",
        "@work(group='x', exit_on_error=False)\nasync def f(self): ...",
    ],
)
def test_a_kept_rule_is_not_reported(source: str) -> None:
    assert not broken_rules(ast.parse(source))
