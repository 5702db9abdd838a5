"""Changes, hypotheses, reproduction and the service map from the shell."""

import os
import subprocess
import threading
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from tests.cli.desk import Desk

MAP = """
[services.database]
owner = "team data"
[services.payments]
[services.shop]
depends_on = ["database", "payments"]
repositories = ["{repo}"]
staging = "{staging}"
integration_points = ["order reaches the warehouse"]
[services.web]
depends_on = ["shop"]
"""


def commit(repo: Path, at: datetime, name: str, message: str) -> None:
    path = repo / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(message)
    when = f"{int(at.timestamp())} +0000"
    environment = {
        **os.environ,
        "GIT_AUTHOR_DATE": when,
        "GIT_COMMITTER_DATE": when,
        "GIT_CONFIG_GLOBAL": "/dev/null",
    }
    for words in (["add", "."], ["commit", "-q", "-m", message]):
        subprocess.run(
            ["git", "-C", str(repo), "-c", "user.name=a", "-c", "user.email=a@b.c", *words],
            check=True,
            env=environment,
        )


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    path = tmp_path / "shop"
    path.mkdir()
    subprocess.run(["git", "init", "-q", str(path)], check=True)
    return path


def test_commits_become_changes_and_the_closest_to_the_onset_comes_first(
    desk: Desk, repo: Path
) -> None:
    friday = desk.now - timedelta(hours=18)
    commit(repo, friday - timedelta(days=1), "app/export.py", "tidy the export")
    commit(repo, friday, "requirements.txt", "update the PDF library to 4.0")
    subprocess.run(["git", "-C", str(repo), "tag", "v4.0"], check=True)
    commit(repo, desk.now - timedelta(minutes=5), "db/migrate/7.sql", "add \x1b[31mindex")
    desk.configure(MAP.format(repo=repo, staging=""))
    since = f"{friday + timedelta(minutes=2):%Y-%m-%dT%H:%M:%SZ}"
    desk("declare", "export broken", "--service", "shop", "--since", since)
    found = desk("change", "1", "--git", "--json").json
    assert "PDF library" in found[0]["text"] or "tag v4.0" in found[0]["text"]
    kinds = {row["text"].removeprefix("shop: "): row["kind"] for row in found}
    assert kinds["update the PDF library to 4.0"] == "dependency"
    assert kinds["tidy the export"] == "deploy"
    late = next(row for row in found if row["kind"] == "migration")
    assert late["possible"] is False
    assert "\x1b" not in desk("change", "1").out
    again = desk("change", "1", "--git", "--json").json
    assert len(again) == len(found)
    assert desk("change", "1", "--git", "--repo", str(desk.home), ok=False).status == 1


def test_a_change_by_hand_and_the_boundary_it_names(desk: Desk) -> None:
    desk("declare", "x", "--since", "60m")
    desk("change", "1", "flag export_v2 on", "--kind", "flag", "--at", "61m")
    desk("change", "1", "payments provider slow", "--kind", "third_party", "--at", "90m")
    assert [row["kind"] for row in desk("change", "1", "--json").json] == ["flag", "third_party"]
    assert "correlation, not proof" in desk("change", "1").out


def test_hypotheses_move_with_their_evidence(desk: Desk) -> None:
    desk("declare", "x")
    desk("hypothesis", "1", "the pool is exhausted")
    desk(
        "hypothesis", "1", "--number", "1", "--state", "confirmed", "--evidence", "20 of 20 in use"
    )
    (board,) = desk("hypothesis", "1", "--json").json
    assert board["state"] == "confirmed"
    assert [x["state"] for x in board["history"]] == ["proposed", "confirmed"]
    assert desk("hypothesis", "1", "--number", "7", "--state", "testing", ok=False).status == 3
    assert "20 of 20" in desk("hypothesis", "1").out


def test_a_diagnosis_is_revised_with_a_reason(desk: Desk) -> None:
    desk("declare", "x")
    desk("ack", "1")
    desk("diagnose", "1", "the PDF library", "--eta", "2h")
    view = desk("show", "1", "--json").json
    assert view["diagnosis"]["eta"] == "2026-11-20T14:00:00.000000Z"
    assert desk("diagnose", "1", "the data format", ok=False).status == 3
    desk("diagnose", "1", "the data format", "--eta", "15:30", "--because", "reproduced on staging")
    told = desk("show", "1").out
    assert "the PDF library" in told
    assert "revised: reproduced on staging" in told


class Staging(BaseHTTPRequestHandler):
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        Staging.asked.append(self.path)
        self.send_response(500)
        self.end_headers()
        self.wfile.write(b"no such format; api_key=abcdef123456")

    def log_message(self, *_: object) -> None:
        pass


def test_a_pinned_request_is_sent_to_staging_and_its_answer_recorded(
    desk: Desk, tmp_path: Path
) -> None:
    server = HTTPServer(("127.0.0.1", 0), Staging)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        address = f"http://127.0.0.1:{server.server_port}"
        desk.configure(MAP.format(repo=tmp_path, staging=address))
        log = tmp_path / "a.log"
        log.write_text(
            '10.0.0.1 - - [20/Nov/2026:11:00:00 +0000] "GET /export?id=7 HTTP/1.1" 500 1\n'
        )
        desk("declare", "export broken", "--service", "shop")
        assert desk("reproduce", "1", ok=False).status == 4
        desk("pin", "1", str(log), "--last-error")
        assert f"GET '{address}/export?id=7'" in desk("reproduce", "1").out
        assert f"GET {address}/export" in desk("reproduce", "1", "--as", "http").out
        assert Staging.asked == []
        said = desk("reproduce", "1", "--send").out
        assert Staging.asked == ["/export?id=7"]
        assert "500 in" in said
        assert "abcdef123456" not in said
        assert "no such format" in desk("show", "1", "--json").json["answers"]["reproduce"]
    finally:
        server.shutdown()
        server.server_close()
    assert "no answer" in desk("reproduce", "1", "--send").out


def test_the_map_of_services(desk: Desk, tmp_path: Path) -> None:
    desk.configure(MAP.format(repo=tmp_path, staging=""))
    found = desk("services", "database", "--fix", "web", "--json").json
    assert [h["name"] for h in found["blast_radius"]] == ["shop", "web"]
    assert found["fix_order"] == [["database"], ["web"]]
    assert found["integration_points"] == [
        {"service": "shop", "test": "order reaches the warehouse"}
    ]
    assert "└─ shop" in desk("services", "database").out
    assert len(desk("services", "--json").json) == 4
    assert desk("services", "moon", ok=False).status == 4
