"""Marks, kept filters, and a line opened in another program."""

import shlex
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest
from tests.tui.log_kit import FakeLog, PaneApp, request, settle

from warroom.logs import open_log, open_logs
from warroom.logs.where import line_at, path_of, write_around
from warroom.tui import outside
from warroom.tui.log_memory import LogMemory, naming
from warroom.tui.outside import Place
from warroom.tui.widgets.log_filter import parse_filter

SIZE = (110, 24)


def many(count=60, failing=()):
    return [request(502 if n in failing else 200, f"/p/{n}", second=n) for n in range(count)]


async def until(pilot, condition):
    for _ in range(400):
        if condition():
            return
        await pilot.pause(0.02)
    raise AssertionError("it never happened")


async def test_marked_lines_are_drawn_and_walked_in_a_circle():
    app = PaneApp(FakeLog(many()))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await pilot.press("up", "up", "asterisk", "up", "up", "up", "asterisk")
        view = app.pane.view
        assert view.flags == [-6, -3]
        assert sum(line.startswith((" ▪", "▌▪")) for line in app.lines()) == 2
        await pilot.press("G", "less_than_sign")
        assert view.cursor == -3
        await pilot.press("less_than_sign", "less_than_sign")
        assert view.cursor == -3
        await pilot.press("greater_than_sign", "asterisk")
        assert (view.cursor, view.flags) == (-6, [-3])
        assert app.said()[-1] == "mark 1 of 2"


async def test_each_log_has_its_own_marks():
    one, other = FakeLog(many()), FakeLog(many(), label="web-2")
    app = PaneApp(one, other)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await pilot.press("up", "asterisk", "s", "greater_than_sign")
        assert app.said()[-1] == "no line is marked; * marks one"
        await pilot.press("s", "G", "less_than_sign")
        assert app.pane.view.cursor == -2


async def test_a_named_filter_is_kept_recalled_stacked_and_forgotten(tmp_path):
    path = tmp_path / "state" / "filters.json"
    log = FakeLog([*many(30, failing=range(10)), request(200, "/health"), request(500, "/health")])
    app = PaneApp(log, memory=LogMemory(path))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await pilot.press("F", *"-health =noise", "enter")
        await until(pilot, lambda: LogMemory(path).names == {"noise": "-health"})
        assert app.pane.sought.filter.text == "-health"
        await pilot.press("F", "F")
        await pilot.press("F", *"/noise 5xx", "enter")
        await until(pilot, lambda: len(app.rows()) == 10)
        assert app.pane.sought.filter.text == "/noise 5xx"
        await until(pilot, lambda: LogMemory(path).past("filter")[:1] == ("/noise 5xx",))
        await pilot.press("F", *"=noise", "enter")
        await until(pilot, lambda: LogMemory(path).names == {"noise": "-health 5xx"})


async def test_a_name_alone_forgets_it():
    memory = LogMemory()
    memory.name("noise", "-health")
    app = PaneApp(FakeLog(many()), memory=memory)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        await pilot.press("F", *"=noise", "enter")
        await until(pilot, lambda: not memory.names)
        assert "noise is forgotten" in app.said()[-1]


async def test_what_was_searched_comes_back_with_the_arrow():
    app = PaneApp(FakeLog(many()))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        for words in ("p/1", "p/2"):
            await pilot.press("slash", *words, "enter")
            await until(pilot, lambda words=words: app.pane.memory.past("search")[:1] == (words,))
        await pilot.press("slash", "x", "up", "up")
        assert app.pane.bar.input.value == "p/1"
        await pilot.press("up", "down", "down")
        assert app.pane.bar.input.value == "x"


async def test_the_filter_says_that_the_search_goes_on():
    log = FakeLog(many())
    app = PaneApp(log)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        app.pane.sought.set_filter("nothing has this", 0)
        assert "the search goes on" in app.pane.sought.nothing()
        app.pane.look()
        await until(pilot, lambda: "0 of 60" in app.pane.sought.nothing())


def test_a_filter_that_names_another_is_that_filter():
    found = parse_filter("/slow -x", {"slow": "5xx upstream"})
    assert (found.query.include, found.query.exclude) == (("upstream",), ("x",))
    assert found.query.status == (500, 599)
    assert parse_filter("/api", {"slow": "5xx"}).query.include == ("/api",)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("5xx =a-1", ("5xx", "a-1")), ("=a", ("", "a")), ("a=b", ("a=b", "")), ("=a b", ("=a b", ""))],
)
def test_a_name_stands_at_the_end(text, wanted):
    assert naming(text) == wanted


