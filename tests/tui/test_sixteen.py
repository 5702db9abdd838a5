"""Sixteen colours: what is told apart by colour still is, in every theme."""

import pytest
from rich.color import ColorType
from rich.segment import Segment
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
    told = [drawn(palette, token)[0] for token in ("accent", "s5", "warn", "ok", "pend", "text")]
    assert len(set(told)) == len(told)
    assert drawn(palette, "p1")[0] != drawn(palette, "p2")[0]
    assert drawn(palette, "p2")[0] != drawn(palette, "p3")[0]


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
            assert light.palette.name == "light"
