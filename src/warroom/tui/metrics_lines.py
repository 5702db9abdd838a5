"""The metrics as lines: five times with their trend, what was kept, what stopped the damage."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from warroom.core import spell
from warroom.core.metrics import TIMES, Stat
from warroom.core.trends import FEW, Trends, sentences
from warroom.tui.widgets.pieces import Line, Piece, bars, fit, gauge, line, rule, wrap

_NAME, _VALUE, _CHANGE = 13, 12, 9
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def time_lines(found: Trends, width: int) -> list[Line]:
    """Return the five times: median and p90, how they moved, and the median step by step."""
    lines: list[Line] = [rule("Median times", width, (Piece("p90 below, bars by time", "mute"),))]
    head = _NAME + _VALUE + _CHANGE + 2
    for name in TIMES:
        stat = found.now.times.get(name)
        steps = found.steps[name]
        cell = max((width - head) // max(len(steps), 1), 1)
        cell = min(cell, 4)
        values = [value or 0.0 for value in steps for _ in range(cell)]
        upper, lower = bars(values, 2, max(values, default=0.0))
        last = len(upper) - cell
        lines += [
            (),
            line(
                Piece(fit(f" {name}", _NAME), "text"),
                Piece(fit(_span(stat.median) if stat else "–", _VALUE, right=True), "text", True),
                "  ",
                _moved(found, name),
                Piece(upper[:last], "vol"),
                Piece(upper[last:], "accent"),
            ),
            line(
                Piece(fit(" p90", _NAME), "mute"),
                Piece(fit(_span(stat.p90) if stat else "", _VALUE, right=True), "mute"),
                "  ",
                Piece(fit(_few(stat), _CHANGE), "mute"),
                Piece(lower[:last], "vol"),
                Piece(lower[last:], "accent"),
            ),
        ]
    count = max(len(found.steps[TIMES[0]]), 1)
    cell = min(max((width - head) // count, 1), 4)
    ends = fit(f"{found.since:%d %b}", cell * count - 6) + f"{found.until:%d %b}"
    return [*lines, (), line(Piece(" " * head + ends, "mute"))]


def kept_lines(found: Trends, width: int) -> list[Line]:
    """Return which promised times were kept, what stopped the damage, and where it happens."""
    room = max(width - 26, 6)
    lines: list[Line] = [rule("Clocks kept", width), ()]
    for name, (kept, decided) in found.now.promises.items():
        part = kept / decided if decided else 0.0
        tone = "mute" if not decided else "ok" if part >= 0.95 else "warn" if part >= 0.8 else "s5"
        figure = f"{spell.share(kept, decided)}" if decided else "–"
        lines.append(_measured(name, part, tone, figure, f"{kept}/{decided}", room))
    lines += [(), rule("How damage stopped", width), ()]
    for kind, tried in found.now.containments.items():
        part = tried.worked / tried.measured if tried.measured else 0.0
        took = spell.duration(timedelta(seconds=tried.seconds)) if tried.seconds else ""
        figure = f"{tried.worked} of {tried.measured}"
        lines.append(_measured(kind, part, "accent", figure, took, room))
    if not found.now.containments:
        lines.append(line(Piece(" nothing was run from the room", "mute")))
    for title, rows in (
        ("Services", found.now.services),
        ("Kinds of trouble", found.now.categories),
        ("Who found it first", found.found_by),
    ):
        lines += [(), rule(title, width), ()]
        lines += _ranking(rows, room)
    return lines


def came_back_lines(found: Trends, width: int) -> list[Line]:
    """Return what recurred, the follow-ups, and what the numbers say."""
    share = spell.share(len(found.now.recurred), found.now.incidents)
    lines: list[Line] = [rule("Came back", width, (Piece(f"{share} within 90 days", "mute"),)), ()]
    for name, earlier in found.now.recurred[:5]:
        words = "was reopened" if name == earlier else f"like {earlier}"
        lines.append(line(Piece(fit(f" {name}", 12), "text", True), Piece(words, "soft")))
    if not found.now.recurred:
        lines.append(line(Piece(" nothing", "ok")))
    items = found.now.follow_ups
    wanted = items["done"] + items["open"]
    part = items["done"] / wanted if wanted else 0.0
    late = Piece(f" · {items['overdue']} overdue", "warn") if items["overdue"] else Piece("")
    head = (Piece(f"{items['done']} done · {items['open']} open", "mute"), late)
    done = spell.share(items["done"], wanted) if wanted else "none yet"
    lines += [(), rule("Follow-ups", width, head), ()]
    lines.append((Piece(" "), *gauge(part, max(width - 14, 6), "ok"), Piece(f"  {done}", "text")))
    lines += [(), rule("What the numbers say", width), ()]
    lines += [
        line(Piece(f" {part}", "soft"))
        for words in sentences(found)
        for part in wrap(words, width - 2)
    ]
    return lines


def when_lines(found: Trends, width: int) -> list[Line]:
    """Return the hours of the week in which incidents began."""
    cell = 2 if width >= 56 else 1
    lines: list[Line] = [rule("When", width, (Piece("hour by weekday, UTC", "mute"),)), ()]
    for day, name in enumerate(_DAYS):
        pieces = [Piece(f" {name} ", "soft")]
        for hour in range(24):
            count = found.hours.get((day, hour), 0)
            sign = "·" if not count else str(count) if count < 10 else "+"
            pieces.append(Piece(fit(sign, cell), "line" if not count else "text", bool(count)))
        lines.append(tuple(pieces))
    marks = "".join(fit(f"{hour:02}", cell * 6) for hour in range(0, 24, 6))
    return [*lines, line(Piece(f"     {marks}", "mute"))]


def _measured(name: str, part: float, tone: str, figure: str, more: str, room: int) -> Line:
    return (
        Piece(fit(f" {name}", 11), "soft"),
        *gauge(part, room - 4, tone),
        Piece(fit(figure, 9, right=True), "text", bold=True),
        Piece(fit(more, 9, right=True), "mute"),
    )


def _ranking(rows: Sequence[tuple[str, int]], room: int) -> Iterable[Line]:
    most = max((count for _, count in rows), default=1)
    for name, count in rows[:4]:
        yield (
            Piece(fit(f" {name.replace('_', ' ')}", 21), "soft"),
            *gauge(count / most, max(room - 8, 4), "accent"),
            Piece(fit(str(count), 6, right=True), "text", bold=True),
        )
    if not rows:
        yield line(Piece(" none", "mute"))


def _moved(found: Trends, name: str) -> Piece:
    change = found.change(name)
    if change is None:
        return Piece(" " * _CHANGE)
    words = f"{change:+.0%}".replace("%", " %")
    return Piece(fit(words, _CHANGE), "ok" if change <= 0 else "warn", bold=True)


def _few(stat: Stat | None) -> str:
    if stat is None:
        return ""
    return f"few: {stat.count}" if stat.count < FEW else f"of {stat.count}"


def _span(seconds: float) -> str:
    return spell.duration(timedelta(seconds=seconds))
