"""The entry in full: JSON as JSON, secrets hidden, the stack with libraries folded."""

import json
from dataclasses import replace

from tests.tui.log_kit import PALETTE, request
from textual.app import App

from warroom.logs.protocol import Entry
from warroom.tui.widgets.entry import EntryView, field_rows, stack_lines, stack_rows
from warroom.tui.widgets.ink import Ink

INK = Ink(PALETTE)
STACK = """Traceback (most recent call last):
  File "checkout/api.py", line 88, in post
    quote = gateway.quote(cart)
  File "/usr/lib/python3.11/site-packages/lib/x.py", line 2, in y
    z()
  File "checkout/gateway.py", line 41, in quote
    code = currency.upper()
AttributeError: 'NoneType' object has no attribute 'upper'"""


def json_entry(**values):
    return Entry(row=0, source="api", offset=7, raw=json.dumps(values).encode(), fields={})


def text(rows):
    return "\n".join("".join(segment.text for segment in row) for row in rows)


def colour_of(rows, wanted):
    return next(s.style.color.name for row in rows for s in row if wanted in s.text)


def test_json_is_laid_out_and_coloured():
    rows = field_rows(json_entry(status=502, route="/api", ok=None), 34, INK)
    assert text(rows).split("\n") == ['{"status": 502,  "route": "/api",', ' "ok": null}']
    assert colour_of(rows, '"route"') == PALETTE.colours["accent"]
    assert colour_of(rows, '"/api"') == PALETTE.colours["ok"]
    assert colour_of(rows, "502") == PALETTE.colours["s4"]


def test_secrets_are_hidden_by_name_and_by_shape():
    entry = json_entry(
        authorization="Bearer abcdefgh",
        nested={"password": "hunter22"},
        url="postgres://u:geheim@db/x",
    )
    shown = text(field_rows(entry, 80, INK))
    assert "abcdefgh" not in shown
    assert "hunter22" not in shown
    assert "geheim" not in shown
    assert shown.count("•••• redacted") == 2


def test_other_formats_are_names_and_values_the_important_ones_first():
    entry = replace(request(502), fields={"client": "10.0.0.1", "status": "502", "size": "9"})
    names = [line.split()[0] for line in text(field_rows(entry, 60, INK)).split("\n")]
    assert names == ["time", "status", "duration", "client", "size"]


def test_the_stack_is_found_in_a_field_and_in_the_lines_below():
    assert stack_lines(json_entry(stack=STACK)) == STACK.split("\n")
    raw = Entry(row=0, source="a", offset=0, raw=b"ERROR boom\n" + STACK.encode())
    assert stack_lines(raw) == STACK.split("\n")
    assert stack_lines(request()) == []


def test_frames_of_libraries_fold_and_open():
    entry = json_entry(stack=STACK)
    folded = text(stack_rows(entry, 80, INK, unfolded=False))
    assert "site-packages" not in folded
    assert "z()" not in folded
    assert "gateway.py" in folded
    assert "1 frame of a library folded, space opens" in folded
    assert "site-packages" in text(stack_rows(entry, 80, INK, unfolded=True))


def test_the_name_of_the_exception_stands_out():
    rows = stack_rows(json_entry(stack=STACK), 80, INK, unfolded=False)
    assert colour_of(rows, "AttributeError") == PALETTE.colours["s5"]


def test_nothing_in_an_entry_can_control_the_terminal():
    entry = json_entry(
        a="\x1b[2J", b="\u202e", **{"\x1b]0;x\x07": 1}, stack="Traceback\n\x1b[31m x\n y\x9b"
    )
    rows = field_rows(entry, 40, INK) + stack_rows(entry, 40, INK, unfolded=True)
    assert all(line.isprintable() for line in text(rows).split("\n"))
    plain = replace(request(), fields={"\x1b[2J": "\x9b31m\u202e"})
    assert all(line.isprintable() for line in text(field_rows(plain, 40, INK)).split("\n"))


def test_long_values_go_on_below_and_nothing_is_lost():
    rows = field_rows(json_entry(message="x" * 200), 40, INK)
    assert all(sum(s.cell_length for s in row) <= 40 for row in rows)
    assert text(rows).count("x") == 200


async def drawn(entry, width, height):
    """What an entry view of that size shows."""

    class Shown(App[None]):
        def compose(self):
            view = EntryView(PALETTE)
            view.styles.display, view.styles.height = "block", height
            view.show(entry, pinned=False)
            yield view

    app = Shown()
    async with app.run_test(size=(width, height)) as pilot:
        await pilot.pause()
        view = app.query_one(EntryView)
        return [view.render_line(y).text for y in range(height)]


async def test_a_low_view_shows_the_fields_that_come_first_not_the_middle_of_the_list():
    fields = {name: name.upper() for name in ("client", "size", "agent", "zone", "cache", "tls")}
    entry = replace(request(502), fields={"status": "502", "release": "r7", **fields})
    for width in (110, 152):
        lines = await drawn(entry, width, 5)
        seen = "\n".join(lines)
        assert all(word in seen for word in ("time", "status", "12 ms", "r7", "CLIENT"))
        assert {len(line) for line in lines} == {width}
    assert "TLS" in "\n".join(await drawn(entry, 152, 5))


async def test_without_an_entry_the_view_says_what_it_is_for():
    head, said, *_ = await drawn(None, 120, 5)
    assert "──  ──" not in head
    assert "newest 5xx" in said
