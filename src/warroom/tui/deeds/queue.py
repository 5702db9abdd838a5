"""What is done to incidents among others: merge, split, link, several at once, find old ones."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from warroom.core import commands as c
from warroom.core.decide import Refusal
from warroom.core.journal import JournalError
from warroom.core.related import related
from warroom.core.state import Incident
from warroom.room.service import Done, Room
from warroom.tui.conduct import Conduct, until
from warroom.tui.screens.dialog import Drafts
from warroom.tui.screens.which import Candidate

Deed = Callable[[Incident, str], Awaitable[None]]


def deeds(desk: Conduct, drafts: Drafts) -> Mapping[str, Deed]:
    """Return the actions on the queue by name."""
    del drafts

    async def merge(incident: Incident, argument: str) -> None:
        """Choose where it goes on, say why."""
        into = argument or await _which(desk, incident, "Merge into")
        if into:
            await _merge(desk, [incident.id], into)

    async def link(incident: Incident, argument: str) -> None:
        from warroom.core.conduct import Linked  # noqa: PLC0415 - beside its only use

        other = argument or await _which(desk, incident, "It has to do with")
        how = await _line(desk, f"{incident.id} and {other}", "how", incident.id) if other else None
        if other and how:
            await desk.do(c.Link(facts=Linked(other=other, how=how)), incident.id)

    async def split(incident: Incident, argument: str) -> None:
        from warroom.room.triage import split as split_off  # noqa: PLC0415 - when asked

        names = [argument] if argument else [*incident.absorbed]
        name = incident.id if incident.merged_into else (names[0] if names else "")
        if not name:
            desk.say(f"Nothing was merged with {incident.id}.", "warn")
            return
        reason = await _line(desk, f"Let {name} go on by itself", "because", incident.id)
        if reason:
            await _kept(desk, name, lambda room, state: split_off(room, state, reason))

    async def together(incident: Incident, argument: str) -> None:
        """Do one thing to several incidents."""
        action, *names = argument.split()
        if action == "merge":
            await _merge(desk, [name for name in names if name != incident.id], incident.id)
            return
        command: c.Command = c.Acknowledge()
        if action == "snooze":
            words = await _line(desk, f"Snooze {len(names)}", "until", incident.id, "30m ")
            when, _, reason = (words or "").strip().partition(" ")
            at = until(when, desk.clock()) if when else None
            if at is None:
                desk.say("No time was said; 30m, 2h, 3d or 14:30 are. Nothing was kept.", "warn")
                return
            command = c.Snooze(until=at, reason=reason)
        kept = 0
        for name in names:
            kept += await desk.do(command, name) is not None
        desk.say(f"{kept} of {len(names)}: {action}", "ok" if kept == len(names) else "warn")

    return {"merge": merge, "split": split, "link": link, "together": together}


async def _merge(desk: Conduct, names: Sequence[str], into: str) -> None:
    from warroom.room.triage import merge as merge_into  # noqa: PLC0415 - when asked

    if not names:
        return
    title = f"Merge {', '.join(names[:3])}{' …' if len(names) > 3 else ''} into {into}"
    reason = await _line(desk, title, "because", into)
    if not reason:
        return
    for name in names:

        def act(room: Room, state: Incident) -> Done | Refusal:
            target = room.incident(into)
            if target is None:
                return Refusal(reason=f"there is no {into}")
            return merge_into(room, state, target, reason)

        if not await _kept(desk, name, act):
            return
    desk.select(into)


async def _kept(desk: Conduct, name: str, act: Callable[[Room, Incident], Done | Refusal]) -> bool:
    """Do something that takes more than one command; say why when it was not done."""
    room = desk.room
    if room is None:
        return False

    def work() -> Done | Refusal:
        state = room.incident(name)
        return Refusal(reason=f"there is no {name}") if state is None else act(room, state)

    try:
        result = await asyncio.to_thread(work)
    except JournalError as error:
        desk.say(f"Not kept: {error.what}. {error.hint}", "s5", "✗")
        return False
    if isinstance(result, Refusal):
        desk.say(f"{result.reason}. {result.hint}".strip(), "warn")
        return False
    return True


async def _which(desk: Conduct, incident: Incident, title: str) -> str:
    """Let another incident be chosen, the most like it first."""
    from warroom.tui.screens.which import WhichScreen  # noqa: PLC0415 - first frame

    rows = desk.snapshot.rows if desk.snapshot is not None else ()
    others = [row.incident for row in rows if row.incident.id != incident.id]
    if not others:
        desk.say("No other incident is open.", "warn")
        return ""
    found = candidates(incident, others)
    return await desk.ask(WhichScreen(f"{title} …", incident.id, found)) or ""


def candidates(incident: Incident, others: Sequence[Incident]) -> tuple[Candidate, ...]:
    """Return the others as they are offered: those like it first, with what speaks for them."""
    like = {one.incident.id: one for one in related(incident, others)}
    rest = [other for other in others if other.id not in like]
    told = [
        Candidate(
            id=one.incident.id,
            title=one.incident.title,
            why=f"{'perhaps the same' if one.duplicate else 'like it'}: {'; '.join(one.reasons)}",
        )
        for one in like.values()
    ]
    return (*told, *(Candidate(id=other.id, title=other.title) for other in rest))


async def _line(
    desk: Conduct, title: str, label: str, incident: str, initial: str = ""
) -> str | None:
    from warroom.tui.screens.forms import TextScreen  # noqa: PLC0415 - first frame

    return await desk.ask(TextScreen(title, label, initial, incident=incident, rows=1))
