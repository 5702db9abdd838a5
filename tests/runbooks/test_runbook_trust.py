"""A runbook that is new to this machine is shown before it may run; a changed one as a difference."""

import json

from warroom.core.words import ContainmentKind
from warroom.runbooks.check import check
from warroom.runbooks.draft import new_runbook
from warroom.runbooks.parse import load, load_folder, parse, shipped
from warroom.runbooks.trust import Standing, TrustStore


def test_new_then_trusted_then_changed_then_trusted_again(tmp_path):
    file = tmp_path / "a.md"
    file.write_text("- [ ] one\n- [ ] two\n")
    store = TrustStore(tmp_path / "trust")
    assert store.judge(load(file)).standing is Standing.NEW
    store.accept(load(file))
    assert store.judge(load(file)).standing is Standing.TRUSTED
    file.write_text("- [ ] one\n- [ ] three\n")
    verdict = store.judge(load(file))
    assert verdict.standing is Standing.CHANGED
    assert "-- [ ] two\n+- [ ] three" in verdict.diff
    store.accept(load(file))
    assert TrustStore(tmp_path / "trust").judge(load(file)).standing is Standing.TRUSTED
    (kept,) = (tmp_path / "trust").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600


def test_the_same_text_elsewhere_is_new(tmp_path):
    store = TrustStore(tmp_path / "trust")
    for name in ("a.md", "b.md"):
        (tmp_path / name).write_text("- [ ] one\n")
    store.accept(load(tmp_path / "a.md"))
    assert store.judge(load(tmp_path / "b.md")).standing is Standing.NEW


def test_a_damaged_record_is_no_trust(tmp_path):
    store = TrustStore(tmp_path / "trust")
    book = parse("- x\n", path=str(tmp_path / "a.md"))
    store.accept(book)
    (kept,) = (tmp_path / "trust").iterdir()
    for broken in ("", "[]", json.dumps({"sha256": book.sha256})):
        kept.write_text(broken)
        assert store.judge(book).standing is Standing.NEW


def test_what_ships_is_trusted_as_warroom_is(tmp_path):
    books, _ = load_folder(shipped())
    store = TrustStore(tmp_path / "trust")
    assert {store.judge(book).standing for book in books} == {Standing.TRUSTED}


def test_a_draft_is_understood_and_lacks_only_what_it_says():
    for kind in ContainmentKind:
        text = new_runbook('Say "no": now', kind, ["shop"], [r"HTTP 5\d\d"])
        book = parse(text)
        assert (book.title, book.kind, book.symptoms) == ('Say "no": now', kind, (r"HTTP 5\d\d",))
        assert {finding.rule for finding in check(book)} <= {"no-blast-radius"}
