"""From the fix to the proof: a fix with its checklist, and what is measured before closing."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from warroom.core import commands as c
from warroom.core.closing import missing
from warroom.core.decide import Refusal
from warroom.core.fixing import fix_checklist
from warroom.core.journal import JournalError
from warroom.core.state import Incident
from warroom.tui.conduct import Conduct
from warroom.tui.deeds.triage import questions
from warroom.tui.screens.dialog import Drafts


def deeds(
    desk: Conduct, drafts: Drafts
) -> Mapping[str, Callable[[Incident, str], Awaitable[None]]]:
    """Return the actions of repair by name."""

    async def fix(incident: Incident, argument: str) -> None:
        """Record a fix, then go through what an isolated one asks for."""
        from warroom.tui.screens.entries import FixScreen  # noqa: PLC0415 - first frame

        del argument
        command = await desk.ask(FixScreen(incident, drafts=drafts))
        done = await desk.do(command, incident.id) if command is not None else None
        if done is None:
            return
        gap = next((one for one in fix_checklist(done.incident) if one.open), None)
        if gap is not None:
            await questions(desk, done.incident, gap.question.key)

    async def verify(incident: Incident, argument: str) -> None:
        """Measure the checks before closing in the open logs, keep them, show what they found."""
        from warroom.room import verify as checks  # noqa: PLC0415 - numpy, when asked
        from warroom.tui.screens.verified import VerifiedScreen  # noqa: PLC0415 - first frame

        del argument
        room = desk.room
        if room is None:
            return
        while True:
            logs, now = desk.services.logs, desk.clock()
            services = desk.services.map
            found = await asyncio.to_thread(checks.verify, incident, logs, now, services=services)
            try:
                kept = await asyncio.to_thread(checks.record, room, incident, found)
            except JournalError as error:
                desk.say(f"Not kept: {error.what}. {error.hint}", "s5", "✗")
                return
            if isinstance(kept, Refusal):
                desk.say(f"{kept.reason}. {kept.hint}".strip(), "warn")
                return
            incident = kept.incident
            wish = await desk.ask(VerifiedScreen(incident.id, found.checks, found.wait))
            if wish == "close":
                await close(incident, "")
            if wish != "again":
                return

    async def close(incident: Incident, argument: str) -> None:
        from warroom.tui.screens.closing import CloseScreen  # noqa: PLC0415 - first frame

        del argument
        command: c.Close | None = await desk.ask(
            CloseScreen(incident, missing(incident), drafts=drafts)
        )
        if command is not None:
            await desk.do(command, incident.id)

    return {"fix": fix, "verify": verify, "close": close}
