"""The long campaigns are counted right, stopped in time, and go on where they were cut."""

from pathlib import Path

import pytest
from scripts import soak

REPORT = """<testsuites><testsuite>
<testcase classname="a" name="one"><properties><property name="count kills" value="700"/>
<property name="seed" value="3"/><property name="lost" value="{lost}"/></properties></testcase>
<testcase classname="a" name="two"><properties><property name="count kills" value="800"/>
<property name="seed" value="4"/></properties></testcase>
<testcase classname="a" name="three"/>
<testcase classname="a" name="four"><skipped/></testcase>
{more}
</testsuite></testsuites>"""
FAILED = '<testcase classname="a" name="five"><failure message="it broke&#10;there"/></testcase>'


@pytest.mark.parametrize(
    ("lost", "more", "passed"), [(0, "", True), (1, "", False), (0, FAILED, False)]
)
def test_what_the_tests_said_is_added_up(
    tmp_path: Path, lost: int, more: str, passed: bool
) -> None:
    report = tmp_path / "report.xml"
    report.write_text(REPORT.format(lost=lost, more=more))
    row = soak.read(report)
    assert (row.passed, row.count) == (passed, "1,500 kills, 1 tests")
    assert (row.seeds, row.lost, row.skipped) == ("3–4", lost, 1)
    assert row.trouble == (("a.five: it broke",) if more else ())


def test_what_does_not_end_is_stopped_and_has_failed(tmp_path: Path) -> None:
    test = tmp_path / "test_slow.py"
    test.write_text(
        "import pytest, time\n@pytest.mark.soak\ndef test_slow():\n    time.sleep(600)\n"
    )
    row = soak.run(soak.Group(what="slow", tests=(str(test),), minutes=1), 1.0, 2.0)
    assert not row.passed
    assert "were over" in row.trouble[-1]
    assert row.seconds < 120


def test_a_cut_run_goes_on_and_a_whole_one_begins_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    bad = {"b"}

    def run(group: soak.Group, share: float, seconds: float) -> soak.Row:
        ran.append(group.what)
        return soak.Row(passed=group.what not in bad, share=share)

    monkeypatch.chdir(tmp_path)
    groups = {name: soak.Group(what=name, tests=(), minutes=1) for name in "abc"}
    monkeypatch.setattr(soak, "GROUPS", groups)
    monkeypatch.setattr(soak, "run", run)

    def campaign(*words: str) -> tuple[int, str]:
        ran.clear()
        monkeypatch.setattr("sys.argv", ["soak.py", *words])
        return soak.main(), "".join(ran)

    assert campaign("--share", "0.1") == (1, "abc")
    assert campaign("--share", "0.1") == (1, "b")
    assert campaign("--only", "a") == (0, "a"), "a tenth is not the whole"
    bad.clear()
    assert campaign() == (0, "bc")
    assert campaign("--only", "a") == (0, "")
    assert campaign() == (0, "abc")
