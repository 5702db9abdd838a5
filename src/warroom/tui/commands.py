"""What the palette lists: every action with its key and the shell line that does the same."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from warroom.core.state import Incident
from warroom.core.words import Phase, Place, Priority
from warroom.tui.keymap import Known, shown
from warroom.tui.snapshot import Snapshot

_PLACES = (
    (Place.TOP, "Put it first in the queue"),
    (Place.BOTTOM, "Put it last in the queue"),
    (Place.COMPUTED, "Put it back where its facts put it"),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the palette; foreign text is allowed in all that is shown."""

    group: str
    title: str
    action: str
    argument: str = ""
    key: str = ""
    note: str = ""
    """A few words about what choosing it does or where it comes from."""
    cli: str = ""
    """The command line that does the same; empty: there is none."""
    about: tuple[str, ...] = ()
    """Sentences for the lower half while the entry is chosen."""


def entries(
    snapshot: Snapshot | None,
    incidents: Sequence[Incident],
    keys: Mapping[str, str],
    themes: Iterable[str],
    tabs: Iterable[str],
    used: str = "",
) -> tuple[Entry, ...]:
    """Return everything that can be chosen now; nothing in it runs a step.

    Args:
        snapshot: What is shown.
        incidents: All incidents that can be gone to.
        keys: What is drawn for the key of each binding id.
        themes: Names of the themes.
        tabs: Names of the tabs of the work pane.
        used: The theme that everything is drawn in.
    """
    found: list[Entry] = []
    incident = snapshot.current if snapshot else None
    if snapshot is not None and incident is not None:
        found += _now(snapshot, incident, keys)
        found += _runbooks(snapshot, incident)
    found.append(
        Entry("now", "Declare an incident", "declare", key=keys.get("incident.declare", ""),
              cli="warroom declare 'what fails'", about=("Filled with what the log knows.",))
    )  # fmt: skip
    found += _log(incident, keys)
    found += [incident_entry(other) for other in incidents]
    found += _go(keys, themes, tabs, used)
    return tuple(found)


