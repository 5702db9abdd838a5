"""Forty shapes of a day: what happened to the shop, and what is true about it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from incidents.world import AGENTS, NEW, RELEASES, ROUTES, SORTS, TENANTS, World, build


@dataclass(frozen=True)
class Truth:
    """What an honest answer says."""

    kind: str | None
    """The outcome that shows it; None on a quiet day."""
    start: float = 0.0
    end: float = 0.0
    causes: tuple[np.ndarray, ...] = ()
    """Rows affected, one array of bool a cause; none where everything is affected."""
    everything: bool = False
    changes: tuple[tuple[str, float], ...] = ()
    """What a person would have declared: text and time."""


@dataclass(frozen=True)
class Day:
    """A world with its truth."""

    world: World
    truth: Truth


Shape = Callable[[World, float, float], Truth]
"""Changes a world between two moments and says what is true."""

_SHAPES: dict[str, tuple[Shape, dict[str, float]]] = {}


def shape(**how: float) -> Callable[[Shape], Shape]:
    """Register a shape; `requests`, `hours`, `begin`, `length` (minutes) may differ."""

    def keep(make: Shape) -> Shape:
        _SHAPES[make.__name__] = (make, how)
        return make

    return keep


def names() -> list[str]:
    """Every shape."""
    return list(_SHAPES)


def incidents() -> list[str]:
    """Those with something to find."""
    return [name for name in _SHAPES if not name.startswith("none_")]


def quiet() -> list[str]:
    """Those with nothing to find."""
    return [name for name in _SHAPES if name.startswith("none_")]


def make(name: str, seed: int, *, hard: bool = False, requests: int = 60_000) -> Day:
    """One day, the same for the same name and seed.

    Hard: extra failures a third as likely, a third of the traffic, four times the background.
    """
    function, how = _SHAPES[name]
    key = sum(ord(letter) * (i + 3) for i, letter in enumerate(name)) * 1000 + seed
    count = how.get("requests", requests)
    hours = how.get("hours", 4.0)
    world = build(
        key * 2 + hard,
        requests=int(count / (3 if hard else 1)),
        hours=hours,
        background=4.0 if hard else 1.0,
        strength=0.35 if hard else 1.0,
        begin=how.get("begin", 10.0),
    )
    rng = world.rng
    first, last = float(world.at[0]), float(world.at[-1])
    length = how.get("length", 25.0) * 60 * rng.uniform(0.7, 1.4)
    start = first + (last - first) * rng.uniform(0.35, 0.6)
    end = min(start + length, last + 1)
    if not name.startswith("none_") and rng.random() < 0.25:
        start, end = last - length, last + 1  # still going on when the log ends
    truth = function(world, start, end)
    if not len(world.status):
        world.settle()
    return Day(world, truth)


def _hit(world: World, start: float, end: float, rows: np.ndarray, chance: float) -> Truth:
    world.fail(rows & world.during(start, end), chance)
    return Truth("5xx", start, end, (rows,))


def _deploy(world: World, moment: float, rows: np.ndarray | None = None, release: int = 1) -> None:
    chosen = np.ones(len(world.at), bool) if rows is None else rows
    world.release = np.where((world.at >= moment) & chosen, release, world.release)


@shape()
def release_route(world: World, start: float, end: float) -> Truth:
    _deploy(world, start, world.upstream % 3 == 0)
    rows = world.path_of("/api/v1/checkout", "POST") & (world.release == 1)
    truth = _hit(world, start, end, rows, 0.8)
    return Truth("5xx", start, end, truth.causes, changes=((f"deploy shop {NEW}", start - 13),))


@shape()
def release_route_full(world: World, start: float, end: float) -> Truth:
    for host in range(9):
        _deploy(world, start + host * 8, world.upstream == host)
    rows = world.path_of("/api/v1/payments") & (world.release == 1)
    world.fail(rows & world.during(start, end), 0.7)
    return Truth("5xx", start, end, (rows,), changes=((f"deploy shop {NEW}", start - 5),))


@shape()
def canary5(world: World, start: float, end: float) -> Truth:
    lucky = (world.rng.random(len(world.at)) < 0.05) & (world.at >= start)
    world.release = np.where(lucky, 2, world.release)
    return _hit(world, start, end, world.release == 2, 0.5)


@shape()
def route_method(world: World, start: float, end: float) -> Truth:
    return _hit(world, start, end, world.path_of("/api/v1/orders/{id}", "PUT"), 0.7)


@shape()
def low_volume_route(world: World, start: float, end: float) -> Truth:
    return _hit(world, start, end, world.path_of("/admin/export"), 0.9)


@shape()
def method(world: World, start: float, end: float) -> Truth:
    return _hit(world, start, end, world.method("POST"), 0.4)


@shape()
def one_backend(world: World, start: float, end: float) -> Truth:
    return _hit(world, start, end, world.upstream == 4, 0.3)


@shape()
def two_backends(world: World, start: float, end: float) -> Truth:
    rows = (world.upstream == 1) | (world.upstream == 7)
    world.fail(rows & world.during(start, end), 0.35)
    return Truth("5xx", start, end, (world.upstream == 1, world.upstream == 7))


@shape()
def zone(world: World, start: float, end: float) -> Truth:
    return _hit(world, start, end, world.zone == 1, 0.4)


@shape()
def zone_release(world: World, start: float, end: float) -> Truth:
    _deploy(world, start, world.zone == 2)
    return _hit(world, start, end, world.release == 1, 0.35)


@shape()
def red_herring_deploy(world: World, start: float, end: float) -> Truth:
    _deploy(world, start - 360)
    truth = _hit(world, start, end, world.upstream == 2, 0.3)
    return Truth("5xx", start, end, truth.causes, changes=((f"deploy shop {NEW}", start - 360),))


@shape()
def tenant(world: World, start: float, end: float) -> Truth:
    rows = (world.tenant == 2) & _under(world, "/t/")
    return _hit(world, start, end, rows, 0.8)


@shape()
def query_param(world: World, start: float, end: float) -> Truth:
    rows = (world.sort == SORTS.index("rating")) & world.path_of("/search")
    return _hit(world, start, end, rows, 0.7)


@shape()
def client_net(world: World, start: float, end: float) -> Truth:
    return _hit(world, start, end, world.net == 3, 0.4)


@shape()
def ua_version(world: World, start: float, end: float) -> Truth:
    agent = next(i for i, (name, _) in enumerate(AGENTS) if name.startswith("ShopApp/7.4"))
    return _hit(world, start, end, world.agent == agent, 0.4)


@shape()
def host(world: World, start: float, end: float) -> Truth:
    return _hit(world, start, end, world.host == 1, 0.3)


@shape()
def dependency_set(world: World, start: float, end: float) -> Truth:
    sets = (
        world.path_of("/api/v1/payments"),
        world.path_of("/api/v1/checkout", "POST"),
        world.path_of("/api/v1/recommendations"),
    )
    world.fail(np.logical_or.reduce(sets) & world.during(start, end), 0.6)
    return Truth("5xx", start, end, sets)


@shape()
def two_causes(world: World, start: float, end: float) -> Truth:
    first, second = world.path_of("/login"), world.upstream == 5
    world.fail(first & world.during(start, end), 0.7)
    world.fail(second & world.during(start, end), 0.3)
    return Truth("5xx", start, end, (first, second))


@shape()
def global_503(world: World, start: float, end: float) -> Truth:
    world.fail(world.during(start, end), 1.0)
    return Truth("5xx", start, end, everything=True)


@shape()
def global_partial(world: World, start: float, end: float) -> Truth:
    world.fail(world.during(start, end), 0.15)
    return Truth("5xx", start, end, everything=True)


@shape(length=1.0)
def short_blip(world: World, start: float, end: float) -> Truth:
    world.fail(world.during(start, end), 0.9)
    return Truth("5xx", start, end, everything=True)


@shape()
def flapping(world: World, start: float, end: float) -> Truth:
    rows = world.zone == 0
    up = (world.at - start) % 180 < 60
    world.fail(rows & up & world.during(start, end), 0.8)
    last = world.at[rows & up & world.during(start, end)]
    return Truth("5xx", start, float(last[-1]) if len(last) else end, (rows,))


@shape(length=40)
def slow_ramp(world: World, start: float, end: float) -> Truth:
    rows = (world.upstream == 3) | (world.upstream == 4) | (world.upstream == 5)
    world.fail(rows & world.during(start, end), 0.7 * (world.at - start) / (end - start))
    return Truth("5xx", start, end, (rows,))


@shape(length=40)
def half_recovery(world: World, start: float, end: float) -> Truth:
    rows = world.path_of("/api/v1/orders")
    middle = start + 0.4 * (end - start)
    world.fail(rows & world.during(start, middle), 0.8)
    world.fail(rows & world.during(middle, end), 0.25)
    return Truth("5xx", start, end, (rows,))


@shape()
def retry_storm(world: World, start: float, end: float) -> Truth:
    world.repeat(world.path_of("/api/v1/cart", "GET") & world.during(start, end), 4)
    rows = world.path_of("/api/v1/cart", "GET")
    return _hit(world, start, end, rows, 0.6)


@shape()
def noisy_healthcheck(world: World, start: float, end: float) -> Truth:
    world.fail(world.path_of("/healthz"), 0.35 / world.strength)
    return _hit(world, start, end, world.path_of("/api/v1/stock/{id}"), 0.6)


@shape()
def clock_skew(world: World, start: float, end: float) -> Truth:
    world.skew = {2: 88.0, 6: -41.0}
    return _hit(world, start, end, world.zone == 1, 0.5)


@shape()
def dst(world: World, start: float, end: float) -> Truth:
    middle = (start + end) / 2
    world.utc_offsets = ((0.0, 120), (middle, 60))
    return _hit(world, start, end, world.path_of("/login"), 0.6)


@shape(begin=1.0, requests=12_000, length=50)
def night(world: World, start: float, end: float) -> Truth:
    return _hit(world, start, end, world.upstream == 8, 0.6)


@shape(begin=2.0, hours=12.0, requests=13_000, length=90)
def weekend(world: World, start: float, end: float) -> Truth:
    return _hit(world, start, end, world.path_of("/api/v1/checkout", "POST"), 0.8)


@shape()
def aborts_499(world: World, start: float, end: float) -> Truth:
    sets = (world.path_of("/search"), world.path_of("/t/{tenant}/reports"))
    _given(world, np.logical_or.reduce(sets) & world.during(start, end), 0.5, 499)
    return Truth("499", start, end, sets)


@shape()
def surge_4xx(world: World, start: float, end: float) -> Truth:
    rows = world.path_of("/api/v1/users/{uuid}") | world.path_of("/login")
    _given(world, rows & world.during(start, end), 0.8, 401)
    return Truth(
        "4xx", start, end, (world.path_of("/api/v1/users/{uuid}"), world.path_of("/login"))
    )


@shape()
def latency_only(world: World, start: float, end: float) -> Truth:
    rows = world.path_of("/api/v1/recommendations")
    slow = rows & world.during(start, end) & (world.rng.random(len(world.at)) < world.strength)
    world.seconds = np.where(slow, world.seconds * 12, world.seconds)
    return Truth("slow", start, end, (rows,))


@shape(length=6)
def silence(world: World, start: float, end: float) -> Truth:
    if end > world.at[-1]:
        start, end = start - 1200, start - 1200 + 300
    keep = np.flatnonzero(~world.during(start, end))
    world.take(keep, world.at[keep])
    return Truth("silence", start, end)


@shape()
def none_noise(_world: World, _start: float, _end: float) -> Truth:
    return Truth(None)


@shape()
def none_peak(world: World, start: float, end: float) -> Truth:
    world.repeat(world.during(start, end), 3, 60)
    return Truth(None)


@shape()
def none_simpson(world: World, start: float, end: float) -> Truth:
    """The mix shifts towards the routes that fail more often on any day."""
    risky = world.path_of("/api/v1/payments") | world.path_of("/api/v1/refunds")
    world.fail(risky, 0.08 / world.strength)
    world.repeat(risky & world.during(start, end), 6, 30)
    return Truth(None)


@shape()
def none_deploy(world: World, start: float, _end: float) -> Truth:
    _deploy(world, start)
    return Truth(None, changes=((f"deploy shop {RELEASES[1]}", start),))


@shape()
def none_healthcheck(world: World, _start: float, _end: float) -> Truth:
    world.fail(world.path_of("/healthz"), 0.35 / world.strength)
    return Truth(None)


@shape()
def none_burst3(world: World, start: float, _end: float) -> Truth:
    """Three failures of one route at once, as any deploy leaves behind."""
    rows = np.flatnonzero(world.path_of("/api/v1/payments") & (world.at >= start))[:3]
    world.settle()
    world.status[rows] = 502
    return Truth(None)


@shape()
def none_bot404(world: World, start: float, end: float) -> Truth:
    """A scanner from one network: thousands of paths that do not exist."""
    rows = world.during(start, end) & (world.rng.random(len(world.at)) < 0.5)
    world.repeat(rows, 1, 20)
    scan = world.during(start, end) & (world.rng.random(len(world.at)) < 0.4)
    world.settle()
    index = np.flatnonzero(scan)
    world.net[index] = 40
    world.agent[index] = len(AGENTS) - 3
    world.status[index] = 404
    words = ("wp-admin", "phpmyadmin", ".env", "backup", "old", "test", "cgi-bin", "vendor")
    draw = world.rng.integers(0, 10_000, len(index)).tolist()
    world.paths = {
        i: f"/{words[n % 8]}/{words[n // 8 % 8]}{n}.php"
        for i, n in zip(index.tolist(), draw, strict=True)
    }
    return Truth(None)


@shape()
def none_batch(world: World, start: float, end: float) -> Truth:
    """A batch job asks for one heavy route all the time; it fails as that route always does."""
    world.repeat(world.path_of("/admin/export") & world.during(start, end), 40, 120)
    return Truth(None)


def _under(world: World, prefix: str) -> np.ndarray:
    return np.isin(world.route, [i for i, one in enumerate(ROUTES) if one[1].startswith(prefix)])


def _given(world: World, rows: np.ndarray, chance: float, status: int) -> None:
    world.settle()
    hit = rows & (world.rng.random(len(world.at)) < chance * world.strength)
    world.status[hit] = status


assert len(TENANTS) == 12
