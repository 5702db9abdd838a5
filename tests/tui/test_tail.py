"""`warroom tail`: where pins go is always on the screen, and refusals are said."""

import os
import pty
import subprocess
import sys

from tests.tui.fakes import NOW
from tests.tui.log_kit import PALETTE, FakeLog, request, settle
from textual.events import Key

from warroom.tui.tail import PinPlace, TailApp, TailServices

LINES = [request(502 if n == 50 else 200, f"/p/{n}", second=n) for n in range(60)]


def console(place=None, log=None, **more):
    open_place = place if callable(place) else lambda: place
    return TailApp(
        TailServices(
            logs=[log or FakeLog(LINES)],
            palette=PALETTE,
            open_place=open_place,
            now=lambda: NOW,
            **more,
        )
    )


def header(app):
    return app.header.render_line(0).text


def notice(app):
    return app.notices.latest.text if app.notices.latest else ""


async def test_the_header_says_where_pins_go_and_as_whom():
    place = PinPlace(incident="INC-107", priority="P1", actor="leo", keep=lambda excerpt: "")
    app = console(place)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        assert "pins go to P1 INC-107 as leo" in header(app)
        assert "FOLLOW" in header(app)


async def test_a_pin_is_kept_marked_and_said():
    kept = []
    place = PinPlace(
        incident="INC-107",
        priority="P1",
        actor="leo",
        keep=lambda excerpt: kept.append(excerpt) or "",
    )
    app = console(place)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await pilot.press("e", "P")
        await settle(pilot)
        assert "/p/50" in kept[0].text
        assert notice(app) == "1 line pinned to INC-107 as leo"
        view = app.pane.view
        assert any(view.render_line(y).text[1] == "◇" for y in range(view.size.height))


async def test_a_refused_pin_says_why_and_is_not_marked():
    place = PinPlace(
        incident="INC-107", priority="P1", actor="leo", keep=lambda excerpt: "INC-107 is closed"
    )
    app = console(place)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await pilot.press("e", "P")
        await settle(pilot)
        assert notice(app) == "not pinned: INC-107 is closed"
        assert not app.pane.view.pinned(app.pane.view.entries.get(app.pane.view.cursor))


async def test_without_an_incident_pins_go_nowhere_and_say_so():
    app = console(None)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        assert "pins go nowhere: no incident is open" in header(app)
        await pilot.press("e", "P")
        await settle(pilot)
        assert notice(app).startswith("not pinned")


async def test_a_store_that_cannot_be_opened_leaves_the_log_usable():
    def broken():
        raise OSError("the database is locked")

    app = console(broken)
    async with app.run_test(size=(140, 36)) as pilot:
        await settle(pilot)
        assert "the database is locked" in header(app)
        await pilot.press("e")
        assert app.pane.view.cursor == -10


async def test_b_shows_the_boundary_and_escape_the_log_again():
    app = console(None)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await pilot.press("b")
        assert app.boundary.display
        assert not app.pane.display
        await settle(pilot)
        verbs = {hint.verb for hint in app.footer.hints}
        assert "back to the log" in verbs
        assert not verbs & {"into the timeline", "hypothesis"}
        await pilot.press("escape")
        await settle(pilot)
        assert app.pane.display
        assert app.pane.view.has_focus


async def test_the_help_lists_the_keys_and_closes():
    app = console(None)
    async with app.run_test(size=(130, 50)) as pilot:
        await settle(pilot)
        await pilot.press("question_mark")
        await settle(pilot)
        lines = ("".join(s.text for s in strip) for strip in app.screen._compositor.render_strips())
        assert any("next / previous 5xx" in line for line in lines)
        await pilot.press("escape")
        await settle(pilot)
        assert app.pane.view.has_focus


async def test_what_belongs_to_the_room_is_said_and_q_leaves():
    app = console(None)
    async with app.run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        await pilot.press("d")
        await settle(pilot)
        assert "in the war room: warroom --log FILE opens it" in notice(app)
        await pilot.press("q")
    assert app.return_code == 0


PIPED = """
import fcntl, os, sys, termios
fcntl.ioctl(int(sys.argv[1]), termios.TIOCSCTTY, 0)
from warroom.tui.stdin import take_stdin
data = take_stdin()
keys = os.read(0, 1)
sys.stdout.write(f"data={os.read(data, 100)!r} tty={os.isatty(0)} key={keys!r} stdin={sys.__stdin__.isatty()}")
sys.stdout.flush()
"""


def test_a_pipe_is_the_log_while_the_terminal_stays_the_keyboard():
    master, slave = pty.openpty()
    read, write = os.pipe()
    os.write(write, b"a line\n")

    process = subprocess.Popen(
        [sys.executable, "-c", PIPED, str(slave)],
        stdin=read,
        stdout=subprocess.PIPE,
        start_new_session=True,
        pass_fds=[slave],
    )
    os.write(master, b"q\n")
    said, _ = process.communicate(timeout=20)
    for descriptor in (master, slave, read, write):
        os.close(descriptor)
    assert said.decode() == "data=b'a line\\n' tty=True key=b'q' stdin=True"


def test_without_a_terminal_the_message_names_the_way_out():
    code = "from warroom.tui.stdin import *\ntry:\n take_stdin()\nexcept NoTerminalError as e:\n print(e)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        input="x",
        capture_output=True,
        text=True,
        timeout=20,
        start_new_session=True,
        check=True,
    )
    assert "--plain" in done.stdout


async def test_what_is_typed_ahead_of_the_search_bar_is_searched():
    app = console()
    async with app.run_test(size=(110, 24)) as pilot:
        await pilot.pause()
        for key in ("slash", *"pod", "enter"):  # as a terminal sends them: in one go
            app.post_message(Key(key, key if len(key) == 1 else None))
        for _ in range(200):
            if app.pane.sought.words:
                break
            await pilot.pause(0.02)
        assert app.pane.sought.words == "pod"
