"""The sample logs are real, complete, and tell one story, whichever server wrote them."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from warroom.drills.service.supervisor import environment
from warroom.logs import open_log, scan
from warroom.logs.analysis.findings import Findings, analyse

ROOT = Path(__file__).parents[2]
LOGS = ROOT / "sample_data" / "logs"

STATUS = {
    "shop_access.log": re.compile(r'" (\d{3}) \d+ "'),
    "nginx_access.log": re.compile(r'" (\d{3}) \d+ "'),
    "nginx_common.log": re.compile(r'" (\d{3}) \d+$'),
    "nginx_json.log": re.compile(r'"status":(\d{3}),'),
    "haproxy_http.log": re.compile(r" -?\d+/-?\d+/-?\d+/-?\d+/\+?\d+ (\d{3}) \d+ "),
    "haproxy_rfc5424.log": re.compile(r" -?\d+/-?\d+/-?\d+/-?\d+/\+?\d+ (\d{3}) \d+ "),
    "haproxy_rfc3164.log": re.compile(r" -?\d+/-?\d+/-?\d+/-?\d+/\+?\d+ (\d{3}) \d+ "),
}
"""An independent way to the status of a line, by file."""


def lines(name: str) -> list[str]:
    return (LOGS / name).read_text().splitlines()


def statuses(name: str) -> Counter[int]:
    found = (STATUS[name].search(line) for line in lines(name))
    return Counter(int(match[1]) for match in found if match)


def analysed(name: str) -> Findings:
    log = open_log(LOGS / name, threaded=False)
    try:
        while not log.progress().complete:
            log.step()
        return analyse(log.table())
    finally:
        log.close()


def test_the_readme_lists_exactly_what_is_here_and_its_tests_exist() -> None:
    text = (ROOT / "sample_data" / "README.md").read_text()
    listed = dict(re.findall(r"^\| `logs/([^`]+)` .*\| `(\w+)` \|$", text, re.MULTILINE))
    assert set(listed) == {path.name for path in LOGS.iterdir()}
    assert all(test in globals() for test in listed.values())


@pytest.mark.parametrize("path", sorted(LOGS.iterdir()), ids=lambda path: path.name)
def test_a_sample_is_small_whole_and_names_nobody_s_machine(path: Path) -> None:
    content = path.read_bytes()
    assert len(content) < 300_000
    assert content.endswith(b"\n")
    assert content.isascii()
    assert b"/home/" not in content
    assert b"/tmp/" not in content


def test_every_server_tells_the_same_story() -> None:
    nginx = statuses("nginx_access.log")
    assert statuses("nginx_common.log") == nginx
    assert statuses("nginx_json.log") == nginx
    assert statuses("haproxy_http.log") == statuses("haproxy_rfc5424.log")
    assert statuses("haproxy_http.log") == statuses("haproxy_rfc3164.log")

    # HAProxy saw all that nginx saw, one request that was none, and those nobody was there for.
    more = statuses("haproxy_http.log") - nginx
    assert set(more) == {400, 503}
    assert more[503] == sum(
        "<NOSRV>" in line and " 503 " in line for line in lines("haproxy_http.log")
    )
    # Where nginx lost patience (504) the shop saw its client leave (499); all else is the same.
    shop = statuses("shop_access.log")
    assert shop[499] == nginx[504] > 0
    assert shop - Counter({499: shop[499]}) == nginx - Counter({504: nginx[504]})

    def ids(name: str) -> set[str]:
        return set(re.findall(r' id="([0-9a-f]+)"$', (LOGS / name).read_text(), re.MULTILINE))

    assert ids("shop_access.log") == ids("nginx_access.log")
    assert len(ids("nginx_access.log")) == len(lines("nginx_access.log"))


@pytest.mark.parametrize("name", STATUS)
def test_the_log_engine_counts_what_an_independent_count_finds(name: str) -> None:
    (report,) = scan([LOGS / name])
    assert report.format != "plain"
    assert report.lines == report.entries == len(lines(name))
    assert report.status == dict(statuses(name))
    # What is no request is what HAProxy says about its own servers.
    events = [line for line in lines(name) if not STATUS[name].search(line)]
    assert report.parsed == len(lines(name)) - len(events)
    assert all("shop" in line and "HTTP/" not in line for line in events)


@pytest.mark.parametrize("name", ["shop_access.log", "nginx_access.log"])
def test_the_analysis_names_the_route_and_when_it_began_and_ended(name: str) -> None:
    main = analysed(name).main
    assert main is not None
    assert dict(main.boundary[0].fields)["route"] == "/api/checkout"
    failed = [
        line
        for line in lines(name)
        if '"POST /api/checkout' in line and re.search(r'" 50\d ', line)
    ]
    first, last = (
        datetime.strptime(re.search(r"\[(.+?)\]", line)[1], "%d/%b/%Y:%H:%M:%S %z").timestamp()
        for line in (failed[0], failed[-1])
    )
    assert main.onset.low <= first <= main.onset.high
    assert main.end is not None
    assert abs(main.end.at - last) <= 5


def test_the_change_lies_before_the_onset() -> None:
    (change,) = [json.loads(line) for line in lines("shop_changes.jsonl")]
    at = datetime.fromisoformat(change["at"])
    main = analysed("shop_access.log").main
    assert main is not None
    assert change["release"] == "2026.11.20"
    assert at <= datetime.fromtimestamp(main.onset.high, UTC)
    assert (datetime.fromtimestamp(main.onset.at, UTC) - at).total_seconds() < 10


def test_the_error_logs_name_what_the_access_logs_count() -> None:
    broken = [line for line in lines("shop_error.log") if "prematurely closed" in line]
    shop = Counter(re.findall(r'" (\d{3}) ', "\n".join(lines("shop_access.log"))))
    # A victim whose client had left before its worker died is a 499 with an error line.
    assert shop["502"] <= len(broken) <= shop["502"] + shop["499"]
    timed_out = [line for line in lines("nginx_error.log") if "110: Connection timed out" in line]
    assert len(timed_out) == statuses("nginx_access.log")[504]


def test_the_application_log_names_the_error() -> None:
    entries = [json.loads(line) for line in lines("shop_app.jsonl")]
    errors = Counter((e["error"], e["route"], e["release"]) for e in entries)
    (worst, count), *_ = errors.most_common(1)
    assert worst == ("CurrencyError", "/api/checkout", "2026.11.20")
    assert count >= 0.8 * len(entries)
    (report,) = scan([LOGS / "shop_app.jsonl"])
    assert report.entries == len(entries)
    assert report.levels == dict(Counter(entry["level"] for entry in entries))


def test_the_capture_script_makes_all_of_them_again(tmp_path: Path) -> None:
    found = [shutil.which(n, path=f"{os.environ['PATH']}:/usr/sbin") for n in ("nginx", "haproxy")]
    if not all(found):
        if os.environ.get("WARROOM_REQUIRE_SERVERS") == "1":
            pytest.fail("nginx and haproxy must be installed here: make servers")
        pytest.skip("nginx or haproxy is not installed: make servers")
    done = subprocess.run(
        [
            *(sys.executable, str(ROOT / "scripts" / "capture_samples.py")),
            *("--folder", str(tmp_path), "--seconds", "5", "--rate", "40"),
        ],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    made = {path.name for path in tmp_path.iterdir()}
    assert made == {path.name for path in LOGS.iterdir()}
    assert "2026.11.20" in (tmp_path / "shop_changes.jsonl").read_text()
    assert statuses_of(tmp_path / "nginx_access.log")[200] > 50


def statuses_of(path: Path) -> Counter[int]:
    return Counter(int(status) for status in re.findall(r'" (\d{3}) \d+ "', path.read_text()))
