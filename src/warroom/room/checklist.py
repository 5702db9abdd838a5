"""A runbook as a list to go through: what is asked, what is done, what comes next.

Nothing is kept here: steps that ran are runs of the incident, ticks are notes with a fixed text,
so that a checklist goes on where it was left, at any console.
"""

from collections.abc import Iterable, Mapping

from warroom.core import events as e
from warroom.core.state import Incident, Run
from warroom.core.text import clean_line
from warroom.core.words import Outcome, StepAction
from warroom.room.containment import Ask, Checklist, Task, TaskState
from warroom.runbooks.model import Parameter, ParameterType, Runbook, Step
from warroom.runbooks.params import fill_defaults


def asks(book: Runbook, facts: Mapping[str, str], given: Mapping[str, str]) -> tuple[Ask, ...]:
    """Return the parameters as questions; secrets are never asked for."""
    answers = {**fill_defaults(book.params, facts), **given}
    return tuple(
        Ask(
            name=name,
            ask=parameter.ask or name,
            value=answers[name],
            choices=tuple(parameter.choices),
            hint=_takes(parameter),
            optional=parameter.optional,
        )
        for name, parameter in book.params.items()
        if parameter.type is not ParameterType.SECRET
    )


def _takes(parameter: Parameter) -> str:
    if parameter.pattern:
        return f"must match {parameter.pattern}"
    if parameter.type is ParameterType.INT:
        low, high = parameter.minimum, parameter.maximum
        parts = ["a whole number"]
        parts += [f"from {low}"] if low is not None else []
        parts += [f"to {high}"] if high is not None else []
        return " ".join(parts)
    words = {
        ParameterType.RELEASE: "a release",
        ParameterType.HOST: "a host, with :port if need be",
    }
    return words.get(parameter.type, "one line")


def tick_note(book: Runbook, step: Step) -> str:
    """Return the note that says that a person did a task; it names it by its words."""
    return f"{clean_line(book.title)}, step {step.number} done: {clean_line(step.text)}"


def checklist(
    name: str, book: Runbook, incident: Incident, records: Iterable[e.Recorded]
) -> Checklist:
    """Return the tasks of a runbook and where each stands."""
    notes = {r.event.text: r for r in records if isinstance(r.event, e.NoteAdded)}
    return Checklist(
        runbook=name,
        title=book.title,
        tasks=tuple(_task(name, book, step, incident, notes) for step in book.steps),
    )


def _task(
    name: str, book: Runbook, step: Step, incident: Incident, notes: Mapping[str, e.Recorded]
) -> Task:
    runs = step.run is not None
    state, by, at = TaskState.OPEN, "", None
    if runs:
        last = next((run for run in reversed(incident.runs) if _is(run, name, step)), None)
        if last is not None:
            state, by, at = _stands(last), last.by, last.finished_at or last.intended_at
    note = notes.get(tick_note(book, step))
    if note is not None and not runs:
        state, by, at = TaskState.DONE, note.actor, note.at
    return Task(
        number=step.number,
        text=step.text,
        runs=runs,
        reads=step.run is not None and step.run.reads_only,
        state=state,
        by=by,
        at=at,
        question=step.confirm,
    )


def _is(run: Run, name: str, step: Step) -> bool:
    intent = run.intent
    return (intent.runbook, intent.step, intent.action) == (name, step.number, StepAction.RUN)


def _stands(run: Run) -> TaskState:
    if run.undone_by:
        return TaskState.UNDONE
    states = {
        None: TaskState.RUNNING,
        Outcome.SUCCEEDED: TaskState.DONE,
        Outcome.UNKNOWN: TaskState.UNKNOWN,
    }
    return states.get(run.outcome, TaskState.FAILED)
