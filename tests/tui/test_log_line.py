"""One entry as one row: columns in order of worth, harmless text, marks that need no colour."""

import re

import pytest
from tests.tui.log_kit import PALETTE, request

from warroom.logs.protocol import Entry
from warroom.tui.widgets.ink import Ink
from warroom.tui.widgets.log_line import HEAD, Look, Shape, columns, draw, height, wrapped

INK = Ink(PALETTE)
SHAPE = Shape(duration=True, who=8, detail=True)


def drawn(entry, width=110, look=Look()):
    return draw(entry, columns(width, SHAPE), INK, look)


def test_status_stands_in_a_fixed_column_after_the_time():
    text = drawn(request(502, "/api/checkout", second=131)).text
    assert text[2:10] == "12:02:11"
    assert text[11:14] == "502"


@pytest.mark.parametrize(("status", "mark"), [(502, "▌"), (404, "▏"), (200, " "), (304, " ")])
def test_the_gutter_marks_failures_without_colour(status, mark):
    assert drawn(request(status)).text[0] == mark


def test_an_error_by_level_is_marked_like_a_5xx():
    entry = Entry(row=0, source="a", offset=0, raw=b"x", level="error", message="boom")
    text = drawn(entry).text
    assert text[0] == "▌"
    assert "ERR boom" in text


def test_the_cursor_on_a_failure_keeps_the_red_gutter():
    cursor = Look(cursor=True, focused=True)
    red = next(iter(drawn(request(502), look=cursor)))
    assert (red.text, red.style.color.name) == ("▌", PALETTE.colours["s5"])
    assert (
        next(iter(drawn(request(200), look=cursor))).style.color.name == PALETTE.colours["accent"]
    )


def test_a_pinned_line_keeps_both_marks():
    assert drawn(request(502), look=Look(pinned=True)).text[:2] == "▌◇"


def test_fields_go_in_the_order_detail_upstream_milliseconds_method():
    entry = request(502, "/p", message="reset")
    seen = [
        [word for word in ("GET", "12 ms", "app-1", "reset") if word in drawn(entry, width).text]
        for width in (110, 80, 60, 45, 30)
    ]
    assert seen == [
        ["GET", "12 ms", "app-1", "reset"],
        ["GET", "12 ms", "app-1"],
        ["GET", "12 ms"],
        ["GET"],
        [],
    ]
    assert all("502" in drawn(entry, width).text for width in (110, 80, 60, 45, 30, 16))


@pytest.mark.parametrize("width", [16, 30, 45, 60, 80, 110, 200])
def test_every_row_is_exactly_as_wide_as_asked(width):
    for path in ("/p", "/" + "x" * 300, "/日本語" * 40):
        assert drawn(request(502, path, message="m" * 200), width).cell_length == width


HOSTILE = [
    "\x1b[2J",
    "\x1b]52;c;eA==\x07",
    "\x9b31m",
    "a\rb",
    "\u202eabc",
    "[/nope]",
    "[@click=app.quit]x[/]",
    "\x00",
    "e" + "\u0301" * 50,
]


@pytest.mark.parametrize("payload", HOSTILE)
def test_nothing_in_a_line_can_control_the_terminal(payload):
    entry = request(
        502, f"/{payload}", message=payload, upstream=payload, release=payload, method=payload
    )
    for look in (Look(), Look(raw=True), Look(x=8)):
        shown = drawn(entry, look=look).text
        assert shown.isprintable()
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x80-\x9f]", shown)
    assert all(
        strip.text.isprintable() for strip in wrapped(entry, columns(60, SHAPE), INK, Look())
    )


def test_markup_in_a_line_is_shown_as_it_is():
    assert "[ERROR] [/nope]" in drawn(request(502, "/p", message="[ERROR] [/nope]")).text


def test_secrets_are_not_drawn():
    entry = request(500, "/login?token=abcdef123456")
    for look in (Look(), Look(raw=True)):
        assert "abcdef123456" not in drawn(entry, look=look).text


def test_a_gap_is_a_row_of_its_own():
    gap = Entry(row=1, source="web-1", offset=-1, raw=b"", gap="web-1 rotated, 0 lines lost")
    assert drawn(gap).text.strip().startswith("▪ web-1 rotated, 0 lines lost")


def test_scrolling_sideways_leaves_time_and_status_in_place():
    entry = request(502, "/" + "abcdefgh" * 20)
    shifted = drawn(entry, look=Look(x=16))
    assert shifted.text[:HEAD] == drawn(entry).text[:HEAD]
    assert shifted.text[HEAD:] != drawn(entry).text[HEAD:]


def test_a_match_is_marked_and_a_match_that_is_not_drawn_says_so():
    entry = request(200, "/api/me", second=1)
    fill = PALETTE.colours["accent"]
    marked = [
        s.text
        for s in drawn(entry, look=Look(pattern=re.compile("api")))
        if s.style.bgcolor and s.style.bgcolor.name == fill
    ]
    assert marked == ["api"]
    assert drawn(entry, look=Look(pattern=re.compile("HTTP/1.1"))).text[1] == "/"


def test_a_wrapped_row_holds_everything_and_its_height_is_known():
    entry = request(502, "/" + "x" * 200, message="upstream reset")
    cols = columns(60, SHAPE)
    strips = wrapped(entry, cols, INK, Look())
    assert len(strips) == height(entry, cols, raw=False)
    assert "x" * 200 in "".join(strip.text[HEAD:].rstrip() for strip in strips)
    assert all(strip.cell_length == 60 for strip in strips)


def test_the_shape_only_grows():
    shape = Shape().grown(request())
    assert shape == Shape(duration=True, who=8, detail=False, source="web-1")
    plain = Entry(row=0, source="web-1", offset=0, raw=b"x")
    assert shape.grown(plain) == shape


def test_lines_of_several_sources_name_theirs():
    other = Entry(row=0, source="api.jsonl", offset=0, raw=b"boom", level="error", message="boom")
    shape = Shape().grown(request()).grown(other)
    cols = columns(110, shape)
    assert draw(other, cols, INK, Look()).text[HEAD:].startswith("api.jsonl  boom")
    assert draw(request(), cols, INK, Look()).text[HEAD:].startswith("web-1      GET")


def test_a_match_is_told_from_what_is_dimmed_without_colour():
    entry = request(502, "/api/checkout", second=131)
    dimmed, match = drawn(entry, look=Look(dim=True)).text, drawn(entry, look=Look(hit=True)).text
    assert dimmed[2:14] == "12:02:11 502"
    assert match[2:14] == "12:02:11▸502"
    assert dimmed[14:] == match[14:]


def test_a_line_that_goes_on_beyond_the_edge_says_so():
    long = Entry(row=0, source="a", offset=0, raw=b"x" * 200)
    assert drawn(long).text[-2:] == "x…"
    assert "…" not in drawn(long, look=Look(x=150)).text
    exact = Entry(row=0, source="a", offset=0, raw=b"x" * (110 - HEAD))
    assert drawn(exact).text[-2:] == "xx"
    wide = Entry(row=0, source="a", offset=0, raw=("漢" * 100).encode())
    assert len(drawn(wide).text) < drawn(wide).cell_length == 110
    assert drawn(wide).text.rstrip()[-1] == "…"
    assert "…" not in drawn(request(502, release="2026.11.20")).text


def test_a_faint_line_can_be_read_under_the_cursor_and_beside_it():
    for cursor in (True, False):
        row = drawn(request(), look=Look(dim=True, cursor=cursor))
        said = [part for part in row if part.text.strip() not in ("", "▎")]
        assert {part.style.color.name for part in said} == {PALETTE.colours["mute"]}
