"""Hold a format against its own samples: what is read must be what they say."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from warroom.logs.formats.model import Format, Sample
from warroom.logs.formats.reader import Reader
from warroom.logs.times import Clock

_SAMPLE_YEAR = 1795300000
"""November 2026: the year that stamps without one are given, so that samples stay true."""
_ATTRIBUTES = ("status", "level", "method", "path", "duration", "upstream", "release")
_CLOSE = 2e-6
"""Seconds by which two times may differ: what a float of today's epoch can tell apart."""


def wrong_samples(form: Format) -> list[str]:
    """Return one sentence for every sample that is not read as it says; empty: the format works."""
    problems = []
    for number, sample in enumerate(form.samples, start=1):
        wrong = [
            f"{name} is {found!r}, expected {wanted!r}"
            for name, wanted, found in _compare(form, sample)
        ]
        if wrong:
            problems.append(f"format {form.name}, sample {number}: {'; '.join(wrong)}")
    return problems


def _compare(form: Format, sample: Sample) -> Sequence[tuple[str, Any, Any]]:
    reader = Reader(form, Clock(reference=_SAMPLE_YEAR))
    if sample.header:
        reader.parse(sample.header.encode())
    parsed = reader.parse(sample.line.lstrip("\n").encode())
    found: Mapping[str, Any] = {
        **parsed.fields,
        **{name: getattr(parsed, name) for name in _ATTRIBUTES},
        "message": (parsed.message or "").partition("\n")[0],
    }
    wrong = []
    for name, wanted in sample.expect.items():
        if name != "at":
            if found.get(name) != wanted:
                wrong.append((name, wanted, found.get(name)))
            continue
        at = datetime.fromisoformat(wanted).timestamp()
        if parsed.at is None or abs(parsed.at - at) > _CLOSE:
            read = None if parsed.at is None else datetime.fromtimestamp(parsed.at, UTC).isoformat()
            wrong.append((name, wanted, read))
    return wrong
