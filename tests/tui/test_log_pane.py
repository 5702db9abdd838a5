"""The log pane as a reader uses it: follow and hold, errors, search, filter, pin, copy."""

import asyncio
import hashlib
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.tui.log_kit import NOON, PALETTE, FakeLog, PaneApp, request, settle

from warroom.core.events import EvidencePinned
from warroom.logs.protocol import Entry
from warroom.tui.draw import Line
from warroom.tui.panes.logs import LogsPane
from warroom.tui.panes.queue_rows import queue_rows
from warroom.tui.snapshot import LogFacts, Snapshot, WatchFacts
from warroom.tui.widgets.log_gauge import Asked, Gauge
from warroom.tui.widgets.log_surface import LogSurface
from warroom.tui.widgets.log_view import LogView

SIZE = (110, 24)


def many(count=200, failing=()):
    return [request(502 if n in failing else 200, f"/p/{n}", second=n) for n in range(count)]


async def test_it_opens_at_the_tail_and_follows():
    log = FakeLog(many())
    app = PaneApp(log)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        assert app.rows()[-1] == -1
        assert app.fact() == "FOLLOW"
        log.append(request(path="/new"))
        await settle(pilot)
        assert app.rows()[-1] == 0
        assert "/new" in app.lines()[-1]


async def test_only_the_rows_on_the_screen_are_read():
    log = FakeLog(many(5000))
    app = PaneApp(log)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        assert all(stop - start <= 60 for start, stop in log.reads)
        assert sum(stop - start for start, stop in log.reads) < 1000


async def test_moving_up_holds_and_counts_what_came_in_below():
    log = FakeLog(many())
    app = PaneApp(log)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await pilot.press("up")
        before = app.rows()
        log.append(*[request(503 if n < 3 else 200) for n in range(84)])
        await settle(pilot)
        assert app.rows() == before
        assert app.fact() == "HELD 84 new, 3 5xx"
        await pilot.press("G")
        await settle(pilot)
        assert app.fact() == "FOLLOW"
        assert app.rows()[-1] == 83


async def test_the_wheel_holds_and_the_bottom_follows_again():
    log = FakeLog(many())
    app = PaneApp(log)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        view = app.pane.view
        view._scroll(-3)
        assert not view.following
        assert app.rows()[-1] == -4
        view._scroll(3)
        assert view.following


async def test_down_to_the_last_line_follows_again():
    app = PaneApp(FakeLog(many()))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await pilot.press("up", "up")
        assert not app.pane.view.following
        await pilot.press("down", "down")
        assert app.pane.view.following


async def test_the_rows_keep_their_place_while_the_index_grows_at_the_head():
    log = FakeLog(many(60))
    app = PaneApp(log)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await pilot.press("g")
        assert app.pane.view.cursor == -60
        log.prepend(*many(10))
        log.append(request())
        await settle(pilot)
        assert app.pane.view.cursor == -60
        await pilot.press("up")
        assert app.pane.view.cursor == -61


async def test_paging_up_and_down_shows_every_row_once():
    app = PaneApp(FakeLog(many(100)))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        seen = set(app.rows())
        for _ in range(10):
            await pilot.press("pageup")
            seen |= set(app.rows())
        assert seen == set(range(-100, 0))
        assert app.pane.view.cursor == -100
        for _ in range(10):
            await pilot.press("pagedown")
        assert app.pane.view.following


async def test_e_from_the_tail_goes_to_the_newest_failure_and_waits_for_the_next():
    log = FakeLog(many(failing={20, 150, 180}))
    app = PaneApp(log)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await pilot.press("e")
        assert app.pane.view.cursor == -20
        await pilot.press("e")
        assert app.pane.view.cursor == -20
        assert "that was the newest; e waits for the next" in app.said()
        log.append(request(), request(500))
        await settle(pilot)
        assert app.pane.view.cursor == 1
        await pilot.press("E", "E", "E")
        assert app.pane.view.cursor == -180
        await pilot.press("E")
        assert app.pane.view.cursor == -180


async def test_a_reader_who_follows_again_waits_no_longer():
    log = FakeLog(many(failing={199}))
    app = PaneApp(log)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await pilot.press("e", "G")
        log.append(request(500), request())
        await settle(pilot)
        assert app.pane.view.following


