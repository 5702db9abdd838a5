"""The head of a runbook: YAML between two lines of dashes, with the line of every mistake."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NoReturn

import yaml

from warroom.core.words import ContainmentKind
from warroom.runbooks.errors import RunbookError
from warroom.runbooks.model import Finding, Parameter, ParameterType
from warroom.runbooks.params import check_name
from warroom.runbooks.symptoms import check_pattern

_KEYS = frozenset(
    {
        "title",
        "kind",
        "services",
        "symptoms",
        "labels",
        "params",
        "blast_radius",
        "owner",
        "last_exercised",
    },
)
_PARAMETER_KEYS = frozenset(
    {"ask", "type", "default", "choices", "pattern", "min", "max", "env", "optional"},
)
_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What the head says; empty where a key is absent."""

    title: str
    kind: ContainmentKind | None
    services: Sequence[str]
    symptoms: Sequence[str]
    labels: Mapping[str, str]
    params: Mapping[str, Parameter]
    blast_radius: str
    owner: str
    last_exercised: date | None
    remarks: Sequence[Finding]


class _Reader:
    """Reads typed values out of YAML nodes, so that every complaint has a line."""

    def __init__(self, path: str, offset: int) -> None:
        self.path = path or "runbook"
        self.offset = offset
        self.remarks: list[Finding] = []

    def line(self, node: yaml.Node) -> int:
        return int(node.start_mark.line) + 1 + self.offset

    def fail(self, line: int, why: str, hint: str) -> NoReturn:
        raise RunbookError("Runbook not understood", f"{self.path}:{line}: {why}", hint)

    def text(self, node: yaml.Node, name: str) -> str:
        if not isinstance(node, yaml.ScalarNode):
            self.fail(self.line(node), f"{name} must be text", f"Write {name}: some text")
        return str(node.value).strip()

    def texts(self, node: yaml.Node, name: str) -> list[tuple[str, int]]:
        if isinstance(node, yaml.ScalarNode):
            return [(self.text(node, name), self.line(node))]
        if not isinstance(node, yaml.SequenceNode):
            self.fail(self.line(node), f"{name} must be a list", f"Write {name}: [one, two]")
        return [(self.text(item, name), self.line(item)) for item in node.value]

    def mapping(self, node: yaml.Node, name: str) -> dict[str, tuple[yaml.Node, int]]:
        if not isinstance(node, yaml.MappingNode):
            self.fail(self.line(node), f"{name} must be a mapping", "Write `key: value` lines")
        entries: dict[str, tuple[yaml.Node, int]] = {}
        for key_node, value in node.value:
            key = self.text(key_node, f"a key of {name}")
            line = self.line(key_node)
            if key in entries:
                self.fail(line, f"{key!r} is there twice in {name}", "Keep one of the two")
            entries[key] = (value, line)
        return entries

    def one_of(self, node: yaml.Node, name: str, allowed: Sequence[str]) -> str:
        value = self.text(node, name)
        if value not in allowed:
            self.fail(
                self.line(node),
                f"{name} is {value[:40]!r}",
                f"It must be one of {', '.join(allowed)}",
            )
        return value

    def date(self, node: yaml.Node, name: str) -> date:
        try:
            return date.fromisoformat(self.text(node, name))
        except ValueError:
            self.fail(self.line(node), f"{name} is no date", "Write it like 2026-11-20")

    def integer(self, node: yaml.Node, name: str) -> int:
        try:
            return int(self.text(node, name))
        except ValueError:
            self.fail(self.line(node), f"{name} is no whole number", f"Write {name}: 10")

    def parameter(self, name: str, node: yaml.Node, line: int) -> Parameter:
        why = check_name(name)
        if why:
            self.fail(line, f"parameter {name[:40]!r}: {why}", "Choose another name")
        if isinstance(node, yaml.ScalarNode):  # `release: Release to return to`
            entries: dict[str, tuple[yaml.Node, int]] = {"ask": (node, line)}
        else:
            entries = self.mapping(node, f"parameter {name}")
        for key, (_, key_line) in entries.items():
            if key not in _PARAMETER_KEYS:
                known = ", ".join(sorted(_PARAMETER_KEYS))
                self.fail(key_line, f"{key[:40]!r} is no key of a parameter", f"Known: {known}")

        def text(key: str) -> str:
            return self.text(entries[key][0], key) if key in entries else ""

        choices = (
            [t for t, _ in self.texts(entries["choices"][0], "choices")]
            if ("choices" in entries)
            else []
        )
        default_type = ParameterType.CHOICE if choices else ParameterType.TEXT
        kind = (
            ParameterType(self.one_of(entries["type"][0], "type", list(ParameterType)))
            if "type" in entries
            else default_type
        )
        if (kind is ParameterType.CHOICE) != bool(choices):
            self.fail(line, f"parameter {name}: choices belong to type choice", "Give both")
        env = text("env")
        if kind is ParameterType.SECRET and not _ENV_NAME.fullmatch(env):
            self.fail(
                line,
                f"secret {name} must say by which name it is looked up, as env",
                "Write env: NAME_OF_VARIABLE",
            )
        if kind is ParameterType.SECRET and "default" in entries:
            self.fail(line, f"secret {name} has a default", "Remove it: a secret is no text")
        if kind is not ParameterType.SECRET and env:
            self.fail(line, f"parameter {name}: only a secret has env", "Write type: secret")
        pattern = text("pattern")
        if pattern:
            self.pattern(pattern, line)
        return Parameter(
            name=name,
            ask=text("ask") or name,
            type=kind,
            default=text("default"),
            choices=tuple(choices),
            pattern=pattern,
            minimum=self.integer(entries["min"][0], "min") if "min" in entries else None,
            maximum=self.integer(entries["max"][0], "max") if "max" in entries else None,
            env=env,
            optional="optional" in entries
            and self.one_of(entries["optional"][0], "optional", ("true", "false")) == "true",
            line=line,
        )

    def pattern(self, pattern: str, line: int) -> None:
        why = check_pattern(pattern)
        if why:
            self.fail(line, f"pattern {pattern[:60]!r}: {why}", "Simplify or correct it")


