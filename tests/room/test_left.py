"""After a containment that helped, what still fails is what the next one is chosen by."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from warroom.logs import open_logs
from warroom.room.measure import evidence

BEGUN = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
ONSET, STEP, END = 60, 120, 180
"""Seconds after the beginning: a failure of one route, a step against it, the end of the log."""


def shop(folder: Path, *, left: bool) -> Path:
    """A log in which checkout fails until a step, and payments fail on, or do not."""
    lines = []
    for second in range(END):
        at = (BEGUN + timedelta(seconds=second)).strftime("%d/%b/%Y:%H:%M:%S +0000")
        fails = {
            "/api/checkout": ONSET <= second < STEP,
            "/api/pay": left and second >= ONSET and second % 2 == 0,
            "/api/products": second % 50 == 0,
        }
        lines += [
            f'192.0.2.1 - - [{at}] "POST {path} HTTP/1.1" {502 if bad else 200} 12 "-" "curl"\n'
            for path, bad in fails.items()
        ]
    path = folder / "access.log"
    path.write_text("".join(lines))
    return path


def seen(path: Path, eased: float | None):
    log = open_logs([str(path)])
    try:
        while not log.progress().complete:
            pass
        return evidence([log], BEGUN.timestamp() + ONSET, eased)
    finally:
        log.close()


def failing(found) -> dict[str, int]:
    paths = ("/api/checkout", "/api/pay", "/api/products")
    return {path: sum(path in line for line in found.lines) for path in paths}


def test_before_a_step_everything_since_the_onset_counts(tmp_path: Path) -> None:
    found = seen(shop(tmp_path, left=True), None)
    assert not found.left
    assert failing(found)["/api/checkout"] == STEP - ONSET


def test_what_is_left_counts_alone(tmp_path: Path) -> None:
    found = seen(shop(tmp_path, left=True), BEGUN.timestamp() + STEP)
    assert found.left
    assert failing(found) == {"/api/checkout": 0, "/api/pay": 30, "/api/products": 1}


def test_the_failures_of_an_ordinary_day_are_not_what_is_left(tmp_path: Path) -> None:
    found = seen(shop(tmp_path, left=False), BEGUN.timestamp() + STEP)
    assert not found.left
    assert failing(found)["/api/checkout"] == STEP - ONSET


def test_releases_are_those_of_the_hour_before_the_newest_failures(tmp_path: Path) -> None:
    """The onset is older: what was released around it says nothing of what fails now."""
    lines = []
    for release, hour, status in (("1", 0.0, 200), ("2", 2.0, 200), ("3", 2.2, 502)):
        for second in range(60):
            at = BEGUN + timedelta(hours=hour, seconds=second)
            lines.append(
                f"192.0.2.1 - - [{at:%d/%b/%Y:%H:%M:%S +0000}] "
                f'"POST /api/pay HTTP/1.1" {status} 12 "-" "curl" rt=0.01 us="-" '
                f'release="{release}"\n'
            )
    path = tmp_path / "access.log"
    path.write_text("".join(lines))
    assert tuple(seen(path, None).releases) == ("2", "3")
