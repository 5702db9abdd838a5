"""What is done to learn from an incident: a template for its postmortem."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from warroom.core.state import Incident
from warroom.core.templates import apply_template, template_for, what_it_adds
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

    return {"template": template}
