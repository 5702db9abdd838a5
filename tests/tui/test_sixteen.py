"""Sixteen colours: what is told apart by colour still is, in every theme."""

import pytest
from rich.color import Color as Colour
from rich.color import ColorType
from rich.segment import Segment
from rich.style import Style
from tests.hygiene.test_contrast import contrast
from tests.tui.console import console
from tests.tui.fakes import busy_room
from textual.color import Color

from warroom.tui.sixteen import SixteenColours
from warroom.tui.theme import FILLS, Palette, load_palettes

PALETTES = load_palettes()[0]
PAGE = Color.parse("#000000")


def drawn(palette: Palette, token: str, **more: object) -> tuple[str, str]:
    style = palette.style(token, **more)
    (segment,) = SixteenColours(palette).apply([Segment("x", style)], PAGE)
    assert segment.style is not None
    words, ground = segment.style.color, segment.style.bgcolor
    assert words is not None
    return words.name, ground.name if ground is not None else ""


@pytest.mark.parametrize("name", sorted(PALETTES))
def test_keys_failures_warnings_and_successes_have_colours_of_their_own(name: str) -> None:
    palette = PALETTES[name]
    tokens = ("accent", "s5", "warn", "text", *(("ok", "pend") if palette.dark else ()))
    told = [drawn(palette, token)[0] for token in tokens]
    assert len(set(told)) == len(told)
    assert drawn(palette, "ok")[0] not in {drawn(palette, t)[0] for t in ("s5", "warn", "text")}
    assert drawn(palette, "pend")[0] not in {drawn(palette, t)[0] for t in ("s5", "ok", "text")}
    assert drawn(palette, "p1")[0] != drawn(palette, "p2")[0]
    assert drawn(palette, "p2")[0] != drawn(palette, "p3")[0]


XTERM = (
    *("000000", "cd0000", "00cd00", "cdcd00", "0000ee", "cd00cd", "00cdcd", "e5e5e5"),
    *("7f7f7f", "ff0000", "00ff00", "ffff00", "5c5cff", "ff00ff", "00ffff", "ffffff"),
)
VGA = (
    *("000000", "aa0000", "00aa00", "aa5500", "0000aa", "aa00aa", "00aaaa", "aaaaaa"),
    *("555555", "ff5555", "55ff55", "ffff55", "5555ff", "ff55ff", "55ffff", "ffffff"),
)


@pytest.mark.parametrize("terminal", [XTERM, VGA], ids=["xterm", "vga"])
@pytest.mark.parametrize("name", sorted(PALETTES))
def test_words_hold_on_the_page_and_on_the_row_under_the_cursor(
    name: str, terminal: tuple[str, ...]
) -> None:
    palette = PALETTES[name]
    for token in ("text", "soft", "mute", "accent", "s4", "s5", "ok", "warn", "pend", "p2", "p3"):
        for layer, least in (("bg0", 4.0), ("bg2", 3.3)):
            words, ground = drawn(palette, token, on=layer)
            held = contrast(
                *("#" + terminal[Colour.parse(one).number or 0] for one in (words, ground))
            )
            assert held >= least, (token, layer, words, ground, held)


@pytest.mark.parametrize("name", sorted(PALETTES))
def test_a_mark_keeps_its_colour_under_the_cursor_and_a_page_behind_fades(name: str) -> None:
    palette = PALETTES[name]
    own = drawn(palette, "s5")[0]
    for text, kept in (("▌", True), ("502", palette.dark is False)):
        (segment,) = SixteenColours(palette).apply(
            [Segment(text, palette.style("s5", on="bg2"))], PAGE
        )
        assert segment.style is not None
        assert segment.style.color is not None
        assert (segment.style.color.name == own) is kept
    mixed = Color.parse(palette.colours["text"]).blend(Color.parse(palette.colours["bg0"]), 0.62)
    rounded = Color.parse(palette.colours["text"])
    rounded = Color(rounded.r - 1 if rounded.r else 1, rounded.g, rounded.b)
    for colour, name_ in ((mixed, "bright_black"), (rounded, drawn(palette, "text")[0])):
        style = Style(color=colour.rich_color, bgcolor=palette.colours["bg0"])
        (segment,) = SixteenColours(palette).apply([Segment("x", style)], PAGE)
        assert segment.style is not None
        assert segment.style.color is not None
        assert segment.style.color.name == name_


@pytest.mark.parametrize("name", sorted(PALETTES))
def test_no_words_have_the_colour_of_what_they_stand_on(name: str) -> None:
    palette = PALETTES[name]
    for token in ("text", "soft", "mute", "accent", "s4", "s5", "ok", "warn", "pend", "p2", "p3"):
        for layer in ("bg0", "bg1", "bg2", "bg3", "bg5"):
            words, ground = drawn(palette, token, on=layer)
            assert words != ground, (token, layer)
    for token in FILLS:
        words, ground = drawn(palette, token, fill=True)
        assert words == ("black" if palette.dark else "bright_white")
        assert ground != words


async def test_the_console_draws_nothing_but_the_sixteen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    async with console(busy_room()) as driver:
        with monkeypatch.context() as patch:
            patch.setattr(type(driver.app.console), "color_system", "standard")
            shown = driver.app.get_line_filters()
            assert not any(isinstance(one, SixteenColours) for one in shown)  # a picture
            patch.setattr(type(driver.app), "is_headless", False)
            filters = driver.app.get_line_filters()
            assert filters == driver.app.get_line_filters()
            for strip in driver.app.screen._compositor.render_strips():
                segments = list(strip)
                for one in filters:
                    segments = one.apply(segments, PAGE)
                used = [c for s in segments if s.style for c in (s.style.color, s.style.bgcolor)]
                assert all(c is None or c.type is not ColorType.TRUECOLOR for c in used)
            driver.app.use_theme("light")
            (light,) = driver.app.get_line_filters()
            assert light is driver.app.get_line_filters()[0]
            assert light.palette.name == "light"
