"""A real Prometheus watches a real router before a failing service, and its Alertmanager pages us."""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.runbooks.servers import Upstream, free_port, get, need, process, wait_for

HAPROXY = """\
global
  log stdout format raw local0
defaults
  mode http
  timeout connect 1s
  timeout client 5s
  timeout server 5s
frontend web
  bind 127.0.0.1:{port}
  default_backend app
frontend metrics
  bind 127.0.0.1:{metrics}
  http-request use-service prometheus-exporter
backend app
  server blue 127.0.0.1:{upstream}
"""
PROMETHEUS = """\
global: {{scrape_interval: 500ms, evaluation_interval: 500ms}}
rule_files: ["{folder}/rules.yml"]
alerting: {{alertmanagers: [{{static_configs: [{{targets: ["127.0.0.1:{alertmanager}"]}}]}}]}}
scrape_configs:
  - job_name: haproxy
    static_configs: [{{targets: ["127.0.0.1:{metrics}"]}}]
"""
RULES = """\
groups:
  - name: shop
    rules:
      - alert: ShopFails
        expr: >
          sum(rate(haproxy_backend_http_responses_total{code="5xx"}[5s]))
          / sum(rate(haproxy_backend_http_responses_total[5s])) > 0.2
        labels: {service: shop, severity: critical}
        annotations: {summary: "the shop answers 5xx"}
"""
ALERTMANAGER = """\
route: {{receiver: warroom, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}}
receivers:
  - name: warroom
    webhook_configs:
      - url: http://127.0.0.1:{warroom}/v1/ingest/alertmanager
        send_resolved: true
        http_config: {{authorization: {{credentials: "{token}"}}}}
"""
SETTINGS = """\
db = "{folder}/w.db"
[services.shop]
alertmanager = "http://127.0.0.1:{alertmanager}"
"""


class Desk:
    """The command line of somebody on call."""

    def __init__(self, folder: Path, alertmanager: int) -> None:
        self.folder = folder
        config = folder / "config.toml"
        config.write_text(SETTINGS.format(folder=folder, alertmanager=alertmanager))
        self.start = [sys.executable, "-m", "warroom", "--config", str(config), "--as", "ana"]
        self.env = {**os.environ, "HOME": str(folder), "XDG_STATE_HOME": str(folder / "state")}

    def __call__(self, *words: str, status: int = 0) -> str:
        done = subprocess.run(
            [*self.start, *words], env=self.env, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    def json(self, *words: str) -> Any:
        return json.loads(self(*words, "--json"))


@contextlib.contextmanager
def traffic(port: int) -> Iterator[None]:
    stop = threading.Event()

    def use() -> None:
        while not stop.wait(0.02):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/cart", timeout=5).read()

    user = threading.Thread(target=use, daemon=True)
    user.start()
    try:
        yield
    finally:
        stop.set()
        user.join(5)


@pytest.fixture
def paged(tmp_path: Path) -> Iterator[tuple[Desk, Upstream, int]]:
    """A desk that is paged, the service it is paged about, the port of Alertmanager."""
    haproxy, prometheus = need("haproxy"), need("prometheus")
    alertmanager = need("prometheus-alertmanager")
    web, metrics, warroom, watch, alerts = (free_port() for _ in range(5))
    desk = Desk(tmp_path, alerts)
    token = desk("token", "new", "alertmanager", "--scope", "ingest:alertmanager").strip()
    ports = {"folder": tmp_path, "metrics": metrics, "alertmanager": alerts, "warroom": warroom}
    with Upstream("blue").serving() as service, contextlib.ExitStack() as stack:
        config = HAPROXY.format(port=web, metrics=metrics, upstream=service.port)
        (tmp_path / "haproxy.cfg").write_text(config)
        (tmp_path / "prometheus.yml").write_text(PROMETHEUS.format(**ports))
        (tmp_path / "rules.yml").write_text(RULES)
        (tmp_path / "am.yml").write_text(ALERTMANAGER.format(token=token, **ports))
        (tmp_path / "tmp").mkdir()
        stack.enter_context(process(haproxy, "-f", str(tmp_path / "haproxy.cfg"), "-db"))
        stack.enter_context(process(*desk.start, "serve", "--port", str(warroom), env=desk.env))
        stack.enter_context(
            process(
                alertmanager,
                f"--config.file={tmp_path}/am.yml",
                f"--storage.path={tmp_path}/am",
                f"--web.listen-address=127.0.0.1:{alerts}",
                "--cluster.listen-address=",
            )
        )
        stack.enter_context(
            process(
                prometheus,
                f"--config.file={tmp_path}/prometheus.yml",
                f"--storage.tsdb.path={tmp_path}/prom",
                f"--web.listen-address=127.0.0.1:{watch}",
                env={**os.environ, "GOMAXPROCS": "1"},
            )
        )
        for port, path in ((warroom, "healthz"), (alerts, "-/ready"), (watch, "-/ready")):
            wait_for(lambda at=f"{port}/{path}": get(f"http://127.0.0.1:{at}")[0] == 200, 60)
        with traffic(web):
            yield desk, service, alerts


def until(what: Any, seconds: float = 90.0) -> Any:
    end = time.monotonic() + seconds
    while True:
        found = what()
        if found:
            return found
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.2)


def silenced(port: int) -> list[dict[str, Any]]:
    _, body = get(f"http://127.0.0.1:{port}/api/v2/silences")
    return [one for one in json.loads(body) if one["status"]["state"] == "active"]


def test_paged_acknowledged_silenced_and_ended(paged: tuple[Desk, Upstream, int]) -> None:
    desk, service, alerts = paged
    assert desk.json("list") == []
    service.answer = lambda *_: (500, b"broken")
    (incident,) = until(lambda: desk.json("list"))
    assert incident["title"] == "ShopFails: the shop answers 5xx"
    assert (incident["priority"], incident["service"]) == ("P1", "shop")
    desk("ack", "1")
    preview = desk.json("silence", "1", "--for", "30m")
    assert silenced(alerts) == []
    desk("silence", "1", "--for", "30m", "--confirm", preview["confirm"])
    (active,) = silenced(alerts)
    assert {m["name"]: m["value"] for m in active["matchers"]} == {"service": "shop"}
    assert "INC-1" in active["comment"]
    undo = desk.json("unsilence", "1")
    desk("unsilence", "1", "--confirm", undo["confirm"])
    assert silenced(alerts) == []
    service.answer = lambda *_: (200, b"well")
    until(lambda: "1 ended" in desk("timeline", "1"))
    (still,) = desk.json("list")
    assert still["phase"] == "acknowledged"  # what ended is the alert; the rest is for people
