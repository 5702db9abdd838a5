"""What can go wrong in the shop, as data: who is hit, how, and which switch makes it stop."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

from warroom.drills.service.state import GOOD_RELEASE, NEW_RELEASE


@dataclass(frozen=True, slots=True)
class Surge:
    """Traffic that exists only while the fault acts."""

    rate: float
    """Requests per second."""
    method: str
    path: str
    client: str
    agent: str


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to fail. It acts while its time has come and every one of `needs` holds."""

    name: str
    title: str
    """One line for people, without the answer."""
    cause: str
    """The root cause, in one sentence."""
    needs: Mapping[str, str]
    """Entries of the state that must all hold; falsifying any one contains the fault."""
    change: Mapping[str, str]
    """Entries of the state that its trigger sets."""
    record: Mapping[str, str]
    """The change record its trigger leaves: kind, text, and release where there is one."""
    routes: tuple[str, ...] = ()
    """Route templates with method, such as `POST /api/checkout`; empty means every route."""
    instances: tuple[str, ...] = ()
    """Instances that are hit; empty means all of them."""
    share: float = 0.0
    """Share of the touched requests that fail at full strength, 0 to 1."""
    sticky: bool = False
    """Whether the path decides who fails (the same record always), not the single request."""
    answers: Mapping[str, float] = field(default_factory=dict)
    """How it fails, with weights: a status such as `500`, or `reset` (the connection breaks)."""
    slow: tuple[float, float] = (0.0, 0.0)
    """Seconds added to a touched request: least and most."""
    ramp: float = 0.0
    """Seconds from its start to full strength."""
    leaks: float = 0.0
    """Share of the touched requests that never give their database connection back."""
    grows: int = 0
    """KiB of memory that a touched request leaves behind in its instance."""
    at_gateway: bool = False
    """Whether the payment gateway fails instead of the shop itself."""
    surge: Surge | None = None


FAULTS: Mapping[str, Fault] = {
    fault.name: fault
    for fault in (
        Fault(
            name="bad_release",
            title="Checkout fails since a release",
            cause="the new cart of 2026.11.20 sends an empty currency and the worker dies of it",
            needs={"release": NEW_RELEASE, "flag.new-cart": "on"},
            change={"release": NEW_RELEASE},
            record={
                "kind": "deploy",
                "text": f"shop {NEW_RELEASE} deployed by pipeline 8812",
                "release": NEW_RELEASE,
            },
            routes=("POST /api/checkout",),
            share=0.9,
            answers={"reset": 0.7, "500": 0.3},
            slow=(0.5, 1.2),
        ),
        Fault(
            name="one_bad_backend",
            title="Some requests fail on every page",
            cause="the disk of app-3 is full and its worker cannot write sessions",
            needs={"instance.app-3": "in"},
            change={},
            record={"kind": "dependency", "text": "app-3 rebooted with a new kernel"},
            instances=("app-3",),
            share=0.65,
            answers={"500": 0.6, "reset": 0.4},
            slow=(0.0, 0.1),
        ),
        Fault(
            name="pool_exhaustion",
            title="The shop gets slower, then refuses",
            cause="the bulk export does not give its database connections back",
            needs={"flag.bulk-export": "on", "release": NEW_RELEASE},
            change={"release": NEW_RELEASE},
            record={
                "kind": "deploy",
                "text": f"shop {NEW_RELEASE} deployed by pipeline 8815",
                "release": NEW_RELEASE,
            },
            routes=("GET /api/products", "GET /api/products/{id}"),
            leaks=0.12,
        ),
        Fault(
            name="third_party",
            title="Payments fail",
            cause="the payment gateway's provider has an outage",
            needs={"fallback.payments": "off"},
            change={},
            record={"kind": "traffic", "text": "newsletter to 40,000 customers sent"},
            routes=("POST /api/pay",),
            share=0.9,
            answers={"502": 1.0},
            slow=(0.3, 0.9),
            ramp=20.0,
            at_gateway=True,
        ),
        Fault(
            name="config_typo",
            title="Search times out",
            cause="the search timeout was set to 20 ms instead of 2000 ms in c-42",
            needs={"config": "c-42"},
            change={"config": "c-42"},
            record={"kind": "config", "text": "configuration c-42: search.timeout_ms 2000 -> 20"},
            routes=("GET /api/search",),
            share=0.92,
            answers={"504": 0.8, "500": 0.2},
        ),
        Fault(
            name="slow_leak",
            title="Everything gets slower by the minute",
            cause="the picture cache of 2026.11.20 has no limit and fills the memory",
            needs={"release": NEW_RELEASE},
            change={"release": NEW_RELEASE},
            record={
                "kind": "deploy",
                "text": f"shop {NEW_RELEASE} deployed by pipeline 8820",
                "release": NEW_RELEASE,
            },
            grows=96,
        ),
        Fault(
            name="bad_migration",
            title="Some orders cannot be opened",
            cause="migration 0042 filled the currency of every third order with an empty text",
            needs={"data": "migrated"},
            change={"data": "migrated"},
            record={"kind": "migration", "text": "migration 0042_orders_currency applied"},
            routes=("GET /api/orders/{id}",),
            share=0.34,
            sticky=True,
            answers={"500": 1.0},
        ),
        Fault(
            name="leaked_key",
            title="One client exports every customer",
            cause="the API key of partner 7 was committed to a public repository",
            needs={"key.partner-7": "valid"},
            change={},
            record={"kind": "dependency", "text": "partner SDK 1.4.0 published"},
            surge=Surge(
                rate=6.0,
                method="GET",
                path="/api/export?key=partner-7&page={n}",
                client="203.0.113.66",
                agent="python-requests/2.32.3",
            ),
        ),
    )
}
"""The faults by name."""

