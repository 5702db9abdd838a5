"""What was promised after incidents: who owes what, what is late, and the same as tickets."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from warroom.core import spell
from warroom.core.canonical import Json
from warroom.core.events import FollowUpChanged
from warroom.core.references import one_line
from warroom.core.state import Incident
from warroom.core.words import FollowUpKind, FollowUpState

TITLE_LIMIT = 250
"""Characters of a ticket's title: Jira and GitLab take 255, GitHub 256."""

_GIVEN_LIMIT = 24_000
"""Characters of attached texts in a ticket: Jira takes 32,767 of a description in all."""
_TICKS = re.compile("`+")

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would calculate."""

_COLUMNS = ("id", "incident", "title", "type", "priority", "owner", "due", "status", "url")


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """One follow-up with the incident it came from."""

    incident: Incident
    item: FollowUpChanged

    @property
    def key(self) -> str:
        """Its name outside the incident."""
        return f"{self.incident.id}/F{self.item.follow_up}"

    def late(self, now: datetime) -> timedelta | None:
        """For how long it is overdue; None: it is not, or it is done."""
        due = self.item.due
        if self.item.state is not FollowUpState.OPEN or due is None or due > now:
            return None
        return now - due


def owed(incidents: Iterable[Incident], *, everything: bool = False) -> tuple[Owed, ...]:
    """Return the open follow-ups of all incidents, the one due first at the top.

    Args:
        incidents: All of them, closed ones too.
        everything: Done and dropped ones as well.
    """
    found = [
        Owed(incident=incident, item=item)
        for incident in incidents
        for item in incident.follow_ups
        if everything or item.state is FollowUpState.OPEN
    ]
    far = datetime.max.replace(tzinfo=UTC)
    return tuple(sorted(found, key=lambda one: (one.item.due or far, one.key)))


def digest(
    incidents: Iterable[Incident], now: datetime, soon: timedelta = timedelta(days=3)
) -> Mapping[str, tuple[Owed, ...]]:
    """Return by owner what is late, due soon or undated; an empty owner is nobody's."""
    found: dict[str, list[Owed]] = {}
    for one in owed(incidents):
        if one.item.due is None or one.item.due <= now + soon:
            found.setdefault(one.item.owner, []).append(one)
    return {owner: tuple(found[owner]) for owner in sorted(found)}


def digest_text(found: Mapping[str, Sequence[Owed]], now: datetime) -> str:
    """Return the digest as text to be sent, one paragraph an owner."""
    parts = []
    for owner, items in found.items():
        lines = [f"{owner or 'Nobody'}: {len(items)} to do"]
        for one in items:
            late = one.late(now)
            when = "no date"
            if late is not None:
                when = f"{spell.in_prose(late)} late"
            elif one.item.due is not None:
                when = f"due {one.item.due:%Y-%m-%d}"
            lines.append(f"  {one.key}  {when}  {one_line(one.item.text)}")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def to_csv(items: Iterable[Owed]) -> str:
    """Return follow-ups as CSV (RFC 4180), safe to open in a spreadsheet.

    A cell that would be taken for a formula begins with an apostrophe.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for one in items:
        item = one.item
        row = (
            one.key,
            one.incident.id,
            one_line(item.text),
            item.kind.value,
            one.incident.priority.value,
            item.owner,
            f"{item.due:%Y-%m-%d}" if item.due else "",
            item.state.value,
            item.link,
        )
        writer.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in row])
    return out.getvalue()


SYSTEMS = ("github", "gitlab", "jira")
"""For which trackers a body is known."""


def ticket(one: Owed, system: str, *, project: str = "") -> dict[str, Json]:
    """Return the JSON body that creates an issue from a follow-up.

    The fields are those of GitHub's and GitLab's REST interfaces and of Jira's version 2. A hidden
    mark (in Jira a label) names the follow-up, so that it can be searched for before it is created.

    Args:
        one: The follow-up.
        system: One of `SYSTEMS`.
        project: Jira only: the key of the project.

    Raises:
        ValueError: If the system is unknown.
    """
    item = one.item
    title = one_line(item.text)
    title = title if len(title) <= TITLE_LIMIT else title[: TITLE_LIMIT - 1] + "…"
    labels: list[Json] = ["postmortem", item.kind.value]
    due = f"{item.due:%Y-%m-%d}" if item.due else ""
    facts = [
        f"From incident {one.incident.id} ({one.incident.priority}): {one.incident.title}",
        f"Kind: {item.kind.value.replace('_', ' ')}",
        f"Owner: {item.owner or 'nobody yet'}",
        f"Due: {due or 'no date yet'}",
    ]
    body = "\n".join([item.text, "", *(f"- {fact}" for fact in facts)])
    marked = f"{body}{_given(one, system)}\n\n<!-- warroom:{one.key} -->"
    match system:
        case "github":
            return {"title": title, "body": marked, "labels": labels}
        case "gitlab":
            names = ",".join(str(label) for label in labels)
            fields: dict[str, Json] = {"title": title, "description": marked, "labels": names}
            return {**fields, "due_date": due} if due else fields
        case "jira":
            mark = f"warroom-{one.key.replace('/', '-').lower()}"
            kind = "Bug" if item.kind is FollowUpKind.ROOT_CAUSE else "Task"
            content: dict[str, Json] = {
                "summary": title,
                "description": f"{body}{_given(one, system)}",
                "issuetype": {"name": kind},
                "labels": [*labels, mark],
            }
            if project:
                content["project"] = {"key": project}
            if due:
                content["duedate"] = due
            return {"fields": content}
        case _:
            raise ValueError(f"no tracker is called {system!r}; known: {', '.join(SYSTEMS)}")


def _given(one: Owed, system: str) -> str:
    """Return what a follow-up was given to start from, as code in the markup of a tracker."""
    parts = []
    room = _GIVEN_LIMIT
    for each in one.incident.attached(one.item.follow_up):
        text = each.text.rstrip("\n")
        if len(text) > room:
            parts.append(f"\n\n{each.name} is kept with {one.key}: it is too long for a ticket.")
            continue
        room -= len(text)
        if system == "jira":
            plain = text.replace("{noformat}", "{ noformat}")
            parts.append(f"\n\n{each.name}\n{{noformat}}\n{plain}\n{{noformat}}")
            continue
        longest = max((len(run) for run in _TICKS.findall(text)), default=0)
        fence = "`" * max(3, longest + 1)
        parts.append(f"\n\n{each.name}\n\n{fence}\n{text}\n{fence}")
    return "".join(parts)
