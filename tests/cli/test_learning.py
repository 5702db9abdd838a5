"""Learning at the shell: postmortem, follow-ups, metrics, review, likeness, alert, runbook."""

import csv
import io
from pathlib import Path

import pytest
from tests.cli.desk import Desk

LOG = Path(__file__).parents[2] / "sample_data/logs/shop_access.log"


@pytest.fixture
def shop(desk: Desk) -> Desk:
    """An incident of the sample log, contained and resolved, with two follow-ups."""
    from datetime import UTC, datetime

    desk.now = datetime(2026, 11, 21, 8, 3, 20, tzinfo=UTC)
    desk("declare", "checkout answers 5xx", "--service", "shop", "--priority", "p1",
         "--since", "2026-11-21T08:03:01Z")  # fmt: skip
    desk("ack", "1")
    desk("contain", "1", "--help")
    desk.later(minutes=5)("diagnose", "1", "release 2026.11.20 empties the pool")
    desk("resolve", "1", "rolled back")
    desk("followup", "1", "Alert on 5xx above 2 % of checkout", "--kind", "monitoring",
         "--owner", "leo", "--due", "2026-11-25T12:00:00Z")  # fmt: skip
    desk("followup", "1", "=HYPERLINK(evil)", "--kind", "test", "--owner", "mia",
         "--due", "2026-11-30T12:00:00Z")  # fmt: skip
    return desk


def test_the_draft_counts_its_impact_in_the_log_that_is_named(shop: Desk) -> None:
    plain = shop("postmortem", "1").out
    assert "```5xx" not in plain
    counted = shop("postmortem", "1", "--log", str(LOG)).out
    assert "```5xx" in counted
    assert "requests failed" in counted


def test_a_draft_has_what_its_template_asks_for_and_a_saved_text_only_what_was_saved(
    shop: Desk, tmp_path: Path
) -> None:
    folder = shop.home / ".config/warroom/templates"
    folder.mkdir(parents=True)
    (folder / "default.md").write_text("## Summary\n\n> ? Who at the bank was told?\n")
    draft = shop("postmortem", "1").out
    assert draft.count("Who at the bank was told?") == 1
    saved = tmp_path / "pm.md"
    saved.write_text("## Summary\n\nall is well\n")
    shop("postmortem", "1", "--write", str(saved))
    assert "bank" not in shop("postmortem", "1").out
    shop("postmortem", "1", "--template")
    assert "bank" in shop("postmortem", "1").out
    (folder / "default.md").unlink()
    (folder / "default.md").mkdir()
    refused = shop("postmortem", "1", ok=False)
    assert "default.md cannot be read: Is a directory" in refused.err


def test_lint_versions_diff_and_finishing(shop: Desk, tmp_path: Path) -> None:
    draft = shop("postmortem", "1").out
    text = draft.replace("## Summary\n", "## Summary\n\nleo forgot the test, see [T99].\n")
    saved = tmp_path / "pm.md"
    saved.write_text(text)
    shop("postmortem", "1", "--write", str(saved))
    found = shop("postmortem", "1", "--lint", "--json").json
    assert {"blame", "name", "reference"} <= {one["rule"] for one in found["findings"]}
    assert found["before_final"]
    told = shop("postmortem", "1", "--lint")
    assert told.status == 0
    assert "forgot" in told.out
    refused = shop("postmortem", "1", "--final", ok=False)
    assert refused.status == 3
    assert "not finished" in refused.err
    shop("postmortem", "1", "--final", "--reason", "the client waits for it")
    assert shop("postmortem", "1", "--json").json["final"] is True
    saved.write_text(text + "\nmore\n")
    shop("postmortem", "1", "--write", str(saved), by="leo")
    assert [
        (v["version"], v["by"]) for v in shop("postmortem", "1", "--versions", "--json").json
    ] == [
        (1, "ana"),
        (2, "leo"),
    ]
    assert "+more" in shop("postmortem", "1", "--diff", "1", "2").out
    assert shop("postmortem", "1", "--diff", "1", "7", ok=False).status == 4


@pytest.mark.parametrize("audience", ["internal", "client"])
@pytest.mark.parametrize("form", ["md", "html", "pdf"])
def test_reports_are_files(shop: Desk, tmp_path: Path, form: str, audience: str) -> None:
    out = tmp_path / f"report.{form}"
    shop("postmortem", "1", "--format", form, "--audience", audience, "--out", str(out),
         "--log", str(LOG))  # fmt: skip
    data = out.read_bytes()
    assert data.startswith({"md": b"*", "html": b"<!doctype html>", "pdf": b"%PDF-"}[form])
    if form != "pdf":
        assert (b"checkout answers 5xx" in data) == (audience == "internal")


