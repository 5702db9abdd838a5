"""The shop's routes: how often they are asked for, how long they take, how much they return."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Route:
    """One route with its ordinary behaviour."""

    method: str
    template: str
    """The path with `{id}` where a number stands."""
    weight: float
    """Relative share of the traffic."""
    low: float
    """Seconds of the fastest ordinary answer."""
    high: float
    """Seconds of a slow but ordinary answer."""
    size: int
    """Bytes of an ordinary answer."""
    database: bool = True
    """Whether it needs a database connection."""
    edge: bool = False
    """Whether the router answers it by itself."""
    status: int = 200

    @property
    def name(self) -> str:
        """Method and template, as faults and switches name it."""
        return f"{self.method} {self.template}"


ROUTES: Sequence[Route] = (
    Route("GET", "/", 8, 0.008, 0.040, 5120, database=False),
    Route("GET", "/static/app.9f2c.js", 10, 0.001, 0.002, 48231, edge=True),
    Route("GET", "/static/shop.77ab.css", 6, 0.001, 0.002, 12904, edge=True),
    Route("GET", "/api/products", 14, 0.020, 0.070, 7340),
    Route("GET", "/api/products/{id}", 18, 0.012, 0.050, 1830),
    Route("GET", "/api/search", 9, 0.030, 0.120, 4120),
    Route("GET", "/api/me", 8, 0.006, 0.025, 412),
    Route("POST", "/api/cart/items", 6, 0.015, 0.060, 618, status=201),
    Route("PUT", "/api/cart/items/{id}", 4, 0.015, 0.060, 618),
    Route("POST", "/api/login", 3, 0.040, 0.090, 310),
    Route("POST", "/api/checkout", 38, 0.060, 0.160, 944, status=201),
    Route("POST", "/api/pay", 6, 0.050, 0.140, 388),
    Route("GET", "/api/orders/{id}", 6, 0.012, 0.050, 1212),
    Route("GET", "/api/export", 0.5, 0.080, 0.200, 65536),
    Route("GET", "/health", 3, 0.001, 0.002, 180, database=False),
)
"""Every route of the shop; weights need not sum to anything."""

_BY_NAME = {route.name: route for route in ROUTES}


def find(method: str, path: str) -> Route | None:
    """Return the route that serves `method` and `path` (a query is ignored), None for a 404."""
    plain = path.partition("?")[0]
    parts = ["{id}" if part.isdigit() else part for part in plain.split("/")]
    return _BY_NAME.get(f"{method} {'/'.join(parts)}")
