"""Only the lines that differ are drawn again, and what is on the screen is what a whole repaint draws."""

import random

import pytest
from tests.tui.log_kit import FakeLog, PaneApp, request, settle

from warroom.tui.widgets.log_surface import LogSurface

SIZE = (110, 24)
KEYS = (
    *("up", "down", "k", "j", "pageup", "pagedown", "g", "G", "left", "right"),
    *("w", "v", "V", "asterisk", "shift+up", "shift+down", "escape", "e", "E"),
)


def many(count, failing=()):
    return [
        request(502 if n % 7 in failing else 200, f"/p/{n}" + "/long" * (n % 31), second=n)
        for n in range(count)
    ]


def drawn(app):
    """The screen with its styles, from what the framework keeps of the widgets."""
    strips = app.screen._compositor.render_strips()
    return [[(part.text, part.style) for part in strip if part.text] for strip in strips]


def anew(app):
    """The same with nothing kept."""
    for widget in app.screen.query("*"):
        widget._styles_cache.clear()
    return drawn(app)


@pytest.mark.parametrize("seed", range(4))
async def test_the_screen_is_what_a_whole_repaint_draws(seed):
    chance = random.Random(seed)
    log = FakeLog(many(120, failing=(0, 3)))
    app = PaneApp(log)
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        struck = []
        for _ in range(30):
            if chance.random() < 0.2:
                log.append(
                    *many(chance.randint(1, 40), failing=chance.choice(((), (1,), (1, 2, 3, 4))))
                )
                struck.append("grew")
            else:
                struck.append(chance.choice(KEYS))
                await pilot.press(struck[-1])
            if chance.random() < 0.1:
                await pilot.resize_terminal(chance.randint(70, 130), chance.randint(16, 40))
                struck.append("resized")
            await settle(pilot)
            before, after = drawn(app), anew(app)
            for y, (kept, fresh) in enumerate(zip(before, after, strict=True)):
                assert kept == fresh, (y, struck)


async def test_a_step_draws_two_lines_of_the_screen_and_not_all(monkeypatch):
    log = FakeLog(many(200))
    app = PaneApp(log)
    lines = []
    draw = LogSurface.render_line
    monkeypatch.setattr(LogSurface, "render_line", lambda self, y: lines.append(y) or draw(self, y))
    async with app.run_test(size=SIZE) as pilot:
        await settle(pilot)
        for key in ("up", "up", "down", "G"):
            lines.clear()
            await pilot.press(key)
            await settle(pilot)
            assert 2 <= len(lines) <= 4, key
