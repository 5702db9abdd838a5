"""Qualify, merge, order and filter from the shell."""

from tests.cli.desk import Desk


def test_qualify_asks_and_keeps_the_answers(desk: Desk) -> None:
    desk("declare", "export broken", "--service", "shop", "--priority", "P3")
    asked = desk("qualify", "1", "--json").json
    keys = {q["question"] for q in asked["questions"]}
    assert {"intake.started", "criteria", "factor.users", "production.scope", "trigger"} <= keys
    desk(
        "qualify",
        "1",
        "--category",
        "functional",
        "--critical",
        "core_function",
        "--factor",
        "users=2",
        "--answer",
        "functional.path=export to PDF",
        "--unknown",
        "trigger",
        "--client",
        "acme",
        by="leo",
    )
    found = desk("qualify", "1", "--json").json
    assert (found["priority"], found["criteria_by"]) == ("P1", "leo")
    answers = {q["question"]: q for q in found["questions"]}
    assert answers["functional.path"]["answer"] == "export to PDF"
    assert answers["trigger"]["unknown"] is True
    assert "production.scope" not in answers
    assert "said leo" in desk("qualify", "1").out
    assert desk("qualify", "1", "--answer", "nonsense=1", ok=False).status == 3
    assert desk("qualify", "1", "--factor", "users=9", ok=False).status == 2


def test_merge_keeps_both_histories_and_split_brings_it_back(desk: Desk) -> None:
    desk("declare", "export of reports fails", "--service", "shop")
    desk.later(minutes=2)
    desk("declare", "reports export broken", "--service", "shop")
    desk("note", "2", "seen by the second client")
    assert desk("related", "1", "--json").json[0]["duplicate"] is True
    desk("merge", "2", "--into", "1", "--because", "same stack trace")
    assert [i["id"] for i in desk("list", "--json").json] == ["INC-1"]
    told = desk("show", "1").out
    assert "[INC-2]" in told
    assert "seen by the second client" in told
    assert desk("show", "1", "--json").json["absorbed"] == ["INC-2"]
    assert desk("ack", "2", ok=False).status == 3
    desk("merge", "2", "--into", "1")
    assert desk("merge", "1", "--into", "1", ok=False).status == 3
    desk("split", "2", "another cause")
    assert len(desk("list", "--json").json) == 2
    assert desk("show", "1", "--json").json["absorbed"] == []


def test_order_noise_and_views(desk: Desk) -> None:
    desk.configure('[views]\nnoise = "disk priority:P3"\n')
    for number in range(3):
        desk("declare", f"disk {number} is filling", "--priority", "P3")
    desk("declare", "checkout fails", "--critical", "revenue", "--service", "shop")
    assert len(desk("list", "--view", "noise", "--json").json) == 3
    asleep = desk("snooze", "--matching", "disk", "--until", "2h", "--json").json
    assert len(asleep) == 3
    assert "asleep" in desk("list").out
    desk("reorder", "2", "top", "--because", "the database is on it", by="leo")
    desk("snooze", "2", "--wake")
    rows = desk("list", "--json").json
    assert rows[0]["id"] == "INC-2"
    assert rows[0]["why_here"] == "above INC-4: put first by leo: the database is on it"
    assert desk("reorder", "1", "top", ok=False).status == 3
    desk.later(hours=3)
    assert "asleep" not in desk("list", "--why").out
    assert [i["id"] for i in desk("list", "--filter", "is:late", "--json").json] == ["INC-4"]
    partly = desk("ack", "1", "3", ok=False)
    assert partly.status == 0
    again = desk("ack", "1", "4", ok=False)
    assert again.status == 3
    assert "1 of 2 refused" in again.err
    assert desk("list", "--view", "none", ok=False).status == 2
    assert desk("list", "--filter", "colour:red", ok=False).status == 2


def test_an_incident_as_it_was(desk: Desk) -> None:
    desk("declare", "export broken")
    desk.later(minutes=10)
    desk("ack", "1")
    desk("note", "1", "pool exhausted")
    desk.later(minutes=10)
    then = desk("show", "1", "--at", "12:05", "--json").json
    assert then["phase"] == "declared"
    assert [t["word"] for t in then["timeline"]] == ["declared"]
    assert desk("show", "1", "--at", "11:00", ok=False).status == 4
    notes = desk("timeline", "1", "--kind", "note", "--json").json
    number = str(notes[0]["number"])
    desk("timeline", "1", "--edit", number, "--text", "pool of 20 exhausted", "--at", "12:01")
    (entry,) = desk("timeline", "1", "--kind", "note", "--json").json
    assert (entry["text"], entry["original"]) == ("pool of 20 exhausted", "pool exhausted")
    assert "was: pool exhausted" in desk("timeline", "1").out


def test_a_closed_incident_is_found_by_a_word_of_its_history(desk: Desk) -> None:
    desk("declare", "export broken")
    desk("note", "1", "the certificate of the printer expired")
    desk("close", "1", "--override", "a test")
    desk("declare", "mail is slow")
    assert [one["id"] for one in desk("search", "printer", "certif", "--json").json] == ["INC-1"]
    assert "INC-1" in desk("search", "printer").out
    assert "No incident fits." in desk("search", "printer", "mail").out
