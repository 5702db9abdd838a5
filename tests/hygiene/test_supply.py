"""What is shipped: locked with hashes, under known licences, built twice to the same bytes."""

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
from scripts.sbom import document, packages

ROOT = Path(__file__).parents[2]
LOCKS = sorted(ROOT.glob("requirements*.lock"))
KNOWN = re.compile(r"\b(MIT|BSD|0BSD|Apache|PSF|Python Software|MPL|Mozilla|LGPL|Zlib|CC0)\b")
"""Licences that may be shipped beside ours; LGPL because it is only imported."""


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_dependency_is_locked_with_its_hashes(lock: Path) -> None:
    found = list(packages(lock.read_text()))
    assert len(found) > 20
    assert [one.name for one in found if not one.hashes] == []


def test_every_licence_is_known() -> None:
    found = list(packages((ROOT / "requirements.lock").read_text()))
    told = [one for one in found if one.licence]
    assert len(told) >= len(found) - 3, "most are installed here"
    assert [(one.name, one.licence) for one in told if not KNOWN.search(one.licence)] == []
    listed = document(found)["components"]
    assert [part["name"] for part in listed] == [one.name for one in found]


def test_a_wheel_is_built_twice_to_the_same_bytes(tmp_path: Path) -> None:
    digests = set()
    for number in "12":
        folder = tmp_path / number
        subprocess.run(
            [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
            cwd=ROOT, check=True, capture_output=True, timeout=300,
        )  # fmt: skip
        [wheel] = folder.glob("*.whl")
        digests.add(hashlib.sha256(wheel.read_bytes()).hexdigest())
    assert len(digests) == 1
