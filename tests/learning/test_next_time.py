"""For the next time: the runbook from what was done, and the alert tried on the incident's log."""

import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.core.shop import shop

from warroom.core import events as e
from warroom.core.codec import decode
from warroom.core.parts import Run
from warroom.core.state import Incident
from warroom.core.words import ContainmentKind, Outcome, StepAction
from warroom.logs import open_log
from warroom.logs.filelog import FileLog
from warroom.room.alarm import Alarm, draft_alarm, prometheus_rule, told
from warroom.runbooks.check import check
from warroom.runbooks.harvest import runbook_from, symptom_patterns
from warroom.runbooks.model import Runbook
from warroom.runbooks.parse import parse
from warroom.runbooks.symptoms import matches
from warroom.runbooks.watch import parse_watch

BOOK = """---
title: Return the shop to the last release
kind: rollback
services: [shop]
params:
  release: {ask: "Release to return to", type: release, default: "${release}"}
  wait: {ask: "Seconds", type: int, min: 1, max: 60, default: "5"}
blast_radius: "all requests to the shop"
owner: ""
---
# Return the shop to the last release

1. [ ] Switch the release
   ```sh precheck reads timeout=10s
   echo "warroom-state: before=$(cat current)"
   ```
   ```sh run timeout=60s
   sleep "$wait"
   echo "$release" > current
   ```
   ```sh undo timeout=60s
   echo "$state_before" > current
   ```
   ```sh verify timeout=10s
   grep -qx "$release" current
   ```
"""


def with_book(incident: Incident, book: Runbook) -> Incident:
    runs = tuple(
        replace(run, intent=replace(run.intent, sha256=book.sha256)) for run in incident.runs
    )
    return replace(incident, runs=runs)


def test_what_was_done_becomes_a_runbook_that_the_linter_accepts() -> None:
    book = parse(BOOK)
    incident = with_book(shop().incident, book)
    made = parse(runbook_from(incident, {"rollback-shop": book}))
    assert check(made) == []
    assert made.kind is ContainmentKind.ROLLBACK
    assert list(made.services) == ["shop"]
    step = made.steps[1]
    assert step.run is not None
    original = book.steps[0]
    for role in StepAction:
        ours, theirs = step.block(role), original.block(role)
        assert (ours and ours.code, ours and ours.timeout) == (
            theirs and theirs.code,
            theirs and theirs.timeout,
        )
    assert made.params["release"].default == "${release}"
    assert made.params["wait"].maximum == 60
    assert "5xx 15.5 % → 0 % in 10 s" in made.text
    assert incident.diagnosis is not None
    assert incident.diagnosis.text in made.text


def test_without_the_old_runbook_the_command_of_the_journal_is_kept() -> None:
    incident = shop().incident
    made = parse(runbook_from(incident, {}))
    assert check(made) == []
    step = made.steps[1]
    assert step.run is not None
    assert step.run.code.strip() == 'shopctl release "$release"'
    assert step.undo is not None
    assert step.undo.code.strip() == "shopctl release 2026.11.20"
    assert made.params["release"].default == "2026.11.19"
    assert step.watch is not None
    changed = parse(BOOK.replace("sleep", "sleep 1;"))
    assert "sleep" not in runbook_from(incident, {"rollback-shop": changed})


def test_its_symptoms_match_the_next_incident() -> None:
    patterns = symptom_patterns(shop().incident)
    line = '9.9.9.9 - - [x] "POST /api/checkout?a=1 HTTP/1.1" 503 12'
    assert matches(patterns, [line]) is not None
    assert matches(patterns, [line.replace("503", "200")]) is None
    assert matches(patterns, [line.replace("checkout", "search")]) is None


def test_failed_and_hostile_steps_do_not_break_it() -> None:
    incident = shop().incident
    intent = {
        "run": "r9",
        "runbook": "x",
        "title": 'kill"\n---\n',
        "kind": "kill",
        "step": 1,
        "step_title": "```\n1. [ ] other",
        "action": "run",
        "command": "cat <<'E'\n```sh run\nrm -rf /\n```\nE",
        "sha256": "0" * 64,
        "params": {"Bad name": "x", "token": "AKIAABCDEFGHIJKLMNOP"},
    }
    tried = Run(
        intent=decode(e.StepIntended, intent),
        intended_at=incident.declared_at,
        by="leo",
        device="box",
        finished=e.StepFinished(run="r9", outcome=Outcome.FAILED),
    )
    done = replace(tried, finished=e.StepFinished(run="r9", outcome=Outcome.SUCCEEDED))
    text = runbook_from(replace(incident, runs=(*incident.runs, tried, done)), {})
    made = parse(text)
    assert "Tried without success" in text
    assert "AKIAABCDEFGHIJKLMNOP" not in text
    assert [step.run.code for step in made.steps if step.run][1].strip() == intent["command"]


START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ONSET = START + timedelta(minutes=40)
END = ONSET + timedelta(minutes=8)


