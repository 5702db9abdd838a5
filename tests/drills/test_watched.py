"""The failing shop through the console's own reader: the watch offers, the boundary names the slice."""

import time
from pathlib import Path

import pytest

from warroom.drills.service.supervisor import SimulatedService
from warroom.logs import open_logs
from warroom.tui.widgets.log_gauge import Asked, Gauge

pytestmark = pytest.mark.soak

PATIENCE = 400.0
"""Seconds of a slow machine; the delay that is held against the promise is that of the log."""


def watched(fault: str, folder: Path, until) -> tuple[Gauge, object]:
    """Look at the log of a shop as the console does until something holds; fails if it never does."""
    with SimulatedService.start(
        folder, fault=fault, deploy_after=40.0, fail_after=8.0, rate=40.0, seed=5
    ):
        log = open_logs([str(folder / "access.log")])
        gauge = Gauge(log)
        try:
            end = time.monotonic() + PATIENCE
            while time.monotonic() < end:
                time.sleep(1.0)
                reading = gauge.read(Asked(60))
                if reading.latest is None:
                    continue
                if gauge.watch.due(reading.latest):
                    gauge.watch.feed(reading.latest)
                if gauge.watch.facts.sentence:
                    report = gauge.analyse()
                    if until(report):
                        return gauge, report
            raise AssertionError(f"{gauge.watch.facts}, {gauge.report and gauge.report.findings}")
        finally:
            log.close()


def names(report, value: str) -> bool:
    found = [one for one in report.findings.findings if one.kind == "5xx"]
    return any(value in text for one in found for part in one.boundary for _, text in part.fields)


@pytest.mark.parametrize(
    ("fault", "value", "promised"),
    [
        ("bad_release", "/api/checkout", 30.0),
        ("one_bad_backend", "app-3", 40.0),
        ("third_party", "/api/pay", 60.0),
    ],
)
def test_a_failure_is_offered_and_its_slice_named(tmp_path, fault, value, promised):
    gauge, report = watched(fault, tmp_path / "shop", lambda found: names(found, value))
    delay = gauge.watch.facts.offered - report.findings.main.onset.at
    assert 0 < delay <= promised
    assert gauge.watch.facts.sentence.startswith("5xx")
