"""Guarding: what the watches say reaches the notice row, and one key says what to do with it."""

from dataclasses import replace
from typing import TYPE_CHECKING

from textual import on, work

from warroom.core import commands as c
from warroom.tui.panes.boundary import BoundaryTab
from warroom.tui.panes.logs import LogsPane
from warroom.tui.recurring import Recurring
from warroom.tui.services import Services
from warroom.tui.snapshot import LogFacts, Snapshot, WatchFacts
from warroom.tui.theme import Palette
from warroom.tui.widgets.log_line import clock

if TYPE_CHECKING:
    from warroom.logs.analysis.answer import Finding


class Guarding(Recurring):
    """Tells each offer once, and answers the key of the watch."""

    logs: LogsPane

    def __init__(self, palette: Palette, services: Services) -> None:
        super().__init__(palette, services)
        self.ways["watch"] = lambda _: self.attend(self.answer_watch())

    @on(LogsPane.LogFactsChanged)
    def _measured(self, event: LogsPane.LogFactsChanged) -> None:
        """Take over what the log says, and tell an offer of its watch once."""
        watch, before = event.facts.watch, self.log_facts.watch
        self.log_facts = event.facts
        if watch.sentence and watch.offered != before.offered:
            self.say(watch.sentence, "s5", "▲", self._keys(event.facts))
            self.console.call_attention(watch.sentence)
        base = self.snapshot or Snapshot(now=self.clock(), actor="")
        self.show(replace(base, log=event.facts))

    def _keys(self, facts: LogFacts) -> str:
        """What can be done about an offer; an incident that covers it is named instead."""
        current = self.current
        covered = current is not None and current.resolved_at is None and current.onset is not None
        if covered and current is not None and facts.watch.offered:
            return f"{current.id} is open, W snoozes the watch"
        return "d declares, W snoozes"

    def dress_offer(self) -> None:
        """Keep the keys of an offer true: an incident may have become known after it was told."""
        said = self.notices.latest
        if said is not None and said.text and said.text == self.log_facts.watch.sentence:
            keys = self._keys(self.log_facts)
            if keys != said.keys:
                self.notices.latest = replace(said, keys=keys)

    @on(BoundaryTab.KeepAsked)
    def _keep_asked(self, event: BoundaryTab.KeepAsked) -> None:
        current = self.current
        if current is None:
            self.say("No incident is open, so there is no timeline. d declares one.", "warn")
        else:
            self.attend(self.keep_finding(event.finding, current.id))

    @work(group="action", exit_on_error=False, description="Keeping the boundary")
    async def keep_finding(self, finding: "Finding", incident: str) -> None:
        """Put onset and boundary into the timeline of an incident."""
        from warroom.room.prefill import onset_of  # noqa: PLC0415 - numpy, when asked

        said = finding.sentences[1] if len(finding.sentences) > 1 else ""
        await self.do(c.MeasureOnset(onset=onset_of(finding), boundary=said), incident)

    @work(group="watch", exclusive=True, exit_on_error=False, description="The watch")
    async def answer_watch(self) -> None:
        """Say what the watch sees and does not see; snooze it, wake it or declare."""
        from warroom.tui.screens.choose import Answer, ChooseScreen  # noqa: PLC0415 - first frame

        if self.again:
            await self.answer_again()
            return
        watch = self.log_facts.watch
        snoozed = watch.snoozed_until is not None
        answers = [Answer("S", "offer again at once" if snoozed else "snooze 30 min", "snooze")]
        if watch.sentence:
            answers.insert(0, Answer("D", "declare an incident", "declare"))
        answer = await self.ask(ChooseScreen("The spike watch", watch_words(watch), answers))
        if answer == "declare":
            self.act("declare")
        elif answer == "snooze":
            until = self.logs.snooze_watch()
            said = f"The watch is snoozed until {clock(until)[:5]}" if until else "The watch is on"
            self.say(f"{said}. W changes it.", "text", "zz" if until else "▪")


def watch_words(watch: WatchFacts) -> tuple[str, ...]:
    """Return what a watch says of itself, in whole sentences."""
    if not watch.sees:
        return ("It begins when the log has been read.",)
    state = watch.sentence or "Nothing is out of the ordinary."
    if watch.snoozed_until is not None:
        state = f"It is snoozed until {clock(watch.snoozed_until)} of the log."
    said = [
        f"{state.rstrip('.')}.",
        f"{watch.sees[:1].upper()}{watch.sees[1:]}; less than that it does not tell from noise.",
        "Watched in total: 5xx, aborted, slow and refused requests.",
        "Watched for each route, upstream, release, zone and host: 5xx.",
    ]
    if watch.always:
        said.append(f"Always failing, so not watched: {', '.join(watch.always)}.")
    return tuple(said)
