"""The chart: shares and volume on one axis, marks where they belong, silence left blank."""

from dataclasses import replace

import pytest
from tests.tui.log_kit import NOON, PALETTE

from warroom.tui.snapshot import LogFacts
from warroom.tui.widgets.axis import Mark
from warroom.tui.widgets.chart import Bars, ChartState, draw_chart, percent, plot_width
from warroom.tui.widgets.ink import Ink

INK = Ink(PALETTE)


def drawn(state, width=110, height=4):
    return [
        "".join(segment.text for segment in row) for row in draw_chart(state, width, height, INK)
    ]


def bars(total=(100,) * 90, failed=(0,) * 90, width=10.0):
    return Bars(NOON, width, tuple(total), tuple(failed))


def failing(low, high, share=38):
    return bars(failed=[share if low <= n < high else 0 for n in range(90)])


def test_failures_stand_where_and_as_high_as_they_were():
    rows = drawn(ChartState(failing(45, 55)))
    plot = [row[8 : 8 + plot_width(110)] for row in rows]
    assert plot[0][45:55] == "█" * 10
    assert set(plot[0][:45]) == {" "}
    assert plot[1][:45] == "▁" * 45
    assert set(plot[2]) == {"█"}


def test_few_failures_are_no_tower():
    plot = drawn(ChartState(failing(45, 46, share=1)))[0][8:98]
    assert plot == " " * 90


def test_a_bucket_without_lines_is_a_hole_not_a_zero():
    total = [0 if 20 <= n < 30 else 100 for n in range(90)]
    rows = drawn(ChartState(bars(total=total)))
    assert rows[1][28:38] == " " * 10
    assert rows[2][28:38] == " " * 10
    assert rows[1][27] == "▁"


def test_the_onset_and_the_change_before_it_stand_side_by_side():
    onset = Mark(NOON + 450, "▲", "s5", "12:07:30 onset")
    change = Mark(NOON + 445, "◆", "p2")
    axis = drawn(ChartState(failing(45, 55), marks=(onset, change)))[3]
    assert "12:07:30 onset ◆▲" in axis
    assert axis.index("▲") == 8 + 45


def test_the_flag_of_the_cursor_goes_before_labels_but_the_signs_stay():
    onset = Mark(NOON + 450, "▲", "s5", "12:07:30 onset")
    axis = drawn(ChartState(failing(45, 55), marks=(onset,), cursor=NOON + 400))[3]
    assert " 12:06:40 " in axis
    assert "▲" in axis


def test_the_flag_of_the_cursor_hides_neither_the_onset_nor_the_change_before_it():
    onset = Mark(NOON + 815, "▲", "s5", "12:13:35 onset")
    change = Mark(NOON + 805, "◆", "p2")
    axis = drawn(ChartState(bars(), marks=(onset, change), cursor=NOON + 890))[3]
    assert "12:13:35 onset ◆▲" in axis
    assert " 12:14:50 " in axis


def test_the_flag_stays_on_the_axis_at_its_edges():
    for at in (NOON, NOON + 899):
        axis = drawn(ChartState(bars(), cursor=at))[3]
        assert f" {'12:00:00' if at == NOON else '12:14:59'} " in axis


def test_a_foreign_label_cannot_break_the_axis():
    mark = Mark(NOON + 450, "●", "ok", "\x1b[2Jflag\u202e off")
    axis = drawn(ChartState(bars(), marks=(mark,)))[3]
    assert axis.isprintable()


def test_one_row_shows_the_share_alone():
    (row,) = drawn(ChartState(failing(45, 55), facts=LogFacts(share_now=(4, 1000))), height=1)
    assert "5xx %" in row
    assert "0.4 %" in row
    assert "█" in row


def test_the_labels_at_the_right_say_now_peak_and_volume():
    facts = LogFacts(share_now=(4, 1200), peak=(38, 100))
    rows = drawn(ChartState(failing(45, 55), facts=facts))
    assert [row[8 + 90 :].strip() for row in rows] == ["0.3 %", "peak 38.0", "20/s", "12:15 now"]


def test_the_last_bucket_is_not_a_drop_because_it_has_just_begun():
    half = Bars(NOON, 10.0, (100,) * 89 + (50,), (0,) * 90, last=0.5)
    assert drawn(ChartState(half))[2][97] == "█"