async def test_a_burst_repaints_many_times_but_not_once_a_line(monkeypatch):
    paints = []
    real = LogSurface._grown
    monkeypatch.setattr(LogSurface, "_grown", lambda view: (paints.append(1), real(view)))
    log = FakeLog(many(50))
    app = PaneApp(log)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)

        def flood():
            for _ in range(200):
                log.append(request())
                time.sleep(0.002)

        thread = threading.Thread(target=flood)
        thread.start()
        while thread.is_alive():
            await asyncio.sleep(0.02)
        thread.join()
        await settle(pilot)
        assert 2 <= len(paints) < 100
        assert app.rows()[-1] == log.end - 1


async def test_the_newest_entry_may_grow():
    log = FakeLog(many(5))
    app = PaneApp(log)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        log.append(Entry(row=0, source="a", offset=0, raw=b"boom", level="error", message="boom"))
        await settle(pilot)
        log.replace_last(
            Entry(
                row=0,
                source="a",
                offset=0,
                raw=b"boom\n at x",
                level="error",
                message="boom\n at x",
            )
        )
        await settle(pilot)
        assert "+1 lines" in app.lines()[5]


async def test_lines_of_a_log_that_shows_its_format_late_are_drawn_anew():
    log = FakeLog([])
    log.format = "plain"
    app = PaneApp(log)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        words = 'GET /early HTTP/1.1" 503'
        log.append(Entry(row=0, source="a", offset=0, raw=words.encode(), message=words))
        log.append(request(200, "/late"))
        await settle(pilot)
        assert not any("503 GET" in line for line in app.lines())
        log.format = "combined"
        log.kept[0] = replace(request(503, "/early"), row=0, source="web-1")
        log.append(request(200, "/last"))
        await settle(pilot)
        assert any("503 GET" in line and "/early" in line for line in app.lines())


async def test_the_tint_goes_when_half_of_the_lines_fail():
    log = FakeLog(many(60, failing={59}))
    app = PaneApp(log)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        app.pane.view.page()
        assert app.pane.view._tint
        log.append(*[request(502) for _ in range(40)])
        await settle(pilot)
        app.pane.view.page()
        assert not app.pane.view._tint


async def test_search_marks_while_typing_and_n_walks_the_matches():
    app = PaneApp(FakeLog(many()))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"/p/19")
        await settle(pilot)
        assert app.pane.view.highlight is not None
        assert app.pane.view.following
        await pilot.press("enter")
        await settle(pilot)
        assert app.pane.view.cursor == -1
        await pilot.press("N")
        assert app.pane.view.cursor == -2
        await pilot.press("n")
        assert app.pane.view.cursor == -1
        await pilot.press("n")
        assert "that was the last match" in app.said()
        assert "11 of 11" in app.pane.bar.line.render_line(0).text


async def test_escape_ends_the_search_and_returns_to_where_it_began():
    app = PaneApp(FakeLog(many()))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await pilot.press("g", "down", "down", "slash", *"p/150", "enter")
        await settle(pilot)
        assert app.pane.view.cursor == -50
        await pilot.press("escape")
        assert app.pane.view.cursor == -198
        assert app.pane.view.highlight is None


async def test_n_is_left_to_others_without_a_search():
    app = PaneApp(FakeLog(many()))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        assert app.pane.check_action("match", (1,)) is False
        await pilot.press("slash", *"p", "enter")
        await settle(pilot)
        assert app.pane.check_action("match", (1,)) is True


async def test_filter_hides_the_rest_dims_it_and_is_cleared_by_its_own_key():
    app = PaneApp(FakeLog(many(failing={3, 70, 71})))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await pilot.press("F", *"5xx", "enter")
        await settle(pilot)
        assert app.rows() == [-197, -130, -129]
        assert "shows 3 of 200" in app.pane.bar.line.render_line(0).text
        await pilot.press("x")
        await settle(pilot)
        assert app.rows()[:5] == [-199, -198, -197, -196, -195]
        assert "▸ matches, 2 lines around" in app.pane.bar.line.render_line(0).text
        assert ["▸" in line for line in app.lines()[:5]] == [False, False, True, False, False]
        await pilot.press("m")
        await settle(pilot)
        assert len(app.rows()) > 10
        row = app.pane.bar.line.render_line(0).text
        assert "▸ matches · m hides the rest" in row
        await pilot.press("E")
        await settle(pilot)
        marked = [line for line in app.lines() if "▸5" in line]
        assert marked, app.lines()
        assert all("▸" not in line for line in app.lines() if " 200 " in line)
        await pilot.press("G")
        await pilot.press("F", "F")
        await settle(pilot)
        assert app.pane.sought.filter is None
        assert app.rows()[-1] == -1


