"""The cursor of a list stands on a row, not on a place."""

from textual.app import App, ComposeResult

from warroom.tui.theme import load_palettes
from warroom.tui.widgets.picklist import PickList, Row

PALETTE = load_palettes()[0]["dark"]


class Kit(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.rows = PickList(PALETTE)
        self.told: list[str] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return {f"wr-{token}": colour for token, colour in PALETTE.colours.items()}

    def compose(self) -> ComposeResult:
        yield self.rows

    def on_pick_list_moved(self, event: PickList.Moved) -> None:
        self.told.append(event.key)


def rows(names: str) -> list[Row]:
    return [
        Row(name.strip("-"), 2, lambda line, n, _w, name=name: line.put(f"{name}{n}"))
        for name in names.split()
    ]


async def test_the_cursor_follows_its_row() -> None:
    app = Kit()
    async with app.run_test(size=(20, 10)) as pilot:
        app.rows.focus()
        app.rows.show(rows("a b c d"))
        assert app.rows.cursor == "a"
        await pilot.press("down", "down")
        assert app.rows.cursor == "c"
        app.rows.show(rows("c x y a b d"))
        assert app.rows.cursor == "c"
        app.rows.show(rows("x y a b d"))
        assert app.rows.cursor == "x"  # what stood where it had stood
        app.rows.show([])
        assert app.rows.cursor == ""
        assert app.told == ["b", "c"]


async def test_the_cursor_is_always_in_sight() -> None:
    app = Kit()
    async with app.run_test(size=(20, 6)) as pilot:
        app.rows.focus()
        app.rows.show(rows(" ".join(map(str, range(50)))))
        await pilot.pause()
        for keys in (["G"], ["g"], ["pagedown", "pagedown"], ["down"] * 7, ["pageup"], ["up"] * 3):
            await pilot.press(*keys)
            await pilot.pause()
            top = app.rows.scroll_offset.y
            place = 2 * int(app.rows.cursor)
            assert top <= place
            assert place + 1 < top + 6
        await pilot.press("G")
        assert app.rows.cursor == "49"


async def test_a_heading_is_passed_over() -> None:
    app = Kit()
    async with app.run_test(size=(20, 10)) as pilot:
        app.rows.focus()
        heading = Row("", 1, lambda line, _n, _w: line.put("heading"))
        app.rows.show([heading, *rows("a"), heading, *rows("b")])
        assert app.rows.cursor == "a"
        await pilot.press("down")
        assert app.rows.cursor == "b"
        await pilot.press("up", "up", "up")
        assert app.rows.cursor == "a"


async def test_no_text_stands_beside_the_scrollbar() -> None:
    app = Kit()
    async with app.run_test(size=(20, 6)) as pilot:
        full = [
            Row(f"{n}", 1, lambda line, _n, width: line.to(width - 2).put("x")) for n in range(50)
        ]
        for rows, place in ((full, 17), (full[:3], 18)):
            app.rows.show(rows)
            await pilot.pause()
            row = "".join(segment.text for segment in app.rows.render_line(0))
            assert row.index("x") == place
            assert app.rows.show_vertical_scrollbar is (place == 17)
