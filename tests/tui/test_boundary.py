"""The boundary tab: the sentence, the bars, the lines for and against, and its keys."""

from types import SimpleNamespace

import pytest
from tests.tui.log_kit import NOON, PALETTE, FakeLog, request, settle
from textual.app import App

from warroom.tui.messages import ActionRequested, PinRequested
from warroom.tui.panes.boundary import BoundaryTab
from warroom.tui.panes.boundary_rows import build, filter_text, read_lines
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
        main=main, notes=("No before",), changes=(), outcomes=(), requests=1000
    )
    return Report(findings, log, 0.41, 1000)


def screen(shown, width=138):
    return ["".join(p.text for p in line) for row in build(shown, width) for line in row.lines]


def test_the_sentence_comes_first_and_then_the_contrast():
    lines = [line for line in screen(read_lines(report())) if line]
    assert lines[0] == "97 % of the failures are x."
    assert "89 % of its requests fail" in lines[1]
    assert "Before the onset it had 3.0 % of all requests" in lines[1]


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
    calm.findings.outcomes = (SimpleNamespace(sentence="No onset in this log: 4 5xx"),)
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


async def test_its_keys_filter_pin_and_suspect():
    app = TabApp()
    async with app.run_test(size=(140, 40)) as pilot:
        await app.tab.set_report(report())
        app.tab.take_focus()
        await settle(pilot)
        await pilot.press("enter", "h")
        await settle(pilot)
        asked = app.posted[0]
        assert isinstance(asked, BoundaryTab.FilterAsked)
        assert parse_filter(asked.text).query.status == (500, 599)
        assert isinstance(app.posted[1], ActionRequested)
        assert app.posted[1].action == "hypothesis"
        await pilot.press("down", "down", "down", "down", "P", "enter")
        await settle(pilot)
        pinned, shown = app.posted[2:]
        assert isinstance(pinned, PinRequested)
        assert "/api/checkout" in pinned.excerpt.text
        assert (shown.row, shown.log) == (-2, app.tab.shown.report.log)
