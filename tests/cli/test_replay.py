"""Two incidents replayed through commands, from the report to the end, with every clock right."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.cli.desk import Desk
from tests.cli.traffic import traffic

AGREED = """
[policies.platform]
clients = ["reports-saas"]

[services.export]
depends_on = ["pdf"]
owner = "team reports"
staging = "http://127.0.0.1:1"
integration_points = ["a finished export reaches the mailbox"]
[services.portal]
depends_on = ["export"]
"""


def clocks(desk: Desk) -> dict[str, tuple[float | None, str]]:
    """Each clock: hours from the declaration until it was met, and its pace."""
    view = desk("show", "1", "--json").json
    start = datetime.fromisoformat(view["declared_at"])
    found = {}
    for clock in view["clocks"]:
        met = clock["met_at"]
        hours = (datetime.fromisoformat(met) - start) / timedelta(hours=1) if met else None
        found[clock["name"]] = (hours, clock["pace"])
    return found


def test_exports_broken_since_the_update_of_friday_evening(desk: Desk, tmp_path: Path) -> None:
    """200 clients cannot export; diagnosed after 45 minutes, repaired after two and a half hours."""
    desk.configure(AGREED)
    log = tmp_path / "access.log"
    friday = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
    desk.now = datetime(2026, 11, 20, 19, 30, tzinfo=UTC)

    def broken(at: datetime, route: str, _number: int) -> bool:
        return route == "POST /api/export" and at >= friday + timedelta(seconds=40)

    traffic(log, friday - timedelta(hours=2), desk.now, broken)
    made = desk(
        "declare", "Users cannot export their reports", "--service", "export",
        "--client", "reports-saas", "--critical", "core_function", "--contact", "support@client",
        "--public", "Reports cannot be exported", "--from-log", str(log), "--json",
    ).json  # fmt: skip
    assert made["priority"] == "P1"
    assert made["agreement"] == "platform"
    assert abs(datetime.fromisoformat(made["onset"]["at"]) - friday) < timedelta(minutes=2)
    assert "/api/export" in made["boundary"]
    desk.later(minutes=6)
    desk("ack", "1", by="leo")
    desk("role", "1", "communications", "mia", by="leo")
    desk("qualify", "1", "--category", "functional", "--factor", "users=2", "--factor",
         "business=2", "--factor", "no_workaround=3", "--answer",
         "intake.impact=200 clients cannot export", by="leo")  # fmt: skip
    first = desk("update", "1", "--audience", "client", "--send", "--json", by="mia").json
    assert first["id"] == "INC-1"
    desk("change", "1", "PDF library 3 to 4", "--kind", "dependency",
         "--at", f"{friday:%Y-%m-%dT%H:%M:%SZ}", "--release", "v41", by="leo")  # fmt: skip
    desk("change", "1", "new logo", "--at", f"{friday - timedelta(hours=5):%Y-%m-%dT%H:%M:%SZ}")
    assert desk("change", "1", "--json").json[0]["text"] == "PDF library 3 to 4"
    desk("hypothesis", "1", "the PDF library refuses our data format", by="leo")
    assert clocks(desk)["respond"] == (0.1, "met")
    assert clocks(desk)["diagnose"] == (None, "calm")

    desk.now = datetime(2026, 11, 20, 20, 15, tzinfo=UTC)  # 45 minutes after the report
    desk("hypothesis", "1", "--number", "1", "--state", "confirmed",
         "--evidence", "TypeError in the log, gone with version 3", by="leo")  # fmt: skip
    desk("diagnose", "1", "version 4 of the PDF library is incompatible with the data format",
         "--eta", "22:00", "--public", "An update of a component broke the export", by="leo")  # fmt: skip
    desk("qualify", "1", "--answer", "trigger=any export to PDF", "--answer",
         "reproduce=yes, with the pinned request", "--answer",
         "staging=staging still had version 3", by="leo")  # fmt: skip
    assert clocks(desk)["diagnose"] == (0.75, "met")
    told = desk("update", "1", "--audience", "client", "--kind", "progress").out
    assert "An update of a component broke the export" in told
    assert "PDF" not in told
    assert "22:00 UTC" in told

    desk.now = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)  # two and a half hours after the report
    traffic(log, datetime(2026, 11, 20, 19, 30, tzinfo=UTC), desk.now, broken)
    desk("fix", "1", "compatibility patch", "--level", "hotfix", "--reference", "fix/pdf-4",
         "--check", "branch", "fix/pdf-4, one file", "--check", "test", "export_spec: red before",
         "--check", "staging", "exported ten reports", "--check", "staged", "all after one node",
         "--check", "monitoring", "5xx of /api/export", "--check", "rollback", "tag v40 ready",
         by="leo")  # fmt: skip
    assert clocks(desk)["hotfix"] == (2.5, "met")
    desk("resolve", "1", "exports work again", by="leo")
    refused = desk("close", "1", ok=False)
    assert refused.status == 3
    assert "nobody has measured" in refused.err

    desk.later(minutes=4)
    traffic(log, desk.now - timedelta(minutes=4), desk.now, lambda *_: False)
    early = desk("verify", "1", "--log", str(log), ok=False)
    assert early.status == 1
    assert "too early" in early.out
    desk.later(minutes=6)
    traffic(log, desk.now - timedelta(minutes=6), desk.now, lambda *_: False)
    verified = desk("verify", "1", "--log", str(log), "--json").json
    assert verified["passed"] is True, verified
    gone, adjacent, ledger = verified["checks"]
    assert gone["failures"] == 0
    assert "/api/export" in gone["sentence"]
    assert adjacent["sentence"] == "4 neighbouring routes as before the failure"
    assert ledger["passed"] is True

    desk("followup", "1", "--number", "1", "--owner", "leo")
    desk("followup", "1", "regression and end-to-end tests of the export", "--kind", "test",
         "--owner", "leo", "--due", "2026-12-04T12:00:00Z", "--public")  # fmt: skip
    desk("followup", "1", "smoke test after each deployment", "--kind", "monitoring",
         "--owner", "mia", "--due", "2026-12-04T12:00:00Z")  # fmt: skip
    prevention = desk("update", "1", "--kind", "prevention", "--audience", "client").out
    assert "regression and end-to-end tests" in prevention
    assert "smoke test" not in prevention
    assert "smoke test" in desk("update", "1", "--kind", "prevention").out
    desk.now = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
    text = desk("postmortem", "1").out
    assert "staging still had version 3" in text
    report = tmp_path / "report.md"
    report.write_text(text)
    desk("postmortem", "1", "--write", str(report))
    desk("close", "1", by="leo")
    assert "Verified: 5xx of" in desk("postmortem", "1").out
    assert {name: pace for name, (_, pace) in clocks(desk).items()} == dict.fromkeys(
        ("respond", "diagnose", "hotfix", "report"), "met"
    )
    rows = desk("sla", "--client", "reports-saas", "--json").json
    assert [(row["clock"], row["kept"], row["missed"]) for row in rows] == [
        ("respond", 1, []), ("diagnose", 1, []), ("hotfix", 1, []), ("report", 1, []),
    ]  # fmt: skip
    assert desk("journal", "verify", "--json").json["problems"] == []


def test_a_critical_api_returns_500s_because_the_pool_is_exhausted(
    desk: Desk, tmp_path: Path
) -> None:
    desk.configure(AGREED)
    log = tmp_path / "api.log"
    start = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    desk.now = start + timedelta(minutes=70)
    onset = start + timedelta(minutes=60)

    def exhausted(at: datetime, route: str, number: int) -> bool:
        return at >= onset and number % 3 != 0

    traffic(log, start, desk.now, exhausted)
    desk("declare", "API returns 500", "--service", "export", "--critical", "revenue",
         "--from-log", str(log))  # fmt: skip
    desk("pin", "1", str(log), "--last-error", "--note", "tail of the log")
    desk("ack", "1", by="ana")
    assert [h["name"] for h in desk("services", "export", "--json").json["blast_radius"]] == [
        "portal"
    ]
    desk("hypothesis", "1", "the release of this morning")
    desk("hypothesis", "1", "the connection pool is exhausted")
    desk("hypothesis", "1", "--number", "1", "--state", "ruled_out", "--evidence", "no release")
    desk.later(minutes=10)
    traffic(log, desk.now - timedelta(minutes=10), desk.now, exhausted)
    desk("contain", "1", "--by-hand", "rate limit of 5 a second on /api/export")
    desk.later(minutes=50)
    handed = desk("handover", "1", "leo", "--note", "database people are on it")
    assert "H2 the connection pool is exhausted (proposed)" in handed.out
    assert "database people are on it" in handed.out
    assert desk("handover", "1", "--accept", by="mia", ok=False).status == 3
    assert desk("show", "1", "--json").json["commander"] == "ana"
    desk("handover", "1", "--accept", by="leo")
    assert desk("show", "1", "--json").json["commander"] == "leo"
    desk.later(minutes=75)  # two hours and a quarter after the report: the diagnosis is late
    assert "diagnose" in desk("list").out
    assert "LATE" in desk("list").out
    desk("diagnose", "1", "a transaction is never closed; the pool of 20 runs dry", "--eta", "2h",
         by="leo")  # fmt: skip
    desk.later(minutes=60)
    fixed_at = desk.now
    desk("fix", "1", "close the transaction", "--level", "root_cause", "--reference", "abc123",
         by="leo")  # fmt: skip
    desk("resolve", "1", "pool is stable", by="leo")
    desk.later(minutes=12)
    traffic(log, onset + timedelta(minutes=20), fixed_at, exhausted)

    def another(at: datetime, route: str, number: int) -> bool:
        return route == "GET /login" and number % 2 == 0

    traffic(log, fixed_at, desk.now, another)
    found = desk("verify", "1", "--log", str(log), "--json", ok=False)
    checks = {check["check"]: check for check in found.json["checks"]}
    assert checks["adjacent"]["passed"] is False
    assert "/login" in checks["adjacent"]["sentence"]
    text = desk("postmortem", "1").out
    report = tmp_path / "report.md"
    report.write_text(text)
    desk("postmortem", "1", "--write", str(report))
    refused = desk("close", "1", ok=False)
    assert "worse than before" in refused.err
    desk("close", "1", "--override", "the login failure is known and has its own ticket", by="leo")
    printed = desk("postmortem", "1").out
    assert "Closed against the checks" in printed
    assert "login failure is known" in printed
    assert "worse than before" in printed
    rows = {row["clock"]: row for row in desk("sla", "--json").json}
    assert rows["diagnose"]["missed"] == ["INC-1"]
    assert rows["hotfix"]["kept"] == 1


def test_a_failure_that_comes_back_reopens_or_opens_a_linked_incident(
    desk: Desk, tmp_path: Path
) -> None:
    log = tmp_path / "a.log"
    start = desk.now
    traffic(log, start, start + timedelta(minutes=10), lambda *_: False)
    desk("declare", "export broken", "--service", "export")
    desk("ack", "1")
    desk("resolve", "1", "restarted")
    desk.later(minutes=10)
    calm = desk("watch", "1", "--for", "10m", "--log", str(log))
    assert "not seen again" in calm.out
    traffic(log, desk.now, desk.now + timedelta(minutes=5), lambda _at, _route, n: n % 2 == 0)
    desk.later(minutes=5)
    back = desk("watch", "1", "--for", "15m", "--log", str(log), "--json", ok=False)
    assert back.status == 1
    assert back.json["incident"]["id"] == "INC-1"
    assert back.json["incident"]["reopened"] == 1
    desk("resolve", "1", "again")
    desk("close", "1", "--override", "nobody there to review it")
    back = desk("watch", "1", "--since", "12:09", "--for", "6m", "--log", str(log), ok=False)
    assert "INC-2 opened for INC-1" in back.out
    assert desk("show", "2", "--json").json["links"][0]["other"] == "INC-1"
    assert desk("show", "1", "--json").json["links"][0]["other"] == "INC-2"
