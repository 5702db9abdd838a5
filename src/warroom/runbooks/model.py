"""What a runbook is made of; nothing here reads a file or starts anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from warroom.core.words import ContainmentKind, StepAction
from warroom.runbooks.watch import Watch


class Language(StrEnum):
    """Who executes a block."""

    SH = "sh"
    BASH = "bash"
    HTTP = "http"
    SQL = "sql"
    HAPROXY = "haproxy"


class Confirmation(StrEnum):
    """How deliberate a person must be before a block starts; Enter is never enough."""

    NONE = "none"
    KEY = "key"
    TYPED = "typed"


class ParameterType(StrEnum):
    """What values a parameter takes."""

    TEXT = "text"
    INT = "int"
    CHOICE = "choice"
    RELEASE = "release"
    HOST = "host"
    SECRET = "secret"  # noqa: S105 - the name of a type, no password


@dataclass(frozen=True, slots=True)
class Parameter:
    """One question a runbook asks before its steps can run."""

    name: str
    ask: str
    type: ParameterType
    default: str
    """May hold `${fact}`; empty where the answer must be given."""
    choices: Sequence[str]
    pattern: str
    """Regular expression a text must match in full; empty for no such rule."""
    minimum: int | None
    maximum: int | None
    env: str
    """Of a secret: its name, in the environment of warroom or for `secret_command`."""
    optional: bool
    line: int


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block that a machine executes."""

    language: Language
    code: str
    timeout: float | None
    """Seconds; None where the author gave none."""
    options: Mapping[str, str]
    line: int
    """Line of the opening fence, from 1."""

    @property
    def reads_only(self) -> bool:
        """Whether the author says that it changes nothing."""
        return "reads" in self.options


@dataclass(frozen=True, slots=True)
class Step:
    """One task of the list."""

    number: int
    """From 1, in the order of the document."""
    text: str
    detail: str
    """The paragraphs below the first line, as Markdown."""
    run: Block | None
    undo: Block | None
    verify: Block | None
    watch: Watch | None
    precheck: Block | None
    confirm: str
    """A question the person answers before the step counts as done; empty for none."""
    ticked: bool
    line: int

    @property
    def no_undo(self) -> bool:
        """Whether the step changes something and has nothing that takes it back."""
        return self.run is not None and not self.run.reads_only and self.undo is None

    def block(self, role: StepAction) -> Block | None:
        """The block that plays a role in this step."""
        return {
            StepAction.PRECHECK: self.precheck,
            StepAction.RUN: self.run,
            StepAction.VERIFY: self.verify,
            StepAction.UNDO: self.undo,
        }[role]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something the linter has to say about one line."""

    line: int
    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class Runbook:
    """One Markdown document, understood."""

    path: str
    """Empty for text that came from no file."""
    sha256: str
    """Of the bytes it was parsed from."""
    text: str
    title: str
    kind: ContainmentKind
    """`other` for a plain checklist."""
    services: Sequence[str]
    """Services it is for; `*` is every service; empty for a plain checklist."""
    symptoms: Sequence[str]
    """Regular expressions that the log lines of the failure match."""
    labels: Mapping[str, str]
    params: Mapping[str, Parameter]
    blast_radius: str
    owner: str
    last_exercised: date | None
    steps: Sequence[Step]
    remarks: Sequence[Finding] = field(default=())
    """What the parser noticed and could read past; `check` repeats it."""

    @property
    def first_runnable(self) -> Step | None:
        """The first step that starts something and changes something, else the first that runs."""
        runnable = [step for step in self.steps if step.run is not None]
        changing = [step for step in runnable if step.run and not step.run.reads_only]
        return next(iter(changing or runnable), None)


def confirmation(
    runbook: Runbook, step: Step, role: StepAction, incident_service: str
) -> Confirmation:
    """How a start of this block is confirmed.

    None for what only reads (prechecks and verifications included); a deliberate key for what can
    be taken back; the typed name of the service for what has no undo, or where the runbook touches
    more than the incident's service.
    """
    block = step.block(role)
    if block is None or block.reads_only or role in {StepAction.PRECHECK, StepAction.VERIFY}:
        return Confirmation.NONE
    if role is StepAction.UNDO:
        return Confirmation.KEY
    beyond = any(service not in {"*", incident_service} for service in runbook.services)
    return Confirmation.TYPED if step.no_undo or beyond else Confirmation.KEY
