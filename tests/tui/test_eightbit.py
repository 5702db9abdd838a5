"""256 colours: a theme keeps its layers, and its words hold on them."""

import pytest
from rich.color import ColorType
from rich.segment import Segment
from rich.style import Style
from tests.hygiene.test_contrast import contrast
from tests.tui.console import console
from tests.tui.fakes import busy_room
from textual.color import Color

from warroom.tui.eightbit import EightBitColours
from warroom.tui.theme import FILLS, Palette, load_palettes

PALETTES = load_palettes()[0]
PAGE = Color.parse("#000000")
LAYERS = ("bg0", "bg1", "bg2", "bg3", "bg5")
WORDS = (
    *("text", "soft", "mute", "accent", "p1", "p2", "p3", "s3", "s4", "s5"),
    *("ok", "warn", "pend"),
)


def drawn(style: Style) -> tuple[Color, Color]:
    (segment,) = EightBitColours().apply([Segment("x", style)], PAGE)
    assert segment.style is not None
    found = []
    for colour in (segment.style.color, segment.style.bgcolor):
        assert colour is not None
        assert colour.type is ColorType.EIGHT_BIT
        assert colour.number is not None
        assert colour.number >= 16
        found.append(Color.from_rich_color(colour))
    return found[0], found[1]


def held(style: Style) -> float:
    words, ground = drawn(style)
    return contrast(words.hex, ground.hex)


@pytest.mark.parametrize("palette", PALETTES.values(), ids=lambda palette: palette.name)
def test_words_hold_on_every_layer_and_badge(palette: Palette) -> None:
    for layer in LAYERS:
        for token in WORDS:
            assert held(palette.style(token, on=layer)) >= 3.6, (token, layer)
    for token in FILLS:
        assert held(palette.style(token, fill=True)) >= 4.5, token


@pytest.mark.parametrize("palette", PALETTES.values(), ids=lambda palette: palette.name)
def test_the_row_under_the_cursor_is_not_the_page_and_no_layer_takes_on_a_hue(
    palette: Palette,
) -> None:
    (_, page), (_, row) = (drawn(palette.style("text", on=layer)) for layer in ("bg0", "bg2"))
    assert page != row
    for layer in LAYERS:
        wanted = Color.parse(palette.colours[layer])
        _, ground = drawn(palette.style("text", on=layer))
        assert abs(wanted.brightness - ground.brightness) < 0.11, layer


async def test_the_console_draws_in_them_on_a_terminal_that_has_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    async with console(busy_room()) as driver:
        monkeypatch.setattr(type(driver.app.console), "color_system", "256")
        monkeypatch.setattr(type(driver.app), "is_headless", False)
        (found,) = driver.app.get_line_filters()
        assert isinstance(found, EightBitColours)
        monkeypatch.undo()