def test_follow_ups_as_board_digest_and_tickets(shop: Desk) -> None:
    assert "INC-1/F1" in shop("followups").out
    assert shop("followups", "--overdue", "--json").json == []
    shop.later(days=5)
    assert [one["key"] for one in shop("followups", "--overdue", "--json").json] == ["INC-1/F1"]
    assert "leo: 1 to do" in shop("followups", "--digest").out
    rows = list(csv.reader(io.StringIO(shop("followups", "--export", "csv").out)))
    assert rows[2][2] == "'=HYPERLINK(evil)"
    assert shop("followups", "1", "--export", "github").json[0]["title"].startswith("Alert")
    fields = shop("followups", "--export", "jira", "--project", "OPS").json[0]["fields"]
    assert fields["project"]["key"] == "OPS"
    shop("followup", "1", "--number", "1", "--state", "done")
    assert "INC-1/F1" not in shop("followups").out
    assert "INC-1/F1" in shop("followups", "--all").out


def test_metrics_and_review(shop: Desk) -> None:
    found = shop("metrics", "--json").json
    assert found["times"]["detect"]["median"] == 19
    assert found["follow_ups"]["open"] == 2
    assert (
        'warroom_incident_seconds{time="detect",quantile="0.5"} 19'
        in shop("metrics", "--prometheus").out
    )
    assert "detect" in shop("metrics").out
    assert shop("metrics", "--client", "nobody", "--json").json["incidents"] == 0
    assert "shop" in shop("review").out
    shop("review", "1", "--answer", "backup", "restored on 20 November in 14 minutes")
    checks = {one["key"]: one for one in shop("review", "--json").json}
    assert checks["review.backup"]["overdue"] is False
    assert checks["review.training"]["overdue"] is True
    assert "restored on 20 November" in shop("review", "1").out


def test_the_next_one_is_told_of_this_one(shop: Desk) -> None:
    shop.later(days=10)
    shop("declare", "checkout answers 5xx again", "--service", "shop")
    assert "INC-1" in shop("similar", "2").out
    assert shop("similar", "1", "--json").json == []


def test_alert_and_regression_test_stay_with_their_follow_ups(shop: Desk, tmp_path: Path) -> None:
    shop("alert", "1", "--log", str(LOG), "--attach")
    made = tmp_path / "test_inc.py"
    shop("regression", "1", "--log", str(LOG), "--attach", "--out", str(made))
    assert "'/api/checkout'" in made.read_text()
    told = shop("followup", "1").out
    assert "with alert.yml" in told
    assert "with test_inc_1.py" in told
    assert "expr: |" in shop("followup", "1", "show", "1").out
    assert shop("followup", "1", "show", "2", "--json").json["attached"] == {
        "test_inc_1.py": made.read_text()
    }
    assert shop("followup", "1", "show", "9", ok=False).status == 4
    shop("regression", "1", "--log", str(LOG), "--attach", "--out", str(made))
    assert "has test_inc_1.py" in shop("timeline", "1").out
    bodies = shop("followups", "1", "--export", "github").json
    assert "```\ngroups:" in bodies[0]["body"]
    assert "pytest.param" in bodies[1]["body"]
    jira = shop("followups", "1", "--export", "jira").json
    assert "{noformat}\ngroups:" in jira[0]["fields"]["description"]
    assert "alert.yml" in shop("postmortem", "1").out
    shop("followup", "1", "done", "1")
    shop("alert", "1", "--log", str(LOG), "--attach")
    assert "Alert when" in shop("followup", "1", "show", "3").out
    assert shop("regression", "1", ok=False).status == 1


def test_alert_and_runbook_are_drafted(shop: Desk, tmp_path: Path) -> None:
    said = shop("alert", "1", "--log", str(LOG), "--json").json
    assert "http_requests_total" in said["rule"]
    assert shop("alert", "1", ok=False).status == 1
    out = tmp_path / "again.md"
    shop("runbook", "from", "1", "--out", str(out))
    assert "checkout answers 5xx" in out.read_text()
    assert shop("runbook", "from", "1", "--out", str(out), ok=False).status == 1
    shop("runbook", "check", str(out))


def test_the_words_of_the_follow_up_command_are_no_trap(desk: Desk) -> None:
    desk("declare", "export broken")
    assert "has no follow-up" in desk("followup", "1", "list").out
    assert desk("followup", "1", "--json").json == []
    desk("followup", "1", "add", "list the open exports", "--owner", "leo")
    desk("followup", "1", "alert on 5xx")
    assert "list the open exports" in desk("followup", "1", "list").out
    desk("followup", "1", "done", "1")
    desk("followup", "1", "change", "2", "alert on 5xx above 2 %", "--owner", "mia")
    found = desk("followup", "1", "--json").json
    assert [(x["text"], x["state"], x["owner"]) for x in found] == [
        ("list the open exports", "done", "leo"), ("alert on 5xx above 2 %", "open", "mia"),
    ]  # fmt: skip
    assert "INC-1/F2" in desk("followup").out
    for words in (["done"], ["drop", "x"], ["add"], ["list", "all"]):
        assert desk("followup", "1", *words, ok=False).status == 2, words
