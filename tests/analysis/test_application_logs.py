"""Application logs, whose lines have a level and no status: onset, boundary and groups all the same."""

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from warroom.logs.analysis.findings import analyse
from warroom.logs.pick import opened_whole
from warroom.logs.table import Table
from warroom.logs.tables import joined

BEGIN = datetime(2026, 11, 20, 10, tzinfo=UTC)
BREAK = 3600.0
OLD, NEW = "2026.11.3", "2026.11.4"


def lines(form: str, count: int = 9_000):
    """Two hours of four loggers; after one hour checkout of the new release runs out of its pool."""
    rng = random.Random(form)
    seconds = 0.0
    for number in range(count):
        seconds += rng.expovariate(count / 7200)
        at = BEGIN + timedelta(seconds=seconds)
        late = seconds > BREAK
        release = NEW if late and rng.random() < 0.5 else OLD
        logger = rng.choice(["cart", "checkout", "search", "mail"])
        bad = rng.random() < (0.5 if late and (logger, release) == ("checkout", NEW) else 0.002)
        said = f"pool timeout after {rng.randint(1000, 9999)} ms" if bad else f"handled {number}"
        level = "error" if bad else "info"
        stamp = f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"
        if form == "json":
            row = {"time": stamp, "level": level, "logger": logger, "release": release, "msg": said}
            yield json.dumps(row)
        elif form == "logfmt":
            yield f'time={stamp} level={level} logger={logger} release={release} msg="{said}"'
        else:
            yield f"<{131 if bad else 134}>{at:%b %d %H:%M:%S} host1 {logger}[12]: {said}"


def read(folder: Path, form: str, name: str = "app.log") -> Table:
    path = folder / name
    path.write_text("\n".join(lines(form)) + "\n")
    with opened_whole(str(path)) as log:
        return log.table()


@pytest.mark.parametrize("form", ["json", "logfmt", "syslog"])
def test_the_level_is_the_outcome(tmp_path, form):
    found = analyse(read(tmp_path, form))
    main = found.main
    assert main.kind == "errors"
    begin = main.onset.at - BEGIN.timestamp() if form != "syslog" else main.onset.at % 3600 + BREAK
    assert begin == pytest.approx(BREAK, abs=30)
    fields = dict(main.boundary[0].fields)
    assert fields == (
        {"app": "checkout"} if form == "syslog" else {"logger": "checkout", "release": NEW}
    )
    assert "of its lines fail" in main.boundary[0].sentence


def test_messages_are_grouped_with_first_last_and_the_line(tmp_path):
    table = read(tmp_path, "json")
    group = analyse(table).groups[0]
    assert group.template == "pool timeout after <n> ms"
    bad = table.at[table.fields["level"].codes == list(table.fields["level"].values).index("error")]
    assert (group.first, group.last) == (bad.min(), bad.max())
    assert group.count == len(bad)
    assert group.row == table.row[table.at == bad.min()][0]


def test_lines_without_a_status_are_no_requests(tmp_path):
    """An access log and an application log in one: neither dilutes the other."""
    access = tmp_path / "access.log"
    stamp = "{:%d/%b/%Y:%H:%M:%S +0000}"
    with access.open("w") as file:
        for number in range(7200):
            at = stamp.format(BEGIN + timedelta(seconds=number))
            status = 502 if number > BREAK and number % 4 == 0 else 200
            file.write(
                f'10.0.0.{number % 9} - - [{at}] "GET /pay HTTP/1.1" {status} 12 "-" "x/1"\n'
            )
    with opened_whole(str(access)) as log:
        requests = log.table()
    merged = joined(
        [("access", requests, lambda r: r), ("app", read(tmp_path, "json"), lambda r: r)]
    )
    found = analyse(merged)
    assert {one.kind for one in found.findings} >= {"5xx", "errors"}
    counted = {one.kind: one.requests for one in found.outcomes}
    assert counted["5xx"] == 7200
    assert counted["errors"] == 9_000
    assert found.main.after == pytest.approx(0.25, abs=0.02)
    assert not found.main.boundary[0].fields
    assert found.groups[0].first is not None
