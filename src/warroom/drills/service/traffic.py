"""The shop's customers: a seeded, endless sequence of requests."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from warroom.drills.service.routes import ROUTES

_CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/142.0.0.0 Safari/537.36"
)
_SAFARI = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/18.6 Safari/605.1.15"
)
AGENTS: Mapping[str, int] = {
    _CHROME: 30,
    _SAFARI: 18,
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0": 14,
    "ShopApp/5.3.1 (iPhone; iOS 18.1)": 20,
    "ShopApp/5.2.0 (Android 15; okhttp/4.12.0)": 14,
    "curl/8.5.0": 3,
    'partner-sync/2.1 "nightly"': 1,
}
"""User agents with their weights."""

WORDS = ("lamp", "desk+chair", "blue%20mug", "usb-c", "tent+4p", "caf%C3%A9")
CLIENTS = 400
"""How many different clients there are."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request of one client."""

    wait: float
    """Seconds since the previous request."""
    method: str
    path: str
    client: str
    agent: str
    referer: str
    request_id: str
    cached: bool = False
    """Whether the client has a copy and asks only if it changed."""


def calls(seed: int, rate: float) -> Iterator[Call]:
    """Yield requests for ever, `rate` a second on average, at random moments (Poisson)."""
    dice = random.Random(seed)  # noqa: S311 - reproducible traffic, nothing secret
    weights = [route.weight for route in ROUTES]
    agents = dice.choices(list(AGENTS), list(AGENTS.values()), k=CLIENTS)
    clients = [(_address(dice), agent) for agent in agents]
    while True:
        wait = dice.expovariate(rate)
        route = dice.choices(ROUTES, weights)[0]
        client, agent = dice.choice(clients)
        if route.template == "/health":
            client, agent = "10.0.0.5", "kube-probe/1.31"
        path = route.template.replace("{id}", str(dice.randint(1000, 9999)))
        if route.template == "/api/products":
            path += f"?page={dice.randint(1, 40)}"
        elif route.template == "/api/search":
            path += f"?q={dice.choice(WORDS)}&sort=price"
        elif route.template == "/api/export":
            path += f"?key=partner-{dice.randint(1, 6)}&page=1"
        yield Call(
            wait,
            route.method,
            path,
            client,
            agent,
            referer="https://shop.example/" if agent.startswith("Mozilla") else "",
            request_id=f"{dice.getrandbits(64):016x}",
            cached=route.edge and dice.random() < 0.4,
        )


def _address(dice: random.Random) -> str:
    """Return a client's address from the blocks that documentation and carriers may use."""
    kind = dice.random()
    if kind < 0.1:
        return f"2001:db8:{dice.randint(1, 0xFFF):x}::{dice.randint(1, 0xFFFF):x}"
    if kind < 0.6:
        return f"100.{dice.randint(64, 95)}.{dice.randint(0, 255)}.{dice.randint(1, 254)}"
    block = dice.choice(("192.0.2", "198.51.100", "203.0.113"))
    return f"{block}.{dice.randint(1, 254)}"
