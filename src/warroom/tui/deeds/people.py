"""Who does what: give a role, offer it with a briefing, accept or decline it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from warroom.core.state import Incident
from warroom.core.words import Role
from warroom.tui.conduct import Conduct
from warroom.tui.screens.dialog import Drafts


def deeds(
    desk: Conduct, drafts: Drafts
) -> Mapping[str, Callable[[Incident, str], Awaitable[None]]]:
    """Return the actions about people by name."""

    async def hand_over(incident: Incident, argument: str) -> None:
        """Offer a role; if one was offered to whoever asks, answer that first."""
        from warroom.tui.screens.forms import HandoverScreen  # noqa: PLC0415 - first frame

        if _mine(desk, incident) is not None:
            await accept(incident, "")
            return
        dialog = HandoverScreen(incident, desk.clock(), briefing=argument, drafts=drafts)
        command = await desk.ask(dialog)
        if command is not None and await desk.do(command, incident.id) is not None:
            to = command.facts.to
            desk.say(f"Offered to {to}. It moves when {to} accepts with . or H.")

    async def accept(incident: Incident, argument: str) -> None:
        from warroom.tui.screens.forms import TextScreen  # noqa: PLC0415 - first frame
        from warroom.tui.screens.people import AcceptScreen  # noqa: PLC0415 - first frame

        role = Role(argument) if argument else _mine(desk, incident)
        offer = incident.offers.get(role) if role is not None else None
        if role is None or offer is None:
            desk.say("Nothing was offered to you.", "warn")
            return
        command = await desk.ask(AcceptScreen(incident, role, offer))
        if command is None:
            return
        if not command.accepted:
            reason = await desk.ask(TextScreen("Decline", "because", incident=incident.id, rows=1))
            if not reason:
                return
            command = replace(command, reason=reason)
        await desk.do(command, incident.id)

    async def roles(incident: Incident, argument: str) -> None:
        from warroom.tui.screens.people import RolesScreen  # noqa: PLC0415 - first frame

        del argument
        for command in await desk.ask(RolesScreen(incident, drafts=drafts)) or ():
            if await desk.do(command, incident.id) is None:
                return

    return {"handover": hand_over, "accept": accept, "roles": roles}


def _mine(desk: Conduct, incident: Incident) -> Role | None:
    me = desk.room.actor if desk.room is not None else ""
    return next((role for role, offer in incident.offers.items() if me and offer.to == me), None)
