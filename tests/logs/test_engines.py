"""Each engine, against a stub that answers as its vendor documents; no real system is involved."""

import contextlib
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from tests.logs.log_systems import Stub

from warroom.logs.engines import Datadog, Elastic, Loki, Splunk, enginelog, open_engine
from warroom.logs.engines.elastic import nanoseconds, stamp
from warroom.logs.engines.model import Engine


@pytest.fixture
def stub() -> Iterator[Stub]:
    stub = Stub()
    yield stub
    stub.server.shutdown()
    stub.server.server_close()


MAKERS: dict[str, Callable[[str], Engine]] = {
    "loki": lambda url: Loki(url, '{app="shop"}', tenant="t1", overlap=1.0),
    "elastic": lambda url: Elastic(url, "logs-*", overlap=1.0),
    "splunk": lambda url: Splunk(url, "index=shop", overlap=1.0),
    "datadog": lambda url: Datadog(url, "service:shop", {"DD-API-KEY": "k"}, overlap=1.0),
}


@pytest.fixture(params=sorted(MAKERS))
def engine(request, stub) -> Engine:
    return MAKERS[request.param](stub.url)


def wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)


def texts(log) -> list[str]:
    shown = log.entries(log.first, log.end)
    return [str(entry.message) for entry in shown if entry.gap is None]


def gaps(log) -> list[str]:
    return [entry.gap for entry in log.entries(log.first, log.end) if entry.gap is not None]


def test_the_past_and_what_arrives_come_once_and_in_order(stub, engine, monkeypatch) -> None:
    monkeypatch.setattr(enginelog, "TAIL", 50)
    monkeypatch.setattr(enginelog, "PAGE", 100)
    begin = time.time_ns() - 600 * 10**9
    for number in range(1000):
        stub.add(f"line {number}", at=begin + number * 500_000_000)
    log = open_engine(engine, since=3600, poll=0.05)
    wait(lambda: log.progress().complete)
    assert texts(log) == [f"line {number}" for number in range(1000)]
    assert (log.first, log.end) == (-1000, 0)
    for number in range(1000, 1300):
        stub.add(f"line {number}")
    wait(lambda: log.end >= 300)
    time.sleep(0.3)  # the overlap is read again and again: nothing may come twice
    assert texts(log) == [f"line {number}" for number in range(1300)]
    assert gaps(log) == []
    first = log.entries(log.first, log.first + 1)[0]
    assert first.at == pytest.approx(begin / 1e9, abs=1.0)
    log.close()


def test_entries_that_arrive_late_are_not_lost(stub, engine) -> None:
    stub.add("early", at=time.time_ns() - 10**9)
    log = open_engine(engine, since=3600, poll=0.05)
    wait(lambda: log.progress().complete)
    stub.add("now")
    wait(lambda: "now" in texts(log))
    stub.add("late", at=time.time_ns() - 5 * 10**8)
    wait(lambda: "late" in texts(log))
    log.close()


def test_an_outage_is_a_gap_and_nothing_is_lost_over_it(stub, engine) -> None:
    stub.add("before")
    log = open_engine(engine, since=3600, poll=0.05)
    wait(lambda: texts(log) == ["before"])
    stub.down = True
    wait(lambda: len(gaps(log)) == 1)
    stub.add("during")
    stub.down = False
    wait(lambda: texts(log) == ["before", "during"])
    assert "out of reach" in gaps(log)[0]
    assert "reconnected" in gaps(log)[1]
    log.close()


def test_a_rate_limit_is_waited_out_and_shown(stub, engine) -> None:
    stub.answers = [429, 503]
    stub.add("line")
    log = open_engine(engine, since=3600, poll=0.05)
    wait(lambda: texts(log) == ["line"])
    assert "too many requests" in gaps(log)[0]
    log.close()


def test_a_refusal_is_shown_with_what_to_do_and_ends_it(stub, engine) -> None:
    stub.answers = [401]
    log = open_engine(engine, since=3600, poll=0.05)
    wait(lambda: len(gaps(log)) == 1)
    assert "refused with status 401" in gaps(log)[0]
    assert "credentials" in gaps(log)[0]
    log.close()


def test_more_entries_at_one_moment_than_a_page_holds_are_read_or_said(stub, monkeypatch) -> None:
    monkeypatch.setattr(enginelog, "PAGE", 20)
    monkeypatch.setattr(enginelog, "LARGEST_PAGE", 50)
    log = open_engine(MAKERS["loki"](stub.url), since=3600, poll=0.05)
    wait(lambda: log.progress().complete)
    now = time.time_ns()
    stub.add(*[f"same {number}" for number in range(40)], at=now)
    stub.add("after", at=now + 1)
    wait(lambda: "after" in texts(log))
    assert len(texts(log)) == 41
    moment = time.time_ns()
    stub.add(*[f"many {number}" for number in range(90)], at=moment)
    stub.add("last", at=moment + 1)
    wait(lambda: "last" in texts(log))
    assert any("more than 50 entries at one moment" in gap for gap in gaps(log))
    log.close()


def test_loki_is_asked_with_the_tenant_and_whole_nanoseconds(stub) -> None:
    log = open_engine(MAKERS["loki"](stub.url), since=3600, poll=0.05)
    wait(lambda: log.progress().complete)
    assert stub.headers[0]["X-Scope-OrgID"] == "t1"
    log.close()


@pytest.mark.parametrize("name", sorted(MAKERS))
@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"null", b'{"data": 1}', b"<html>", b'{"hits":[1]}']
)
def test_an_answer_that_is_none_is_an_error_of_values(name, body) -> None:
    engine = MAKERS[name]("http://127.0.0.1:1")
    window = enginelog.Window(0, 1)
    errors = (ValueError, KeyError, TypeError, IndexError, AttributeError)
    with contextlib.suppress(*errors):  # those the client shows as a gap
        assert engine.page(body, window, 10).records == ()


@pytest.mark.parametrize("ns", [0, 1, 1795212001_123456789, 1795212001_999999999])
def test_nanoseconds_are_not_rounded(ns: int) -> None:
    assert nanoseconds(stamp(ns)) == ns


def test_times_of_other_zones_and_lengths_are_read() -> None:
    base = int(datetime(2026, 11, 20, 22, tzinfo=UTC).timestamp()) * 10**9
    assert nanoseconds("2026-11-20T22:00:00Z") == base
    assert nanoseconds("2026-11-20T23:00:00.5+01:00") == base + 500_000_000
    assert nanoseconds(str(base // 10**6)) == base