async def test_a_filter_never_leaves_the_cursor_on_a_line_that_it_hides():
    app = PaneApp(FakeLog(many(failing={3, 70, 71})))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await pilot.press(*["k"] * 20)
        assert app.pane.view.cursor == -21
        await pilot.press("F", *"5xx", "enter")
        await settle(pilot)
        assert app.pane.view.cursor == -129
        assert not app.pane.view.following
        await pilot.press("F", "F")
        await settle(pilot)
        assert app.pane.view.cursor == -21  # the line that was left
        await pilot.press("g", "F", *"5xx", "enter")
        await settle(pilot)
        assert app.pane.view.cursor == -197
        await pilot.press("j", "F", "F")
        await settle(pilot)
        assert app.pane.view.cursor == -130  # the reader went on from there


async def test_a_filter_follows_new_lines_that_pass():
    log = FakeLog(many(failing={3}))
    app = PaneApp(log)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await pilot.press("F", *"5xx", "enter")
        await settle(pilot)
        log.append(request(), request(503), request())
        await settle(pilot)
        assert app.rows() == [-197, 1]


async def test_no_match_says_so_and_names_the_way_out():
    app = PaneApp(FakeLog(many()))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await pilot.press("F", *"nowhere", "enter")
        await settle(pilot)
        assert "0 of 200 lines match. F changes it, F F clears it" in "".join(app.lines())


async def test_a_wrong_pattern_is_refused_and_the_text_stays():
    app = PaneApp(FakeLog(many()))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await pilot.press("F", "left_parenthesis", "enter")
        await settle(pilot)
        assert "not a pattern" in app.said()[-1]
        assert app.pane.bar.input.value == "("


async def test_pin_asks_for_the_line_with_what_proves_it():
    log = FakeLog(many())
    app = PaneApp(log)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await pilot.press("up", "P")
        await settle(pilot)
        entry = log.kept[-2]
        (pin,) = app.pins()
        assert pin.sha256 == hashlib.sha256(entry.raw).hexdigest()
        assert (pin.source, pin.offset, pin.lines) == ("web-1", entry.offset, 1)
        assert pin.at.timestamp() == entry.at


async def test_a_marked_range_is_one_pin_with_the_bytes_as_in_the_file():
    log = FakeLog(many())
    app = PaneApp(log)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await pilot.press("up", "up", "shift+up", "shift+up", "P")
        await settle(pilot)
        (pin,) = app.pins()
        raw = b"\n".join(entry.raw for entry in log.kept[-5:-2])
        assert (pin.lines, pin.sha256) == (3, hashlib.sha256(raw).hexdigest())
        assert app.pane.view.mark is None


async def test_a_range_under_a_filter_pins_what_was_marked_and_nothing_between():
    app = PaneApp(FakeLog(many(failing={3, 70, 71})))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await pilot.press("F", *"5xx", "enter")
        await settle(pilot)
        await pilot.press("g", "M", "shift+down", "shift+down", "P")
        await settle(pilot)
        assert [pin.lines for pin in app.pins()] == [1, 2]


async def test_a_range_begun_by_its_key_grows_with_every_move_until_it_is_forgotten():
    app = PaneApp(FakeLog(many()))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await pilot.press("up", "M", "up", "up")
        await settle(pilot)
        assert [hint.verb for hint in app.pane.hints()][:2] == ["more lines", "pin the range"]
        assert sum(line[1] == "│" for line in app.lines()) == 3
        await pilot.press("P")
        await settle(pilot)
        assert [pin.lines for pin in app.pins()] == [3]
        await pilot.press("M", "up", "escape", "up")
        await settle(pilot)
        assert app.pane.view.mark is None
        assert not any(line[1] == "│" for line in app.lines())


async def test_secrets_are_not_kept_in_the_text_of_a_pin():
    app = PaneApp(FakeLog([request(500, "/x?api_key=abcdefgh12345"), request()]))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await pilot.press("up", "P")
        await settle(pilot)
        assert "abcdefgh12345" not in app.pins()[0].text


