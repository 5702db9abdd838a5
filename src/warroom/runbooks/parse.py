"""Markdown in, steps out."""

import hashlib
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from warroom.core.words import ContainmentKind, StepAction
from warroom.runbooks.errors import RunbookError
from warroom.runbooks.frontmatter import FrontMatter, read_front_matter
from warroom.runbooks.model import Block, Finding, Language, Runbook, Step
from warroom.runbooks.watch import Watch, parse_duration, parse_watch

SIZE_LIMIT = 256 * 1024
"""Bytes of a runbook; the longest that people write by hand is a tenth of it."""

_TASK = re.compile(r"\[([ xX])\]\s+")
_OPTION = re.compile(r"([a-z][a-z-]*)(?:=(\S+))?")
_OPTIONS: Mapping[Language, frozenset[str]] = {
    Language.SH: frozenset({"timeout", "reads", "undo", "cwd"}),
    Language.BASH: frozenset({"timeout", "reads", "undo", "cwd"}),
    Language.HTTP: frozenset({"timeout", "reads", "undo", "expect", "require", "state"}),
    Language.SQL: frozenset({"timeout", "reads", "undo", "url"}),
    Language.HAPROXY: frozenset({"timeout", "reads", "undo", "socket"}),
}
_FLAGS = frozenset({"reads"})
_ROLES = {role.value for role in StepAction}


@dataclass(slots=True)
class _Draft:
    """A step while its list item is being read."""

    text: str
    ticked: bool
    line: int
    detail: list[str] = field(default_factory=list)
    fences: list[SyntaxTreeNode] = field(default_factory=list)


class _Document:
    """One parse: remembers the path for messages and collects remarks."""

    def __init__(self, path: str, offset: int) -> None:
        self.path = path or "runbook"
        self.offset = offset
        self.remarks: list[Finding] = []

    def line(self, node: SyntaxTreeNode) -> int:
        return (node.map[0] if node.map else 0) + 1 + self.offset

    def fail(self, line: int, why: str, hint: str) -> NoReturn:
        raise RunbookError("Runbook not understood", f"{self.path}:{line}: {why}", hint)

    def drafts(self, root: SyntaxTreeNode) -> list[_Draft]:
        items = [node for node in root.walk() if node.type == "list_item"]
        tasks = [item for item in items if _TASK.match(_first_line(item))]
        if not tasks:  # a plain list: every item of its numbered lists, else of its bullet lists
            top = [node.children for node in root.children if node.type == "ordered_list"]
            top = top or [node.children for node in root.children if node.type == "bullet_list"]
            tasks = [item for items_of in top for item in items_of]
        chosen = {id(item) for item in tasks}
        drafts = []
        claimed: set[int] = set()
        for item in tasks:
            first = _first_line(item)
            task = _TASK.match(first)
            draft = _Draft(
                text=first[task.end() :] if task else first,
                ticked=bool(task and task[1] != " "),
                line=self.line(item),
            )
            for node in _own(item, chosen):
                if node.type == "fence":
                    draft.fences.append(node)
                    claimed.add(id(node))
                elif node.type == "paragraph":
                    draft.detail.append(node.children[0].content if node.children else "")
            if draft.detail:
                rest = draft.detail[0].split("\n", 1)[1:]
                draft.detail[:1] = rest
            drafts.append(draft)
        for node in root.walk():
            if node.type == "fence" and id(node) not in claimed and self.role_of(node):
                self.remarks.append(
                    Finding(
                        self.line(node),
                        "outside-step",
                        "this block belongs to no step and never runs; indent it below its item",
                    ),
                )
        return drafts

    def role_of(self, fence: SyntaxTreeNode) -> str:
        """The role that the info string names, empty for an illustration."""
        words = fence.info.split()
        named = [word for word in words[:2] if word in _ROLES or word in {"watch", "confirm"}]
        return named[0] if named else ""

    def step(self, number: int, draft: _Draft) -> Step:
        blocks: dict[StepAction, Block] = {}
        watch: Watch | None = None
        confirm = ""
        run = [fence for fence in draft.fences if self.role_of(fence) == StepAction.RUN]
        fallback = self.language(run[0], Language.SH) if run else Language.SH
        for fence in draft.fences:
            role = self.role_of(fence)
            line = self.line(fence)
            if role == "watch":
                if watch:
                    self.fail(line, "a second watch in one step", "Make it a step of its own")
                watch = parse_watch(fence.content, line=line, path=self.path)
            elif role == "confirm":
                confirm = " ".join([confirm, *fence.content.split()]).strip()
            elif role:
                action = StepAction(role)
                if action in blocks:
                    self.fail(line, f"a second {role} in one step", "Make it a step of its own")
                blocks[action] = self.block(fence, fallback)
        return Step(
            number=number,
            text=draft.text,
            detail="\n\n".join(part for part in draft.detail if part),
            run=blocks.get(StepAction.RUN),
            undo=blocks.get(StepAction.UNDO),
            verify=blocks.get(StepAction.VERIFY),
            watch=watch,
            precheck=blocks.get(StepAction.PRECHECK),
            confirm=confirm,
            ticked=draft.ticked,
            line=draft.line,
        )

    def language(self, fence: SyntaxTreeNode, fallback: Language) -> Language:
        first = fence.info.split()[0]
        if first in set(Language):
            return Language(first)
        if first in _ROLES:
            return fallback
        return self.fail(
            self.line(fence),
            f"{first[:40]!r} is no language that runs",
            f"It must be one of {', '.join(Language)}",
        )

    def block(self, fence: SyntaxTreeNode, fallback: Language) -> Block:
        line = self.line(fence)
        language = self.language(fence, fallback)
        words = fence.info.split()
        options: dict[str, str] = {}
        for word in words[1:] if words[0] in _ROLES else words[2:]:
            match = _OPTION.fullmatch(word)
            if match is None or match[1] not in _OPTIONS[language]:
                known = ", ".join(sorted(_OPTIONS[language]))
                self.fail(line, f"{word[:40]!r} is no option of {language}", f"Known: {known}")
            if match[1] in options or (match[1] in _FLAGS) != (match[2] is None):
                self.fail(line, f"option {word[:40]!r} is not understood", "Write timeout=60s")
            options[match[1]] = match[2] or ""
        if options.get("undo", "none") != "none":
            self.fail(line, "undo= can only be none", "Write the undo as a block of its own")
        if not fence.content.strip():
            self.fail(line, "the block is empty", "Fill it, or remove it")
        return Block(language, fence.content, self.timeout(options, line), options, line)

    def timeout(self, options: Mapping[str, str], line: int) -> float | None:
        if "timeout" not in options:
            return None
        try:
            seconds = parse_duration(options["timeout"])
        except ValueError as error:
            self.fail(line, f"timeout: {error}", "Write timeout=60s")
        if not 0 < seconds <= 24 * 3600:
            self.fail(line, "a time-out lies between 0 and 24 h", "Write timeout=60s")
        return seconds


