"""Access logs for replays: a line for every request between two instants."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

ROUTES = ("GET /", "GET /reports", "POST /api/export", "GET /login", "GET /account")


def traffic(
    path: Path,
    start: datetime,
    end: datetime,
    fails: Callable[[datetime, str, int], bool],
    every: float = 2.0,
) -> None:
    """Append one request every so many seconds, route after route; `fails` says which are 500."""
    with path.open("a") as file:
        at, number = start, 0
        while at < end:
            route = ROUTES[number % len(ROUTES)]
            status = 500 if fails(at, route, number) else 200
            method, target = route.split()
            file.write(
                f"10.0.{number % 7}.{number % 200} - - [{at:%d/%b/%Y:%H:%M:%S +0000}] "
                f'"{method} {target} HTTP/1.1" {status} 512 "-" "curl"\n'
            )
            at += timedelta(seconds=every)
            number += 1
