"""The boundary tab: the sentence, the bars, the lines for and against, and its keys."""

from types import SimpleNamespace

import pytest
from tests.tui.log_kit import NOON, PALETTE, FakeLog, request, settle
from textual.app import App

from warroom.logs.analysis.answer import Outcome
from warroom.logs.analysis.changes import Change, Ranked
from warroom.logs.analysis.groups import Group
from warroom.tui.messages import ActionRequested, PinRequested, TimeCursorMoved
from warroom.tui.panes.boundary import BoundaryTab
from warroom.tui.panes.boundary_rows import build, exclusion, filter_text, read_lines
from warroom.tui.widgets.log_filter import parse_filter
from warroom.tui.widgets.log_gauge import Report


def part(fields, coverage=0.97, before=0.03, lift=32.0, sure=3, sentence=""):
    said = (
        sentence or "97 % of the failures are x: 89 % of its requests fail, 0.2 % elsewhere (×415)"
    )
    return SimpleNamespace(
        fields=fields,
        coverage=coverage,
        share_before=before,
        lift=lift,
        sure=sure,
        sentence=said,
        rate=0.9,
        elsewhere=0.002,
    )


PAIR = (("route", "/api/checkout"), ("release", "2026.11.20"))


def ranked(text, at, why, possible=True):
    return Ranked(Change(at, text, "log"), 1.0, possible, why)


def report(boundary=(part(PAIR),), misfits=(-1,), total=2):
    log = FakeLog(
        [request(503, "/api/checkout", release="2026.11.20"), request(502, "/api/orders")]
    )
    main = SimpleNamespace(
        boundary=boundary,
        table=(
            part(PAIR[:1], before=0.07, lift=14.0),
            part(PAIR[1:], before=0.0),
            part((("upstream", "app-3"),), 0.54, 0.34, 1.6, 1),
        ),
        quiet=("host",),
        kind="5xx",
        sentences=("5xx since 12:00:00", "97 % are x"),
        onset=SimpleNamespace(at=NOON),
        end=None,
        failures=201.0,
        expected=8.0,
        before=0.003,
        shows=(-2,),
        shows_total=196.0,
        misfits=misfits,
        misfits_total=float(total),
    )
    findings = SimpleNamespace(
        main=main,
        findings=(main,),
        notes=("No before",),
        changes=(
            ranked("first line of 2026.11.20 (release)", NOON - 13, "13 s before the onset"),
            ranked("deploy mail", NOON + 90, "2 min after the onset: cannot be the cause", False),
        ),
        groups=(Group("pool timeout after <n> ms", 196, NOON, NOON + 60, "2026.11.20", -2),),
        outcomes=(
            Outcome("5xx", 201, 1000, found=True, sentence="5xx since 12:00:00"),
            Outcome("slow", 40, 1000, found=True, sentence="slow answers since 12:00:03"),
        ),
        histogram=SimpleNamespace(start=NOON - 600, width=10.0, total=(1,) * 120),
        sampled=False,
        requests=1000,
    )
    return Report(findings, log, 0.41, 1000)


def screen(shown, width=138):
    return ["".join(p.text for p in line) for row in build(shown, width) for line in row.lines]


def test_the_sentence_comes_first_and_then_the_contrast():
    lines = [line for line in screen(read_lines(report())) if line]
    assert lines[0] == "97 % of the failures are x."
    assert "89 % of its requests fail" in lines[1]
    assert "Before the onset it had 3.0 % of all requests" in lines[1]


def test_what_failed_before_says_of_which_requests():
    said = " ".join(screen(read_lines(report())))
    assert "201 failures in all, 8.0 to be expected" in said
    assert "before the onset 0.3 % of the requests named above failed" in said
    everything = part((), sentence="Everything is affected evenly (12 %)")
    said = " ".join(screen(read_lines(report((everything,)))))
    assert "before the onset 0.3 % of all requests failed" in said


def test_what_is_looked_at_is_named_in_full_on_a_small_screen():
    lines = screen(read_lines(report()), 77)
    first = next(line for line in lines if line.startswith(" 1 "))
    assert "/api/checkout × 2026.11.20" in first
    assert "route × release" in first
    assert len(first) <= 77


def test_why_a_change_is_named_is_never_cut():
    why = "13 s before the onset, and it is the failing slice, inside the uncertainty of the onset"
    said = report()
    said.findings.changes = (ranked("first line of release 2026.11.20 (release)", NOON - 13, why),)
    for width in (60, 75, 138):
        lines = screen(read_lines(said), width)
        start = next(n for n, text in enumerate(lines) if "first line of release" in text)
        assert why in " ".join(" ".join(lines[start : start + 4]).split()), width
        assert all(len(text) <= width for text in lines[start : start + 4])


def test_each_row_shows_both_shares_as_bars():
    lines = screen(read_lines(report()))
    first = next(line for line in lines if line.startswith(" 1 "))
    assert "route × release" in first
    assert "/api/checkout × 2026.11.20" in first
    assert first.count("━") > 20
    assert first.split()[-4:] == ["3.0", "%", "32×", "●●●"]
    assert any(line.startswith(" 3 ") and "new" in line for line in lines)


def test_lines_that_do_not_fit_have_the_same_weight():
    lines = screen(read_lines(report()))
    assert any("Lines that show it" in line and "1 of 196" in line for line in lines)
    place = next(n for n, line in enumerate(lines) if "Lines that do not fit" in line)
    assert "2 failures outside: look here before you believe it" in lines[place]
    assert "/api/orders" in lines[place + 1]


@pytest.mark.parametrize("width", [78, 100, 138, 200])
def test_no_line_is_wider_than_the_pane(width):
    assert max(len(line) for line in screen(read_lines(report()), width)) <= width


