"""Updates, waiting and hand-over from the shell."""

from tests.cli.desk import Desk


def test_an_update_is_drafted_looked_over_and_kept(desk: Desk) -> None:
    desk("declare", "export broken on app-3.internal", "--service", "shop", "--critical", "revenue")
    desk("ack", "1")
    draft = desk("update", "1", "--audience", "client", "--json").json
    assert draft["kind"] == "initial"
    assert "app-3" not in draft["text"]
    assert draft["next_due"] == "2026-11-20T12:30:00.000000Z"
    assert desk("show", "1", "--json").json["version"] == 3
    kept = desk("update", "1", "we look at app-3.internal at 14:00", "--audience", "client")
    assert "more about the inside" in kept.err
    assert "no time zone" in kept.err
    desk.later(minutes=31)
    desk("update", "1", "--send")
    told = desk("timeline", "1", "--kind", "update", "--json").json
    assert [x["text"].split(":")[0] for x in told] == ["client", "internal"]


def test_waiting_and_going_on(desk: Desk) -> None:
    desk.configure('[policies.all]\npause_while_waiting = ["hotfix"]\n')
    desk("declare", "export broken")
    desk("wait", "1", "which customers?")
    desk.later(hours=5)
    hotfix = {x["name"]: x for x in desk("show", "1", "--json").json["clocks"]}["hotfix"]
    assert hotfix["paused"] is True
    assert hotfix["seconds_left"] == 24 * 3600
    assert "1 waiting for the client" in desk("list").out
    desk("resume", "1", "numbers came")
    hotfix = {x["name"]: x for x in desk("show", "1", "--json").json["clocks"]}["hotfix"]
    assert hotfix["paused"] is False
    assert hotfix["seconds_left"] == 24 * 3600


def test_a_declined_hand_over_changes_nothing(desk: Desk) -> None:
    desk("declare", "x")
    desk("ack", "1")
    assert "Not contained" in desk("handover", "1").out
    desk("handover", "1", "leo")
    assert desk("handover", "1", "--json").json["offered_to"] == "leo"
    desk("handover", "1", "--decline", "on a train", by="leo")
    assert desk("show", "1", "--json").json["commander"] == "ana"
    assert desk("handover", "1", "leo", "--accept", ok=False).status == 2
    desk("role", "1", "scribe", "mia")
    assert desk("show", "1", "--json").json["roles"]["scribe"] == "mia"


def test_who_outside_was_told_and_what_the_law_asks_for(desk: Desk) -> None:
    desk("declare", "backup was public", "--critical", "data_exposure")
    (due,) = desk("notice", "1", "--json").json
    assert (due["notice"], due["due"]) == ("gdpr", "2026-11-23T12:00:00.000000Z")
    assert "GDPR, Article 33(1)" in desk("notice", "1").out
    assert desk("notice", "1", "acme", ok=False).status == 3
    desk("notice", "1", "acme", "--party", "ACME", "--hours", "4")
    clocks = {x["name"]: x for x in desk("show", "1", "--json").json["clocks"]}
    assert clocks["acme"]["seconds_left"] == 4 * 3600
    desk("contact", "1", "Storage Ltd", "ticket 4711: who has read it?", "--again", "30m")
    assert "ask again in 30m" in " ".join(desk("show", "1").out.split())
    desk.later(minutes=40)
    assert "LATE" in desk("show", "1").out
    desk("contact", "1", "Storage Ltd", "nobody but us")
    desk("contact", "1", "ACME", "told by telephone", "--notice", "acme")
    desk("notice", "1", "gdpr", "--not-owed", "test data only")
    told = desk("contact", "1", "--json").json
    assert [x["party"] for x in told] == ["Storage Ltd", "Storage Ltd", "ACME"]
    assert "ACME (acme), by ana: told by telephone" in desk("contact", "1").out
    assert "test data only" in desk("notice", "1").out
    assert desk("contact", "1", "ACME", ok=False).status == 2
