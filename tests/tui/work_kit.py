"""What the tests of the work pane and of the dialogs stand on: an app, an incident, a clock."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from textual import events
from textual.app import App, ComposeResult
from textual.screen import Screen

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.decide import Refusal, decide
from warroom.core.fold import evolve
from warroom.core.postmortem import draft
from warroom.core.state import Incident
from warroom.core.timeline import timeline
from warroom.core.words import (
    Audience,
    ChangeKind,
    ContainmentKind,
    Criterion,
    FollowUpKind,
    HypothesisState,
    Outcome,
    Priority,
    StepAction,
    UpdateKind,
    Verdict,
)
from warroom.room.containment import Plan
from warroom.tui.panes.work import WorkPane
from warroom.tui.snapshot import Snapshot
from warroom.tui.theme import Palette, load_palette, theme_folder

NOW = datetime(2026, 11, 20, 14, 17, 36, tzinfo=UTC)
PALETTE = load_palette(theme_folder() / "dark.toml")


class Story:
    """An incident told command by command, each decided as the room would."""

    def __init__(self, name: str = "INC-107") -> None:
        self.name = name
        self.records: list[e.Recorded] = []
        self.state: Incident | None = None

    @property
    def incident(self) -> Incident:
        assert self.state is not None
        return self.state

    def do(self, at: str, command: c.Command, by: str = "ana") -> "Story":
        hour, minute, second = (int(part) for part in at.split(":"))
        now = datetime(2026, 11, 20, hour, minute, second, tzinfo=UTC)
        decision = decide(self.state, command, by, now)
        assert not isinstance(decision, Refusal), decision
        for event in decision:
            record = e.Recorded(
                seq=len(self.records) + 1,
                incident=self.name,
                version=len(self.records) + 1,
                at=now,
                actor=by,
                device="test",
                command_id=f"c{len(self.records)}",
                event=event,
            )
            self.records.append(record)
            self.state = evolve(self.state, record)
        return self

    def snapshot(self, now: datetime = NOW, **more: object) -> Snapshot:
        return Snapshot(
            now=now,
            actor="ana",
            current=self.state,
            timeline=timeline(self.records),
            postmortem_draft=draft(self.incident, self.records),
            loaded=True,
            **more,
        )


def declared(title: str = "checkout answers 502 since release 2026.11.20") -> Story:
    onset_at = datetime(2026, 11, 20, 14, 2, 11, tzinfo=UTC)
    four = timedelta(seconds=4)
    onset = e.Onset(
        at=onset_at,
        low=onset_at - four,
        high=onset_at + four,
        sentence="5xx 0.3 % → 38.2 % at 14:02:11 (±4 s)",
    )
    facts = e.Declared(
        title=title,
        service="checkout",
        priority=Priority.P1,
        criteria=(Criterion.REVENUE,),
        source="spike watch",
        started_at=onset_at,
        detected_at=onset_at + timedelta(seconds=51),
        onset=onset,
        boundary="97 % are POST /api/checkout on 2026.11.20",
    )
    return Story().do("14:03:02", c.Declare(facts=facts), by="spike watch")


def full_story() -> Story:
    """From the declaration to a hypothesis that is being tested."""
    intent = e.StepIntended(
        run="r1",
        runbook="flag-new-cart",
        title="flag new-cart off",
        kind=ContainmentKind.FLAG,
        step=1,
        step_title="Switch the flag",
        action=StepAction.RUN,
        command="flagctl set new-cart off",
        sha256="0" * 64,
        undo="flagctl set new-cart on",
    )
    effect = e.EffectMeasured(
        run="r1",
        verdict=Verdict.SOLVED,
        before_failures=382,
        before_requests=1000,
        after_failures=4,
        after_requests=1000,
        seconds=90,
        sentence="5xx 38.2 % → 0.4 % in 90 s",
    )
    deploy = e.ChangeRecorded(
        kind=ChangeKind.DEPLOY,
        text="checkout 2026.11.20 deployed",
        happened_at=datetime(2026, 11, 20, 14, 1, 58, tzinfo=UTC),
        release="2026.11.20",
        reference="pipeline 8812",
    )
    config = e.ChangeRecorded(
        kind=ChangeKind.CONFIG,
        text="gateway-timeouts 2 s → 1 s",
        happened_at=datetime(2026, 11, 20, 11, 0, 0, tzinfo=UTC),
        reference="git infra@41c9e0",
    )
    later = e.ChangeRecorded(
        kind=ChangeKind.TRAFFIC,
        text="campaign mail sent",
        happened_at=datetime(2026, 11, 20, 14, 10, 0, tzinfo=UTC),
    )
    proposed, testing = HypothesisState.PROPOSED, HypothesisState.TESTING
    story = declared()
    story.do("14:03:30", c.RecordChange(facts=deploy), by="ci")
    story.do("14:03:31", c.RecordChange(facts=config), by="ci")
    story.do("14:03:40", c.Acknowledge())
    excerpt = e.Excerpt(source="a.log", offset=1, sha256="0", text="502 upstream reset by app-3")
    story.do("14:04:21", c.Pin(excerpt=excerpt), by="leo")
    story.do("14:04:40", c.IntendStep(facts=intent))
    done = e.StepFinished(run="r1", outcome=Outcome.SUCCEEDED, exit_status=0, milliseconds=1840)
    story.do("14:04:55", c.FinishStep(facts=done))
    story.do("14:06:25", c.MeasureEffect(facts=effect))
    told = c.SendUpdate(
        kind=UpdateKind.INITIAL,
        audience=Audience.CLIENT,
        text="Checkout works again. Some orders between 14:02 and 14:05 UTC failed.",
    )
    story.do("14:06:30", told)
    story.do("14:08:00", c.Hypothesise(state=proposed, text="pgbouncer pool exhausted"), by="mia")
    story.do(
        "14:09:00", c.Hypothesise(state=proposed, text="cart v2 sends currency: null"), by="leo"
    )
    story.do(
        "14:09:30",
        c.Hypothesise(
            state=proposed, text="gateway rejects bursts", evidence="+ resets come in pairs"
        ),
        by="leo",
    )
    story.do("14:10:00", c.RecordChange(facts=later), by="kim")
    story.do(
        "14:11:00",
        c.Hypothesise(state=testing, number=2, evidence="+ 97 % on 2026.11.20"),
        by="leo",
    )
    story.do(
        "14:12:00",
        c.Hypothesise(state=testing, number=2, evidence="- 3 % on other releases"),
        by="leo",
    )
    story.do(
        "14:16:48",
        c.Hypothesise(state=HypothesisState.RULED_OUT, number=1, evidence="- waits 0 at onset"),
        by="mia",
    )
    story.do("14:13:12", c.AddNote(text="finance: 212 orders failed, none charged"))
    follow = c.FollowUp(
        kind=FollowUpKind.TEST,
        text="contract test: cart without currency",
        owner="leo",
        due=NOW + timedelta(days=14),
    )
    story.do("14:17:00", follow)
    story.do(
        "14:17:01",
        c.FollowUp(
            kind=FollowUpKind.MONITORING, text="alert on resets", due=NOW - timedelta(days=2)
        ),
    )
    return story


PLAN = Plan(
    run="r2",
    incident="INC-107",
    version=4,
    service="checkout",
    runbook="rollback-checkout",
    title="Roll back checkout",
    sha256="0" * 64,
    kind=ContainmentKind.ROLLBACK,
    step=2,
    step_title="Switch the release",
    steps=4,
    action=StepAction.RUN,
    command='kubectl rollout undo deploy/checkout \\\n    --to-revision="$release"\n',
    language="sh",
    params={"release": "41"},
    timeout=60,
    blast_radius="every checkout request for about 20 s",
    undo="kubectl rollout undo deploy/checkout",
    worked_if="5xx of /api/checkout under 1 % for 2 min",
    because="deployed 13 s before onset; 97 % of failures run it",
)


class Kit(App[None]):
    """A console of one widget."""

    CSS = """
    Screen { background: $wr-bg0; color: $wr-text; }
    ModalScreen { background: $wr-bg0 62%; }
    """

    def __init__(self, palette: Palette = PALETTE) -> None:
        self.palette = palette
        super().__init__()
        self.register_theme(palette.to_textual())
        self.theme = palette.name
        self.asked: list[object] = []
        self.results: list[object] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return {f"wr-{token}": colour for token, colour in self.palette.colours.items()}

    def open(self, screen: Screen[object]) -> None:
        self.push_screen(screen, self.results.append)


class WorkApp(Kit):
    """The work pane alone, with everything it asks for."""

    def __init__(self, palette: Palette = PALETTE) -> None:
        super().__init__(palette)
        self.work = WorkPane(palette)

    def compose(self) -> ComposeResult:
        yield self.work

    def on_action_requested(self, event: object) -> None:
        self.asked.append(event)

    def on_work_pane_postmortem_edited(self, event: object) -> None:
        self.asked.append(event)


def screen_text(app: App[object]) -> str:
    """Return what is on the screen, as text."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


class Ticks:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


async def keys_at_once(app: App[object], keys: Iterable[str]) -> None:
    """Send keys without any pause between them, as a paste or a cat does."""
    for key in keys:
        character = {"space": " ", "enter": "\r", "tab": "\t"}.get(key)
        character = key if len(key) == 1 else character
        app.post_message(events.Key(key, character))
    await asyncio.sleep(0)