async def test_pinned_lines_of_the_incident_are_marked():
    log = FakeLog(many())
    app = PaneApp(log)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await pilot.press("up", "P")
        await settle(pilot)
        from tests.tui.fakes import NOW

        from warroom.core.state import Incident
        from warroom.core.words import Category, Priority
        from warroom.tui.snapshot import Snapshot

        pin = (NOW, EvidencePinned(excerpt=app.pins()[0]))
        incident = Incident(
            id="INC-1",
            version=1,
            title="t",
            service="",
            priority=Priority.P1,
            category=Category.PRODUCTION,
            summary="",
            source="",
            declared_at=NOW,
            declared_by="ana",
            changed_at=NOW,
            evidence=(pin,),
        )
        app.pane.snapshot = Snapshot(now=NOW, actor="ana", current=incident)
        await settle(pilot)
        assert [line[1] for line in app.lines() if line].count("◇") == 1


async def test_copy_gives_clean_text_and_where_it_is_from(monkeypatch):
    monkeypatch.delenv("TMUX", raising=False)
    app = PaneApp(FakeLog([request(path="/a\x1b[31m"), request()]))
    copied = []
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        app.copy_to_clipboard = copied.append
        await pilot.press("up", "y")
        await settle(pilot)
        first, last, _ = copied[0].split("\n")
        assert "\x1b" not in first
        assert "/a" in first
        assert last == "-- web-1 byte 0"


async def test_enter_opens_the_entry_and_escape_closes_it():
    app = PaneApp(FakeLog(many()))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert app.pane.detail.display
        assert "web-1 byte" in app.pane.detail.render_line(0).text
        await pilot.press("escape")
        assert not app.pane.detail.display


async def test_wrap_shows_the_whole_line_and_keeps_the_cursor():
    log = FakeLog([*many(30), request(path="/" + "y" * 300)])
    app = PaneApp(log)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await pilot.press("w")
        await settle(pilot)
        said = "".join(line[15:-1] for line in app.lines()[-5:])
        assert "y" * 300 in said.replace(" ", "")
        await pilot.press("up", "w")
        assert app.pane.view.cursor == -2
        assert -2 in app.rows()


async def test_horizontal_scroll_stays_while_moving():
    app = PaneApp(FakeLog(many()))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await pilot.press("right", "right", "up", "pageup", "G")
        assert app.pane.view.x == 16


async def test_the_time_cursor_moves_by_columns_and_tells_the_others():
    app = PaneApp(FakeLog(many(3600)))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        start = app.pane.view.cursor
        await pilot.press("left_square_bracket")
        await settle(pilot)
        width = app.pane.chart.state.bars.width
        assert app.pane.view.cursor == start - width
        assert app.times()[-1] == app.pane.view.entries.get(app.pane.view.cursor).at


async def test_go_to_a_time():
    app = PaneApp(FakeLog(many(3600)))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await pilot.press("T", *"12:30", "enter")
        await settle(pilot)
        assert app.pane.view.entries.get(app.pane.view.cursor).at == NOON + 1800


async def test_another_source_is_a_key_away_and_keeps_its_own_filter():
    app = PaneApp(FakeLog(many(failing={1})), FakeLog([request(path="/other")], label="api"))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await pilot.press("F", *"5xx", "enter")
        await settle(pilot)
        await pilot.press("s")
        await settle(pilot)
        assert "/other" in "".join(app.lines())
        await pilot.press("s")
        await settle(pilot)
        assert app.rows() == [-199]


async def test_silence_is_said_and_never_green():
    now = [100.0]
    log = FakeLog(many())
    app = PaneApp(log, monotonic=lambda: now[0])
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        log.append(request())
        await settle(pilot)
        now[0] += 41
        app.pane._tick()
        await settle(pilot)
        assert app.pane.title_line.fact == ("no line for 0:41", "warn")
        assert "Silence is not recovery" in app.said()[-1]
        log.append(request())
        await settle(pilot)
        assert app.fact() == "FOLLOW"


async def test_a_log_that_never_grew_is_not_called_silent():
    now = [100.0]
    app = PaneApp(FakeLog(many()), monotonic=lambda: now[0])
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        now[0] += 4000
        app.pane._tick()
        assert app.fact() == "FOLLOW"


async def test_no_log_says_how_to_open_one():
    app = PaneApp()
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        assert "No log is open" in "".join(app.lines())
        await pilot.press(
            "e", "E", "P", "y", "enter", "escape", "space", "g", "G", "up", "pagedown"
        )