def test_nothing_known_and_no_incident_say_so():
    assert "Nothing confirmed yet" in "".join(screen(None))
    calm = report()
    calm.findings.main = None
    calm.findings.findings = ()
    said = "No onset in this log: 4 5xx"
    calm.findings.outcomes = (Outcome("5xx", 4, 1000, found=False, sentence=said),)
    assert "No onset in this log: 4 5xx" in "".join(screen(read_lines(calm)))


def test_the_filter_of_a_slice_passes_its_lines_and_no_others():
    text = filter_text(part((("route", "/api/orders/{id}"), ("method", "GET"))))
    chosen = parse_filter(text)
    assert chosen.matches(request(200, "/api/orders/88213"))
    assert not chosen.matches(request(200, "/api/orders"))
    assert not chosen.matches(request(200, "/api/me"))


def test_hostile_values_are_shown_and_harmless():
    nasty = part((("route", "/\x1b[2J[/nope]\u202e"),), sentence="97 % are /x[/nope]: y")
    for line in screen(read_lines(report(boundary=(nasty,)))):
        assert line.isprintable()


class TabApp(App[None]):
    def __init__(self):
        super().__init__()
        self.register_theme(PALETTE.to_textual())
        self.theme = PALETTE.name
        self.tab = BoundaryTab(PALETTE)
        self.posted = []

    def get_theme_variable_defaults(self):
        return {f"wr-{token}": colour for token, colour in PALETTE.colours.items()}

    def compose(self):
        yield self.tab

    def _keep(self, message):
        self.posted.append(message)

    on_pin_requested = on_action_requested = on_notice = _keep
    on_boundary_tab_filter_asked = on_boundary_tab_row_asked = _keep
    on_boundary_tab_questioned = on_boundary_tab_keep_asked = on_time_cursor_moved = _keep


async def at_tab(*keys):
    """The tab after some keys, and what it has posted."""
    app = TabApp()
    async with app.run_test(size=(140, 60)) as pilot:
        await app.tab.set_report(report())
        app.tab.take_focus()
        await settle(pilot)
        for key in keys:
            if callable(key):
                await key(app.tab)
            elif " " in key:
                app.tab.rows.put_cursor(key)
            else:
                await pilot.press(key)
            await settle(pilot)
        return app.tab, app.posted


async def test_its_keys_filter_pin_and_suspect():
    tab, posted = await at_tab("part 0", "enter", "h", "line -2", "P", "enter")
    asked, suspected, pinned, shown = posted
    assert isinstance(asked, BoundaryTab.FilterAsked)
    assert parse_filter(asked.text).query.status == (500, 599)
    assert isinstance(suspected, ActionRequested)
    assert suspected.action == "hypothesis"
    assert isinstance(pinned, PinRequested)
    assert "/api/checkout" in pinned.excerpt.text
    assert (shown.row, shown.log) == (-2, tab.shown.report.log)


def test_a_pair_is_excluded_as_a_whole():
    chosen = parse_filter(exclusion(part((("route", "/api/orders"), ("release", "1.2")))))
    assert not chosen.matches(request(500, "/api/orders", message="rel 1.2"))
    assert chosen.matches(request(500, "/api/orders", message="rel 1.3"))
    assert chosen.matches(request(500, "/api/me", message="rel 1.2"))


def test_a_network_and_a_query_value_can_be_told_from_a_line():
    chosen = parse_filter(filter_text(part((("network /24", "10.0.0.0/24"), ("?sort", "price")))))
    assert chosen.matches(request(500, "/search?sort=price"))
    assert not chosen.matches(request(500, "/search?sort=name"))


def test_changes_messages_and_other_outcomes_stand_below():
    lines = screen(read_lines(report()))
    text = "\n".join(lines)
    assert "◆ 11:59:47 first line of 2026.11.20 (release)  13 s before the onset" in text
    assert text.count("first line of 2026.11.20 (release)") == 1, "a change is named once"
    assert "· 12:01:30 deploy mail  2 min after the onset: cannot be the cause" in text
    assert "196× pool timeout after <n> ms" in text
    assert "first ever in 2026.11.20" in text
    assert "▲ slow answers since 12:00:03" in text


async def test_fields_are_dropped_and_taken_back_and_a_slice_asked_about_alone():
    tab, posted = await at_tab("part 3", "minus", "plus", "part 3", "equals_sign")
    dropped, back, only = (message.question for message in posted)
    assert dropped.without == ("upstream",)
    assert back.without == ()
    assert only.where == (("upstream", "app-3"),)
    assert tab.question == only


async def test_the_window_is_moved_by_keys_and_given_up():
    _, posted = await at_tab("left_square_bracket", "right_curly_bracket", "0")
    first, second, whole = (message.question.window for message in posted)
    assert first == (NOON - 30, NOON + 600)  # a twentieth of the ten minutes since the onset
    assert second[0] == first[0]
    assert second[1] > first[1]
    assert whole is None


async def test_news_about_the_whole_log_ask_the_narrower_question_again():
    async def news(tab):
        await tab.set_report(report())

    tab, posted = await at_tab("part 3", "minus", news)
    assert [message.question for message in posted] == [tab.question] * 2
    assert tab.shown.report.question != tab.question  # the answer has not come yet


async def test_onset_and_boundary_go_into_the_timeline_and_a_change_shows_its_time():
    _, posted = await at_tab("said 0", "P", "change 0", "enter", "group 0", "enter")
    kept, cursor, shown = posted
    assert kept.finding.onset.at == NOON
    assert isinstance(cursor, TimeCursorMoved)
    assert cursor.at == NOON - 13
    assert shown.row == -2
