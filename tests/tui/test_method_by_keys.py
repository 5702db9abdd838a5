"""The whole method by keys, over a real store and a real log, with every clock right."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.cli.traffic import traffic
from tests.tui.live import Clock, Live, live

from warroom.core.words import Check, Phase

EVENING = datetime(2026, 11, 20, 19, 30, tzinfo=UTC)


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_only_the_next_key_and_its_questions_lead_from_declared_to_closed(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    clock = Clock(EVENING)
    async with live(tmp_path, clock, size=size) as desk:
        await desk.next("declare")
        await desk.dialog("Declare an incident")
        await desk.write("exports fail")
        await desk.keys("ctrl+s")
        await desk.next("acknowledge")
        await desk.next("contain")
        await desk.dialog("Contained by hand")
        await desk.write("switched the export off")
        await desk.keys("ctrl+s")
        await desk.next("say how bad it is")
        await desk.dialog("How bad is INC-1")
        await desk.keys("space", "tab", "2", "3", "ctrl+s")
        await desk.next("share diagnosis")
        await desk.dialog("Share the diagnosis")
        await desk.write("the PDF library refuses our format")
        await desk.keys("ctrl+s")
        await desk.next("record the fix")
        await desk.dialog("A fix")
        await desk.write("back to version 3")
        await desk.keys("ctrl+s")
        for _ in range(6):  # what an isolated fix asks for, one after the other
            await desk.dialog("The isolated fix")
            await desk.keys("x")
        await desk.next("answer a question")
        await desk.dialog("What triggers it?")
        await desk.keys("enter")
        await desk.write("any export to PDF")
        await desk.keys("enter")
        for _ in range(2):
            await desk.dialog("Questions on INC-1")
            await desk.keys("x")
        await desk.next("resolve")
        await desk.dialog("Resolve INC-1")
        await desk.deliberate("R")
        await desk.next("read the postmortem")
        await desk.read_postmortem()
        await desk.next("close")
        await desk.dialog("Close INC-1")
        await desk.deliberate("C")
        await desk.shows(lambda: desk.incident.phase is Phase.CLOSED, "closed")
        assert desk.incident.close_override == ""
        assert "staging" in desk.incident.answers
        assert not desk.incident.answers["staging"].known


async def tell(desk: Live) -> None:
    """Write the update that is due, as it was drafted."""
    count = len(desk.incident.updates)
    await desk.next("write the update")
    await desk.dialog("Update on INC-1")
    await desk.keys("ctrl+s")
    await desk.shows(lambda: len(desk.incident.updates) == count + 1, "an update")


async def measure(desk: Live, wanted: bool, check: Check = Check.GONE) -> None:
    """Ask for the checks until the log is read as far as it goes."""
    await desk.dialog("Before INC-1 is closed")
    for _ in range(20):
        if (desk.incident.checks[check][1].passed) is wanted:
            return
        await desk.keys("r")
        await desk.dialog("Before INC-1 is closed")
    raise AssertionError(desk.text)


async def test_exports_broken_since_the_update_of_friday_evening_by_keys(tmp_path: Path) -> None:
    """Diagnosed after 45 minutes, repaired after two and a half hours: 200 clients."""
    log = tmp_path / "access.log"
    friday = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
    clock = Clock(EVENING)

    def broken(at: datetime, route: str, _number: int) -> bool:
        return route == "POST /api/export" and at >= friday + timedelta(seconds=40)

    traffic(log, friday - timedelta(hours=2), EVENING, broken)
    async with live(tmp_path, clock, log, actor="leo") as desk:
        await desk.shows(lambda: desk.main.log_facts.onset is not None, "the onset in the log")
        await desk.keys("d")
        await desk.dialog("Declare an incident")
        await desk.fields(title="Users cannot export their reports", service="export",
                          client="reports-saas", contact="support@client")  # fmt: skip
        await desk.keys("ctrl+s")
        await desk.shows(lambda: desk.shown == "INC-1", "INC-1")
        onset = desk.incident.onset
        assert onset is not None
        assert abs(onset.at - friday) < timedelta(minutes=2)
        assert "/api/export" in desk.incident.boundary
        clock.later(minutes=6)
        await desk.keys("a")
        await desk.shows(lambda: desk.incident.commander == "leo", "in charge")
        await desk.keys("w")
        await desk.dialog("Who does what")
        await desk.fields(communications="mia", scribe="sam")
        await desk.keys("ctrl+s")
        await desk.shows(lambda: len(desk.incident.roles) == 3, "three roles")
        await desk.keys("t")
        await desk.dialog("How bad is INC-1")
        await desk.keys("down", "down", "space", "tab", "2", "2", "0", "0", "3")
        await desk.fields(public="Reports cannot be exported")
        await desk.keys("ctrl+s")
        await desk.shows(lambda: desk.incident.priority.value == "P1", "P1")
        await desk.shows(lambda: desk.incident.public != "", "what is public")
        await desk.keys("h")
        await desk.dialog("New hypothesis")
        await desk.write("the PDF library refuses our data format")
        await desk.keys("ctrl+s")
        await desk.shows(lambda: bool(desk.incident.hypotheses), "a hypothesis")
        await desk.keys("u")
        await desk.dialog("Update on INC-1")
        await desk.keys("ctrl+t", "ctrl+s")
        await desk.shows(lambda: bool(desk.incident.updates), "an update")

        clock.now = datetime(2026, 11, 20, 20, 15, tzinfo=UTC)  # 45 minutes after the report
        await tell(desk)
        await desk.next("contain")
        await desk.dialog("Contained by hand")
        await desk.write("export switched to CSV for all")
        await desk.keys("ctrl+s")
        await desk.next("share diagnosis")
        await desk.dialog("Share the diagnosis")
        await desk.write("version 4 of the PDF library is incompatible with the data format")
        await desk.fields(eta="22:00")
        await desk.keys("ctrl+s")
        await desk.shows(lambda: desk.met()["diagnose"] == 0.75, "diagnosed after 45 minutes")
        assert desk.met()["respond"] == 0.1

        clock.now = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)  # two and a half hours after it
        traffic(log, EVENING, clock.now, broken)
        await tell(desk)
        await desk.next("record the fix")
        await desk.dialog("A fix")
        await desk.write("compatibility patch")
        await desk.fields(reference="fix/pdf-4")
        await desk.keys("ctrl+s")
        for said in ("fix/pdf-4, one file", "export_spec: red before", "exported ten reports",
                     "all after one node", "5xx of /api/export", "tag v40 ready"):  # fmt: skip
            await desk.dialog("The isolated fix")
            await desk.keys("enter")
            await desk.write(said)
            await desk.keys("enter")
            await desk.shows(
                lambda said=said: said in {r.text for r in desk.incident.answers.values()}, said
            )
        assert desk.met()["hotfix"] == 2.5
        await desk.next("answer a question")
        for said in ("any export to PDF", "yes, with the pinned request", "staging had version 3"):
            await desk.dialog("Questions on INC-1")
            await desk.keys("enter")
            await desk.write(said)
            await desk.keys("enter")
            await desk.shows(
                lambda said=said: said in {r.text for r in desk.incident.answers.values()}, said
            )
        await desk.next("resolve")
        await desk.dialog("Resolve INC-1")
        await desk.deliberate("R")
        await desk.next("read the postmortem")
        await desk.read_postmortem()

        traffic(log, clock.now, clock.now + timedelta(minutes=10), lambda *_: False)
        clock.later(minutes=4)
        await desk.next("verify in the log")
        await measure(desk, wanted=False)
        await desk.until("enough time has passed to tell")
        clock.later(minutes=6)
        await desk.keys("r")
        await measure(desk, wanted=True)
        assert "/api/export" in desk.text
        clock.now = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
        await desk.keys("full_stop")
        await desk.dialog("Close INC-1")
        await desk.deliberate("C")
        await desk.shows(lambda: desk.incident.phase is Phase.CLOSED, "closed")
        assert desk.incident.close_override == ""
        met = desk.met()
        assert (met["respond"], met["diagnose"], met["hotfix"]) == (0.1, 0.75, 2.5)
        assert met["report"] is not None


async def test_a_critical_api_returns_500s_because_the_pool_is_exhausted_by_keys(
    tmp_path: Path,
) -> None:
    log = tmp_path / "api.log"
    start = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    onset = start + timedelta(minutes=60)
    clock = Clock(start + timedelta(minutes=70))

    def exhausted(at: datetime, route: str, number: int) -> bool:
        return at >= onset and number % 3 != 0

    def login(at: datetime, route: str, number: int) -> bool:
        return route == "GET /login" and number % 2 == 0

    traffic(log, start, clock.now, exhausted)
    async with live(tmp_path, clock, log) as desk:
        await desk.shows(lambda: desk.main.log_facts.onset is not None, "the onset in the log")
        await desk.next("declare")
        await desk.dialog("Declare an incident")
        await desk.fields(title="API returns 500", service="export")
        await desk.field("criteria")
        await desk.keys("space")
        await desk.keys("ctrl+s")
        await desk.next("acknowledge")
        await desk.shows(lambda: desk.incident.commander == "ana", "in charge")
        await desk.keys("2", "E", "P")
        await desk.shows(lambda: bool(desk.incident.evidence), "a pinned line")
        assert " 500 " in desk.incident.evidence[0][1].excerpt.text
        await desk.keys("1")
        for text in ("the release of this morning", "the connection pool is exhausted"):
            count = len(desk.incident.hypotheses)
            await desk.keys("h")
            await desk.dialog("New hypothesis")
            await desk.write(text)
            await desk.keys("ctrl+s")
            await desk.shows(lambda n=count: len(desk.incident.hypotheses) == n + 1, text)
        clock.later(minutes=10)
        await desk.next("contain")
        await desk.dialog("Contained by hand")
        await desk.write("rate limit of 5 a second on /api/export")
        await desk.keys("ctrl+s")
        await desk.shows(lambda: desk.incident.contained_at == clock.now, "contained")
        clock.later(minutes=50)
        await desk.keys("H")
        await desk.dialog("Hand over")
        await desk.until("the connection pool is exhausted (proposed)")
        await desk.write("leo")
        await desk.keys("ctrl+s")
        await desk.shows(lambda: bool(desk.incident.offers), "an offer")
        assert desk.incident.commander == "ana"
    async with live(tmp_path, clock, log, actor="leo") as desk:
        await desk.next("answer the offer")
        await desk.dialog("Take over as commander of INC-1")
        await desk.until("the connection pool is exhausted (proposed)")
        await desk.deliberate("A")
        await desk.shows(lambda: desk.incident.commander == "leo", "leo commands")
        clock.later(minutes=75)  # two hours and a quarter after the report: it is late
        await desk.until("LATE")
        await tell(desk)
        await desk.next("say how bad it is")
        await desk.dialog("How bad is INC-1")
        await desk.keys("space", "ctrl+s")
        await desk.next("share diagnosis")
        await desk.dialog("Share the diagnosis")
        await desk.write("a transaction is never closed; the pool of 20 runs dry")
        await desk.keys("ctrl+s")
        await desk.shows(lambda: desk.met()["diagnose"] == 2.25, "diagnosed late")
        clock.later(minutes=60)
        await tell(desk)
        await desk.next("record the fix")
        await desk.dialog("A fix")
        await desk.write("close the transaction")
        await desk.field("level")
        await desk.keys("r", "ctrl+s")
        await desk.dialog("The isolated fix")
        await desk.keys("escape")
        await desk.shows(lambda: desk.met()["hotfix"] == 3.25, "repaired in time")
        fixed_at = clock.now
        for _ in range(9):
            await desk.next("answer a question")
            await desk.dialog("Questions on INC-1")
            await desk.keys("x", "escape")
            if not desk.next_verb.startswith("answer"):
                break
        await desk.next("resolve")
        await desk.dialog("Resolve INC-1")
        await desk.deliberate("R")
        await desk.next("read the postmortem")
        await desk.read_postmortem()
        traffic(log, onset + timedelta(minutes=10), fixed_at, exhausted)
        clock.later(minutes=12)
        traffic(log, fixed_at, clock.now, login)
        await desk.next("verify in the log")
        await measure(desk, wanted=False, check=Check.ADJACENT)
        assert "/login" in desk.incident.checks[Check.ADJACENT][1].sentence
        await desk.keys("c")
        await desk.dialog("Close INC-1")
        await desk.until("worse than before")
        await desk.deliberate("O")
        await desk.write("the login failure is known and has its own ticket")
        await desk.keys("escape")
        await desk.deliberate("O")
        await desk.shows(lambda: desk.incident.phase is Phase.CLOSED, "closed")
        assert "login failure is known" in desk.incident.close_override
        assert any("worse than before" in gap for gap in desk.incident.close_missing)
