"""The configuration of the sample data works as a whole: its map, runbooks, format, drill, template."""

import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.cli.desk import Desk

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "sample_data"
FOLDER = SAMPLES / "warroom"
READ = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)


@pytest.fixture
def shop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Desk]:
    """Somebody who works with this configuration."""
    desk = Desk(tmp_path, monkeypatch, capsys)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(SAMPLES))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    desk.now = READ
    return desk


def test_the_readme_lists_all_of_it() -> None:
    listed = set(
        re.findall(r"^\| `warroom/([^`]+)`", (SAMPLES / "README.md").read_text(), re.MULTILINE)
    )
    assert listed == {str(p.relative_to(FOLDER)) for p in FOLDER.rglob("*") if p.is_file()}


def test_nothing_in_it_is_complained_about(shop: Desk) -> None:
    shop("config", "check")
    runbooks = sorted(str(path) for path in (FOLDER / "runbooks").iterdir())
    found = shop("runbook", "check", "--json", *runbooks).json
    assert found == [] or all(not one["findings"] for one in found)


def test_the_map_says_who_is_hit(shop: Desk) -> None:
    assert "2 hit when shop fails: newsletter, warehouse" in shop("services", "shop").out
    assert "4 hit when database" not in shop("services", "database").out


def test_the_format_reads_its_own_samples(shop: Desk) -> None:
    found = shop("formats", "--json").json
    assert "shop_audit" in found["formats"]
    assert found["problems"] == []


def test_the_drill_is_listed_among_those_of_the_house(shop: Desk) -> None:
    assert "friday-evening" in shop("drill", "list").out


def test_the_agreement_and_the_template_are_those_of_the_client(shop: Desk) -> None:
    shop("declare", "tills stand still", "--client", "acme", "--priority", "p1", "--category",
         "third_party")  # fmt: skip
    clocks = shop("show", "1", "--json").json["clocks"]
    assert next(one for one in clocks if one["name"] == "respond")["seconds_left"] == 30 * 60
    draft = shop("postmortem", "1").out
    assert "Which of ACME's orders have to be entered again?" in draft
    assert "## Data protection" in draft


def test_the_rollback_changes_the_release_and_takes_it_back(shop: Desk, tmp_path: Path) -> None:
    root = tmp_path / "shop"
    for release in ("2026.11.19", "2026.11.20"):
        (root / "releases" / release).mkdir(parents=True)
    (root / "current").symlink_to("releases/2026.11.20")
    asked = ("--param", f"root={root}", "--param", "release=2026.11.19", "--step", "2")
    shop("declare", "checkout answers 5xx", "--service", "shop", "--priority", "p1")
    shop("ack", "1")
    trust(shop, "shop-rollback")
    code = shop("contain", "1", "shop-rollback", *asked, "--json").json["confirm"]
    shop("contain", "1", "shop-rollback", *asked, "--confirm", code, "--no-measure")
    assert (root / "current").readlink() == Path("releases/2026.11.19")
    undo = shop("contain", "1", "--undo", "last", "--json").json["confirm"]
    shop("contain", "1", "--undo", "last", "--confirm", undo, "--no-measure")
    assert (root / "current").readlink() == Path("releases/2026.11.20")


def test_the_fallback_changes_its_flag_and_takes_it_back(shop: Desk, tmp_path: Path) -> None:
    flags = tmp_path / "flags.env"
    flags.write_text("NEW_CART=on\nPAYMENTS_FALLBACK=off\n")
    asked = ("--param", f"flags={flags}")
    shop("declare", "nobody can pay", "--service", "shop", "--priority", "p1")
    shop("ack", "1")
    trust(shop, "shop-payments-fallback")
    code = shop("contain", "1", "shop-payments-fallback", *asked, "--json").json["confirm"]
    shop("contain", "1", "shop-payments-fallback", *asked, "--confirm", code, "--no-measure")
    assert flags.read_text() == "NEW_CART=on\nPAYMENTS_FALLBACK=on\n"
    undo = shop("contain", "1", "--undo", "last", "--json").json["confirm"]
    shop("contain", "1", "--undo", "last", "--confirm", undo, "--no-measure")
    assert flags.read_text() == "NEW_CART=on\nPAYMENTS_FALLBACK=off\n"


def trust(shop: Desk, name: str) -> None:
    shown = shop("runbook", "trust", name, "--json").json
    shop("runbook", "trust", name, "--accept", shown["accept"])


def test_a_plain_checklist_is_a_runbook_to_tick(shop: Desk) -> None:
    shown = shop("runbook", "show", "data-restore-checklist").out
    assert len(re.findall(r"^\s*\d+\.", shown, re.MULTILINE)) == 7


@pytest.mark.parametrize("form", ["md", "html"])
def test_the_finished_incident_gives_its_report(shop: Desk, tmp_path: Path, form: str) -> None:
    out = tmp_path / f"report.{form}"
    shop("journal", "import", str(SAMPLES / "incident/journal.jsonl"))
    shop("postmortem", "1", "--log", str(SAMPLES / "logs/shop_access.log"), "--format", form,
         "--out", str(out))  # fmt: skip
    assert out.read_text() == (SAMPLES / f"incident/report.{form}").read_text()


def test_the_line_of_the_readme_finds_all_of_it(tmp_path: Path) -> None:
    text = (FOLDER / "config.toml").read_text()
    line = re.search(r"^#   (XDG_CONFIG_HOME=\S+ warroom --db \S+)", text, re.MULTILINE)
    assert line is not None
    command = line[1].replace("sample.db", str(tmp_path / "s.db")).replace(
        " warroom ", f" {ROOT / '.venv/bin/warroom'} "
    )  # fmt: skip
    done = subprocess.run(
        ["sh", "-c", f"{command} runbook list"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "shop-rollback" in done.stdout