def _now(snapshot: Snapshot, incident: Incident, keys: Mapping[str, str]) -> Iterable[Entry]:
    name = incident.id

    def entry(
        action: str, title: str, shell: str = "", note: str = "", argument: str = ""
    ) -> Entry:
        key = keys.get(f"incident.{action}", "")
        line = f"warroom {shell}" if shell else ""
        return Entry("now", title, action, argument, key, note, line)

    if snapshot.next_step is not None:
        step = snapshot.next_step
        yield Entry("now", f"Next: {step.verb}", "next", key=keys.get("incident.next", ""),
                    note="opens it", about=(step.why,))  # fmt: skip
    if incident.phase is not Phase.CLOSED:
        if incident.acknowledged_at is None or not incident.commander:
            yield entry("acknowledge", "Acknowledge, take command", f"ack {name}")
        for run in incident.ledger:
            undo = f"{keys.get('incident.contain', '')} {keys.get('contain.undo', '')}"
            yield Entry(
                "now",
                f"Undo: {run.intent.title}",
                "undo",
                run.intent.run,
                undo,
                "asks first",
                f"warroom contain {name} --undo {run.intent.run}",
            )
        for run in incident.ledger:
            yield Entry("now", f"Let stay until a date: {run.intent.title}", "keep", run.intent.run)
        yield entry("contain", "Contain", f"contain {name}", "opens the options")
        yield entry("silence", "Silence the alerts", f"silence {name}", "shows it first")
        for priority in Priority:
            if priority is not incident.priority:
                yield Entry(
                    "now", f"Make it {priority}", "priority", priority.value, note="asks why"
                )
        if incident.contained_at is None:
            yield entry("contained", "Say that it is contained, by hand")
        yield entry("update", "Write an update", "", "opens the draft")
        yield entry("diagnose", "Share the diagnosis", f"diagnose {name} 'what is wrong'")
        yield entry("hypothesis", "Propose a hypothesis")
        yield entry("handover", "Hand over", f"handover {name} PERSON", "with a briefing")
        yield entry("roles", "Who does what", f"role {name} scribe PERSON", "the four roles")
        yield entry("qualify", "Say how bad it is", f"qualify {name}", "criteria, factors, kind")
        yield entry("fix", "Record a fix", f"fix {name} TEXT --level hotfix", "with its checklist")
        if incident.snoozed_until is not None and incident.snoozed_until > snapshot.now:
            yield entry("wake", "Wake it before its time")
        else:
            yield entry("snooze", "Snooze", "", "until a time")
        if incident.waiting_since is None:
            yield entry("wait", "Wait for the client", "", "clocks may rest")
        else:
            yield entry("resume", "Go on: the client answered")
        for place, words in _PLACES:
            if place is not incident.place:
                yield Entry("now", words, "reorder", place.value, note="asks why")
        if incident.resolved_at is None:
            yield entry("resolve", "Resolve", f"resolve {name}", "asks first")
        yield entry("close", "Close", f"close {name}", "says what is missing")
    if incident.unknown:
        yield entry("settle", "Verify the unknown step", f"contain {name} --settle RUN --done")
    if incident.resolved_at is not None:
        yield entry("reopen", "Reopen", f"reopen {name} 'what came back'")
    yield entry("answer", "Answer a question", f"qualify {name} --answer KEY=TEXT", "what is open")
    yield entry("verify", "Verify in the log", f"verify {name}", "before closing")
    if incident.phase is not Phase.CLOSED:
        yield entry("merge", "Merge into another incident", f"merge {name} --into INC")
    if incident.merged_into or incident.absorbed:
        yield entry("split", "Split what was merged", f"split {name} 'why'")
    yield entry("contact", "Spoke to somebody outside", f"contact {name} PARTY TEXT",
                "publisher, authority")  # fmt: skip
    yield entry("notice", "A notice to an authority", f"notice {name} gdpr", "runs as a clock")
    yield entry("link", "Link with another incident", "", "says how")
    yield entry("note", "Note", f"note {name} 'what you saw'")
    yield entry("follow-up", "Add a follow-up")
    yield entry("change", "Record a change")
    yield entry("postmortem", "Postmortem", f"postmortem {name}", "opens the text")
    yield entry("review", "Review: what to learn, what to prevent", f"review {name}")
    yield entry("versions", "Versions of the postmortem", f"postmortem {name} --versions",
                "any two compared")  # fmt: skip
    yield entry("template", "Apply a template to the postmortem", f"postmortem {name} --template",
                "what is written stays")  # fmt: skip
    yield entry("finish", "Mark the postmortem final")
    yield entry("alert", "The alert that would have caught it", f"alert {name} --attach",
                "tried on the log")  # fmt: skip
    yield entry("regression", "A test of the requests that failed", f"regression {name} --attach",
                "kept, not sent")  # fmt: skip


def _runbooks(snapshot: Snapshot, incident: Incident) -> Iterable[Entry]:
    for option in snapshot.options:
        about = [option.reason] if option.reason else []
        takes = f"takes ~{option.seconds} s · " if option.seconds is not None else ""
        about.append(f"{takes}{'the undo is ready' if option.undo else 'no way back'}")
        if option.blocked:
            about.append(f"Not now: {option.blocked}")
        yield Entry(
            "runbook",
            f"{option.kind.value}: {option.title}",
            "contain",
            option.runbook,
            f"c {option.key}" if option.key else "",
            "opens the checklist",
            f"warroom contain {incident.id} {shlex.quote(option.runbook)}",
            tuple(about),
        )


def _log(incident: Incident | None, keys: Mapping[str, str]) -> Iterable[Entry]:
    pin = f"warroom pin {incident.id} FILE --last-error" if incident else ""
    for action, title, name, shell in (
        ("logs.next_failed", "Next 5xx", "log.next_failed", ""),
        ("logs.search", "Search the log", "log.search", ""),
        ("boundary", "Who is affected: boundary", "log.boundary", ""),
        ("watch", "The spike watch: what it sees, snooze it", "log.watch", ""),
    ):
        yield Entry("log", title, action, key=keys.get(name, ""), cli=shell)
    yield Entry("log", "Pin the line under the cursor", "logs.pin", key=keys.get("log.pin", "P"),
                cli=pin)  # fmt: skip


