"""What each action does: a dialog where one is needed, then one command to the room."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeAlias, TypeVar

from textual import work

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.conduct import Answered
from warroom.core.journal import JournalError
from warroom.core.review import LEARNING, RESILIENCE, recurring
from warroom.core.state import Incident
from warroom.core.versions import versions
from warroom.core.words import Place, Priority
from warroom.room.lasttime import like_before
from warroom.tui.conduct import Conduct, prefilled, until, why
from warroom.tui.deeds import drafted, learning, outside, people, queue, repair, telling, triage
from warroom.tui.screens.dialog import Asked, Drafts
from warroom.tui.services import Services
from warroom.tui.theme import Palette

C = TypeVar("C", bound=c.Command)

MOST_COMPARED = 300
"""Open incidents, the newest, that a new one is compared with while it is typed."""

Deed: TypeAlias = Callable[[Incident, str], Awaitable[None]]


class Actions(Conduct):
    """Every action of the incident by its name; navigation belongs to the subclass."""

    def __init__(self, palette: Palette, services: Services) -> None:
        super().__init__(palette, services)
        self.drafts = Drafts()
        self.deeds: dict[str, Deed] = {
            "acknowledge": self._acknowledge,
            "diagnose": self._diagnose,
            "hypothesis": self._hypothesis,
            "change": self._change,
            "follow-up": self._follow_up,
            "update": self._update,
            "resolve": self._resolve,
            "reopen": self._reopen,
            "snooze": self._snooze,
            "finish": self._finish,
            "contained": self._contained,
            "keep": self._keep,
            "priority": self._priority,
            "wait": self._wait,
            "resume": self._resume,
            "wake": self._wake,
            "reorder": self._reorder,
            "versions": self._versions,
            "review": self._review,
        }
        for part in (triage, repair, people, queue, telling, outside, learning, drafted):
            self.deeds |= part.deeds(self, self.drafts)

    @work(group="action", exit_on_error=False, description="The action")
    async def perform(self, action: str, incident: str | None, argument: str) -> None:
        """Do an action of the incident that was shown when the key was pressed."""
        if action == "declare":
            await self._declare(argument)
            return
        found = self.bound(incident)
        if found is not None:
            await self.deeds[action](found, argument)

    @work(group="pin", exit_on_error=False, description="Pinning")
    async def pin(self, excerpt: e.Excerpt, note: str) -> None:
        """Keep lines of a log as evidence of the current incident."""
        current = self.current
        if current is None:
            self.say("No incident is open, so there is nothing to pin to. d declares one.", "warn")
            return
        await self.do(c.Pin(excerpt=excerpt, note=note), current.id)

    @work(group="postmortem", exit_on_error=False, description="Saving the postmortem")
    async def save_postmortem(
        self, incident: str, text: str, base: int, refused: Callable[[str], None]
    ) -> None:
        """Keep the text; what the room refuses stays in the editor."""
        if await self.do(c.EditPostmortem(text=text, base=base), incident) is None:
            latest = self.notices.latest
            refused(latest.text if latest is not None else "not saved")

    # -- the deeds -------------------------------------------------------------------------------

    async def _declare(self, argument: str) -> None:
        from warroom.tui.screens.declare import DeclareScreen  # noqa: PLC0415 - first frame

        facts = prefilled(self.services, self.log_facts, self.clock(), title=argument)
        others = self.open_incidents()[:MOST_COMPARED]
        command = await self.ask(DeclareScreen(facts, drafts=self.drafts, others=others))
        if command is None:
            return
        done = await self.do(command, None)
        if done is not None:
            self.select(done.incident.id)
            await self.shown(done)
            words = await asyncio.to_thread(like_before, done.incident, await self.all_incidents())
            if words:
                self.say(words, "p2", keys="c offers it")

    async def _acknowledge(self, incident: Incident, argument: str) -> None:
        del argument
        await self.do(c.Acknowledge(), incident.id)

    async def _diagnose(self, incident: Incident, argument: str) -> None:
        from warroom.tui.screens.forms import DiagnoseScreen  # noqa: PLC0415 - first frame

        del argument
        await self._send(DiagnoseScreen(incident, self.clock(), drafts=self.drafts), incident)

    async def _hypothesis(self, incident: Incident, argument: str) -> None:
        from warroom.tui.screens.entries import HypothesisScreen  # noqa: PLC0415 - first frame

        await self._send(HypothesisScreen(incident, argument, drafts=self.drafts), incident)

    async def _change(self, incident: Incident, argument: str) -> None:
        from warroom.tui.screens.entries import ChangeScreen  # noqa: PLC0415 - first frame

        del argument
        await self._send(ChangeScreen(incident, self.clock(), drafts=self.drafts), incident)

    async def _follow_up(self, incident: Incident, argument: str) -> None:
        from warroom.tui.screens.entries import FollowUpScreen  # noqa: PLC0415 - first frame

        dialog = FollowUpScreen(incident, self.clock(), argument, drafts=self.drafts)
        await self._send(dialog, incident)

    async def _update(self, incident: Incident, argument: str) -> None:
        from warroom.tui.screens.update import UpdateScreen  # noqa: PLC0415 - first frame

        del argument
        offline = self.snapshot is not None and not self.snapshot.contact.online
        dialog = UpdateScreen(incident, self.clock(), drafts=self.drafts, offline=offline)
        await self._send(dialog, incident)

    async def _resolve(self, incident: Incident, argument: str) -> None:
        from warroom.tui.screens.closing import ResolveScreen  # noqa: PLC0415 - first frame

        del argument
        dialog = ResolveScreen(
            incident, self.clock(), share=self.log_facts.share_now, drafts=self.drafts
        )
        await self._send(dialog, incident)

    async def _reopen(self, incident: Incident, argument: str) -> None:
        reason = await self._text("Reopen", "what came back", incident, argument)
        if reason:
            await self.do(c.Reopen(reason=reason), incident.id)

    async def _finish(self, incident: Incident, argument: str) -> None:
        await self.do(c.FinishPostmortem(reason=argument), incident.id)

    async def _contained(self, incident: Incident, argument: str) -> None:
        how = await self._text(
            "Contained by hand",
            "stopped by",
            incident,
            argument,
            "For damage that was stopped outside warroom. esc leaves: it is not contained.",
        )
        if how:
            await self.do(c.Contain(how=how), incident.id)

    async def _keep(self, incident: Incident, argument: str) -> None:
        """Let something in force stay until a date: it becomes a follow-up."""
        run = next((r for r in incident.ledger if r.intent.run == argument), None)
        run = run or (incident.ledger[0] if incident.ledger else None)
        if run is None:
            self.say("Nothing is in force.", "warn")
            return
        found = await self._when("Let it stay", run.intent.title, incident)
        if found is not None:
            at, reason = found
            command = c.KeepContainment(run=run.intent.run, until=at, reason=reason)
            await self.do(command, incident.id)

    async def _priority(self, incident: Incident, argument: str) -> None:
        if argument not in list(Priority):
            self.say("Say which: the palette has Make it P1, P2, P3.", "warn")
            return
        reason = await self._text(f"Make it {argument}", "because", incident)
        if reason:
            facts = e.Qualified(priority=Priority(argument), reason=reason)
            await self.do(c.Qualify(facts=facts), incident.id)

    async def _wait(self, incident: Incident, argument: str) -> None:
        reason = await self._text("Wait for the client", "for what", incident, argument)
        if reason:
            await self.do(c.Wait(reason=reason), incident.id)

    async def _resume(self, incident: Incident, argument: str) -> None:
        await self.do(c.Resume(reason=argument), incident.id)

    async def _wake(self, incident: Incident, argument: str) -> None:
        await self.do(c.Wake(reason=argument), incident.id)

    async def _reorder(self, incident: Incident, argument: str) -> None:
        if argument not in list(Place):
            argument = Place.COMPUTED if incident.place is not Place.COMPUTED else Place.TOP
        titles = {
            Place.TOP: "Put it first",
            Place.BOTTOM: "Put it last",
            Place.COMPUTED: "Put it back where its facts put it",
        }
        place = Place(argument)
        reason = await self._text(titles[place], "because", incident)
        if reason:
            await self.do(c.Reorder(place=place, reason=reason), incident.id)

    async def _snooze(self, incident: Incident, argument: str) -> None:
        found = await self._when("Snooze", "until when", incident, argument)
        if found is not None:
            at, reason = found
            await self.do(c.Snooze(until=at, reason=reason), incident.id)

    async def _versions(self, incident: Incident, argument: str) -> None:
        """Compare the saved texts; one that is taken goes into the editor."""
        from warroom.tui.screens.versions import VersionsScreen  # noqa: PLC0415 - first frame

        del argument
        if self.room is None or self.snapshot is None:
            return
        records = await asyncio.to_thread(self.room.records, incident.id)
        draft = self.snapshot.postmortem_draft
        text = await self.ask(VersionsScreen(self.palette, versions(records), draft))
        if text is not None:
            self.replace_postmortem(incident.id, text)

    async def _review(self, incident: Incident, argument: str) -> None:
        """Ask what the review asks, one answer after the other, until the screen is left."""
        from warroom.tui.screens.review import ReviewScreen  # noqa: PLC0415 - first frame

        found, key = incident, argument
        while True:
            checks = recurring(await self.all_incidents())
            screen = ReviewScreen(self.palette, found, checks, self.clock(), cursor=key)
            chosen = await self.ask(screen)
            if chosen is None:
                return
            key = chosen
            asking = next(one for one in (*LEARNING, *RESILIENCE) if one.key == key)
            before = found.answers.get(key)
            initial = before.text if before is not None and before.known else ""
            text = await self._text("Review", "answer", found, initial, asking.text)
            if text:
                command = c.Answer(facts=Answered(question=key, text=text, known=True))
                done = await self.do(command, found.id)
                found = done.incident if done is not None else found

    # -- helpers ---------------------------------------------------------------------------------

    async def _send(self, dialog: Asked[C], incident: Incident) -> None:
        """Ask, and send the command that the dialog was left with."""
        command = await self.ask(dialog)
        if command is not None:
            await self.do(command, incident.id)

    async def _text(
        self, title: str, label: str, incident: Incident, initial: str = "", hint: str = ""
    ) -> str | None:
        from warroom.tui.screens.forms import TextScreen  # noqa: PLC0415 - first frame

        hints = (hint,) if hint else ()
        return await self.ask(
            TextScreen(title, label, initial, hints, incident=incident.id, rows=1)
        )

    async def _when(
        self, title: str, label: str, incident: Incident, words: str = ""
    ) -> tuple[datetime, str] | None:
        """Ask for a time and a reason in one line; None: left, or no time."""
        hint = "30m, 2h, 3d or 14:30 (UTC), then the reason"
        given = words or await self._text(title, label, incident, "30m ", hint)
        if not given:
            return None
        when, _, reason = given.strip().partition(" ")
        at = until(when, self.clock())
        if at is None:
            self.say(f"{when} is no time; 30m, 2h, 3d or 14:30 are. Nothing was kept.", "warn")
            return None
        return at, reason

    def explain(self, incident: str) -> None:
        """Say why an incident stands where it does."""
        if self.snapshot is not None:
            self.say(why(self.snapshot, incident))

    def explain_option(self, name: str) -> None:
        """Say why a containment is offered."""
        options = self.snapshot.options if self.snapshot is not None else ()
        found = next((o for o in options if name in (o.key, o.runbook)), None)
        if found is not None:
            self.say(f"{found.title}: {found.blocked or found.reason}")

    def open_incidents(self) -> tuple[Incident, ...]:
        """Return every open incident, newest first."""
        rows = self.snapshot.rows if self.snapshot is not None else ()
        found = [row.incident for row in rows]
        return tuple(sorted(found, key=lambda incident: incident.declared_at, reverse=True))

    async def all_incidents(self) -> tuple[Incident, ...]:
        """Return every incident, newest first; none while the store does not answer."""
        if self.room is None:
            return ()
        try:
            found = await asyncio.to_thread(self.room.incidents, include_closed=True)
        except JournalError as error:
            self.say(f"{error.what}. {error.hint}", "warn")
            return ()
        return tuple(reversed(found))

    async def find_incidents(self, words: str) -> tuple[Incident, ...]:
        """Return what holds all the words anywhere in its history, closed ones included."""
        if self.room is None:
            return ()
        try:
            return tuple(await asyncio.to_thread(self.room.search, words))
        except JournalError as error:
            self.say(f"{error.what}. {error.hint}", "warn")
            return ()
