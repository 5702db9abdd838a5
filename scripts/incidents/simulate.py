"""Counts instead of lines: days for the spike watch, windows for the effect of an action."""

import math
import statistics
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from incidents import formats, reader, shapes
from incidents.world import HOSTS, RELEASES, ROUTES, UPSTREAMS, ZONES, World
from warroom.logs.analysis.effect import Verdict, Window, measure
from warroom.logs.analysis.findings import analyse
from warroom.logs.analysis.live import LiveWatch
from warroom.logs.analysis.watch import Watch
from warroom.logs.table import Coded, Table

STEPS_A_DAY = 8640
RATES = (1.0, 10.0, 100.0, 1000.0)
BACKGROUNDS = (0.0005, 0.005, 0.02)


def quiet_day(rng: np.random.Generator, rate: float, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Requests and failures of a day in ten-second steps.

    A daily curve with a quiet night, a share that wanders, and ten times one host of twenty that
    fails for two to five seconds.
    """
    hour = np.arange(STEPS_A_DAY) / 360
    curve = 0.15 + 0.85 * (1 - np.cos(hour / 24 * 2 * np.pi)) / 2
    wander = np.exp(np.convolve(rng.normal(0, 0.9, STEPS_A_DAY + 59), np.ones(60) / 60, "valid"))
    requests = rng.poisson(rate * 10 * curve * 1.7)
    chance = np.minimum(share * wander, 0.5)
    for begin in rng.uniform(0, STEPS_A_DAY - 2, 10):
        end = begin + rng.uniform(0.2, 0.5)
        step = int(begin)
        chance[step] += 0.05 * (min(end, step + 1) - begin)
        chance[step + 1] += 0.05 * max(0.0, end - step - 1)
    return requests, rng.binomial(requests, np.minimum(chance, 0.5))


def false_alarms(days: int, seed: int = 1) -> dict[float, tuple[int, float]]:
    """For each rate: offers on quiet days and the days simulated, over all backgrounds."""
    found = {}
    for rate in RATES:
        offers = 0
        for day in range(days):
            share = BACKGROUNDS[day % len(BACKGROUNDS)]
            rng = np.random.default_rng([seed, int(rate), day])
            watch = Watch()
            watch.learn(rate * 3600, rate * 3600 * share)
            silent = 0
            requests, failures = quiet_day(rng, rate, share)
            pairs = zip(requests.tolist(), failures.tolist(), strict=True)
            for step, (n, f) in enumerate(pairs):
                if watch.step(n, f) is not None and step >= silent:
                    offers += 1
                    silent = step + 180
        found[rate] = (offers, days)
    return found


def delays(rate: float, extra: float, share: float = 0.002, runs: int = 30) -> list[float]:
    """Seconds until an offer when `extra` of the requests begin to fail; inf for none in 30 min."""
    found = []
    for run in range(runs):
        rng = np.random.default_rng([run, int(rate), int(extra * 1000)])
        watch = Watch()
        watch.learn(rate * 3600, rate * 3600 * share)
        for _ in range(60):
            n = int(rng.poisson(rate * 10))
            watch.step(n, int(rng.binomial(n, share)))
        found.append(math.inf)
        for step in range(1, 181):
            n = int(rng.poisson(rate * 10))
            if watch.step(n, int(rng.binomial(n, min(share + extra, 1)))) is not None:
                found[-1] = step * 10.0
                break
    return found


def canary_delays(part: float, share: float, runs: int = 6) -> list[float]:
    """Seconds until an offer for a new release with `part` of 10 requests/s; inf in 30 min."""
    found = []
    for run in range(runs):
        rng = np.random.default_rng(run)
        watch = LiveWatch(began=0.0)
        found.append(math.inf)
        for step in range(240):
            new = int(rng.poisson(100 * part)) if step >= 70 else 0
            names = np.array([1] * new + [0] * (100 - new), np.int32)
            failed = rng.random(100) < np.where(names, share, 0.002)
            table = Table(
                at=np.full(100, 10.0 * step + 5),
                status=np.where(failed, 503, 200).astype(np.uint16),
                weight=np.ones(100, np.float32),
                fields={"release": Coded(names, ["old", "new"])},
            )
            if watch.take(table, 10.0 * step + 10) and step >= 70:
                found[-1] = 10.0 * (step - 69)
                break
    return found


@dataclass(frozen=True)
class Replay:
    """What the live watch did on one day."""

    shape: str
    delay: float | None
    """Seconds from the onset to the first offer in the incident; None without one."""
    false: int
    """Offers outside the incident."""


def replay(name: str, seed: int, *, hard: bool = False, requests: int = 30_000) -> Replay:
    """Play a day through the live watch; its first quarter is history."""
    day = shapes.make(name, seed, hard=hard, requests=requests)
    world, truth = day.world, day.truth
    cut = int(0.25 * len(world.at))
    start = float(world.at[cut])
    watch = LiveWatch(_table(world, 0, cut), start)
    rest = _table(world, cut, len(world.at))
    offers = [one.at for one in watch.take(rest, float(world.at[-1]))]
    start, end = truth.start, truth.end
    if truth.kind in {None, "silence"}:
        start, end = math.inf, -math.inf
    inside = [at for at in offers if start <= at <= end + 600]
    delay = inside[0] - start if inside else None
    return Replay(name, delay, len(offers) - len(inside))


def _table(world: World, start: int, stop: int) -> Table:
    paths = [path.partition("?")[0] for _, path, *_ in ROUTES]
    route = list(dict.fromkeys(paths))
    coded = {
        "route": (np.array([route.index(path) for path in paths])[world.route], route),
        "upstream": (world.upstream, UPSTREAMS),
        "release": (world.release, RELEASES),
        "zone": (world.zone, ZONES),
        "host": (world.host, HOSTS),
    }
    return Table(
        at=world.at[start:stop],
        status=world.status[start:stop].astype(np.uint16),
        weight=np.ones(stop - start, np.float32),
        duration=world.seconds[start:stop].astype(np.float32),
        fields={
            name: Coded(codes[start:stop].astype(np.int32), list(values))
            for name, (codes, values) in coded.items()
        },
    )


def _noisy(
    rng: np.random.Generator, buckets: int, mean: float, share: float, cv: float, memory: float
) -> Window:
    drift = np.zeros(buckets)
    drift[0] = rng.normal(0, cv)
    step = cv * math.sqrt(1 - memory * memory)
    for i in range(1, buckets):
        drift[i] = memory * drift[i - 1] + rng.normal(0, step)
    requests = rng.poisson(mean, buckets)
    chance = np.clip(share * (1 + drift), 1e-4, 0.99)
    return Window(requests.astype(float), rng.binomial(requests, chance).astype(float))


EFFECTS = ((60, 30, 80, 0.3, 0.15), (30, 12, 50, 0.6, 0.25), (120, 30, 20, 0.1, 0.02))
"""Buckets before, buckets after, requests a bucket, share before, share after."""


def coverage(cv: float, memory: float, runs: int = 150) -> float:
    """Share of simulated actions whose true improvement lies in the interval."""
    held = said = 0
    for case, (before, after, mean, p1, p2) in enumerate(EFFECTS):
        for run in range(runs):
            rng = np.random.default_rng([case, run])
            effect = measure(
                _noisy(rng, before, mean, p1, cv, memory), _noisy(rng, after, mean, p2, cv, memory)
            )
            if effect.low is not None and effect.high is not None:
                said += 1
                held += effect.low <= p1 - p2 <= effect.high
    return held / said


def false_claims(cv: float, memory: float, runs: int = 300) -> float:
    """Share of actions that changed nothing and are said to have helped (or solved it)."""
    claims = 0
    for run in range(runs):
        rng = np.random.default_rng(run)
        effect = measure(_noisy(rng, 60, 60, 0.3, cv, memory), _noisy(rng, 24, 60, 0.3, cv, memory))
        claims += effect.verdict in {Verdict.HELPED, Verdict.SOLVED}
    return claims / runs


def placebo(runs: int = 200) -> float:
    """Crash loop, action at the top of a burst, nothing changed: share of claims."""
    claims = 0
    for run in range(runs):
        rng = np.random.default_rng(run)
        period, up = int(rng.integers(9, 24)), int(rng.integers(3, 8))
        total = period * 4 + up // 2
        requests = rng.poisson(60, total + 18)
        chance = np.where(np.arange(total + 18) % period < up, 0.8, 0.002)
        failures = rng.binomial(requests, chance)
        whole = Window(requests.astype(float), failures.astype(float))
        effect = measure(
            Window(whole.requests[:total], whole.failures[:total]),
            Window(whole.requests[total + 6 : total + 16], whole.failures[total + 6 : total + 16]),
        )
        claims += effect.verdict in {Verdict.HELPED, Verdict.SOLVED}
    return claims / runs


def middle(values: list[float]) -> tuple[float, float]:
    """Median and 95th percentile."""
    ranked = sorted(values)
    return statistics.median(ranked), ranked[min(len(ranked) - 1, int(0.95 * len(ranked)))]


def seconds_for_a_million() -> float:
    """Processor seconds of the whole analysis of a million requests, thinned; best of three."""
    day = shapes.make("two_causes", 1, requests=1_000_000)
    world = day.world
    bad = world.status >= 500
    good = np.flatnonzero(~bad)
    step = -(-len(good) // 100_000)
    index = np.sort(np.concatenate([np.flatnonzero(bad), good[::step]]))
    world.take(index, world.at[index])
    world.status = world.status[index]
    with tempfile.TemporaryDirectory(prefix="warroom-bench-") as folder:
        path = Path(folder) / "access.log"
        formats.write(world, path, "json")
        table = reader.read(path, "json")
    failed = table.status >= 500
    thinned = replace(
        table,
        weight=np.where(failed, 1, step).astype(np.float32),
        requests=1_000_000,
        sampled=True,
    )
    spent = []
    for _ in range(3):
        began = time.process_time()
        answer = analyse(thinned)
        spent.append(time.process_time() - began)
        assert answer.main is not None
    return min(spent)
