"""Effects counted by a real Prometheus, where no log is open."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.monitor.servers import RATE, history, prometheus
from tests.runbooks.servers import Upstream

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.conduct import Measured
from warroom.core.services import Metrics, Service, ServiceMap
from warroom.core.state import Run
from warroom.core.words import Check, Phase, Verdict
from warroom.monitor.prometheus import points
from warroom.monitor.wire import MonitorError
from warroom.room.containment import Plan, Progress
from warroom.room.known import Policy
from warroom.room.local import LocalRoom
from warroom.room.operator import Operator
from warroom.room.shelf import Shelf
from warroom.room.sources import Prometheus
from warroom.room.verify import verify
from warroom.store import open_journal

NOW = int(time.time()) // 10 * 10
ONSET, ACTED = NOW - 1500, NOW - 900
"""When it began to fail, and when somebody acted."""
FAILING = 0.3

FAILURES = 'sum(rate(http_requests_total{service="shop",code=~"5.."}[$range]))'
TOTAL = 'sum(rate(http_requests_total{service="shop"}[$range]))'


def share(at: float) -> float:
    return FAILING if ONSET < at <= ACTED else 0.0


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with prometheus(history(NOW, 3600, share)) as url:
        yield url


def metrics(url: str, **more: object) -> Metrics:
    asked = {"failures": FAILURES, "total": TOTAL, **more}
    return Metrics(url=url, range=30, **asked)


def test_counts_are_those_that_were_scraped(server: str) -> None:
    found = Prometheus(metrics(server)).stretch(ONSET + 60, ACTED, {})
    seconds = ACTED - ONSET - 60
    assert found.requests == pytest.approx(RATE * seconds, rel=0.02)
    assert found.share == pytest.approx(FAILING, abs=0.01)
    assert len(found.window.requests) == seconds // 10
    after = Prometheus(metrics(server)).stretch(ACTED + 60, NOW - 60, {})
    assert after.failures == 0
    assert after.requests > 1000


def test_a_ratio_alone_gives_a_share_and_no_counts(server: str) -> None:
    asked = metrics(server, failures="", total="", ratio=f"{FAILURES} / {TOTAL}")
    found = Prometheus(asked).stretch(ONSET + 60, ONSET + 120, {})
    assert found.looks == 6
    assert found.share == pytest.approx(FAILING, abs=0.01)


def test_the_first_bucket_is_as_short_as_the_span(server: str) -> None:
    found = Prometheus(metrics(server)).stretch(ACTED - 25, ACTED, {})
    assert found.requests == pytest.approx(RATE * 25, rel=0.02)


BOOK = """\
---
title: Switch the cart off
kind: flag
services: [shop]
blast_radius: "nobody"
---
1. [ ] Switch
   ```sh run
   true
   ```
   ```sh undo
   true
   ```
   ```watch
   5xx_rate < 1% for 60s
   ```
