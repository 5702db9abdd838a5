"""More alerts than anybody can read: whatever was accepted is kept, and the console goes on."""

import asyncio
import statistics
import threading
import time
from pathlib import Path

import pytest
from tests.campaign import Tally, sized
from tests.server.burst import burst, fingerprint
from tests.server.storm import Server, storm

from warroom.store import SqlInbox, open_journal


def test_what_was_accepted_is_on_the_disk_of_a_server_that_is_killed(tmp_path: Path) -> None:
    server = Server(tmp_path)
    token = server.token("alertmanager", "ingest:alertmanager")
    port = server.start()
    accepted: set[str] = set()

    def send() -> None:
        accepted.update(asyncio.run(burst(port, token, rate=400, seconds=2)).accepted)

    sending = threading.Thread(target=send)
    sending.start()
    while not server.asked("SELECT 1 FROM inbox WHERE id > 100"):
        time.sleep(0.01)
    server.kill()  # while others are on their way
    sending.join(60)
    assert len(accepted) > 30  # of 100 kept by 64 senders, each of which waits for its answer
    assert accepted <= server.kept()


def test_what_a_killed_server_has_not_placed_is_placed_by_the_next(tmp_path: Path) -> None:
    server = Server(tmp_path)
    token = server.token("alertmanager", "ingest:alertmanager")
    found = asyncio.run(burst(server.start(), token, rate=300, seconds=1))
    server.kill()
    assert set(found.answers) == {202}
    server.start()
    server.placed(60)
    server.kill()
    with open_journal(server.database, anchors=tmp_path / "anchors") as journal:
        known = SqlInbox(journal).known("alertmanager", [fingerprint(n) for n in range(300)])
        assert len(known) == 300
        assert sum(one.times for one in known.values()) == 300
        told = [r for i in journal.incidents() for r in i.reports]
        assert sum(report.firing for report in told) == 300
        assert journal.verify().problems == ()


@pytest.mark.soak
def test_a_thousand_alerts_a_second_for_a_minute(tmp_path: Path, tally: Tally) -> None:
    seconds = sized(60)
    found = storm(tmp_path, rate=1000, seconds=seconds)
    tally(len(found.burst.accepted), "accepted alerts", lost=found.lost)
    assert set(found.burst.answers) == {202}
    assert found.lost == 0
    assert found.firing == len(found.burst.accepted) == 1000 * seconds
    assert statistics.median(found.keys) < 1
