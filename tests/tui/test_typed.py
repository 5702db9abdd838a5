"""A paste is text, whatever is in it and however it arrives."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.hostile import FORBIDDEN, PAYLOADS
from tests.tui.console import console
from tests.tui.fakes import busy_room
from tests.tui.log_kit import PALETTE
from textual import events
from textual._xterm_parser import XTermParser
from textual.app import App, ComposeResult
from textual.widgets.input import Selection

from warroom.tui.screens.palette import PaletteScreen
from warroom.tui.typed import PasteGuard
from warroom.tui.widgets.words import WordsInput

PASTED = "one\x1b[A two\x1bR \x1b\x1bq three\x1b]52;c;AAAA\x07\x1b"
TYPED = f"a\x1b[B\x1b[200~{PASTED}\x1b[201~R\x1b"


def pieces(text: str, cuts: list[int]) -> list[str]:
    places = sorted({cut % (len(text) + 1) for cut in cuts} | {0, len(text)})
    return [text[a:b] for a, b in pairwise(places)]


@given(st.lists(st.integers(0, 200), max_size=30))
def test_escapes_leave_the_paste_and_nothing_else_changes(cuts: list[int]) -> None:
    guard = PasteGuard()
    read = "".join(guard.clean(piece) for piece in pieces(TYPED, cuts))
    assert read == TYPED.replace(PASTED, PASTED.replace("\x1b", ""))


@given(st.text(alphabet="\x1b[20~1aR", max_size=60))
def test_what_is_typed_is_never_held_back(text: str) -> None:
    guard = PasteGuard()
    before_any_paste = text.partition("\x1b[200~")[0]
    assert "".join(guard.clean(one) for one in before_any_paste) == before_any_paste


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_the_framework_inserts_the_paste_and_presses_only_what_was_typed(size: int) -> None:
    guard, parser = PasteGuard(), XTermParser()
    found = []
    for start in range(0, len(TYPED) - 1, size):
        text = guard.clean(TYPED[:-1][start : start + size])
        found += parser.feed(text) if text else ()
    pasted = [one.text for one in found if isinstance(one, events.Paste)]
    keys = [one.key for one in found if isinstance(one, events.Key)]
    assert pasted == [PASTED.replace("\x1b", "")]
    assert keys[0] == "a"
    assert keys[-1] == "R"
    assert set(keys) <= {"a", "down", "R"}


class Asking(App[None]):
    """One row to type in."""

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return {f"wr-{token}": colour for token, colour in PALETTE.colours.items()}

    def compose(self) -> ComposeResult:
        yield WordsInput(compact=True)


async def test_a_row_of_words_holds_nothing_that_a_terminal_would_obey() -> None:
    async with Asking().run_test() as pilot:
        words = pilot.app.query_one(WordsInput)
        for payload in PAYLOADS:
            words.value = "a"
            words.post_message(events.Paste(f"{payload}\nb"))
            await pilot.pause()
            assert not FORBIDDEN.search(words.value)
            assert "a" in words.value
            words.value = payload
            assert not FORBIDDEN.search(words.value)


async def test_a_paste_replaces_what_is_selected_and_keeps_its_blanks() -> None:
    async with Asking().run_test() as pilot:
        words = pilot.app.query_one(WordsInput)
        words.value = "one two three"
        words.selection = Selection(4, 7)
        words.post_message(events.Paste("a  b\nc\n"))
        await pilot.pause()
        assert words.value == "one a  b c three"
        assert words.cursor_position == 10


async def test_what_an_empty_row_asks_for_is_legible() -> None:
    async with console(busy_room()) as driver:
        await driver.press("colon")
        await driver.holds(lambda: isinstance(driver.app.screen, PaletteScreen))
        row = driver.app.screen.query_one(WordsInput)
        hint = row.get_component_rich_style("input--placeholder")
        assert hint.color is not None
        assert hint.color.name == driver.app.palette.colours["mute"]
