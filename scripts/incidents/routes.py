"""An adversarial set of routes: what makes a template learner merge or split wrongly."""

import random

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
    "stool",
    "bench",
    "couch",
    "frame",
    "basket",
    "tray",
    "candle",
    "pillow",
    "blanket",
    "curtain",
    "drawer",
    "hanger",
    "ladder",
    "kettle",
    "pan",
    "bowl",
    "cup",
    "plate",
]
RESOURCES = [
    "users",
    "orders",
    "items",
    "carts",
    "products",
    "invoices",
    "shipments",
    "payments",
    "returns",
    "coupons",
]
RPC = [
    "getUser",
    "setUser",
    "listUsers",
    "dropUser",
    "findOrder",
    "placeOrder",
    "cancelOrder",
    "listOrders",
    "getCart",
    "addItem",
    "removeItem",
    "clearCart",
    "getPrice",
    "setPrice",
    "getStock",
    "setStock",
    "reserve",
    "release",
    "charge",
    "refund",
    "capture",
    "void",
    "login",
    "logout",
    "renew",
    "revoke",
    "ping",
    "echo",
    "version",
    "health",
    "stats",
    "metrics",
    "export",
    "import",
    "sync",
    "purge",
    "reindex",
    "resize",
    "crop",
    "upload",
    "download",
    "notify",
    "subscribe",
    "unsubscribe",
]


def asked(seed: int, count: int = 20_000) -> list[tuple[str, str]]:
    """Paths with the true template of each."""
    rng = random.Random(seed)
    names = [
        f"{rng.choice(WORDS)}{rng.choice(['', '_', '.'])}{rng.choice(WORDS)}" for _ in range(900)
    ]
    slugs = ["-".join(rng.sample(WORDS, rng.randint(2, 4))) for _ in range(1500)]

    def number() -> str:
        return str(rng.randint(1, 10**6))

    def digest(length: int) -> str:
        return "a1" + "".join(rng.choices("0123456789abcdef", k=length - 2))

    def month() -> str:
        return f"{rng.randint(2019, 2026)}-{rng.randint(1, 12):02}"

    def uuid() -> str:
        text = digest(32)
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    made = []
    for resource in RESOURCES:  # CRUD: the same subtree under every name
        made += [
            (3, lambda r=resource: (f"/api/v1/{r}", f"/api/v1/{r}")),
            (3, lambda r=resource: (f"/api/v1/{r}/{number()}", f"/api/v1/{r}/{{}}")),
            (1, lambda r=resource: (f"/api/v1/{r}/search", f"/api/v1/{r}/search")),
            (
                1,
                lambda r=resource: (f"/api/v1/{r}/{number()}/history", f"/api/v1/{r}/{{}}/history"),
            ),
        ]
    made += [
        (2, lambda r=resource: (f"/api/v2/{r}/{uuid()}", f"/api/v2/{r}/{{}}"))
        for resource in RESOURCES[:4]
    ]
    made += [
        (4 / (place + 1), lambda m=name: (f"/rpc/{m}", f"/rpc/{m}"))
        for place, name in enumerate(RPC)
    ]
    made += [
        (12, lambda: (f"/blog/{rng.choice(slugs)}", "/blog/{}")),
        (3, lambda: (f"/blog/{month()}/{rng.choice(slugs)}", "/blog/{}/{}")),
        (9, lambda: (f"/u/{rng.choice(names)}", "/u/{}")),
        (4, lambda: (f"/u/{rng.choice(names)}/followers", "/u/{}/followers")),
        (3, lambda: (f"/static/app.{digest(8)}.js", "/static/app.{}.js")),
        (3, lambda: (f"/static/chunk-{digest(20)}.js", "/static/chunk-{}.js")),
        (2, lambda: (f"/files/{digest(40)}", "/files/{}")),
        (2, lambda: (f"/commit/{digest(7)}", "/commit/{}")),
        (2, lambda: (f"/verify/{rng.choice(names)}%40example.com", "/verify/{}")),
        (2, lambda: (f"/reports/{month()}-{rng.randint(1, 28):02}", "/reports/{}")),
        (2, lambda: (f"/invoices/INV-{number()}.pdf", "/invoices/INV-{}.pdf")),
        (3, lambda: (f"/{rng.choice(['en', 'de', 'fr', 'pt-BR'])}/shop", "/{}/shop")),
        (3, lambda: (f"/{rng.choice(['en', 'de', 'fr', 'pt-BR'])}/help", "/{}/help")),
        (4, lambda: (f"/tags/{rng.choice(WORDS)}", "/tags/{}")),
        (3, lambda: ("/oauth2/token", "/oauth2/token")),
        (3, lambda: ("/oauth2/authorize", "/oauth2/authorize")),
        (2, lambda: ("/healthz", "/healthz")),
        (6, lambda: ("/", "/")),
        (2, lambda: ("/favicon.ico", "/favicon.ico")),
    ]  # fmt: skip
    weights = [weight for weight, _ in made]
    return [make() for _, make in rng.choices(made, weights, k=count)]


def score(pairs: list[tuple[str, str]], said: dict[str, str]) -> tuple[float, int]:
    """Share of requests whose route is exactly the true one, and how many true routes merged.

    A route is right when its requests are the same as the true one's: names do not matter.
    """
    true_of: dict[str, set[str]] = {}
    said_of: dict[str, set[str]] = {}
    for path, true in pairs:
        true_of.setdefault(said[path], set()).add(true)
        said_of.setdefault(true, set()).add(said[path])
    right = sum(len(true_of[said[path]]) == 1 and len(said_of[true]) == 1 for path, true in pairs)
    merged = sum(len(trues) - 1 for trues in true_of.values() if len(trues) > 1)
    return right / len(pairs), merged