def test_two_consoles_keep_each_others_names(tmp_path):
    path = tmp_path / "filters.json"
    one, other = LogMemory(path), LogMemory(path)
    one.name("a", "x")
    other.name("b", "y")
    assert LogMemory(path).names == {"a": "x", "b": "y"}


@pytest.mark.parametrize("bad", [b"", b"[]", b"{", b'{"names": 3, "used": {"search": 1}}', b"\xff"])
def test_a_file_that_is_not_ours_is_no_reason_to_stop(tmp_path, bad):
    path = tmp_path / "filters.json"
    path.write_bytes(bad)
    memory = LogMemory(path)
    memory.use("search", "x")
    assert LogMemory(path).past("search") == ("x",)


PLACE = Place(Path("/var/log/a b.log"), 12, 345)


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, ["less", "-n", "+345P", "/var/log/a b.log"]),
        ({"PAGER": "/usr/bin/less -S"}, ["/usr/bin/less", "-S", "-n", "+345P", "/var/log/a b.log"]),
        ({"PAGER": "most"}, ["most", "+12", "/var/log/a b.log"]),
        ({"PAGER": "cat"}, ["cat", "/var/log/a b.log"]),
    ],
)
def test_the_pager_opens_at_the_line(environment, wanted):
    assert outside.pager(PLACE, environment) == wanted


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, ["vi", "+12", "/var/log/a b.log"]),
        ({"EDITOR": "nano", "VISUAL": "hx"}, ["hx", "/var/log/a b.log:12"]),
        ({"EDITOR": "code -n"}, ["code", "-n", "--wait", "--goto", "/var/log/a b.log:12"]),
    ],
)
def test_the_editor_opens_at_the_line(environment, wanted):
    assert outside.editor(PLACE, environment) == wanted


def test_a_row_is_found_on_disk_through_rotation_and_merging(tmp_path):
    path = tmp_path / "app.log"
    path.write_text("".join(f"2026-11-20 10:00:{n:02} INFO line {n}\n" for n in range(20)))
    other = tmp_path / "other.log"
    other.write_text("2026-11-20 10:00:05 INFO other\n")
    log = open_logs([path, other])
    try:
        rows = {entry.raw: entry for entry in log.entries(log.first, log.end)}
        entry = rows[b"2026-11-20 10:00:07 INFO line 7"]
        assert path_of(log, entry.row) == path
        assert line_at(path, entry.offset) == 8
        path.rename(tmp_path / "app.log.1")
        path.write_text("")
        assert path_of(log, entry.row) == tmp_path / "app.log.1"
        (tmp_path / "app.log.1").unlink()
        assert path_of(log, entry.row) is None
        written = tmp_path / "around.txt"
        line = write_around(log, entry.row, written)
        assert written.read_text().splitlines()[line - 1].endswith("line 7")
    finally:
        log.close()


@pytest.mark.parametrize(("key", "variable"), [("f3", "VISUAL"), ("o", "PAGER")])
async def test_the_terminal_is_lent_and_the_line_is_opened(tmp_path, monkeypatch, key, variable):
    path, told = tmp_path / "app.log", tmp_path / "told"
    path.write_text("".join(f"2026-11-20 10:00:{n:02} INFO line {n}\n" for n in range(20)))
    script = f"import sys; open({str(told)!r}, 'w').write(' '.join(sys.argv[1:]))"
    monkeypatch.setenv(variable, shlex.join([sys.executable, "-c", script]))
    log = open_log(path)
    app = PaneApp(log)
    try:
        async with app.run_test(size=SIZE) as pilot:
            monkeypatch.setattr(app, "suspend", nullcontext)
            await settle(pilot)
            await pilot.press("up", "up", key)
            await until(pilot, told.exists)
            await until(pilot, lambda: bool(told.read_text()))
    finally:
        log.close()
    assert told.read_text() == (f"+18 {path}" if key == "f3" else str(path))


async def test_the_cursor_stays_on_the_screen_when_lines_around_matches_come_and_go():
    app = PaneApp(FakeLog(many(400, failing=range(0, 400, 8))))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        app.pane.set_filter("5xx")
        await until(pilot, lambda: len(app.rows()) > 10)
        await pilot.press("up", "up", "up")
        cursor = app.pane.view.cursor
        for _ in range(4):
            await pilot.press("x")
            assert cursor in app.rows()
            assert app.pane.view.cursor == cursor
        await pilot.press("m")
        assert cursor in app.rows()
        assert app.fact().startswith("HELD")
