"""Write a world as a real log file: combined with fields, JSON lines, HAProxy."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from incidents.world import (
    AGENTS,
    HOSTS,
    KINDS,
    RELEASES,
    ROUTES,
    SORTS,
    TENANTS,
    UPSTREAMS,
    WORDS,
    ZONES,
    World,
)

Row = tuple[float, int, str, str, str, int, int, str, str, str, str, str, float]
"""Time, minutes from UTC, client, method, path, status, size, agent, host, upstream, zone, release,
seconds."""

FORMATS = ("combined", "json", "haproxy")


def write(world: World, path: Path, form: str) -> None:
    """Write every request as one line, in the order in which they happened."""
    line: Callable[[Row], str] = {"combined": combined, "json": as_json, "haproxy": haproxy}[form]
    with path.open("w", encoding="utf-8") as out:
        out.writelines(line(row) + "\n" for row in rows(world))


def rows(world: World) -> Iterator[Row]:
    rng = world.rng
    size = len(world.at)
    number = rng.integers(1, 90_000, size).tolist()
    noise = rng.integers(0, 2**62, size).tolist()
    last = rng.integers(1, 255, size).tolist()
    third = rng.integers(0, 6, size).tolist()
    columns = (
        getattr(world, name).tolist()
        for name in (
            [
                "at",
                "route",
                "host",
                "upstream",
                "release",
                "agent",
                "net",
                "tenant",
                "sort",
                "kind",
                "status",
                "seconds",
            ]
        )
    )
    change = list(world.utc_offsets)
    for i, (at, route, host, up, rel, agent, net, tenant, sort, kind, status, sec) in enumerate(
        zip(*columns, strict=True)
    ):
        verb, template = ROUTES[route][:2]
        path = world.paths.get(i) or _fill(template, number[i], noise[i], tenant, sort, kind)
        ip = f"10.{60 + net}.{third[i]}.{last[i]}" if net < 40 else f"185.220.101.{last[i]}"
        offset = next(minutes for since, minutes in reversed(change) if at >= since)
        yield (
            at + world.skew.get(up, 0.0), offset, ip, verb, path, status, 200 + noise[i] % 40_000,
            AGENTS[agent][0], HOSTS[host], UPSTREAMS[up], ZONES[up // 3], RELEASES[rel], sec,
        )  # fmt: skip


def _fill(template: str, number: int, noise: int, tenant: int, sort: int, kind: int) -> str:
    if "{" not in template:
        return template
    digits = f"{noise:016x}"
    return (
        template.replace("{id}", str(number))
        .replace(
            "{uuid}", f"{digits[:8]}-{digits[8:12]}-4{digits[1:4]}-a{digits[4:7]}-{digits[3:15]}"
        )
        .replace("{hash}", f"{0xA1B2C3D4 + noise % 3:08x}")
        .replace("{cat}", WORDS[number % len(WORDS)])
        .replace("{word}", f"{WORDS[number % 12]}+{WORDS[number // 12 % 12]}+{number % 997}")
        .replace("{sort}", SORTS[sort])
        .replace("{kind}", KINDS[kind])
        .replace("{tenant}", TENANTS[tenant])
    )


_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def combined(row: Row) -> str:
    at, offset, ip, verb, path, status, size, agent, host, up, zone, rel, sec = row
    when = datetime.fromtimestamp(at, timezone(timedelta(minutes=offset)))
    stamp = f"{when.day:02}/{_MONTHS[when.month - 1]}/{when:%Y:%H:%M:%S %z}"
    return (
        f'{ip} - - [{stamp}] "{verb} {path} HTTP/1.1" {status} {size} "-" "{agent}" '
        f"vhost={host} upstream={up} zone={zone} release={rel} rt={sec:.3f}"
    )


def as_json(row: Row) -> str:
    at, offset, ip, verb, path, status, size, agent, host, up, zone, rel, sec = row
    when = datetime.fromtimestamp(at, timezone(timedelta(minutes=offset)))
    return json.dumps(
        {
            "time": when.isoformat(timespec="milliseconds"),
            "client": ip,
            "method": verb,
            "path": path,
            "status": status,
            "bytes": size,
            "user_agent": agent,
            "host": host,
            "upstream": up,
            "zone": zone,
            "release": rel,
            "duration": round(sec, 3),
        }
    )


def haproxy(row: Row) -> str:
    """HAProxy's HTTP log; its stamps have no zone, so the balancer runs on UTC."""
    at, _offset, ip, verb, path, status, size, agent, host, up, zone, rel, sec = row
    when = datetime.fromtimestamp(at, UTC)
    day = (
        f"{when.day:02}/{_MONTHS[when.month - 1]}/{when:%Y:%H:%M:%S}.{when.microsecond // 1000:03}"
    )
    total = round(sec * 1000)
    return (
        f"{_MONTHS[when.month - 1]} {when.day:2} {when:%H:%M:%S} lb1 haproxy[812]: {ip}:41234 "
        f"[{day}] web {zone}/{up} 0/0/1/{max(total - 2, 0)}/{total} {status} {size} - - ---- "
        f'9/9/2/1/0 0/0 {{{host}|{agent}}} {{{rel}}} "{verb} {path} HTTP/1.1"'
    )
