"""Measure a key stroke in the editor of the postmortem: a long document against an empty one.

From the key's arrival until what it changed has been laid out and drawn, in the real application
with lint and preview running beside it as they do while somebody types.
"""

import argparse
import asyncio
import statistics
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from textual import events
from textual.app import App, ComposeResult

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.decide import Refusal, decide
from warroom.core.fold import evolve
from warroom.core.timeline import timeline
from warroom.tui.panes.postmortem import PostmortemTab
from warroom.tui.snapshot import Snapshot
from warroom.tui.theme import load_palettes

LINES = 5000
KEYS = 200
BETWEEN = 0.03
"""Seconds between two keys: what a fast typist's come at, so that lint and preview run as well."""
SIZE = (140, 40)
AT = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
PART = """\
## Part {n}

The cart service {n} sends `currency: null` for carts made before the release 2026.11.20 [T1].
- [ ] add contract test {n}, owner leo, due 2026-12-04
| time | what {n} |
|---|---|
| 14:02:11 | onset |

> ? Why did staging {n} not show it?

"""


def document(lines: int) -> str:
    """Return a postmortem of about so many lines, no two paragraphs alike."""
    count = -(-lines // PART.count("\n")) if lines else 0
    return "".join(PART.format(n=n) for n in range(count))


class Bench(App[None]):
    """The editor alone."""

    def __init__(self) -> None:
        self.palette = next(iter(load_palettes()[0].values()))
        super().__init__()
        self.register_theme(self.palette.to_textual())
        self.theme = self.palette.name
        self.tab = PostmortemTab(self.palette)
        self.changed = asyncio.Event()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Every colour of the console."""
        return {f"wr-{token}": colour for token, colour in self.palette.colours.items()}

    def on_text_area_changed(self) -> None:
        """Take note that the key has arrived in the text."""
        self.changed.set()

    def compose(self) -> ComposeResult:
        """Show it."""
        yield self.tab


def snapshot(text: str) -> Snapshot:
    """Return an incident with a saved postmortem."""
    state, records = None, []
    commands = (c.Declare(facts=e.Declared(title="broken")), c.EditPostmortem(text=text, base=0))
    for number, command in enumerate(commands, start=1):
        decided = decide(state, command, "ana", AT)
        if isinstance(decided, Refusal):
            raise SystemExit(decided.reason)
        for event in decided:
            record = e.Recorded(seq=number, incident="INC-1", version=number, at=AT, actor="ana",
                                device="desk", command_id=str(number), event=event)  # fmt: skip
            records.append(record)
            state = evolve(state, record)
    return Snapshot(now=AT, actor="ana", current=state, timeline=timeline(records), loaded=True)


async def type_into(lines: int) -> list[float]:
    """Return the seconds of each key stroke, typed in the middle of the document."""
    app = Bench()
    times = []
    async with app.run_test(size=SIZE) as pilot:
        app.tab.show(snapshot(document(lines)))
        app.tab.editor.focus()
        await pilot.pause(1.0)
        app.tab.editor.move_cursor((lines // 2, 0), center=True)
        await pilot.pause(1.0)
        for number in range(KEYS):
            letter = "etaoin shr"[number % 10]
            drawn = asyncio.Event()
            begun = time.perf_counter()
            app.changed.clear()
            app.post_message(events.Key("space" if letter == " " else letter, letter))
            await app.changed.wait()
            app.call_after_refresh(drawn.set)
            await drawn.wait()
            times.append(time.perf_counter() - begun)
            await asyncio.sleep(BETWEEN)
    return times


def table() -> list[str]:
    """Return the figures as lines of Markdown."""
    found = {lines: sorted(asyncio.run(type_into(lines))) for lines in (0, LINES)}
    empty = statistics.median(found[0])
    rows = ["| document | median key | p99 | against empty |", "|---|---|---|---|"]
    for lines, times in found.items():
        middle = statistics.median(times)
        worst = times[int(len(times) * 0.99) - 1]
        rows.append(
            f"| {lines} lines | {middle * 1e3:.1f} ms | {worst * 1e3:.1f} ms "
            f"| {middle / empty:.1f}× |"
        )
    return rows


def main() -> None:
    """Measure, and print or write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path, metavar="FILE", help="Put the table into a file.")
    chosen = parser.parse_args()
    head = "# A key stroke in the editor\n\nWritten by `make bench-editor`.\n\n"
    text = head + "\n".join(table()) + "\n"
    if chosen.write is not None:
        chosen.write.write_text(text, "utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
