"""The lint of a postmortem: what to look at again before people read it. It never blocks writing.

A rule sees one line or the whole text; a finding says where, what and what to do instead. Open
questions are not findings: `postmortem.open_questions` lists them.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from warroom.core.lint_words import (
    ALWAYS_VAGUE,
    BLAME,
    CONCRETE,
    GENERIC,
    NAMED,
    SOFT,
    SOMETIMES_VAGUE,
    Phrase,
)
from warroom.core.references import outside_code, unresolved
from warroom.core.timeline import TimelineEntry

RULES: Mapping[str, str] = {
    "blame": "a person or a label stands where an explanation belongs",
    "counterfactual": "it tells what did not happen instead of what did",
    "name": "a person is named where a role or the system would do",
    "vague": "nobody can tell when this action is done",
    "section": "a section of the report is missing or empty",
    "detection": "it does not say how or when it was detected",
    "owner": "an action has no owner",
    "due": "an action has no date",
    "count": "fewer than two or more than four actions: more get none done",
    "reference": "a reference leads nowhere",
    "secret": "something has the shape of a password or token",
    "unmerged": "two versions of a place still stand side by side",
}
"""Every rule and what it finds."""

SECTIONS = (
    "Summary",
    "Initial analysis",
    "Impact",
    "Timeline",
    "Root cause",
    "Contributing factors",
    "Resolution steps",
    "What went well",
    "Prevention",
    "Mitigation strategy",
    "Follow-ups",
)
"""What a report consists of, in this order."""

FEWEST, MOST = 2, 4
"""How many actions a review should agree on."""

UNMERGED = "> ! "
"""How a line begins that parts two versions of one place."""

_OTHER_NAMES = {
    "Timeline": ("chronological actions", "chronology"),
    "Follow-ups": ("action items", "actions", "follow ups"),
    "Resolution steps": ("resolution",),
    "Root cause": ("root causes", "cause"),
    "Initial analysis": ("analysis",),
}
_ACTION_SECTIONS = ("follow-ups", "action items", "actions", "follow ups")
_MEANT_SECTIONS = (*_ACTION_SECTIONS, "prevention", "mitigation strategy")
_RECORDS = ("timeline", "chronological actions", "chronology")
_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*\s*$")
_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?")
_OWNER = re.compile(r"\bowner:? +(?P<who>[^,;()]+)|(?<!\w)@(?P<at>[\w.-]+)", re.IGNORECASE)
_DATE = re.compile(r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)")
_TAIL = re.compile(r"[,;(]\s*(?:owner|due)\b[^,;]*|\s@[\w.-]+", re.IGNORECASE)
_DETECTED = re.compile(
    r"\bdetect\w*|\bnoticed\b|\bfirst (?:alert|report)|\b(?:was|were) paged\b|\balert fired\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+")
_TIME = re.compile(r"\d{1,2}:\d{2}|\b\d+ ?(?:s|min|h|seconds?|minutes?|hours?|days?)\b")

_LINE_LIMIT = 1000
"""Characters of one line that are looked at: no sentence is longer."""

# Accounts and machines that act under a name which is a word of the trade.
_ACCOUNTS = """
admin alertmanager changes ci console datadog demo github gitlab grafana jira mail pagerduty
prometheus sentry slack guest human log monitoring on-call oncall operator operations ops
reporter root runner server service system team ubuntu user warroom watch
"""
_NO_PEOPLE = frozenset(_ACCOUNTS.split()) | {"spike watch"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something to look at again."""

    line: int
    """From 1."""
    start: int
    """Columns from 0 of what it is about; both 0 for the line or the text as a whole."""
    end: int
    rule: str
    message: str
    """May quote the document: to be cleaned before it is drawn."""
    suggestion: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the document with where it stands."""

    number: int
    text: str
    section: str
    """The heading of level two above it, folded; empty before the first."""

    @property
    def item(self) -> str | None:
        """The text of a list item; None for another line."""
        found = _ITEM.match(self.text)
        return self.text[found.end() :] if found else None


def lint(
    text: str,
    *,
    people: Collection[str] = (),
    entries: Iterable[TimelineEntry] | None = None,
    secrets: Callable[[str], Iterable[tuple[int, str]]] | None = None,
) -> tuple[Finding, ...]:
    """Return what to look at again, by line.

    Args:
        text: The postmortem, Markdown.
        people: Names that are known to be of people.
        entries: The timeline, against which references are checked; None: they are not.
        secrets: Tells offset and first characters of everything in a text that looks like one.
    """
    lines = tuple(_lines(text))
    found = [finding for line in lines for finding in _in_line(line, people)]
    found += _actions(lines)
    found += _sections(lines)
    if entries is not None:
        found += [
            _finding(one.line, (one.start, one.end), "reference", f"[T{one.number}] is no entry")
            for one in unresolved(text, entries)
        ]
    for offset, start in secrets(text) if secrets else ():
        line_start = text.rfind("\n", 0, offset) + 1
        column = offset - line_start
        number = text.count("\n", 0, offset) + 1
        message = f"“{start}…” looks like a secret"
        hint = "remove it here, and replace it where it is valid"
        found.append(_finding(number, (column, column + len(start)), "secret", message, hint))
    return tuple(sorted(found, key=lambda one: (one.line, one.start, one.rule)))


def lint_sentence(text: str, *, action: bool = False) -> tuple[Finding, ...]:
    """Return what is wrong with one sentence, or one action, by its words alone."""
    line = Line(number=1, text=f"- {text}" if action else text, section="")
    return tuple(_words(line, action=action))


def actions(text: str) -> tuple[tuple[int, str], ...]:
    """Return the actions that a postmortem lists: line from 1, and the words."""
    return tuple(
        (line.number, item)
        for line in _lines(text)
        if line.section in _ACTION_SECTIONS and (item := line.item) and not line.text[0].isspace()
    )


def names(*groups: Iterable[str]) -> frozenset[str]:
    """Return which of these actors are names of people: not accounts, not one or two letters."""
    return frozenset(
        name
        for group in groups
        for name in (one.strip() for one in group)
        if len(name) > 2 and name.casefold() not in _NO_PEOPLE and not name.isdigit()
    )


def _lines(text: str) -> Iterator[Line]:
    section = ""
    for number, line in outside_code(text):
        heading = _HEADING.match(line)
        if heading and len(heading[1]) == 2:
            section = heading[2].casefold()
        if line.strip():
            yield Line(number=number, text=line, section=section)


def _in_line(line: Line, people: Collection[str]) -> Iterator[Finding]:
    if line.text.startswith(UNMERGED):
        hint = "keep what is right of both and delete the marks"
        yield _finding(line.number, (0, len(line.text)), "unmerged", "two versions here", hint)
    if line.text.startswith(">") or _HEADING.match(line.text):
        return
    # The chronology is a record: who wrote what at the time stays as it was said.
    if line.section not in _RECORDS:
        meant = line.section in _MEANT_SECTIONS and line.item is not None
        yield from _words(line, action=meant)
        yield from _names(line, people)


def _words(line: Line, *, action: bool) -> Iterator[Finding]:
    for start, end, rule, message, hint in _wording(line.text[:_LINE_LIMIT], action=action):
        yield _finding(line.number, (start, end), rule, message, hint)


@lru_cache(maxsize=20_000)
def _wording(text: str, *, action: bool) -> tuple[tuple[int, int, str, str, str], ...]:
    """Return start, end, rule, message and suggestion of what one line's words give rise to.

    Remembered, because a long text is looked at again after each change of one of its lines.
    """
    item = _ITEM.match(text)
    shift = item.end() if item else 0
    deed = _TAIL.sub("", text[shift:]).strip().rstrip(".") if action else text[shift:]
    phrases: list[Phrase] = list(BLAME)
    phrases += ALWAYS_VAGUE if action else ALWAYS_VAGUE[:1]
    if action and not CONCRETE.search(deed):
        phrases += SOMETIMES_VAGUE
    told: dict[str, tuple[int, int, str, str, str]] = {}
    for phrase in phrases:
        found = None if phrase.rule in told else phrase.pattern.search(deed)
        if found is not None:
            start, end = shift + found.start(), shift + found.end()
            what = f"“{found[0].strip(' .;,')}”: {RULES[phrase.rule]}"
            told[phrase.rule] = (start, end, phrase.rule, what, phrase.suggestion)
    words = _WORD.findall(deed.casefold())
    if action and words and "vague" not in told and GENERIC.issuperset(words):
        what = f"“{deed}” fits any incident: {RULES['vague']}"
        told["vague"] = (shift, shift + len(deed), "vague", what, SOFT)
    return tuple(told.values())


def _names(line: Line, people: Collection[str]) -> Iterator[Finding]:
    if not people or not line.section:
        return  # the head says who had which role
    pattern = "|".join(re.escape(name) for name in sorted(people, key=len, reverse=True))
    owners = [range(*found.span()) for found in _OWNER.finditer(line.text)]
    for found in re.finditer(rf"(?<![\w-])(?:{pattern})(?![\w-])", line.text, re.IGNORECASE):
        if any(found.start() in owner for owner in owners):
            continue
        what = f"“{found[0]}” names a person"
        hint = "name the role, or make the system the subject"
        yield _finding(line.number, found.span(), "name", what, hint)
        deed = NAMED.pattern.match(line.text, found.end())
        if deed is not None:
            place = (found.start(), deed.end())
            what = f"“{line.text[found.start() : deed.end()]}”: {RULES['blame']}"
            yield _finding(line.number, place, "blame", what, NAMED.suggestion)


def _actions(lines: Iterable[Line]) -> Iterator[Finding]:
    last = 1
    number = 0
    for line in lines:
        if line.section not in _ACTION_SECTIONS:
            continue
        last = line.number
        if line.item is None or line.text[0].isspace():
            continue
        number += 1
        if not _OWNER.search(line.text):
            yield _finding(line.number, (0, 0), "owner", RULES["owner"], "add “, owner NAME”")
        if not _DATE.search(line.text):
            yield _finding(line.number, (0, 0), "due", RULES["due"], "add “, due YYYY-MM-DD”")
    if not FEWEST <= number <= MOST:
        many = "one action" if number == 1 else f"{number} actions"
        hint = "agree on two to four that make the next one rarer or smaller"
        yield _finding(last, (0, 0), "count", f"{many}: {RULES['count']}", hint)


def _sections(lines: tuple[Line, ...]) -> Iterator[Finding]:
    filled: dict[str, int] = {}
    for line in lines:
        heading = _HEADING.match(line.text)
        if heading is None or len(heading[1]) > 2:
            filled[line.section] = filled.get(line.section, 0) + 1
    last = lines[-1].number if lines else 1
    for name in SECTIONS:
        spelt = (name.casefold(), *_OTHER_NAMES.get(name, ()))
        if not any(filled.get(one) for one in spelt):
            yield _finding(last, (0, 0), "section", f"no “{name}”", f"add “## {name}”")
    told = any(
        _DETECTED.search(line.text) and _TIME.search(line.text)
        for line in lines
        if not line.text.startswith(">")
    )
    if not told:
        hint = "say by what it was noticed, and how long after the onset"
        yield _finding(last, (0, 0), "detection", RULES["detection"], hint)


def _finding(
    line: int, place: tuple[int, int], rule: str, message: str, suggestion: str = ""
) -> Finding:
    return Finding(
        line=line, start=place[0], end=place[1], rule=rule, message=message, suggestion=suggestion
    )
