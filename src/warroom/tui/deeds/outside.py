"""What is done with people outside: a contact is recorded, a notice is owed."""

from collections.abc import Awaitable, Callable, Mapping

from warroom.core.state import Incident
from warroom.tui.conduct import Conduct
from warroom.tui.screens.dialog import Drafts


def deeds(
    desk: Conduct, drafts: Drafts
) -> Mapping[str, Callable[[Incident, str], Awaitable[None]]]:
    """Return the actions about people outside by name."""

    async def contact(incident: Incident, argument: str) -> None:
        from warroom.tui.screens.outside import ContactScreen  # noqa: PLC0415 - first frame

        dialog = ContactScreen(incident, desk.clock(), argument, drafts=drafts)
        command = await desk.ask(dialog)
        if command is not None:
            await desk.do(command, incident.id)

    async def notice(incident: Incident, argument: str) -> None:
        from warroom.tui.screens.outside import NoticeScreen  # noqa: PLC0415 - first frame

        dialog = NoticeScreen(incident, desk.clock(), argument, drafts=drafts)
        command = await desk.ask(dialog)
        if command is not None:
            await desk.do(command, incident.id)

    return {"contact": contact, "notice": notice}