@pytest.mark.parametrize("width", [10, 20, 40, 79, 80, 110, 200])
@pytest.mark.parametrize("height", [1, 2, 3, 4, 7])
def test_no_row_is_wider_than_the_pane(width, height):
    for row in drawn(ChartState(failing(45, 55), cursor=NOON + 5), width, height):
        assert len(row) <= width + 4 if width < 40 else len(row) <= width


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [(0, 0, "—"), (0, 10, "0 %"), (1, 100_000, "<0.1 %"), (382, 1000, "38.2 %")],
)
def test_shares_are_written_as_everywhere(part, whole, said):
    assert percent(part, whole) == said


def test_the_right_edge_of_a_log_that_has_ended_is_not_now():
    facts = LogFacts(share_now=(0, 100), peak=(38, 100))
    for width in (110, 70):
        axis = drawn(ChartState(bars(), facts, edge="last"), width)[3]
        assert "now" not in axis
        assert "12:15" in axis
    rows = draw_chart(ChartState(bars(), facts, edge="last"), 110, 4, INK)
    share = next(part for part in rows[0] if part.text == " 0 %")
    assert share.style.color.name == PALETTE.colours["warn"]  # silence is not recovery


def test_a_log_without_times_says_why_nothing_is_drawn():
    rows = drawn(ChartState(nothing="no line of this log has a time"))
    assert "5xx % no line of this log has a time" in rows[0]


def test_a_mark_without_room_for_its_label_keeps_the_short_one():
    over = Mark(NOON + 500, "✓", "ok", "12:08:20 over", "over")
    flag = Mark(NOON + 520, "●", "ok", "new-cart off 12:08:40", "new-cart off")
    change = Mark(NOON + 710, "◆", "p2")
    axis = drawn(ChartState(bars(), marks=(over, change, flag)))[3]
    assert "● new-cart off ◆" in axis.replace("┄", "")


def test_labels_of_signs_that_are_near_stand_behind_the_last_of_them_in_their_order():
    onset = Mark(NOON + 450, "▲", "s5", "12:07:30 onset")
    flag = Mark(NOON + 470, "●", "ok", "new-cart off 12:07:50", "new-cart off")
    over = Mark(NOON + 480, "✓", "ok", "12:08:00 over", "over")
    axis = drawn(ChartState(bars(), marks=(onset, over, flag)), 90)[3]
    assert "12:07:30 onset ▲┄●✓ new-cart off  over ┄" in axis
    wide = drawn(ChartState(bars(), marks=(onset, over, flag)), 160)[3]
    assert "●✓ new-cart off 12:07:50  12:08:00 over ┄" in wide
    early = [Mark(NOON + 20 * n, *rest) for n, rest in enumerate((("▲", "s5", "on"), ("◆", "p2")))]
    assert "▲┄◆ on ┄" in drawn(ChartState(bars(), marks=tuple(early)))[3]
    late = Mark(NOON + 860, "▲", "s5", "onset")
    first = Mark(NOON + 100, "◆", "p2")
    blocked = Mark(NOON + 840, "●", "ok", "off")
    axis = drawn(ChartState(bars(), marks=(late, first, blocked)))[3]
    assert "onset" not in axis[: axis.index("▲")]


def test_no_label_stands_behind_a_sign_that_it_does_not_tell_of():
    over = Mark(NOON + 500, "✓", "ok", "12:08:20 over", "over")
    flag = Mark(NOON + 520, "●", "ok", "new-cart off 12:08:40", "new-cart off")
    change = Mark(NOON + 600, "◆", "p2")
    axis = drawn(ChartState(bars(), marks=(over, change, flag)))[3]
    assert "off" not in axis[axis.index("◆") :]
    assert "over" not in axis[axis.index("◆") :]
    assert " 12:08:20 over ✓●┄" in axis[: axis.index("◆")]
    near = drawn(ChartState(bars(), marks=(over, replace(change, at=NOON + 680), flag)))[3]
    assert "12:08:20 over ✓" in near
    assert "● new-cart off ◆" in near.replace("┄", "")


def test_what_is_now_is_never_worse_than_the_peak():
    facts = LogFacts(share_now=(77, 100))
    assert "peak 77.0" in drawn(ChartState(failing(45, 55, share=38), facts))[1]
    assert "peak 38.0" in drawn(ChartState(failing(45, 55, share=38), facts, edge=""))[1]
    assert "peak 38.0" in drawn(ChartState(failing(45, 55, share=38), LogFacts()))[1]
