"""Silences in a real Alertmanager: previewed, confirmed, in the ledger, ended."""

import json
import subprocess
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.cli.desk import Desk
from tests.monitor.servers import alertmanager
from tests.runbooks.servers import get, need

from warroom.core import commands as c
from warroom.core import events as e
from warroom.core.closing import missing
from warroom.core.decide import Refusal
from warroom.core.services import Service, ServiceMap
from warroom.core.state import Incident, Run
from warroom.core.words import ContainmentKind, Outcome
from warroom.room.containment import SILENCE, Plan
from warroom.room.known import Policy
from warroom.room.local import LocalRoom
from warroom.room.operator import Operator
from warroom.room.outcomes import lost
from warroom.room.service import Done
from warroom.room.shelf import Shelf
from warroom.store import open_journal


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with alertmanager() as url:
        yield url


def post(url: str, body: object) -> None:
    data = json.dumps(body).encode()
    asked = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    urllib.request.urlopen(asked, timeout=10).read()


def silences(url: str) -> list[dict]:
    """Those in force, as the real tool lists them."""
    done = subprocess.run(
        [need("amtool"), f"--alertmanager.url={url}", "silence", "query", "-o", "json"],
        capture_output=True,
        check=True,
        timeout=30,
    )
    return json.loads(done.stdout)


@pytest.fixture
def place(server: str, tmp_path: Path) -> Iterator[Operator]:
    journal = open_journal(tmp_path / "w.db", anchors=tmp_path / "anchors.log")
    room = LocalRoom(journal, actor="ana", device="box", clock=lambda: datetime.now(UTC))
    room.do(c.Declare(facts=e.Declared(title=f"it fails {tmp_path.name}", service="shop")))
    labels = {"service": "shop", "test": tmp_path.name}
    service = Service(name="shop", alertmanager=server, silence=labels)
    policy = Policy(map=ServiceMap(services={"shop": service}))
    yield Operator(room, Shelf([]), (), device="box", policy=policy)
    room.close()
    for one in silences(server):
        asked = urllib.request.Request(f"{server}/api/v2/silence/{one['id']}", method="DELETE")
        urllib.request.urlopen(asked, timeout=10).read()


def incident(place: Operator) -> Incident:
    found = place.room.incident("INC-1")
    assert found is not None
    return found


def planned(place: Operator, **given: str) -> Plan:
    plan = place.plan(incident(place), SILENCE, given=given)
    assert isinstance(plan, Plan), plan
    return plan


def done(result: Run | Refusal) -> Run:
    assert isinstance(result, Run), result
    assert result.finished is not None
    assert result.outcome is Outcome.SUCCEEDED, result.finished.output
    return result


def test_a_silence_is_in_the_ledger_until_it_is_ended(
    place: Operator, server: str, tmp_path: Path
) -> None:
    alert = {"labels": {"alertname": "Slow", "service": "shop", "test": tmp_path.name}}
    post(f"{server}/api/v2/alerts", [alert])
    option = next(o for o in place.options(incident(place)) if o.runbook == SILENCE)
    assert (option.key, option.kind) == ("", ContainmentKind.SILENCE)
    plan = planned(place, minutes="30")
    assert plan.lasts
    assert plan.minutes == 30
    assert plan.params["alerts"] == f"service=shop,test={tmp_path.name}"
    assert silences(server) == []  # a preview asks nobody
    said: list[str] = []
    run = done(place.execute(plan, confirmed=plan.key, on_output=said.append))
    assert "1 alerts fire now" in "".join(said)
    (own,) = silences(server)
    assert own["comment"] == "INC-1: worked on"
    ends = datetime.fromisoformat(own["endsAt"])
    assert abs(ends - datetime.now(UTC) - timedelta(minutes=30)) < timedelta(minutes=1)
    muted = json.loads(get(f"{server}/api/v2/alerts?silenced=true&active=false")[1])
    assert own["id"] in muted[0]["status"]["silencedBy"]
    state = incident(place)
    assert state.ledger == (run,)
    assert state.contained_at is None  # quiet is no containment
    assert run.expires_at is not None
    assert abs(run.expires_at - ends) < timedelta(minutes=1)
    assert place.measure("INC-1", run.intent.run) is None
    assert any("Silence the alerts is still in force" in gap for gap in missing(state))
    kept = place.room.do(
        c.KeepContainment(run=run.intent.run, until=ends + timedelta(days=1)), "INC-1"
    )
    assert isinstance(kept, Refusal)
    assert "ends by itself" in kept.reason
    undo = place.undo_plan(state)
    assert isinstance(undo, Plan), undo
    done(place.execute(undo, confirmed="U"))
    assert silences(server) == []
    assert incident(place).ledger == ()