def _own(item: SyntaxTreeNode, chosen: set[int]) -> Iterator[SyntaxTreeNode]:
    """What belongs to an item itself: everything below it but not below a chosen inner item."""
    for child in item.children:
        if id(child) in chosen:
            continue
        yield child
        yield from _own(child, chosen)


def _first_line(item: SyntaxTreeNode) -> str:
    """The first line of an item's first paragraph, as written."""
    first = item.children[0] if item.children else None
    if first is None or first.type != "paragraph" or not first.children:
        return ""
    return str(first.children[0].content).split("\n", 1)[0].strip()


def _split(text: str) -> tuple[str | None, str, int]:
    """The head between dashes (None without one), the body, and the body's line offset."""
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        return None, text, 0
    for number, line in enumerate(lines[1:], 1):
        if line.rstrip() in {"---", "..."}:
            return "\n".join(lines[1:number]), "\n".join(lines[number + 1 :]), number + 1
    return None, text, 0


def _heading(root: SyntaxTreeNode) -> str:
    for node in root.children:
        if node.type == "heading" and node.children:
            return str(node.children[0].content)
    return ""


def parse(text: str, *, path: str = "", sha256: str | None = None) -> Runbook:
    """Understand a runbook; raises RunbookError with path and line.

    A document without a head is a checklist: its tasks (`[ ]`), or where it has none the items of
    its lists, become steps to tick, and no block of it can contain anything unless it is marked
    `run` all the same.
    """
    digest = sha256 or hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    head, body, offset = _split(text)
    front: FrontMatter | None = None
    if head is not None:
        front = read_front_matter(head, path=path, offset=1)
    document = _Document(path, offset)
    try:
        root = SyntaxTreeNode(MarkdownIt("commonmark").parse(body))
        drafts = document.drafts(root)
    except RecursionError:
        document.fail(1, "it is nested too deeply", "Write a flat list of steps")
    steps = tuple(document.step(number, draft) for number, draft in enumerate(drafts, 1))
    title = (front.title if front else "") or _heading(root) or Path(path).stem or "Untitled"
    if front and front.kind is None and any(step.run for step in steps):
        document.fail(1, "the head does not say its kind", "Write kind: rollback (flag, route, …)")
    return Runbook(
        path=path,
        sha256=digest,
        text=text,
        title=title,
        kind=(front and front.kind) or ContainmentKind.OTHER,
        services=front.services if front else (),
        symptoms=front.symptoms if front else (),
        labels=front.labels if front else {},
        params=front.params if front else {},
        blast_radius=front.blast_radius if front else "",
        owner=front.owner if front else "",
        last_exercised=front.last_exercised if front else None,
        steps=steps,
        remarks=(*(front.remarks if front else ()), *document.remarks),
    )


def load(path: Path) -> Runbook:
    """Read and understand a file; raises RunbookError also where it cannot be read."""
    raw = read_bytes(path)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RunbookError(
            "Runbook not understood", f"{path}: byte {error.start} is no UTF-8", "Save it as UTF-8"
        ) from None
    return parse(text, path=str(path), sha256=hashlib.sha256(raw).hexdigest())


def read_bytes(path: Path) -> bytes:
    """The bytes of a regular file of bounded size; a pipe or device never blocks the reader."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise RunbookError(
                    "Runbook not read", f"{path} is no regular file", "Point at a Markdown file"
                )
            raw = file.read(SIZE_LIMIT + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise RunbookError("Runbook not read", f"{path}: {reason}", "Check the path") from None
    if len(raw) > SIZE_LIMIT:
        raise RunbookError(
            "Runbook not read", f"{path} is larger than {SIZE_LIMIT} bytes", "Split it"
        )
    return raw


def load_folder(folder: Path) -> tuple[list[Runbook], list[RunbookError]]:
    """Every `*.md` below a folder by name, and what could not be understood."""
    runbooks, errors = [], []
    for path in sorted(folder.rglob("*.md")):
        if path.name.upper().startswith(("README", "CHANGELOG")):
            continue
        try:
            runbooks.append(load(path))
        except RunbookError as error:
            errors.append(error)
    return runbooks, errors


def shipped() -> Path:
    """The folder of the runbooks that come with warroom."""
    return Path(__file__).parent / "library"
