"""The reference says what the code does: its example, its rules, its list of shipped runbooks."""

import re
from pathlib import Path

from warroom.runbooks.check import RULES, check
from warroom.runbooks.parse import parse, shipped
from warroom.runbooks.watch import MEASURES

DOCS = (Path(__file__).parents[2] / "docs" / "runbooks.md").read_text()


def test_the_example_is_understood_and_clean():
    example = DOCS.split("````markdown\n")[1].split("````")[0]
    assert check(parse(example)) == []


def test_every_rule_measure_and_shipped_runbook_is_described():
    for rule, what in RULES.items():
        row = next(line for line in DOCS.split("\n") if line.startswith(f"| `{rule}`"))
        assert row.replace("`", "").split(" | ")[1].removesuffix(" |") == what
    for measure in MEASURES:
        assert f"`{measure}`" in DOCS
    named = set(re.findall(r"`([a-z0-9-]+)`", DOCS.split("## Shipped runbooks")[1]))
    assert {path.stem for path in shipped().glob("*.md")} <= named
