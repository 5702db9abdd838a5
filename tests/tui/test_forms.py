"""The forms: what they fill in, what they ask for, what they return, and that nothing is lost."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.tui.work_kit import NOW, PLAN, Kit, Ticks, declared, full_story, screen_text

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.conduct import Contacted, Measured, NoticeOwed
from warroom.core.decide import Refusal, decide
from warroom.core.drafting import briefing, draft_update, look_over, promised
from warroom.core.words import (
    Audience,
    Category,
    Check,
    ContainmentKind,
    Criterion,
    FollowUpState,
    HypothesisState,
    Outcome,
    Priority,
    UpdateKind,
    Verdict,
)
from warroom.room.containment import Checklist, Option, Progress, Task, TaskState
from warroom.tui import when
from warroom.tui.screens.declare import DeclareScreen
from warroom.tui.screens.dialog import Drafts
from warroom.tui.screens.entries import (
    ChangeScreen,
    FixScreen,
    FollowUpScreen,
    HypothesisScreen,
)
from warroom.tui.screens.forms import DiagnoseScreen, HandoverScreen, TextScreen
from warroom.tui.screens.options import OptionsScreen
from warroom.tui.screens.outside import ContactScreen, NoticeScreen
from warroom.tui.screens.people import RolesScreen
from warroom.tui.screens.qualify import QualifyScreen
from warroom.tui.screens.run import EffectProgress, RunScreen, StepEnded, StepOutput
from warroom.tui.screens.steps import ChecklistScreen
from warroom.tui.screens.update import UpdateScreen
from warroom.tui.screens.verified import VerifiedScreen

SIZES = [(80, 24), (140, 40), (200, 60)]


async def opened(pilot, app: Kit, screen) -> None:
    app.open(screen)
    await pilot.pause()
    while not screen.guard.ready():  # real time: it is about the person, not about the machine
        await pilot.pause(0.05)


def everything():
    incident = full_story().incident
    facts = full_story().records[0].event
    return [
        TextScreen("Note", "what happened", hints=["kept with your name"]),
        DiagnoseScreen(incident, NOW),
        HypothesisScreen(incident, "2+"),
        ChangeScreen(incident, NOW),
        FollowUpScreen(incident, NOW, "1"),
        FixScreen(incident),
        HandoverScreen(incident, NOW),
        ContactScreen(incident, NOW),
        NoticeScreen(incident, NOW),
        DeclareScreen(facts, now=NOW),
        UpdateScreen(incident, NOW),
        OptionsScreen(OPTIONS),
        RunScreen(PLAN, stop=lambda: None),
    ]


OPTIONS = (
    Option(
        key="f",
        kind=ContainmentKind.FLAG,
        runbook="flag",
        title="new-cart off",
        step=1,
        reason="reads it",
        undo=True,
    ),
    Option(
        key="r",
        kind=ContainmentKind.ROLLBACK,
        runbook="back",
        title="to 2026.11.19",
        step=1,
        reason="13 s before",
        blocked="is running",
    ),
)


@pytest.mark.parametrize("size", SIZES)
async def test_every_dialog_fits_and_shows_how_to_leave(size: tuple[int, int]) -> None:
    app = Kit()
    async with app.run_test(size=size) as pilot:
        for screen in everything():
            app.open(screen)
            await pilot.pause()
            await pilot.pause()
            text = screen_text(app)
            assert "esc" in text, type(screen).__name__
            assert screen.head()[0][:12] in text, type(screen).__name__
            app.pop_screen()
            await pilot.pause()


async def test_a_declaration_from_the_log_takes_one_key() -> None:
    app = Kit()
    facts = declared().records[0].event
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, app, DeclareScreen(facts, now=NOW))
        await pilot.press("ctrl+s")
        await pilot.pause()
    assert app.results == [
        c.Declare(
            facts=e.Declared(
                **{
                    **{name: getattr(facts, name) for name in facts.__slots__},
                    "summary": facts.boundary,
                }
            )
        )
    ]


async def test_a_notice_that_was_sent_is_recorded_with_whom_it_went_to() -> None:
    app = Kit()
    incident = replace(full_story().incident, criteria=(Criterion.DATA_EXPOSURE,))
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, app, NoticeScreen(incident, NOW))
        shown = " ".join(screen_text(app).split())
        told = "GDPR notice: data protection authority, within 72 h, GDPR, Article 33(1) · due"
        assert told in shown
        assert "[GDPR notice]" in shown or " GDPR notice  NIS2" in screen_text(app)
        await pilot.press("ctrl+s")
        await pilot.pause()
        await opened(pilot, app, ContactScreen(incident, NOW, "gdpr"))
        assert "data protection authority" in screen_text(app)
        await pilot.press("tab", *"sent", "tab", *"+2h", "ctrl+s")
        await pilot.pause()
    owed, told = app.results
    assert owed == c.OweNotice(facts=NoticeOwed(notice="gdpr"))
    facts = Contacted(
        party="data protection authority",
        text="sent",
        notice="gdpr",
        again_at=NOW + timedelta(hours=2),
    )
    assert told == c.RecordContact(facts=facts)


async def test_which_notice_is_asked_where_none_is_owed() -> None:
    app = Kit()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app, NoticeScreen(full_story().incident, NOW))
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert "say which notice it is" in screen_text(app)
        assert app.results == []
        await pilot.press("d", "ctrl+s")
        await pilot.pause()
    assert app.results == [c.OweNotice(facts=NoticeOwed(notice="dora"))]


async def test_a_checklist_is_seen_whole_where_there_is_room() -> None:
    said = ["Say in the channel that a rollback starts, and who commands it, before the first step",
            "Switch the release", "Tell support that checkout works again, and since when it does"]  # fmt: skip
    tasks = tuple(
        Task(number=n, text=text, runs=n == 2, reads=False, state=TaskState.OPEN)
        for n, text in enumerate(said, 1)
    )
    last = replace(tasks[-1], question="Who in support was told?")
    app = Kit()
    async with app.run_test(size=(80, 24)) as pilot:
        shown = Checklist(runbook="back", title="Roll back", tasks=(*tasks[:-1], last))
        await opened(pilot, app, ChecklistScreen(shown))
        text = " ".join(screen_text(app).replace("│", " ").split())
        assert "before the first step" in text
        assert "Who in support was told?" in text
        assert app.screen.query_one("#tasks").show_vertical_scrollbar is False


@pytest.mark.parametrize("size", [(80, 24), (80, 50), (140, 40)])
async def test_how_bad_begins_with_its_first_line_and_shows_where_one_is(
    size: tuple[int, int],
) -> None:
    app = Kit()
    async with app.run_test(size=size) as pilot:
        await opened(pilot, app, QualifyScreen(full_story().incident))
        await pilot.pause()
        assert "Which criterion holds" in screen_text(app)
        assert "▌▲ revenue loss" in screen_text(app)


async def test_only_the_title_is_required() -> None:
    app = Kit()
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, app, DeclareScreen(e.Declared(title=""), now=NOW))
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert app.results == []
        assert "title is needed" in screen_text(app)
        await pilot.press(*"slow", "ctrl+s")
        await pilot.pause()
    (command,) = app.results
    assert isinstance(command, c.Declare)
    assert command.facts.title == "slow"
    assert command.facts.started_at is None, "an open question stays one"


async def test_what_is_open_is_asked_in_the_form() -> None:
    app = Kit()
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, app, DeclareScreen(e.Declared(title="x"), now=NOW))
        text = screen_text(app)
        assert "? orders? sign-up? one client? everyone?" in text
        assert "1 of 8 answered" in text


async def test_a_criterion_makes_it_a_p1() -> None:
    app = Kit()
    facts = e.Declared(title="x", priority=Priority.P2)
    async with app.run_test(size=(140, 40)) as pilot:
        dialog = DeclareScreen(facts, now=NOW)
        await opened(pilot, app, dialog)
        dialog.query_one("#field-criteria").focus()
        await pilot.press("down", "down", "space")
        dialog.query_one("#field-factors").focus()
        await pilot.press("3", "2")
        dialog.query_one("#field-category").focus()
        await pilot.press("s", "ctrl+s")
        await pilot.pause()
    (command,) = app.results
    assert isinstance(command, c.Declare)
    assert command.facts.priority is Priority.P1
    assert command.facts.criteria == (Criterion.CORE_FUNCTION,)
    assert command.facts.factors == {"business": 3, "users": 2}
    assert command.facts.category is Category.SECURITY


async def test_a_priority_that_a_person_set_is_not_changed_by_a_criterion() -> None:
    app = Kit()
    async with app.run_test(size=(140, 40)) as pilot:
        dialog = DeclareScreen(e.Declared(title="x"), now=NOW)
        await opened(pilot, app, dialog)
        dialog.query_one("#field-criteria").focus()
        await pilot.press("3", "space", "ctrl+s")
        await pilot.pause()
    (command,) = app.results
    assert isinstance(command, c.Declare)
    assert command.facts.priority is Priority.P3


async def test_what_was_typed_survives_escape() -> None:
    app, drafts = Kit(), Drafts()
    incident = full_story().incident
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, app, DiagnoseScreen(incident, NOW, drafts=drafts))
        await pilot.press(*"null", "escape")
        await pilot.pause()
        await opened(pilot, app, DiagnoseScreen(incident, NOW, drafts=drafts))
        assert "draft from before" in screen_text(app)
        await pilot.press("ctrl+s")
        await pilot.pause()
        await opened(pilot, app, DiagnoseScreen(incident, NOW, drafts=drafts))
        assert "draft from before" not in screen_text(app), "used up"
    left, sent = app.results
    assert left is None
    assert isinstance(sent, c.Diagnose)
    assert sent.text.endswith("Not confirmed.null")  # typed at the end of what was proposed


async def test_drafts_of_different_incidents_and_questions_are_kept_apart() -> None:
    app, drafts = Kit(), Drafts()
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, app, TextScreen("Note", "what", incident="INC-1", drafts=drafts))
        await pilot.press(*"abc", "escape")
        await pilot.pause()
        for title, incident in (("Note", "INC-2"), ("Reopen", "INC-1")):
            await opened(pilot, app, TextScreen(title, "what", incident=incident, drafts=drafts))
            assert "abc" not in screen_text(app)
            await pilot.press("escape")
            await pilot.pause()
        await opened(pilot, app, TextScreen("Note", "what", incident="INC-1", drafts=drafts))
        assert "abc" in screen_text(app)


async def test_a_key_sent_before_the_form_was_seen_sends_nothing() -> None:
    app, clock = Kit(), Ticks()
    async with app.run_test(size=(140, 40)) as pilot:
        app.open(DeclareScreen(e.Declared(title="x"), now=NOW, clock=clock))
        await pilot.pause()
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert app.results == []
        assert "too quick" in screen_text(app)


async def test_a_revision_of_the_diagnosis_needs_its_reason() -> None:
    app = Kit()
    story = full_story().do("14:30:00", c.Diagnose(text="null currency"))
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, app, DiagnoseScreen(story.incident, NOW))
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert "why revised is needed" in screen_text(app)


async def test_what_is_missing_is_told_beside_the_keys_and_the_field_stays_in_sight() -> None:
    """In a low window the end of a form is far from the field that it speaks of."""
    app = Kit()
    facts = replace(declared().records[0].event, title="")
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app, DeclareScreen(facts))
        await pilot.press("ctrl+s")
        await pilot.pause()
        *_, told, words, keys, edge, _ = screen_text(app).splitlines()
        assert "title is needed" in told
        assert "Only the title" in words
        assert "^s declare" in keys
        assert edge.startswith("╰")
        await pilot.press(*"ab")
        assert "▌ ab" in screen_text(app)
    assert app.results == []


@pytest.mark.parametrize("screen", [ChangeScreen, FixScreen, HypothesisScreen])
async def test_a_form_with_a_choice_says_how_to_choose(screen) -> None:
    app, incident = Kit(), full_story().incident
    async with app.run_test(size=(80, 24)) as pilot:
        made = ChangeScreen(incident, NOW) if screen is ChangeScreen else screen(incident)
        await opened(pilot, app, made)
        assert "← → choose" in screen_text(app)


async def test_an_update_shows_its_headline_in_a_low_window() -> None:
    """Whoever sends it has read all of it."""
    app = Kit()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app, UpdateScreen(full_story().incident, NOW))
        text = app.screen.text.splitlines()
        assert all(words in screen_text(app) for words in (text[0], text[-1]))


async def test_the_name_of_a_role_leaves_room_for_who_has_it() -> None:
    app = Kit()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app, RolesScreen(full_story().incident))
        assert "communications  ▏" in screen_text(app)


async def test_a_failed_step_says_that_what_it_did_stays_done() -> None:
    app = Kit()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = RunScreen(PLAN, stop=lambda: None)
        await opened(pilot, app, screen)
        screen.post_message(StepEnded(Outcome.FAILED, "failed with exit status 1"))
        await pilot.pause()
        assert "What it did until then stays done" in screen_text(app)
        assert "n the steps" in screen_text(app)


async def test_a_draft_keeps_what_was_typed_and_the_rest_is_filled_in_anew() -> None:
    """What the log has found out meanwhile must not hide behind fields that were left empty."""
    app, drafts = Kit(), Drafts()
    known = declared().records[0].event
    early = replace(known, title="", started_at=None, boundary="", onset=None)
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, app, DeclareScreen(early, drafts=drafts))
        await pilot.press(*"shop", "escape")
        await opened(pilot, app, DeclareScreen(known, drafts=drafts))
        await pilot.press("ctrl+s")
        await pilot.pause()
    facts = app.results[-1].facts
    assert (facts.title, facts.started_at, facts.summary) == (
        "shop",
        known.started_at,
        known.boundary,
    )


@pytest.mark.parametrize(
    ("typed", "complaint"), [("soon", "is not a time"), ("2026-11-01 10:00", "past")]
)
async def test_an_estimate_that_is_none_is_told(typed: str, complaint: str) -> None:
    app = Kit()
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, app, DiagnoseScreen(full_story().incident, NOW))
        await pilot.press(*"null", "tab", *typed.replace(" ", "_"))
        app.screen.query_one("#field-eta").value = typed
        await pilot.press("ctrl+s")
        await pilot.pause()
        assert complaint in screen_text(app)
        assert app.results == []


async def test_a_hypothesis_moves_on_with_evidence() -> None:
    app = Kit()
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, app, HypothesisScreen(full_story().incident, "2-"))
        await pilot.press(*"two", "tab", "r", "ctrl+s")
        await pilot.pause()
    (command,) = app.results
    assert command == c.Hypothesise(
        state=HypothesisState.RULED_OUT,
        text="cart v2 sends currency: null",
        number=2,
        evidence="- two",
    )


async def test_a_follow_up_is_marked_done_without_typing() -> None:
    app = Kit()
    story = full_story()
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, app, FollowUpScreen(story.incident, NOW, "1 done"))
        await pilot.press("ctrl+s")
        await pilot.pause()
    (command,) = app.results
    assert isinstance(command, c.FollowUp)
    assert command.state is FollowUpState.DONE
    (event,) = decide(story.incident, command, "ana", NOW)
    assert event.text == "contract test: cart without currency"


async def test_a_change_in_the_future_is_no_cause() -> None:
    app = Kit()
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, app, ChangeScreen(full_story().incident, NOW))
        await pilot.press(*"deploy", "tab", "tab", "+", "2", "h", "ctrl+s")
        await pilot.pause()
        assert "not happened yet" in screen_text(app)


def test_a_briefing_says_what_the_next_one_must_know() -> None:
    words = briefing(full_story().incident, NOW)
    for part in (
        "P1",
        "Since 14:02:11",
        "Contained",
        "In force: flag new-cart off",
        "Open: H2",
        "diagnose due 16:03",
    ):
        assert part in words


async def test_the_options_open_by_letter_and_run_nothing() -> None:
    app = Kit()
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, app, OptionsScreen(OPTIONS))
        assert "cannot be run now: is running" in screen_text(app)
        await pilot.press("r")
        await pilot.pause()
        await opened(pilot, app, OptionsScreen(OPTIONS))
        await pilot.press("enter")
        await pilot.pause(0.1)
        assert app.results == [OPTIONS[1], OPTIONS[0]]


async def test_a_check_says_its_result_in_words_and_nothing_compared_is_no_tick() -> None:
    gone = Measured(check=Check.GONE, passed=False, sentence="too early", requests=7, seconds=20)
    beside = Measured(check=Check.ADJACENT, passed=True, sentence="too few requests", seconds=20)
    app = Kit()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app, VerifiedScreen("INC-1", (gone, beside), timedelta()))
        text = screen_text(app)
        assert "✗ Not shown: that the failure is gone" in text
        assert "· The neighbours were not compared" in text
        assert "✓" not in text
        well = replace(beside, requests=400)
        await opened(pilot, app, VerifiedScreen("INC-1", (replace(gone, passed=True), well),
                                                timedelta()))  # fmt: skip
        text = screen_text(app)
        assert "✓ The failure is gone" in text
        assert "✓ The neighbours are well" in text


async def test_a_running_step_shows_output_end_and_effect() -> None:
    app = Kit()
    async with app.run_test(size=(140, 40)) as pilot:
        screen = RunScreen(PLAN, stop=lambda: None)
        await opened(pilot, app, screen)
        screen.post_message(StepOutput("waiting 1\rwaiting 2\nrolled \x1b[31mout"))
        await pilot.pause()
        text = screen_text(app)
        assert "waiting 2" in text
        assert "waiting 1" not in text
        assert "rolled out" in text
        screen.post_message(StepEnded(Outcome.SUCCEEDED, "succeeded after 1.8 s"))
        progress = Progress(
            before=(382, 1000),
            after=(4, 1000),
            seconds=90,
            needed=90,
            verdict=Verdict.SOLVED,
            sentence="5xx 38.2 % → 0.4 % in 90 s",
        )
        screen.post_message(EffectProgress(progress))
        await pilot.pause()
        text = screen_text(app)
        assert "succeeded after 1.8 s" in text
        assert "5xx 38.2 % → 0.4 % in 90 s" in text
        assert "before since" in text, "its columns are told apart without colour"
        assert " S " not in text
        await pilot.press("escape")
        await pilot.pause()
    assert app.results == [None]


async def test_a_step_is_stopped_by_its_key_and_left_running_by_escape() -> None:
    app, clock, stopped = Kit(), Ticks(), []
    async with app.run_test(size=(140, 40)) as pilot:
        app.open(RunScreen(PLAN, stop=lambda: stopped.append(1), clock=clock))
        await pilot.pause()
        clock.at += 1
        await pilot.press("escape")
        await pilot.pause()
        assert stopped == []
        app.open(RunScreen(PLAN, stop=lambda: stopped.append(1), clock=clock))
        await pilot.pause()
        clock.at += 1
        await pilot.press("S")
        await pilot.pause(0.2)
        assert stopped == [1]
        assert "told to stop" in screen_text(app)


async def test_an_update_is_drafted_for_its_reader() -> None:
    app = Kit()
    incident = full_story().incident
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, app, UpdateScreen(incident, NOW))
        assert "As clients will see it" in screen_text(app)
        assert "/api/checkout" not in app.screen.text
        await pilot.press("ctrl+t", "ctrl+t")
        await pilot.pause()
        assert "/api/checkout" in app.screen.text, "colleagues read the boundary"
        await pilot.press("ctrl+s")
        await pilot.pause()
    (sent,) = app.results
    assert isinstance(sent, c.SendUpdate)
    assert sent.kind is UpdateKind.PROGRESS
    assert sent.audience is Audience.INTERNAL
    assert sent.next_due == datetime(2026, 11, 20, 14, 47, tzinfo=UTC)
    assert not isinstance(decide(incident, sent, "ana", NOW), Refusal)


async def test_a_text_that_was_changed_is_not_drafted_over() -> None:
    app = Kit()
    async with app.run_test(size=(140, 40)) as pilot:
        await opened(pilot, app, UpdateScreen(full_story().incident, NOW))
        await pilot.press(*"mine", "ctrl+t")
        await pilot.pause()
        assert app.screen.text.endswith("mine")


def test_an_update_is_looked_over() -> None:
    incident = full_story().incident
    text = "ana fixed app-3.internal at 14:02. Fixed by 23:00 UTC."
    remarks = [(r.mark, r.text) for r in look_over(text, incident, Audience.CLIENT, NOW, ["ana"])]
    assert remarks[0] == ("▪", "“14:02” has no time zone")
    assert remarks[1][0] == "▪"
    assert "too late" in remarks[2][1]
    assert remarks[3][0] == "?"


def test_a_draft_passes_its_own_check() -> None:
    incident = full_story().incident
    for audience in Audience:
        for kind in UpdateKind:
            text = draft_update(incident, kind, audience, NOW)
            due = kind in (UpdateKind.INITIAL, UpdateKind.PROGRESS, UpdateKind.ETA)
            assert (promised(text, NOW) is not None) == due
            remarks = look_over(text, incident, audience, NOW, ["ana", "leo"])
            assert not [r for r in remarks if r.mark == "▪"], (kind, audience, remarks)


@pytest.mark.parametrize(
    ("text", "past", "expected"),
    [
        ("16:00", False, "2026-11-20 16:00:00"),
        ("14:00", False, "2026-11-21 14:00:00"),
        ("14:00", True, "2026-11-20 14:00:00"),
        ("16:00", True, "2026-11-19 16:00:00"),
        ("14:02:11", True, "2026-11-20 14:02:11"),
        ("+2h", False, "2026-11-20 16:17:36"),
        ("-20m", True, "2026-11-20 13:57:36"),
        ("2026-12-04", False, "2026-12-04 23:59:00"),
        ("2026-12-04 16:00 UTC", False, "2026-12-04 16:00:00"),
        ("now", True, "2026-11-20 14:17:36"),
    ],
)
def test_times_are_read(text: str, past: bool, expected: str) -> None:
    found = when.parse(text, NOW, past=past)
    assert f"{found:%Y-%m-%d %H:%M:%S}" == expected


@pytest.mark.parametrize("text", ["soon", "25:00", "2026-13-01", "+9999999d", "99999999999h"])
def test_what_is_no_time_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time"):
        when.parse(text, NOW)


def test_no_time_is_no_time() -> None:
    assert when.parse("  ", NOW) is None


async def test_long_output_can_be_read_back_while_the_step_runs() -> None:
    app = Kit()
    async with app.run_test(size=(140, 30)) as pilot:
        screen = RunScreen(PLAN, stop=lambda: None)
        await opened(pilot, app, screen)
        screen.post_message(StepOutput("".join(f"line {n}\n" for n in range(100))))
        await pilot.pause(0.1)
        assert "line 99" in screen_text(app)
        await pilot.press("home")
        await pilot.pause()
        screen.post_message(StepOutput("line 100\n"))
        await pilot.pause(0.1)
        assert "line 0 " in screen_text(app)
        assert "line 100 " not in screen_text(app)
