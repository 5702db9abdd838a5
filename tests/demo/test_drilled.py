"""The player reads reasons as they are written: what speaks most for an option is what it picks."""

import pytest

from warroom.demo.drilled import _weight
from warroom.runbooks.match import Boundary, Facts, suggest
from warroom.runbooks.parse import parse

STEP = "---\n1. [ ] Read\n2. [ ] Do\n   ```sh run timeout=1s\n   x\n   ```\n"


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        ("secure", {"newest": ["key=partner-7"] * 14 + ["else"] * 86}),
        ("rollback", {"boundary": [Boundary("release", "2026.11.20", 0.97)]}),
        ("route", {"symptoms": ["key=partner-7"] * 40}),
        ("flag", {"symptoms": ["key=partner-7"] * 5 + ["else"]}),
        ("flag", {"change": "deploy 2026.11.20", "change_seconds": 13}),
    ],
)
def test_every_reason_weighs(kind: str, facts: dict[str, object]) -> None:
    book = parse(f"---\ntitle: x\nkind: {kind}\nservices: [shop]\nsymptoms: ['partner-7']\n{STEP}")
    (told,) = suggest([book], Facts(service="shop", **facts))  # type: ignore[arg-type]  # as they come
    (plain,) = suggest([book], Facts(service="shop"))
    assert _weight(told.reason, refuted=False) > _weight(plain.reason, refuted=False) == 0
