"""The traffic of a shop as columns, with a chance to fail for every request."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

START = 1_783_296_000.0  # Monday 2026-07-06 00:00 UTC
ROUTES: tuple[tuple[str, str, float, float, float], ...] = (
    # method, path with makers, weight, median seconds, ordinary failures a thousand
    ("GET", "/", 14, 0.02, 1),
    ("GET", "/products", 9, 0.05, 1),
    ("GET", "/products/{id}", 15, 0.04, 1),
    ("GET", "/categories/{cat}", 6, 0.05, 1),
    ("GET", "/search?q={word}&sort={sort}", 8, 0.09, 3),
    ("GET", "/api/v1/cart", 6, 0.03, 2),
    ("POST", "/api/v1/cart", 4, 0.05, 3),
    ("DELETE", "/api/v1/cart/{id}", 0.8, 0.04, 2),
    ("POST", "/api/v1/checkout", 2.5, 0.3, 6),
    ("GET", "/api/v1/checkout", 1, 0.06, 2),
    ("POST", "/api/v1/payments", 2, 0.4, 8),
    ("POST", "/api/v1/refunds", 0.5, 0.4, 8),
    ("GET", "/api/v1/orders", 2.5, 0.06, 2),
    ("GET", "/api/v1/orders/{id}", 3, 0.05, 2),
    ("PUT", "/api/v1/orders/{id}", 0.9, 0.09, 4),
    ("GET", "/api/v1/users/{uuid}", 2, 0.03, 1),
    ("PATCH", "/api/v1/users/{uuid}", 0.4, 0.07, 3),
    ("POST", "/login", 1.6, 0.15, 3),
    ("POST", "/logout", 0.5, 0.03, 1),
    ("GET", "/t/{tenant}/dashboard", 2.2, 0.12, 2),
    ("GET", "/t/{tenant}/reports", 1.4, 0.4, 4),
    ("GET", "/t/{tenant}/members", 1, 0.05, 2),
    ("POST", "/t/{tenant}/invites", 0.4, 0.1, 3),
    ("GET", "/static/app.{hash}.js", 6, 0.005, 0.2),
    ("GET", "/static/site.{hash}.css", 4, 0.005, 0.2),
    ("GET", "/images/{id}.jpg", 5, 0.01, 0.4),
    ("GET", "/healthz", 2, 0.004, 0.5),
    ("GET", "/api/v1/recommendations?for={kind}", 3, 0.11, 4),
    ("GET", "/api/v1/stock/{id}", 2, 0.04, 2),
    ("GET", "/admin/export", 0.45, 1.5, 6),
)
TENANTS = [
    "acme",
    "globex",
    "initech",
    "umbrella",
    "stark",
    "wayne",
    "hooli",
    "wonka",
    "cyberdyne",
    "tyrell",
    "soylent",
    "oscorp",
]
WORDS = [
    "lamp",
    "chair",
    "desk",
    "sofa",
    "shelf",
    "table",
    "bed",
    "rug",
    "clock",
    "mirror",
    "vase",
    "plant",
]
SORTS = ("price", "name", "rating", "newest")
KINDS = ("home", "cart", "product", "mail")
HOSTS = ("shop.example", "m.shop.example", "api.shop.example")
UPSTREAMS = tuple(f"10.20.{3 + i // 3}.{11 + i % 3}:8080" for i in range(9))
ZONES = ("zone-a", "zone-b", "zone-c")
AGENTS = (
    (
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/138.0.0.0 Safari/537.36"
        ),
        30,
    ),
    (
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/137.0.0.0 Safari/537.36"
        ),
        9,
    ),
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", 10),
    (
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
            "(KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
        ),
        16,
    ),
    ("ShopApp/7.3.1 (iOS 18.5)", 12),
    ("ShopApp/7.4.0 (iOS 18.5)", 7),
    ("ShopApp/7.3.0 (Android 15)", 6),
    ("okhttp/4.12.0", 4),
    ("python-requests/2.32.3", 2),
    ("kube-probe/1.33", 2),
    ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", 2),
)
OLD, NEW, CANARY = "2026.7.1", "2026.7.2", "2026.7.3-rc1"
RELEASES = (OLD, NEW, CANARY)


@dataclass
class World:
    """Columns of requests in time order; shapes change them."""

    rng: np.random.Generator
    at: np.ndarray
    route: np.ndarray
    host: np.ndarray
    upstream: np.ndarray
    release: np.ndarray
    agent: np.ndarray
    net: np.ndarray
    tenant: np.ndarray
    sort: np.ndarray
    kind: np.ndarray
    chance: np.ndarray
    seconds: np.ndarray
    strength: float
    """1 normally; below, every extra failure is as much rarer."""
    status: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    skew: dict[int, float] = field(default_factory=dict)
    """Upstream to seconds its clock is ahead."""
    utc_offsets: tuple[tuple[float, int], ...] = ((0.0, 0),)
    """From which second on the stamps are written with which offset, in minutes."""
    paths: dict[int, str] = field(default_factory=dict)
    """Rows that ask for something out of the ordinary."""

    @property
    def zone(self) -> np.ndarray:
        """Three upstreams each."""
        return self.upstream // 3

    def path_of(self, name: str, method: str | None = None) -> np.ndarray:
        """Rows of one route."""
        hit = [
            i
            for i, (verb, path, *_) in enumerate(ROUTES)
            if path.partition("?")[0] == name and (method is None or verb == method)
        ]
        assert hit, name
        return np.isin(self.route, hit)

    def method(self, verb: str) -> np.ndarray:
        """Rows of one method."""
        return np.isin(self.route, [i for i, one in enumerate(ROUTES) if one[0] == verb])

    def during(self, start: float, end: float) -> np.ndarray:
        """Rows between two moments."""
        return (self.at >= start) & (self.at < end)

    def fail(self, rows: np.ndarray, chance: float | np.ndarray) -> None:
        """Give rows an extra chance to fail."""
        extra = np.zeros(len(self.at))
        extra[rows] = chance if isinstance(chance, float) else chance[rows]
        self.chance = 1 - (1 - self.chance) * (1 - np.minimum(extra * self.strength, 1))

    def take(self, index: np.ndarray, at: np.ndarray) -> None:
        """Replace the rows by those of `index` at new times, put in order."""
        order = np.argsort(at, kind="stable")
        for name in COLUMNS:
            setattr(self, name, getattr(self, name)[index[order]])
        self.at = at[order]

    def repeat(self, rows: np.ndarray, times: float, spread: float = 5.0) -> None:
        """Ask again: every row of `rows` comes `times` more often, a little later."""
        index = np.flatnonzero(rows)
        copies = self.rng.poisson(times, len(index))
        more = np.repeat(index, copies)
        later = self.at[more] + self.rng.exponential(spread, len(more))
        keep = later < self.at[-1]
        self.take(
            np.concatenate([np.arange(len(self.at)), more[keep]]),
            np.concatenate([self.at, later[keep]]),
        )

    def settle(self) -> None:
        """Draw the outcomes."""
        failed = self.rng.random(len(self.at)) < self.chance
        codes = self.rng.choice([500, 502, 503, 504], len(self.at), p=[0.4, 0.3, 0.2, 0.1])
        roll = self.rng.random(len(self.at))
        fine = np.where(
            roll < 0.02, 404, np.where(roll < 0.03, 401, np.where(roll < 0.05, 304, 200))
        )
        fine = np.where((roll > 0.998), 499, fine)
        self.status = np.where(failed, codes, fine)


COLUMNS = [
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
    "chance",
    "seconds",
]


def build(
    seed: int,
    *,
    requests: int,
    hours: float,
    background: float = 1.0,
    strength: float = 1.0,
    begin: float = 10.0,
) -> World:
    """A quiet day of the shop, from `begin` o'clock on."""
    rng = np.random.default_rng(seed)
    # a daily curve: three times as much at noon as in the small hours
    span = hours * 3600
    grid = np.linspace(0, span, 500)
    level = 1 + 0.5 * np.cos((begin + grid / 3600 - 13) / 24 * 2 * np.pi)
    level *= np.exp(np.convolve(rng.normal(0, 0.25, 500), np.ones(12) / 12, "same"))
    edges = np.concatenate([[0], np.cumsum((level[1:] + level[:-1]) / 2)])
    at = np.interp(np.sort(rng.random(requests)) * edges[-1], edges, grid)
    weight = np.array([one[2] for one in ROUTES])
    route = rng.choice(len(ROUTES), requests, p=weight / weight.sum())
    usual = np.array([one[4] for one in ROUTES]) / 1000 * background
    median = np.array([one[3] for one in ROUTES])
    # the ordinary share wanders from minute to minute
    wander = np.exp(np.convolve(rng.normal(0, 0.3, 700), np.ones(5) / 5, "same"))
    drift = np.interp(at, np.linspace(0, span, 700), wander)
    api = np.char.startswith(np.array([one[1] for one in ROUTES]), "/api")[route]
    agents = np.array([share for _, share in AGENTS], float)
    zipf = 1 / np.arange(1, 41) ** 0.7
    return World(
        rng=rng,
        at=START + begin * 3600 + at,
        route=route,
        host=np.where(api, 2, rng.choice(2, requests, p=[0.7, 0.3])),
        upstream=rng.integers(0, len(UPSTREAMS), requests),
        release=np.zeros(requests, np.int64),
        agent=rng.choice(len(AGENTS), requests, p=agents / agents.sum()),
        net=rng.choice(40, requests, p=zipf / zipf.sum()),
        tenant=rng.choice(len(TENANTS), requests, p=_falling(len(TENANTS))),
        sort=rng.choice(len(SORTS), requests, p=[0.4, 0.3, 0.2, 0.1]),
        kind=rng.integers(0, len(KINDS), requests),
        chance=np.minimum(usual[route] * drift, 0.5),
        seconds=median[route] * np.exp(rng.normal(0, 0.35, requests)),
        strength=strength,
    )


def _falling(size: int) -> Sequence[float]:
    weight = 1 / np.arange(1, size + 1) ** 0.5
    return list(weight / weight.sum())
