"""Write what the program consists of: every locked package with its version, hashes and licence.

Run: python scripts/sbom.py [--lock requirements.lock] [--out dist/sbom.json]

The format is CycloneDX 1.6. Versions and hashes are those of the lock; a licence is what the
installed package says of itself, and is left out where the package is not installed here.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_CLASSIFIER = "License :: OSI Approved :: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One line of the lock."""

    name: str
    version: str
    hashes: tuple[str, ...]
    """SHA-256 of every file that may be installed for it."""
    licence: str
    """As it says of itself; empty where it is not installed here."""


def packages(lock: str) -> Iterator[Package]:
    """Read a lock as pip does."""
    for block in re.split(r"\n(?=\S)", lock):
        found = _PINNED.match(block)
        if found:
            yield Package(
                name=found[1],
                version=found[2],
                hashes=tuple(_HASH.findall(block)),
                licence=licence(found[1]),
            )


def licence(name: str) -> str:
    """Return what an installed package says of its licence."""
    try:
        facts = metadata(name)
    except PackageNotFoundError:
        return ""
    told = facts.get_all("Classifier") or []
    by_class = [one.removeprefix(_CLASSIFIER) for one in told if one.startswith(_CLASSIFIER)]
    return facts["License-Expression"] or " OR ".join(by_class) or facts["License"] or ""


def document(found: list[Package]) -> dict[str, object]:
    """Return the packages as a CycloneDX document."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "warroom"}},
        "components": [
            {
                "type": "library",
                "name": one.name,
                "version": one.version,
                "purl": f"pkg:pypi/{one.name}@{one.version}",
                "hashes": [{"alg": "SHA-256", "content": value} for value in one.hashes],
                **({"licenses": [{"license": {"name": one.licence}}]} if one.licence else {}),
            }
            for one in found
        ],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--lock", type=Path, default=ROOT / "requirements.lock")
    parser.add_argument("--out", type=Path, default=ROOT / "dist" / "sbom.json")
    asked = parser.parse_args()
    found = list(packages(asked.lock.read_text("utf-8")))
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps(document(found), indent=1) + "\n", "utf-8")
    for one in found:
        print(f"{one.name:<22} {one.version:<14} {one.licence or 'not installed here'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