async def test_a_failing_reader_is_said_and_the_lines_go_on(monkeypatch):
    log = FakeLog(many())
    monkeypatch.setattr(log, "histogram", lambda *_: 1 / 0)
    app = PaneApp(log)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        assert any("division" in said for said in app.said())
        log.append(request(path="/still"))
        await settle(pilot)
        assert "/still" in "".join(app.lines())


async def test_resizing_keeps_the_cursor_on_the_screen():
    app = PaneApp(FakeLog(many()))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await pilot.press("g", "pagedown", "pagedown")
        cursor = app.pane.view.cursor
        for size in ((60, 10), (200, 60), (80, 24)):
            await pilot.resize_terminal(*size)
            await settle(pilot)
            assert app.pane.view.cursor == cursor
            assert cursor in app.rows()


def test_facts_say_the_share_of_the_last_minute_and_the_peak():
    lines = [request(502 if 600 <= n < 660 and n % 2 else 200, second=n) for n in range(1200)]
    reading = Gauge(FakeLog(lines)).read(Asked(cells=60))
    assert reading.facts.share_now == (0, 60)
    assert reading.facts.peak[0] / reading.facts.peak[1] == pytest.approx(0.5, abs=0.05)
    assert sum(reading.bars.total) == 1200
    assert sum(reading.bars.failed) == 30


def test_the_spike_watch_offers_while_it_lasts():
    calm = [request(second=n / 10) for n in range(6000)]
    log = FakeLog(calm)
    gauge = Gauge(log)
    gauge.watch.feed(gauge.read(Asked(60)).latest)
    assert gauge.read(Asked(60)).facts.spike == ""
    log.append(*[request(502 if n % 3 == 0 else 200, second=600 + n / 10) for n in range(600)])
    gauge.watch.feed(gauge.read(Asked(60)).latest)
    facts = gauge.read(Asked(60)).facts
    assert facts.spike.startswith("5xx ")
    assert facts.watch.sees == "this watch sees +3.0 points and up here"
    gauge.watch.snooze()
    assert gauge.read(Asked(60)).facts.spike == ""


def test_an_analysis_waits_for_the_index_and_for_news():
    now = [100.0]
    log = FakeLog([request(502 if 600 <= n < 660 else 200, second=n) for n in range(1200)])
    log.complete = False
    gauge = Gauge(log, monotonic=lambda: now[0])
    assert not gauge.due(log.progress())
    log.complete = True
    assert gauge.due(log.progress())
    report = gauge.analyse()
    assert report.findings.main.onset.at == pytest.approx(NOON + 600, abs=2)
    now[0] += 3600
    assert not gauge.due(log.progress())
    log.append(request(502, second=1200))
    assert gauge.due(log.progress())


async def test_the_onset_of_the_analysis_stands_on_the_axis():
    log = FakeLog([request(502 if 600 <= n < 900 else 200, second=n) for n in range(1200)])
    app = PaneApp(log)
    async with app.run_test(size=SIZE) as pilot:
        for _ in range(30):
            await settle(pilot)
            if app.pane.facts.onset is not None:
                break
        await settle(pilot)
        axis = app.pane.chart.render_line(3).text
        assert "12:10:00 ±1 s onset" in axis
        assert "✓ 12:14:59 ±2 s over" in axis
        assert "▲" in axis
        assert any(type(message).__name__ == "ReportReady" for message in app.posted)


def test_the_pane_loads_without_numpy():
    code = "import sys, warroom.tui.panes.logs, warroom.tui.panes.boundary, warroom.tui.tail; print('numpy' in sys.modules, 'pygments' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.split()[0] == "False"


def test_every_key_has_a_name_of_its_own():
    ids = [binding.id for owner in (LogsPane, LogView) for binding in owner.BINDINGS]
    assert all(ids)
    assert len(ids) == len(set(ids))
    keys = [
        key for owner in (LogsPane, LogView) for b in owner.BINDINGS for key in b.key.split(",")
    ]
    assert len(keys) == len(set(keys))


def test_a_queue_without_incidents_is_not_called_good_while_the_log_fails():
    facts = LogFacts(share_now=(14, 100), watch=WatchFacts(sentence="5xx 14 %"))
    snapshot = Snapshot(now=datetime.now(UTC), actor="ana", loaded=True, log=facts)
    text = ""
    for row in queue_rows(snapshot, wide=False):
        line = Line(PALETTE, "bg0")
        row.draw(line, 0, 60)
        text += "".join(segment.text for segment in line.segments) + "\n"
    assert "Good" not in text
    assert "14.0 % of requests fail" in text
