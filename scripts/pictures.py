"""Make the pictures of docs/pictures/ from the real console on the really failing demo service.

Needs rsvg-convert and the font JetBrains Mono. `python scripts/pictures.py [FOLDER]`.
"""

import asyncio
import contextlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from warroom.bootstrap import console_services, open_logs
from warroom.core.words import Phase
from warroom.demo.run import _reader
from warroom.demo.script import DELIBERATE, Player
from warroom.demo.stage import Pace, Stage, stage
from warroom.settings import Settings
from warroom.tui.app import WarroomApp

SIZE = (140, 40)
WIDE = 880
"""Pixels of a picture: sharp on a page, and small."""


def picture(app: WarroomApp, path: Path) -> None:
    """Keep what the screen shows as a PNG."""
    svg = app.export_screenshot(title="warroom")
    svg = re.sub(r"font-family: [^;]*;", "font-family: 'JetBrains Mono';", svg)
    svg = svg.replace("<svg ", '<svg xml:space="preserve" ', 1)
    path.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        ["rsvg-convert", "-w", str(WIDE), "-o", str(path)], input=svg.encode(), check=True
    )
    print(path)


async def play(made: Stage, folder: Path) -> None:
    """Carry the demo to the end and keep four moments of it."""
    read = _reader(made.settings)

    def phase(wanted: Phase) -> Callable[[], bool]:
        return lambda: (found := read()) is not None and found.phase is wanted

    with open_logs(made.settings, ()) as logs:
        app = WarroomApp(console_services(made.settings, logs))
        async with app.run_test(size=SIZE):
            player = Player(app, lambda _text: None)
            await player.sees(r"5xx .*declares")
            await asyncio.sleep(6)
            picture(app, folder / "spike.png")
            await player.press("d", "")
            await player.sees(r"\^s declare")
            await asyncio.sleep(3 * DELIBERATE)  # the form wants to have been read
            await player.press("ctrl+s", "")
            await player.until("declared", phase(Phase.DECLARED))
            await player.press("a", "")
            await player.until("acknowledged", phase(Phase.ACKNOWLEDGED))
            await asyncio.sleep(6)
            await player.press("c", "")
            await player.sees(r"esc leave")
            await player.reads()
            await player.press("r", "")
            await player.sees(r"worked if")
            await player.reads()
            picture(app, folder / "confirm.png")
            await player.press("R", "")
            await player.until("contained", phase(Phase.CONTAINED))
            for _ in range(3):
                await player.press("escape", "")
                await player.reads()
            await asyncio.sleep(3)
            picture(app, folder / "contained.png")
            await player.press("p", "")
            await player.sees(r"Summary")
            await player.reads()
            picture(app, folder / "postmortem.png")
            if app.room is not None:
                app.room.close()


def main(arguments: list[str]) -> int:
    """Make the pictures."""
    folder = Path(arguments[0]) if arguments else Path(__file__).parents[1] / "docs" / "pictures"
    with tempfile.TemporaryDirectory() as home, contextlib.ExitStack() as open_:
        own = Settings(actor="ana", config_folder=Path(home))
        made = open_.enter_context(stage(own, Pace(deploy_after=30, fail_after=13)))
        asyncio.run(play(made, folder))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