def test_the_same_silence_is_not_made_twice(place: Operator, server: str) -> None:
    first = planned(place)
    done(place.execute(first, confirmed=first.key))
    again = place.execute(planned(place), confirmed="R")
    assert isinstance(again, Run)
    assert (again.outcome, again.started) == (Outcome.FAILED, None)
    assert again.finished is not None
    assert "a silence with this comment is there" in again.finished.output
    assert len(silences(server)) == 1


def test_one_that_ended_by_itself_is_taken_off_the_list(place: Operator, server: str) -> None:
    plan = planned(place)
    run = done(place.execute(plan, confirmed=plan.key))
    (own,) = silences(server)
    subprocess.run(
        [need("amtool"), f"--alertmanager.url={server}", "silence", "expire", own["id"]],
        check=True,
        timeout=30,
    )
    undo = place.undo_plan(incident(place), run.intent.run)
    assert isinstance(undo, Plan)
    ended = done(place.execute(undo, confirmed="U"))
    assert ended.finished is not None
    assert "had ended already" in ended.finished.output
    assert incident(place).ledger == ()


def test_a_console_that_died_leaves_a_silence_that_can_be_found_and_ended(
    place: Operator, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = planned(place)
    room, do = place.room, place.room.do

    def dies(command: c.Command, *rest: object) -> Done | Refusal:
        if isinstance(command, c.FinishStep):
            raise KeyboardInterrupt
        return do(command, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(room, "do", dies)
    with pytest.raises(KeyboardInterrupt):
        place.execute(plan, confirmed=plan.key)
    monkeypatch.undo()
    (left,) = incident(place).runs
    room.do(c.FinishStep(facts=lost(left)), "INC-1")
    assert incident(place).runs[0].outcome is Outcome.UNKNOWN
    look = place.plan(incident(place), SILENCE, 1, action=e.StepAction.VERIFY, given=plan.params)
    assert isinstance(look, Plan)
    done(place.execute(look, confirmed="V"))
    room.do(c.SettleStep(run=plan.run, done=True), "INC-1")
    undo = place.undo_plan(incident(place))
    assert isinstance(undo, Plan)
    done(place.execute(undo, confirmed="U"))
    assert silences(server) == []


@pytest.mark.parametrize("alerts", ["shop", "service=", "a b=c", "$(touch x)=1"])
def test_what_names_no_alert_is_refused(place: Operator, alerts: str) -> None:
    assert isinstance(place.plan(incident(place), SILENCE, given={"alerts": alerts}), Refusal)


def test_an_empty_part_is_refused_before_anything_is_asked(place: Operator, server: str) -> None:
    run = place.execute(planned(place, alerts="x=1,,y=2"), confirmed="R")
    assert isinstance(run, Run)
    assert (run.outcome, run.started) == (Outcome.FAILED, None)
    assert silences(server) == []


def test_several_labels_and_expressions_are_told_apart(place: Operator, server: str) -> None:
    plan = planned(place, alerts='service=~"sh|op",env!=test,path!~/a=b')
    done(place.execute(plan, confirmed="R"))
    made = json.loads(get(f"{server}/api/v2/silences")[1])
    live = next(one for one in made if one["status"]["state"] == "active")
    assert sorted(
        (m["name"], m["value"], m["isRegex"], m["isEqual"]) for m in live["matchers"]
    ) == [
        ("env", "test", False, False),
        ("path", "/a=b", True, False),
        ("service", '"sh|op"', True, True),
    ]


def test_silence_and_unsilence_from_the_shell(desk: Desk, server: str) -> None:
    desk.configure(f'[services.shop]\nalertmanager = "{server}/"\n')
    desk("declare", "it fails", "--service", "shop")
    preview = desk("silence", "1", "--for", "2h").out
    assert "ends by itself after 120 min" in preview
    assert "alerts = service=shop" in preview
    assert silences(server) == []
    code = preview.split("--confirm ")[1].split()[0]
    assert desk("silence", "1", "--confirm", code, ok=False).status != 0  # another one: an hour
    desk("silence", "1", "--for", "2h", "--confirm", code)
    assert [one["comment"] for one in silences(server)] == ["INC-1: worked on"]
    assert "Silence the alerts" in desk("contain", "1").out
    undo = desk("unsilence", "1").out
    desk("unsilence", "1", "--confirm", undo.split("--confirm ")[1].split()[0])
    assert silences(server) == []
    assert "no silence in force" in desk("unsilence", "1", ok=False).err
    assert desk("silence", "1", "--for", "soon", ok=False).status == 2
