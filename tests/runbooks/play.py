"""Play a step of a runbook as the console does: check, run, verify, take back."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from warroom.core.words import StepAction
from warroom.runbooks.model import Runbook
from warroom.runbooks.outcome import Outcome
from warroom.runbooks.params import resolve
from warroom.runbooks.parse import load, shipped
from warroom.runbooks.preview import preview
from warroom.runbooks.run import run_preview


@dataclass
class Play:
    """One runbook with its answers; the state before is carried from block to block."""

    book: Runbook
    answers: dict[str, str]
    environ: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    hosts: tuple[str, ...] = ()
    state: dict[str, str] = field(default_factory=dict)

    def do(self, step: int, role: StepAction) -> Outcome:
        values = resolve(self.book.params, self.answers, environ=self.environ)
        shown = preview(
            self.book,
            self.book.steps[step - 1],
            values,
            role=role,
            state=self.state,
            environ=self.environ,
        )
        outcome = run_preview(shown, hosts=self.hosts)
        self.state.update(outcome.state)
        return outcome

    def good(self, step: int, *roles: StepAction) -> str:
        """Blocks that must succeed; returns the output of the last."""
        said = ""
        for role in roles:
            outcome = self.do(step, role)
            assert outcome.succeeded, f"{role}: {outcome.reason}\n{outcome.output}"
            said = outcome.output
        return said

    def refused(self, step: int, role: StepAction) -> str:
        outcome = self.do(step, role)
        assert not outcome.succeeded, outcome.output
        return f"{outcome.reason}\n{outcome.output}"


def book(name: str) -> Runbook:
    """A shipped runbook."""
    return load(shipped() / f"{name}.md")


def program(path: Path, text: str) -> str:
    """Write an executable script."""
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


BEFORE, RUN, VERIFY, UNDO = (
    StepAction.PRECHECK,
    StepAction.RUN,
    StepAction.VERIFY,
    StepAction.UNDO,
)
