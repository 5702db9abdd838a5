"""What is told: notes, also about an earlier moment, and entries that are put right."""

from collections.abc import Awaitable, Callable, Mapping

from warroom.core.state import Incident
from warroom.tui.conduct import Conduct
from warroom.tui.screens.dialog import Drafts


def deeds(
    desk: Conduct, drafts: Drafts
) -> Mapping[str, Callable[[Incident, str], Awaitable[None]]]:
    """Return the actions on the timeline by name."""

    async def note(incident: Incident, argument: str) -> None:
        from warroom.tui.screens.telling import NoteScreen  # noqa: PLC0415 - first frame

        dialog = NoteScreen(incident, desk.clock(), argument, drafts=drafts)
        command = await desk.ask(dialog)
        if command is not None:
            await desk.do(command, incident.id)

    async def amend(incident: Incident, argument: str) -> None:
        from warroom.tui.screens.telling import AmendScreen  # noqa: PLC0415 - first frame

        lines = desk.snapshot.timeline if desk.snapshot is not None else ()
        entry = next((x for x in lines if str(x.number) == argument), None)
        if entry is None:
            desk.say("Nothing is under the cursor.", "warn")
            return
        command = await desk.ask(AmendScreen(incident, entry, desk.clock()))
        if command is not None:
            await desk.do(command, incident.id)

    return {"note": note, "amend": amend}
