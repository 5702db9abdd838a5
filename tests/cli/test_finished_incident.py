"""The finished incident of the sample data: its untouched draft tells what log and journal tell."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.cli.desk import Desk

from warroom.core import events as e
from warroom.core.archive import read_archive
from warroom.core.clocks import Pace, clocks
from warroom.core.lint import lint
from warroom.core.postmortem import draft
from warroom.core.state import Incident
from warroom.core.timeline import timeline
from warroom.core.words import FollowUpState
from warroom.logs import open_log
from warroom.room.impact import measure_impact, window
from warroom.store import open_journal

ROOT = Path(__file__).parents[2]
LOG = ROOT / "sample_data/logs/shop_access.log"
FILE = ROOT / "sample_data/incident/journal.jsonl"


@pytest.fixture
def home(desk: Desk) -> Path:
    """A home whose store was made from the archive."""
    desk("--db", str(desk.home / "w.db"), "journal", "import", str(FILE))
    return desk.home


def lived(home: Path) -> tuple[Incident, tuple[e.Recorded, ...]]:
    journal = open_journal(home / "w.db", anchors=home / "a", read_only=True)
    try:
        incident = journal.incident("INC-1")
        assert incident is not None
        return incident, tuple(journal.records("INC-1"))
    finally:
        journal.close()


def test_it_is_whole_closed_and_its_chain_is_unbroken(desk: Desk, home: Path) -> None:
    assert "unbroken" in desk("--db", str(home / "w.db"), "journal", "verify").out
    incident, _ = lived(home)
    assert incident.closed_at is not None
    assert incident.close_override == ""
    assert incident.postmortem_final_at is not None
    assert 2 <= len(incident.follow_ups) <= 4
    assert all(one.owner and one.due for one in incident.follow_ups)
    assert "> ? " not in incident.postmortem
    found = lint(incident.postmortem, entries=timeline(lived(home)[1]))
    assert [one for one in found if one.rule in ("blame", "counterfactual", "reference")] == []


def test_an_archive_goes_out_and_comes_in_again_unchanged(desk: Desk, home: Path) -> None:
    out, changed = home / "out.jsonl", home / "changed.jsonl"
    desk("--db", str(home / "w.db"), "journal", "export", str(out))
    assert out.read_text() == FILE.read_text()
    changed.write_text(FILE.read_text().replace("acme", "evil"))
    said = desk("--db", str(home / "new.db"), "journal", "import", str(changed), ok=False)
    assert said.status == 1
    changed.write_text("no archive\n")
    said = desk("--db", str(home / "newer.db"), "journal", "import", str(changed), ok=False)
    assert (said.status, "line 1" in said.err) == (1, True)
    assert read_archive(FILE.read_text().splitlines())[0] == "sample-incident"


def test_an_archive_does_not_mix_with_another_journal(desk: Desk) -> None:
    desk("declare", "something else")
    said = desk("journal", "import", str(FILE), ok=False)
    assert said.status == 1
    assert [one["id"] for one in desk("list", "--json").json] == ["INC-1"]


def independent(since: datetime, until: datetime) -> tuple[int, int, int]:
    """Failures, requests and failed clients, by an expression that knows no log engine."""
    line = re.compile(r'(\S+) .*?\[([^]]+)\] "\S+ \S+ [^"]*" (\d{3}) ')
    failures = requests = 0
    clients = set()
    for text in LOG.read_text().splitlines():
        found = line.match(text)
        assert found is not None
        at = datetime.strptime(found[2], "%d/%b/%Y:%H:%M:%S %z")
        if since <= at < until:
            requests += 1
            if found[3] >= "500":
                failures += 1
                clients.add(found[1])
    return failures, requests, len(clients)


def test_the_untouched_draft_answers_with_the_numbers_of_log_and_journal(home: Path) -> None:
    raw = [json.loads(line) for line in FILE.read_text().splitlines()[1:]]
    bodies = [(one["at"], one["kind"], json.loads(one["body"])) for one in raw]

    def first(kind: str) -> tuple[datetime, dict[str, object]]:
        at, _, body = next(one for one in bodies if one[1] == kind)
        return datetime.fromisoformat(at), body

    declared_at, declared = first("declared")
    onset = declared["onset"]
    assert isinstance(onset, dict)
    began, ended = (datetime.fromisoformat(onset[name]) for name in ("at", "end"))
    incident, records = lived(home)
    log = open_log(LOG, threaded=False)
    while log.step():  # type: ignore[attr-defined]
        pass
    try:
        span = window(incident, datetime(2026, 12, 1, tzinfo=UTC))
        assert span is not None
        text = draft(incident, records, measure_impact([log], *span))
    finally:
        log.close()
    failures, requests, clients = independent(began, ended)
    # how many
    assert f"{failures} of {requests} requests failed" in text.replace(" ", " ")
    assert f"{clients} client addresses saw a failure" in text
    # when and how long
    assert f"From {began:%Y-%m-%d %H:%M:%S} UTC to {ended:%Y-%m-%d %H:%M:%S} UTC" in text
    assert f"for {(ended - began).seconds} s" in text
    # what, who was hit, who acted
    assert str(declared["title"]) in text
    assert f"Who was affected: {declared['boundary']}" in text
    assert "commander ana, operations leo" in text
    # how long each step took, from the journal's own instants
    acked = first("acknowledged")[0] - declared_at
    assert f"| acknowledge | {acked.seconds} s |" in text
    diagnosed = first("diagnosed")[0] - declared_at
    assert f"| diagnose | {round(diagnosed.seconds / 60)} min" in text
    # why it stopped, with the measured effect
    effect = first("effect_measured")[1]
    step = first("step_intended")
    counted = independent(began, step[0])
    assert (effect["before_failures"], effect["before_requests"]) == counted[:2]
    assert "The damage was stopped by: Return the shop to the last release" in text
    assert str(effect["sentence"]) in text
    assert f"{step[0]:%H:%M:%S} Return the shop to the last release, step 1" in text
    # the promised times
    kept = [clock for clock in clocks(incident) if clock.pace(incident.closed_at) is Pace.MET]
    assert text.count(", kept |") == sum(clock.name != "report" for clock in kept)
    assert sum(one.state is not FollowUpState.DROPPED for one in incident.follow_ups) == text.count(
        "- [ ]"
    )


def test_the_impact_is_counted_in_the_whole_log_even_at_once_after_opening(home: Path) -> None:
    incident, _ = lived(home)
    span = window(incident, datetime(2026, 12, 1, tzinfo=UTC))
    assert span is not None
    wanted = independent(*span)
    for _ in range(30):
        log = open_log(LOG)
        try:
            found = measure_impact([log], *span)
        finally:
            log.close()
        assert found is not None
        assert (found.failures, found.requests, found.clients) == wanted
