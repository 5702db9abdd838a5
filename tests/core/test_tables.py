"""The tables of the configuration: read whole, refused by name."""

import tomllib
from datetime import UTC, date, datetime

import pytest

from warroom.core.words import Priority
from warroom.tables import TableError, read_tables

WHOLE = """
[calendars.office]
zone = "Europe/Berlin"
hours = { mon-thu = "09:00-12:30, 13:15-18:00", fri = "09:00-15:00" }
holidays = ["2026-12-25", 2026-12-26]

[policies.acme]
clients = ["acme"]
calendar = "office"
pause_while_waiting = ["diagnose", "hotfix"]
P1 = { respond = "30m" }
P2 = { respond = "2h", fix = "2d" }

[policies.default]

[oncall.main]
people = ["ana", "leo"]
zone = "Europe/Berlin"
start = 2026-11-02T09:00:00
escalate = "10m"
phones = { ana = "+49 30 1" }

[services.shop]
depends_on = ["database", "payments"]
owner = "team checkout"
staging = "https://staging.shop.example/"
integration_points = ["order reaches the warehouse"]

[views]
late = "is:late"
"""


def test_everything_that_can_be_written() -> None:
    tables = read_tables(tomllib.loads(WHOLE))
    acme = tables.agreements[0].terms
    assert acme.zone == "Europe/Berlin"
    assert acme.hours[0] == "09:00-12:30,13:15-18:00"
    assert acme.hours[6] == ""
    assert acme.holidays == ("2026-12-25", "2026-12-26")
    assert acme.policy(Priority.P1).respond.total_seconds() == 1800
    assert acme.policy(Priority.P1).fix.total_seconds() == 4 * 3600
    assert acme.policy(Priority.P2).fix.total_seconds() == 48 * 3600
    assert acme.calendar(Priority.P1) is None
    assert date(2026, 12, 25) in acme.calendar(Priority.P2).holidays
    assert tables.rotas[0].people == ("ana", "leo")
    assert tables.services.get("shop").staging == "https://staging.shop.example"
    assert tables.views == {"late": "is:late"}


def test_public_holidays_of_a_country_and_region_join_those_that_are_written() -> None:
    year = datetime.now(UTC).year
    text = (
        "[calendars.x]\nhours = {mon-fri = '09:00-17:00'}\ncountry = 'DE'\nregion = 'BY'\n"
        f"holidays = ['{year}-07-14']\n[policies.all]\ncalendar = 'x'"
    )
    days = read_tables(tomllib.loads(text)).agreements[0].terms.holidays
    assert {f"{year}-10-03", f"{year}-01-06", f"{year}-07-14", f"{year + 1}-01-01"} <= set(days)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[calendars.x]\nhours = {mon = '09:00-10:00'}\ncountry = 'Atlantis'", "Atlantis"),
        ("[calendars.x]\nzone = 'Mars/Base'\nhours = {mon = '09:00-10:00'}", "no such time zone"),
        ("[calendars.x]\nhours = {moon = '09:00-10:00'}", "'moon' is no day"),
        ("[calendars.x]\nhours = {mon = '9 to 5'}", "08:00-17:30"),
        ("[calendars.x]", "never open"),
        ("[calendars.x]\nhours = {mon = '09:00-10:00'}\nholidays = ['Xmas']", "holidays"),
        ("[policies.x]\ncalendar = 'office'", "no [calendars.office]"),
        ("[policies.x]\nP1 = {respond = 'soon'}", "[policies.x.P1] respond"),
        ("[policies.x]\nP1 = {answer = '1h'}", "unknown key 'answer'"),
        ("[policies.x]\nP4 = {respond = '1h'}", "unknown key 'P4'"),
        ("[policies.x]\npause_while_waiting = ['everything']", "is no clock"),
        ("[policies.x]\nclients = 'acme'", "not a list"),
        ("[oncall.x]\nstart = 2026-11-02T09:00:00", "at least one person"),
        ("[oncall.x]\npeople = ['a']", "first hand-over"),
        ("[oncall.x]\npeople = ['a']\nstart = 2026-11-02T09:00:00Z", "local time"),
        ("[services.x]\nstaging = 'file:///etc'", "no http address"),
        ("[services.x]\nowner = 3", "owner = 3"),
        ("[services]\nx = 1", "not a table"),
        ("views = 3", "views is not"),
    ],
)
def test_a_mistake_names_table_and_key(text: str, said: str) -> None:
    with pytest.raises(TableError) as caught:
        read_tables(tomllib.loads(text))
    assert said in str(caught.value)