"""


class Place:
    """A room whose clock is in the past that the server knows."""

    def __init__(self, folder: Path, asked: Metrics) -> None:
        self.now = datetime.fromtimestamp(ACTED, UTC)
        (folder / "books").mkdir()
        (folder / "books" / "off.md").write_text(BOOK)
        journal = open_journal(folder / "w.db", anchors=folder / "anchors.log")
        self.room = LocalRoom(journal, actor="ana", device="box", clock=lambda: self.now)
        onset = datetime.fromtimestamp(ONSET, UTC)
        self.room.do(
            c.Declare(
                facts=e.Declared(
                    title="it fails",
                    service="shop",
                    onset=e.Onset(at=onset, low=onset, high=onset, sentence="since then"),
                )
            )
        )
        self.room.do(c.Acknowledge(), "INC-1")
        services = {"shop": Service(name="shop", metrics=asked)}
        self.operator = Operator(
            self.room,
            Shelf([folder / "books"], with_shipped=False),
            (),
            device="box",
            policy=Policy(map=ServiceMap(services=services)),
            sleep=self.sleep,
        )

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=10 * seconds)

    def acted(self) -> tuple[Progress, list[Progress]]:
        incident = self.room.incident("INC-1")
        assert incident is not None
        plan = self.operator.plan(incident, "off")
        assert isinstance(plan, Plan), plan
        run = self.operator.execute(plan, confirmed="R")
        assert isinstance(run, Run), run
        seen: list[Progress] = []
        found = self.operator.measure("INC-1", run.intent.run, on_progress=seen.append)
        assert found is not None
        return found, seen


def test_an_effect_is_measured_without_a_log(server: str, tmp_path: Path) -> None:
    place = Place(tmp_path, metrics(server))
    found, seen = place.acted()
    assert found.verdict is Verdict.SOLVED, found
    assert found.before == (
        pytest.approx(FAILING * RATE * (ACTED - ONSET), rel=0.1),
        pytest.approx(RATE * (ACTED - ONSET), rel=0.02),
    )
    assert found.after[0] == 0
    assert found.after[1] == pytest.approx(RATE * 60, rel=0.02)
    assert "by Prometheus: gone" in found.sentence
    # Nothing is counted whose average reaches back to before the action.
    assert found.after_since is not None
    assert found.after_since.timestamp() >= ACTED + 30
    assert len(seen) > 3
    incident = place.room.incident("INC-1")
    assert incident is not None
    assert incident.phase is Phase.CONTAINED
    effect = incident.runs[0].effect
    assert effect is not None
    assert effect.source == "Prometheus"


def test_an_effect_is_measured_from_a_ratio(server: str, tmp_path: Path) -> None:
    asked = metrics(server, failures="", total="", ratio=f"{FAILURES} / {TOTAL}")
    found, _ = Place(tmp_path, asked).acted()
    assert found.verdict is Verdict.SOLVED, found
    assert "looks by Prometheus" in found.sentence


@pytest.mark.parametrize(
    ("url", "query", "why"),
    [
        (None, "sum(rate(", "refused with status 400"),
        ("http://127.0.0.1:9", TOTAL, "out of reach"),
    ],
)
def test_what_goes_wrong_is_said_and_kept(server, tmp_path, monkeypatch, url, query, why) -> None:
    monkeypatch.setattr("warroom.room.sources.PAUSE", 0.0)
    place = Place(tmp_path, metrics(url or server, total=query))
    found, seen = place.acted()
    assert found.verdict is Verdict.TOO_EARLY
    assert why in found.sentence
    assert seen[-1] == found
    incident = place.room.incident("INC-1")
    assert incident is not None
    assert incident.runs[0].effect is not None
    assert incident.runs[0].effect.sentence == found.sentence


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[]",
        b'{"status": "success"}',
        b'{"status": "success", "data": {"result": 3}}',
        b'{"status": "success", "data": {"result": [{"values": [["x", "y"]]}]}}',
        b"[" * 100_000,
    ],
)
def test_an_answer_that_is_not_from_prometheus_is_refused(body: bytes) -> None:
    with Upstream("it").serving() as server:
        server.answer = lambda *_: (200, body)
        with pytest.raises(MonitorError):
            points(metrics(f"http://127.0.0.1:{server.port}"), NOW - 60, NOW, 10)


def test_an_endless_answer_is_cut(monkeypatch) -> None:
    monkeypatch.setattr("warroom.monitor.wire.LARGEST", 1000)
    with Upstream("it").serving() as server:
        server.answer = lambda *_: (200, b" " * 5000)
        with pytest.raises(MonitorError, match="larger"):
            points(metrics(f"http://127.0.0.1:{server.port}"), NOW - 60, NOW, 10)


def test_the_token_comes_from_the_environment_and_follows_no_redirect(monkeypatch) -> None:
    with Upstream("it").serving() as server:
        asked = metrics(f"http://127.0.0.1:{server.port}", token="PROM_TOKEN")
        with pytest.raises(MonitorError, match="PROM_TOKEN"):
            points(asked, NOW - 60, NOW, 10)
        assert server.seen == []
        monkeypatch.setenv("PROM_TOKEN", "s3cr3t")
        server.status = 302
        with pytest.raises(MonitorError, match="302"):
            points(asked, NOW - 60, NOW, 10)
        assert server.seen[0][2]["Authorization"] == "Bearer s3cr3t"


def closing(place: Place, services: dict[str, Service], now: float) -> dict[Check, Measured]:
    state = place.room.incident("INC-1")
    assert state is not None
    found = verify(
        state,
        (),
        datetime.fromtimestamp(now, UTC),
        timedelta(minutes=10),
        ServiceMap(services=services),
    )
    return {check.check: check for check in found.checks}


def test_closing_is_checked_without_a_log(server: str, tmp_path: Path) -> None:
    place = Place(tmp_path, metrics(server))
    shop = Service(name="shop", metrics=metrics(server), depends_on=("database",))
    beside = Service(name="database", metrics=metrics(server))
    services = {"shop": shop, "database": beside}
    well = closing(place, services, NOW - 60)
    assert well[Check.GONE].passed
    assert "0 % in 10 min, 0 % before the failure, by Prometheus: gone" in well[Check.GONE].sentence
    assert well[Check.GONE].before_requests > 60 * RATE
    assert well[Check.ADJACENT].passed
    assert "1 neighbouring services as before" in well[Check.ADJACENT].sentence
    assert well[Check.ADJACENT].requests > 60 * RATE
    alone = closing(place, {"shop": shop}, NOW - 60)[Check.ADJACENT]
    assert (alone.requests, alone.seconds) == (0, 600)  # looked, and compared with nothing
    bad = closing(place, services, ACTED)
    assert not bad[Check.GONE].passed
    assert "not gone" in bad[Check.GONE].sentence
    assert not bad[Check.ADJACENT].passed
    assert "database 0 % → 30" in bad[Check.ADJACENT].sentence
    lost = closing(place, {"shop": replace(shop, metrics=metrics("http://127.0.0.1:9"))}, NOW)
    assert not lost[Check.GONE].passed
    assert "out of reach" in lost[Check.GONE].sentence


@pytest.mark.soak  # it has to scrape for a while
def test_a_live_exporter_is_counted_as_it_counts() -> None:
    with Upstream("exporter").serving() as exporter:
        began = time.monotonic()

        def scraped(*_: object) -> tuple[int, bytes]:
            done = (time.monotonic() - began) * RATE
            rows = [("200", done * (1 - FAILING)), ("500", done * FAILING)]
            text = [f'http_requests_total{{code="{k}",service="shop"}} {v:.0f}' for k, v in rows]
            return 200, "\n".join([*text, ""]).encode()

        exporter.answer = scraped
        with prometheus(target=exporter.port) as url:
            source = Prometheus(Metrics(url=url, range=4, failures=FAILURES, total=TOTAL))
            end = time.time() + 40
            found = None
            while time.time() < end:
                time.sleep(1)
                now = time.time()
                found = source.stretch(now - 10, now, {})
                if abs(found.requests - 10 * RATE) < RATE:
                    break
            assert found is not None
            assert found.requests == pytest.approx(10 * RATE, rel=0.15)
            assert found.share == pytest.approx(FAILING, abs=0.03)
