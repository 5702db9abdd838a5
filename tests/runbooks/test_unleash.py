"""The shipped flag runbook against a real Unleash: a folder with its npm package is named for it.

`npm install unleash-server@7.5` in some folder, and WARROOM_UNLEASH=that folder.
"""

import json
import os
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.runbooks.play import BEFORE, RUN, UNDO, VERIFY, Play, book
from tests.runbooks.servers import Upstream, free_port, get, need, postgres, wait_for

pytestmark = pytest.mark.soak

TOKEN = "*:*.warroom-test-of-the-admin-api"
FLAG = "/api/admin/projects/default/features/new-cart"


@dataclass
class Unleash:
    """The server, and the TLS in front of it that a production has."""

    plain: str
    secure: Upstream

    def call(
        self, method: str, path: str, body: bytes = b"", token: str = TOKEN
    ) -> tuple[int, bytes]:
        asked = urllib.request.Request(
            f"{self.plain}{path}",
            body or None,
            {"Authorization": token, "Content-Type": "application/json"},
            method=method,
        )
        try:
            with urllib.request.urlopen(asked, timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    @property
    def enabled(self) -> bool:
        return json.loads(self.call("GET", f"{FLAG}/environments/production")[1])["enabled"]


@pytest.fixture
def unleash(service: Upstream, tmp_path: Path) -> Iterator[Unleash]:
    named = os.environ.get("WARROOM_UNLEASH", "")
    if not named:
        pytest.skip("not run against a real Unleash: WARROOM_UNLEASH names no folder with it")
    program = Path(named) / "node_modules/unleash-server/dist/server.js"
    assert program.is_file(), f"{program} is not there"
    port = free_port()
    with postgres() as database:
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "DATABASE_HOST": str(database.folder),
            "DATABASE_NAME": "postgres",
            "DATABASE_USERNAME": "warroom",
            "DATABASE_PASSWORD": "",
            "DATABASE_SSL": "false",
            "HTTP_HOST": "127.0.0.1",
            "HTTP_PORT": str(port),
            "INIT_ADMIN_API_TOKENS": TOKEN,
            "CHECK_VERSION": "false",
            "SEND_TELEMETRY": "false",
        }
        with (tmp_path / "unleash.log").open("wb") as log:
            running = subprocess.Popen(
                [need("node"), str(program)], env=environ, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, cwd=tmp_path,
            )  # fmt: skip
        try:
            found = Unleash(f"http://127.0.0.1:{port}", service)
            wait_for(lambda: get(f"{found.plain}/health")[0] == 200, 120)
            service.answer = lambda method, path, body: found.call(
                method, path, body, service.seen[-1][2].get("Authorization", "")
            )
            yield found
        finally:
            running.terminate()
            try:
                running.wait(15)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()


def test_a_feature_is_switched_off_and_on_again(unleash: Unleash) -> None:
    made = unleash.call("POST", FLAG.rpartition("/")[0], b'{"name": "new-cart", "type": "release"}')
    assert made[0] == 201, made
    way = b'{"name": "default", "parameters": {}, "constraints": []}'
    assert unleash.call("POST", f"{FLAG}/environments/production/strategies", way)[0] == 200
    assert unleash.call("POST", f"{FLAG}/environments/production/on")[0] == 200
    assert unleash.enabled
    host = f"localhost:{unleash.secure.port}"
    play = Play(
        book("flag-unleash"),
        {"unleash": host, "feature": "new-cart"},
        environ={**os.environ, "UNLEASH_TOKEN": TOKEN},
        hosts=(host,),
    )
    said = play.good(1, BEFORE, RUN, VERIFY)
    assert TOKEN not in said
    assert play.state == {"enabled": "true"}
    assert not unleash.enabled
    assert "/enabled is false, not true" in play.refused(1, BEFORE)
    play.good(1, UNDO)
    assert unleash.enabled
    play.answers["feature"] = "no-such"
    assert "404" in play.refused(1, BEFORE)
    play.answers["feature"] = "new-cart"
    play.environ["UNLEASH_TOKEN"] = "*:*.not-the-token"
    assert "401" in play.refused(1, RUN)
    assert unleash.enabled