def read_front_matter(text: str, *, path: str, offset: int) -> FrontMatter:
    """Understand the YAML of a head; raises RunbookError with the line.

    Every scalar is text (`no` stays `no`), aliases expand nothing because nodes are read one by
    one, and no YAML tag constructs anything.

    Args:
        text: What stands between the dashes.
        path: For messages.
        offset: Lines of the file before the first line of `text`.
    """
    reader = _Reader(path, offset)
    try:
        root = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = (mark.line if mark else 0) + 1 + offset
        reader.fail(line, f"the head is no YAML ({error.problem})", "Correct that line")
    except (yaml.YAMLError, RecursionError):
        reader.fail(offset, "the head is no YAML", "Correct it")
    entries = {} if root is None else reader.mapping(root, "the head")
    for key, (_, line) in entries.items():
        if key not in _KEYS:
            known = ", ".join(sorted(_KEYS))
            reader.remarks.append(
                Finding(line, "unknown-key", f"{key[:40]!r} means nothing here; known: {known}"),
            )

    def text_of(key: str) -> str:
        return reader.text(entries[key][0], key) if key in entries else ""

    def texts_of(key: str) -> list[tuple[str, int]]:
        return reader.texts(entries[key][0], key) if key in entries else []

    symptoms = texts_of("symptoms")
    for pattern, line in symptoms:
        reader.pattern(pattern, line)
    labels = reader.mapping(entries["labels"][0], "labels") if "labels" in entries else {}
    params = reader.mapping(entries["params"][0], "params") if "params" in entries else {}
    kind = entries.get("kind")
    exercised = entries.get("last_exercised")
    return FrontMatter(
        title=text_of("title"),
        kind=ContainmentKind(reader.one_of(kind[0], "kind", list(ContainmentKind)))
        if kind
        else None,
        services=tuple(t for t, _ in texts_of("services")),
        symptoms=tuple(t for t, _ in symptoms),
        labels={name: reader.text(node, name) for name, (node, _) in labels.items()},
        params={name: reader.parameter(name, node, line) for name, (node, line) in params.items()},
        blast_radius=text_of("blast_radius"),
        owner=text_of("owner"),
        last_exercised=reader.date(exercised[0], "last_exercised") if exercised else None,
        remarks=tuple(reader.remarks),
    )