def incident_entry(incident: Incident) -> Entry:
    """Return the line that leads to an incident."""
    when = f"{incident.declared_at.day} {incident.declared_at:%b}"
    return Entry(
        "incident",
        f"{incident.id} {incident.title}",
        "open",
        incident.id,
        "@",
        f"{incident.priority} {incident.phase}, {when}",
        f"warroom show {incident.id}",
        (incident.summary,) if incident.summary else (),
    )


def _go(
    keys: Mapping[str, str], themes: Iterable[str], tabs: Iterable[str], used: str
) -> Iterable[Entry]:
    for number, pane in enumerate(("Queue", "Logs", "Contain", "Work"), start=1):
        yield Entry("go", f"Pane {pane}", "pane", str(number - 1), str(number))
    for tab in tabs:
        yield Entry("go", f"Tab {tab}", "tab", tab)
    yield Entry("go", "Metrics: times, clocks kept, recurrence", "metrics",
                key=keys.get("go.metrics", ""), cli="warroom metrics")  # fmt: skip
    for action, title, name in (
        ("zoom", "Zoom the pane, and back", "go.zoom"),
        ("back", "Back to where I was", "go.back"),
        ("notices", "The last hundred notices", "go.notices"),
        ("help", "Help: every key", "go.help"),
        ("tour", "Tour: what is on this screen, in six stops", ""),
        ("quit", "Leave warroom", "app.leave"),
    ):
        yield Entry("go", title, action, key=keys.get(name, ""))
    for theme in themes:
        note = "in use" if theme == used else ""
        yield Entry(
            "go", f"Theme {theme}", "theme", theme, note=note, cli=f"warroom --theme {theme}"
        )


def matching(found: Sequence[Entry], words: str) -> list[tuple[Entry, tuple[int, int]]]:
    """Return the entries that hold every word, best first, with the span of the first word.

    A title that begins with the word comes before one that has it at the start of a word, that
    before one that has it anywhere; equal ones keep their order. Where nothing holds the words,
    entries whose title has their letters in this order are returned: a slip or a short form.
    """
    parts = words.lower().split()
    if not parts:
        return [(entry, (0, 0)) for entry in found]
    typed = " ".join(parts)
    ranked: list[tuple[int, int, Entry, tuple[int, int]]] = []
    for place, entry in enumerate(found):
        title = entry.title.lower()
        whole = f"{entry.group} {title} {entry.note.lower()}"
        if not all(part in whole for part in parts):
            continue
        at = title.find(parts[0])
        rank = 3 if at < 0 else 0 if at == 0 else 1 if not title[at - 1].isalnum() else 2
        if title.startswith(typed):  # all of it, letter by letter: nothing fits better
            rank = -2 if title == typed else -1
        span = (at, at + len(parts[0])) if at >= 0 else (0, 0)
        ranked.append((rank, place, entry, span))
    if not ranked:
        return _loosely(found, "".join(parts))
    ranked.sort(key=lambda item: item[:2])
    return [(entry, span) for _, _, entry, span in ranked]


def _loosely(found: Sequence[Entry], letters: str) -> list[tuple[Entry, tuple[int, int]]]:
    """Return the entries whose title has the letters in order, the closest together first."""
    ranked = []
    for place, entry in enumerate(found):
        title = entry.title.lower()
        first = at = title.find(letters[0])
        for letter in letters[1:]:
            if at >= 0:
                at = title.find(letter, at + 1)
        if at >= 0:
            ranked.append((at - first, place, entry))
    return [(entry, (0, 0)) for _, _, entry in sorted(ranked, key=lambda item: item[:2])]


def drawn_keys(known: Iterable[Known], overrides: Mapping[str, str]) -> dict[str, str]:
    """Return what is drawn for the key of each binding id: the first one, as it is set now."""
    found: dict[str, str] = {}
    for binding in known:
        own = overrides.get(binding.id)
        found.setdefault(binding.id, shown(own.split(",")[0] if own else binding.keys[0]))
    return found
