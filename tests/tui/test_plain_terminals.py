"""Terminals without colour, without glyphs, and themes that change under way."""

from datetime import UTC, timedelta
from pathlib import Path

import pytest
from rich.segment import Segment
from tests.tui.console import Console, console
from tests.tui.fakes import NOW, busy_room, services
from textual.color import Color

from warroom.core.calendars import Calendar
from warroom.core.clocks import Clock, Pace
from warroom.tui.draw import Line, cut
from warroom.tui.filters import ASCII, AsciiGlyphs, PlainColours
from warroom.tui.theme import load_palettes, theme_folder
from warroom.tui.widgets.measure import CLOCK_CELLS, clock, measure

PALETTE = load_palettes()[0]["dark"]
PAGE = Color.parse(PALETTE.colours["bg0"])


def drawn(driver: Console) -> list[Segment]:
    """What is written to the terminal, after the filters."""
    found: list[Segment] = []
    for strip in driver.app.screen._compositor.render_strips():
        segments = list(strip)
        for one in driver.app.get_line_filters():
            segments = one.apply(segments, PAGE)
        found += [segment for segment in segments if segment.text]
    return found


def test_glyphs_keep_their_width() -> None:
    assert all(len(glyph) == len(plain) == 1 and plain.isascii() for glyph, plain in ASCII.items())


async def test_ascii_draws_nothing_but_plain_characters() -> None:
    async with console(busy_room(), ascii_glyphs=True) as driver:
        await driver.press("down")
        await driver.until("in force")
        assert "".join(s.text for s in drawn(driver)).isascii()
        await driver.press("question_mark")
        assert "".join(s.text for s in drawn(driver)).isascii()


def test_a_failure_is_marked_differently_from_the_cursor() -> None:
    glyphs = AsciiGlyphs(PALETTE.colours["s5"])
    line = [Segment("▌", PALETTE.style("s5")), Segment("▌", PALETTE.style("accent"))]
    assert [segment.text for segment in glyphs.apply(line, PAGE)] == ["!", ">"]


async def test_no_color_writes_no_colour_and_keeps_what_needs_a_person(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with console(busy_room()) as driver:
        segments = drawn(driver)
        styles = [segment.style for segment in segments if segment.style is not None]
        assert all(style.color is None or style.color.is_default for style in styles)
        assert all(style.bgcolor is None or style.bgcolor.is_default for style in styles)
        badge = next(s for s in segments if s.text == " P1 ")
        assert badge.style is not None
        assert badge.style.reverse
        title = next(s for s in segments if s.text.startswith("INC-109"))
        assert title.style is not None
        assert not title.style.reverse


async def test_only_the_field_that_has_the_focus_is_marked_without_colour(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with console(busy_room()) as driver:
        driver.main.act("follow-up")
        await driver.until("owner")

        def marked(label: str) -> bool:
            row = next((x for x in driver.text.splitlines() if f" {label}  " in x), "")
            return "▌" in row.partition(label)[2]

        await driver.holds(lambda: marked("what"), "the first field has the focus")
        assert not marked("owner")
        await driver.press("tab", "tab")
        await driver.holds(lambda: marked("owner"), "the third field has the focus")
        assert not marked("what")


def test_the_row_under_the_cursor_is_told_from_a_failure_without_colour() -> None:
    plain = PlainColours(PALETTE.colours["bg0"], PALETTE.colours["bg2"])
    for layer, lined in (("bg2", True), ("bg0", None), ("bg5", None)):
        words, gap = plain.apply(
            [
                Segment("502", PALETTE.style("s5", on=layer)),
                Segment("  ", PALETTE.style("s5", on=layer)),
            ],
            PAGE,
        )
        assert words.style is not None
        assert gap.style is not None
        assert words.style.underline is lined
        assert not gap.style.underline


def test_a_layer_is_no_badge() -> None:
    plain = PlainColours(PALETTE.colours["bg0"], PALETTE.colours["bg2"])
    line = [
        Segment("x", PALETTE.style("text", on=layer))
        for layer in ("bg0", "bg1", "bg2", "bg3", "bg5")
    ]
    assert [s.style.reverse for s in plain.apply(line, PAGE) if s.style] == [None] * 5


async def test_a_theme_file_that_changes_is_drawn_at_once(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    text = (
        (theme_folder() / "dark.toml").read_text("utf-8").replace('name = "dark"', 'name = "own"')
    )
    own.write_text(text, "utf-8")
    given = services(
        busy_room(), palettes=load_palettes(tmp_path)[0], theme="own", theme_folders=(tmp_path,)
    )
    async with console(given=given) as driver:
        own.write_text(text.replace("#79b8f2", "#00ff00"), "utf-8")
        await driver.holds(lambda: driver.app.palette.colours["accent"] == "#00ff00")
        assert driver.main.queue.palette.colours["accent"] == "#00ff00"
        own.write_text(text.replace("#79b8f2", "purplish"), "utf-8")
        await driver.until("'purplish' is not a colour")
        assert driver.app.palette.colours["accent"] == "#00ff00"


# -- drawing ----------------------------------------------------------------------------------


@pytest.mark.parametrize("cells", range(12))
def test_foreign_text_never_takes_more_cells_than_it_may(cells: int) -> None:
    for text in ("plain words here", "漢字漢字漢字", "e\u0301" * 20, "👩‍👩‍👧 x", "\x1b[31mred"):
        line = Line(PALETTE).say(text, "text", cells)
        assert line.width <= cells
        assert line.strip(20).cell_length == 20


def test_what_is_cut_says_so() -> None:
    assert cut("checkout answers", 9) == "checkout…"
    assert cut("checkout", 8) == "checkout"
    assert cut("checkout", 0) == ""


@pytest.mark.parametrize("percent", range(0, 101, 5))
def test_a_measure_is_as_wide_as_it_should_be(percent: int) -> None:
    pieces = measure(percent / 100, 4, PALETTE, "accent")
    assert sum(len(piece.text) for piece in pieces) == 4
    heavy = pieces[0].text.count("━") + 0.5 * pieces[0].text.count("╾")
    assert heavy == pytest.approx(4 * percent / 100, abs=0.26)


def test_a_clock_is_always_twelve_cells() -> None:
    seen = set()
    for minutes in (1, 31, 46, 58, 61, 165, 600, 1499, 3000, 90_000):
        deadline = Clock(name="respond", started=NOW, due=NOW + timedelta(hours=1))
        now = NOW + timedelta(minutes=minutes)
        seen.add(deadline.pace(now))
        pieces = clock(deadline, now, PALETTE)
        assert sum(len(piece.text) for piece in pieces) == CLOCK_CELLS
    assert seen == {Pace.CALM, Pace.HALF, Pace.WARN, Pace.LATE}


def test_a_clock_outside_office_hours_rests_and_says_until_when() -> None:
    day = ((9 * 60, 17 * 60),)
    office = Calendar(zone=UTC, hours=(*[day] * 5, (), ()))
    friday_night = NOW.replace(hour=20)
    deadline = Clock(
        name="respond",
        started=friday_night - timedelta(hours=1),
        due=friday_night + timedelta(days=4),
        allowed=timedelta(hours=8),
        calendar=office,
    )
    assert "".join(s.text for s in clock(deadline, friday_night, PALETTE)) == "zz Mon 09:00"
    monday = friday_night + timedelta(days=2, hours=14)
    assert "zz" not in "".join(s.text for s in clock(deadline, monday, PALETTE))
