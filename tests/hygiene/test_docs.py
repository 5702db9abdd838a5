"""The documents name only what exists."""

import re
from pathlib import Path

import pytest
from scripts.soak import GROUPS

from warroom.cli.main import _COMMANDS

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
COUNTS = {"A": 11, "B": 7, "C": 9, "D": 7, "E": 4, "F": 4, "G": 10, "H": 5}


def test_the_coverage_page_has_every_id_once() -> None:
    text = (ROOT / "docs" / "coverage.md").read_text()
    listed = re.findall(r"^\| ([A-H]\d+) \|", text, re.MULTILINE)
    assert listed == [f"{letter}{n}" for letter, most in COUNTS.items() for n in range(1, most + 1)]


@pytest.mark.parametrize("page", ["coverage.md", "reliability.md"])
def test_a_page_names_tests_that_exist(page: str) -> None:
    text = (ROOT / "docs" / page).read_text()
    for cell in re.findall(r"`(test[^`]*)`", text):
        # A bare file name stands for one in the folder that was named before it.
        found = list(ROOT.glob(cell)) or list(ROOT.glob(f"tests/*/{cell}"))
        assert found, cell


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_in_a_document_exists(document: Path) -> None:
    for command in re.findall(
        r"(?:^|[ `/])warroom ([a-z]{3,})\b", document.read_text(), re.MULTILINE
    ):
        if command in _COMMANDS:
            continue
        line = next(x for x in document.read_text().splitlines() if f"warroom {command}" in x)
        assert f"`warroom {command}" not in line, f"{document.name}: {line}"
        assert not line.strip().startswith((".venv/bin/warroom", "warroom ")), line


def test_links_between_the_documents_lead_somewhere() -> None:
    for document in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#]+)\)", document.read_text()):
            if "://" not in target:
                assert (document.parent / target).exists(), f"{document.name} → {target}"


def test_every_long_campaign_is_run_by_make_soak() -> None:
    marked = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "tests").rglob("test_*.py")
        if re.search(
            r"^\s*(@|pytestmark = |.*marks=.*)pytest\.mark\.soak", path.read_text(), re.MULTILINE
        )
    }
    assert marked == {test for group in GROUPS.values() for test in group.tests}


def test_the_pages_have_every_document() -> None:
    listed = re.findall(r":? (\S+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
    there = {str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md")}
    assert sorted(listed) == sorted(there)
