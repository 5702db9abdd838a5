"""The stops of the tour: what each part of the screen is for, with the keys as they are set now."""

from collections.abc import Mapping
from dataclasses import dataclass

from warroom.tui.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One thing the tour points at."""

    target: str
    """What it points at: the id of a widget of the war room."""
    title: str
    words: str
    """Two or three sentences; foreign text is allowed."""
    keys: tuple[tuple[str, str], ...] = ()
    """Keys as they are drawn, each with what it does."""


def stops(snapshot: Snapshot | None, keys: Mapping[str, str], *, logs: bool) -> tuple[Stop, ...]:
    """Return where the tour goes, in the order of an incident.

    Args:
        snapshot: What is shown; the words are about that.
        keys: What is drawn for the key of each binding id.
        logs: Whether a log is open.
    """

    def named(*wanted: tuple[str, str]) -> tuple[tuple[str, str], ...]:
        return tuple((keys[name], verb) for name, verb in wanted if name in keys)

    return (
        Stop(
            target="queue",
            title="Queue",
            words=_queue(snapshot),
            keys=named(
                ("incident.declare", "declares, filled in from the log"),
                ("incident.acknowledge", "acknowledges, takes command"),
                ("queue.why", "why this one is first"),
            ),
        ),
        Stop(
            target="logs",
            title="Logs",
            words=_logs(snapshot, logs=logs),
            keys=named(
                ("log.next_failed", "the next 5xx"),
                ("log.boundary", "since when, and who is affected"),
                ("log.search", "search"),
                ("log.pin", "keeps a line as evidence"),
            ),
        ),
        Stop(
            target="contain",
            title="Contain",
            words="What could stop the damage, what speaks for it, and what is in force. Opening "
            "one runs nothing: it shows the command, what it touches and the way back. Only a "
            "capital letter in that dialog runs it; then its effect is measured in the log.",
            keys=named(("incident.contain", "opens the options")),
        ),
        Stop(
            target="work",
            title="Work",
            words="The record, which writes itself while you act: timeline, boundary, hypotheses, "
            "changes, updates, follow-ups, and the postmortem, drafted from all of them.",
            keys=named(
                ("incident.update", "an update, drafted"),
                ("incident.note", "a note"),
                ("incident.postmortem", "the postmortem"),
            ),
        ),
        Stop(
            target="header",
            title="Clocks",
            words="Who commands, what was promised and how much is left of it, whether the store "
            "answers and whether the log still follows. It says so when one of them does not.",
        ),
        Stop(
            target="footer",
            title="Next",
            words=_next(snapshot),
            keys=named(
                ("incident.next", "the next step; opens, never runs"),
                ("go.palette", "everything, found by its words"),
                ("go.help", "every key"),
                ("go.zoom", "one pane on the whole screen, and back"),
            ),
        ),
    )


def _queue(snapshot: Snapshot | None) -> str:
    if snapshot is None or not snapshot.rows:
        return "Incidents stand here, the most urgent first. There is none now."
    first = snapshot.rows[0].incident
    return (
        f"The most urgent incident is first: {first.id}, {first.priority}. "
        "Every key means the row under the cursor."
    )


def _logs(snapshot: Snapshot | None, *, logs: bool) -> str:
    if not logs:
        return (
            "No log is open: warroom --log FILE shows one here, live. It is watched for "
            "failures, and says by itself since when and who is affected."
        )
    watch = snapshot.log.watch.sentence if snapshot is not None else ""
    seen = f"Now it sees: {watch.rstrip('.')}." if watch else "Nothing is out of the ordinary now."
    return f"Your log, live, with the failures of each moment above it. A watch reads along. {seen}"


def _next(snapshot: Snapshot | None) -> str:
    step = snapshot.next_step if snapshot is not None else None
    now = f"Now that is: {step.verb}." if step is not None else ""
    return (
        "When you do not know what to do, this row does: it begins with the next step of the "
        f"method. {now} To practise on a shop that really fails: warroom drill run."
    ).replace("  ", " ")