RED_HERRING: Mapping[str, str] = {
    "kind": "deploy",
    "text": f"shop {GOOD_RELEASE} redeployed by pipeline 8810 (translations only)",
    "release": GOOD_RELEASE,
}
"""A change record that caused nothing."""


def draw(seed: int, *parts: str) -> float:
    """Return a number in [0, 1) that depends on nothing but the arguments."""
    digest = blake2b("\0".join(parts).encode(), key=seed.to_bytes(8, "big"), digest_size=8)
    return int.from_bytes(digest.digest(), "big") / 2**64


def holds(fault: Fault, entries: Mapping[str, str]) -> bool:
    """Whether every switch the fault needs is set so."""
    return all(entries.get(key) == value for key, value in fault.needs.items())


def contained(fault: Fault, entries: Mapping[str, str]) -> bool:
    """Whether it does no more damage: it cannot act, or every route it hits is taken away."""
    gates = [entries.get(f"route.{route}", "open") != "open" for route in fault.routes]
    return not holds(fault, entries) or (bool(gates) and all(gates))


def touches(fault: Fault, route: str, instance: str) -> bool:
    """Whether a request to `route` (method and template) on `instance` is one it can hit."""
    return (not fault.routes or route in fault.routes) and (
        not fault.instances or instance in fault.instances
    )


def strength(fault: Fault, age: float) -> float:
    """How far the fault has grown `age` seconds after its start, 0 to 1."""
    if age < 0:
        return 0.0
    return 1.0 if fault.ramp <= 0 else min(1.0, age / fault.ramp)


def answer(fault: Fault, seed: int, request_id: str, path: str, age: float) -> str | None:
    """Return how a touched request fails (`500`, `reset`), or None when it succeeds."""
    who = path if fault.sticky else request_id
    if not fault.answers or draw(seed, fault.name, who) >= fault.share * strength(fault, age):
        return None
    left = draw(seed, fault.name, "answer", request_id) * sum(fault.answers.values())
    for name, weight in fault.answers.items():
        left -= weight
        if left < 0:
            return name
    return name


def delay(fault: Fault, seed: int, request_id: str, age: float) -> float:
    """Return the seconds the fault adds to a touched request."""
    low, high = fault.slow
    return (low + (high - low) * draw(seed, fault.name, "slow", request_id)) * strength(fault, age)
