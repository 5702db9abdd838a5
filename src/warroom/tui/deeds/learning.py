"""What is done to learn from an incident: a template, a ticket."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from warroom.core.followups import Owed
from warroom.core.journal import JournalError
from warroom.core.state import Incident
from warroom.core.templates import apply_template, template_for, what_it_adds
from warroom.room.service import Done
from warroom.tui.conduct import Conduct
from warroom.tui.screens.dialog import Drafts


def deeds(
    desk: Conduct, drafts: Drafts
) -> Mapping[str, Callable[[Incident, str], Awaitable[None]]]:
    """Return the actions of learning by name."""
    del drafts

    async def template(incident: Incident, argument: str) -> None:
        """Choose a template, that of the client or category first, and apply it to the text."""
        from warroom.tui.screens.which import Candidate, WhichScreen  # noqa: PLC0415

        try:
            known = await asyncio.to_thread(desk.services.templates)
        except OSError as error:
            desk.say(f"The templates cannot be read: {error.strerror or error}", "warn")
            return
        if not known:
            words = "There is no template: write templates/default.md beside the configuration."
            desk.say(words, "warn")
            return
        name = argument
        if name not in known:
            fits = template_for(known, incident.client, incident.category.value)
            ordered = sorted(known, key=lambda one: (one != fits, one))
            text = desk.postmortem_text(incident.id)
            offered = [
                Candidate(
                    id=one,
                    title="for this incident" if one == fits else "",
                    why=what_it_adds(text, known[one]),
                )
                for one in ordered
            ]
            screen = WhichScreen("Apply a template", incident.id, offered, verb="apply")
            name = await desk.ask(screen) or ""
        if name:
            # The text of now: it may have been written in while the list was open.
            text = desk.postmortem_text(incident.id)
            desk.replace_postmortem(incident.id, apply_template(text, known[name]))

    async def ticket(incident: Incident, argument: str) -> None:
        """Make a ticket of a follow-up: shown whole, sent after a deliberate key."""
        from warroom.tui.screens.ticket import TicketScreen  # noqa: PLC0415 - first frame
        from warroom.tui.screens.which import Candidate, WhichScreen  # noqa: PLC0415

        item = next((f for f in incident.follow_ups if str(f.follow_up) == argument), None)
        known = desk.services.trackers
        if item is None or item.link:
            words = f"F{argument} has a ticket: {item.link}" if item else "No follow-up is chosen."
            desk.say(words, "warn")
            return
        if not known or desk.room is None:
            desk.say("No tracker is configured: see [channels.NAME] of the configuration.", "warn")
            return
        name: str | None = next(iter(known))
        if len(known) > 1:
            offered = [Candidate(id=one, title="") for one in known]
            name = await desk.ask(WhichScreen("In which tracker", incident.id, offered))
        if name is None:
            return
        owed = Owed(incident=incident, item=item)
        plan = await asyncio.to_thread(known[name], owed)
        if not await desk.ask(TicketScreen(owed.key, name, plan)):
            return
        try:
            said = await asyncio.to_thread(plan.create, desk.room)
        except (OSError, JournalError) as error:
            desk.say(f"{owed.key} has no ticket: {error}. Nothing is created twice.", "s5", "✗")
            return
        kept = await asyncio.to_thread(desk.room.incident, incident.id)
        if kept is not None:
            await desk.shown(Done(incident=kept, records=()))  # or its entry would hide the answer
        desk.say(said, "ok", "✓")

    return {"template": template, "ticket": ticket}