def lines(rate: int = 4) -> Iterator[str]:
    """Fifty minutes of access log: one failure in 250 as a rule, a third while it lasts."""
    dice = random.Random(7)
    for second in range(int((END - START).total_seconds()) + 300):
        at = START + timedelta(seconds=second)
        for _ in range(rate):
            bad = dice.random() < (0.33 if ONSET <= at < END else 0.004)
            yield (
                f"10.0.0.{dice.randrange(200)} - - [{at:%d/%b/%Y:%H:%M:%S} +0000] "
                f'"POST /api/checkout HTTP/1.1" {502 if bad else 200} 12 "-" "-"\n'
            )


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FileLog]:
    path = tmp_path_factory.mktemp("log") / "access.log"
    path.write_text("".join(lines()))
    opened = open_log(path, threaded=False)
    assert isinstance(opened, FileLog)
    while opened.step():
        pass
    yield opened
    opened.close()


def incident() -> Incident:
    state = shop().incident
    onset = e.Onset(at=ONSET, low=ONSET, high=ONSET, sentence="x", end=END)
    noticed = ONSET + timedelta(minutes=6)
    return replace(state, onset=onset, declared_at=noticed, detected_at=noticed)


def alarm(log: FileLog) -> Alarm:
    found = draft_alarm([log], incident(), END)
    assert found is not None
    return found


def test_the_alert_rings_early_and_never_in_the_quiet_part(log: FileLog) -> None:
    found = alarm(log)
    assert found.trial.false_rings == 0
    assert found.trial.fired_at is not None
    assert ONSET <= found.trial.fired_at <= ONSET + timedelta(minutes=1)
    assert found.trial.earlier is not None
    assert found.trial.earlier >= timedelta(minutes=5)
    assert found.trial.quiet == timedelta(minutes=40)
    assert 0.001 < found.ordinary < 0.01
    assert found.watched.fired_at is not None
    assert ONSET <= found.watched.fired_at <= ONSET + timedelta(minutes=1)
    assert found.watched.false_rings == 0
    assert found.routes == ("/api/checkout",)
    assert "before anybody noticed" in told(found)
    assert "it would have rung never" in told(found)
    assert parse_watch(found.watch_text, line=1, path="x").limit == found.rule.share


def test_without_onset_or_log_there_is_no_alert(log: FileLog) -> None:
    unknown = replace(incident(), onset=None, started_at=None)
    assert draft_alarm([log], unknown, END) is None
    assert draft_alarm([], incident(), END) is None


def promtool(*words: str, folder: Path) -> str:
    program = shutil.which("promtool")
    if program is None:
        assert os.environ.get("WARROOM_REQUIRE_SERVERS") != "1", "promtool is not installed"
        pytest.skip("promtool is not installed: the real one has not seen the rule")
    done = subprocess.run(
        [program, *words], cwd=folder, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_real_promtool_accepts_the_rule_whatever_is_in_it(log: FileLog, tmp_path: Path) -> None:
    hostile = 'sh"op\\ {{ $x }}\n- alert: other'
    for service in ("shop", hostile):
        found = alarm(log)
        found = replace(found, rule=replace(found.rule, service=service))
        text = prometheus_rule(found, replace(incident(), title=hostile))
        rules = yaml.safe_load(text)["groups"][0]["rules"]
        assert len(rules) == 1
        (tmp_path / "rules.yml").write_text(text)
        promtool("check", "rules", "rules.yml", folder=tmp_path)


def test_the_real_promtool_rings_as_the_trial_said(log: FileLog, tmp_path: Path) -> None:
    found = alarm(log)
    (tmp_path / "rules.yml").write_text(prometheus_rule(found, incident()))
    every = 15
    span = int((END - START).total_seconds()) + 300
    counts = {"200": [0] * (span // every + 1), "502": [0] * (span // every + 1)}
    for line in lines():
        at = datetime.strptime(line.split("[")[1].split("]")[0], "%d/%b/%Y:%H:%M:%S %z")
        status = line.split('" ')[1].split()[0]
        # A scrape sees what came before it.
        counts[status][min(int((at - START).total_seconds()) // every + 1, span // every)] += 1
    series: list[Any] = []
    for status, steps in counts.items():
        total, values = 0, []
        for step in steps:
            total += step
            values.append(str(total))
        name = f'http_requests_total{{service="shop",status="{status}"}}'
        series.append({"series": name, "values": " ".join(values)})
    rule = yaml.safe_load((tmp_path / "rules.yml").read_text())["groups"][0]["rules"][0]
    assert found.trial.fired_at is not None
    rings = found.trial.fired_at - START + timedelta(seconds=30)  # one scrape and one evaluation
    ringing = {
        "exp_labels": {"severity": "page", "service": "shop"},
        "exp_annotations": rule["annotations"],
    }
    quiet = [
        {"eval_time": f"{minute}m", "alertname": rule["alert"], "exp_alerts": []}
        for minute in range(2, 40)
    ]
    at = {
        "eval_time": f"{int(rings.total_seconds())}s",
        "alertname": rule["alert"],
        "exp_alerts": [ringing],
    }
    tests = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": f"{every}s",
        "tests": [
            {"interval": f"{every}s", "input_series": series, "alert_rule_test": [*quiet, at]}
        ],
    }
    (tmp_path / "test.yml").write_text(yaml.safe_dump(tests))
    assert "SUCCESS" in promtool("test", "rules", "test.yml", folder=tmp_path)
