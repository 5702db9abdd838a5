"""Agreements of the configuration, from a declaration to the attainment of the month."""

from datetime import UTC, datetime

from tests.cli.desk import Desk

AGREED = """
[calendars.office]
zone = "Europe/Berlin"
hours = { mon-fri = "09:00-17:00" }
holidays = ["2026-12-25"]

[policies.acme]
clients = ["acme"]
calendar = "office"
pause_while_waiting = ["hotfix"]
P1 = { respond = "30m" }

[oncall.main]
people = ["leo", "mia"]
zone = "Europe/Berlin"
start = 2026-11-16T09:00:00
phones = { leo = "+49 30 2" }
"""


def due(said: dict[str, object], name: str) -> str:
    return next(x["due"] for x in said["clocks"] if x["name"] == name)


def test_the_terms_of_a_client_hold_for_its_incidents_whatever_is_configured_later(
    desk: Desk,
) -> None:
    desk.configure(AGREED)
    desk.now = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)  # Friday, 16:30 in Berlin
    urgent = desk("declare", "export broken", "--client", "acme", "--priority", "P1", "--json").json
    assert due(urgent, "respond") == "2026-11-20T16:00:00.000000Z"
    calm = desk("declare", "typo", "--client", "acme", "--priority", "P2", "--json").json
    assert due(calm, "respond") == "2026-11-23T11:30:00.000000Z"
    other = desk("declare", "typo", "--client", "globex", "--priority", "P2", "--json").json
    assert due(other, "respond") == "2026-11-20T19:30:00.000000Z"
    desk.configure("")
    assert desk("show", "2", "--json").json["clocks"] == calm["clocks"]


def test_whom_to_call_and_what_was_kept(desk: Desk) -> None:
    desk.configure(AGREED)
    desk("declare", "export broken", "--client", "acme", "--critical", "revenue")
    assert "leo" in desk("oncall").out
    desk.later(minutes=16)
    assert [x["person"] for x in desk("oncall", "1", "--json").json] == ["leo", "mia"]
    desk("oncall", "1", "--called", "leo")
    assert desk("oncall", "1", "--json").json[0]["called"] is True
    desk("ack", "1", by="mia")
    assert "mia has taken charge" in desk("oncall", "1").out
    desk.later(hours=3)
    rows = {row["clock"]: row for row in desk("sla", "--json", "--month", "2026-11").json}
    assert rows["respond"]["kept"] == 1
    assert rows["respond"]["share"] == 1.0
    assert rows["diagnose"]["missed"] == ["INC-1"]
    assert rows["report"]["share"] is None
    assert desk("sla", "--client", "nobody").out == "Nothing was declared.\n"


def test_a_mistake_in_a_table_is_one_message(desk: Desk) -> None:
    desk.configure("[policies.acme]\ncalendar = 'moon'\n")
    said = desk("list", ok=False)
    assert said.status == 1
    assert "[policies.acme] calendar" in said.err
    assert "config.toml" in said.err
