"""What the log of an incident drafts for the next one: the alert, the regression test."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

from warroom.core.decide import Refusal
from warroom.core.journal import JournalError
from warroom.core.state import Incident
from warroom.room.attaching import Drafted, attach
from warroom.tui.conduct import Conduct
from warroom.tui.screens.dialog import Drafts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Offer:
    title: str
    said: str
    drafted: Drafted


def deeds(
    desk: Conduct, drafts: Drafts
) -> Mapping[str, Callable[[Incident, str], Awaitable[None]]]:
    """Return the actions of drafting by name."""
    del drafts

    async def offer(
        draft: Callable[[Conduct, Incident], _Offer | str], incident: Incident, argument: str
    ) -> None:
        del argument
        from warroom.tui.screens.drafted import DraftedScreen  # noqa: PLC0415 - first frame

        desk.say("Reading the log…")
        found = await asyncio.to_thread(draft, desk, incident)
        if isinstance(found, str):
            desk.say(found, "warn")
            return
        drafted = found.drafted
        there = next((f for f in incident.open_follow_ups if f.kind is drafted.kind), None)
        kept_in = f"F{there.follow_up}, {there.text}" if there else f"a follow-up: {drafted.wanted}"
        screen = DraftedScreen(found.title, incident.id, found.said, drafted.text, kept_in)
        if desk.room is None or not await desk.ask(screen):
            return
        try:
            done = await asyncio.to_thread(attach, desk.room, incident, drafted)
        except JournalError as error:
            desk.say(f"{drafted.name} was not kept: {error}", "s5", "✗")
            return
        if isinstance(done, Refusal):
            desk.say(f"{drafted.name} was not kept: {done.reason}", "warn", "✗")
            return
        await desk.shown(done)

    return {"alert": partial(offer, _alert), "regression": partial(offer, _regression)}


def _alert(desk: Conduct, incident: Incident) -> _Offer | str:
    """Draft the alert that would have rung; or say why there is none."""
    from warroom.room import alarm as drafts  # noqa: PLC0415 - imports numpy

    alarm = drafts.draft_alarm(desk.services.logs, incident, desk.clock())
    if alarm is None:
        return "No alert can be tried: there is no onset, or no log with requests is open."
    return _Offer(
        title="The alert that would have caught it",
        said=f"{drafts.told(alarm)} As the watch of a runbook: {alarm.watch_text}",
        drafted=drafts.drafted_rule(alarm, incident),
    )


def _regression(desk: Conduct, incident: Incident) -> _Offer | str:
    """Make a test of the requests that failed; or say why there is none."""
    from warroom.room import regression as tests  # noqa: PLC0415 - imports numpy

    found = tests.failing_requests(desk.services.logs, incident, desk.clock())
    if not found:
        return "No request can be repeated: there is no onset, or no log with failures is open."
    requests = "1 request" if len(found) == 1 else f"{len(found)} requests"
    return _Offer(
        title="A test of what failed",
        said=f"{requests} that failed, as a test to run against BASE_URL.",
        drafted=tests.drafted_test(found, incident),
    )
