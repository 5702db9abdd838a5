"""A real Prometheus with a past, and a real Alertmanager, on loopback."""

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.runbooks.servers import free_port, get, need, process, wait_for

EVERY = 5
"""Seconds between two scrapes."""
RATE = 40
"""Requests a second."""


def history(until: float, seconds: int, share: Callable[[float], float]) -> str:
    """What was scraped from a service; `share` says how many failed at a moment."""
    good = bad = 0.0
    rows: dict[str, list[str]] = {"200": [], "500": []}
    start = int(until) - seconds
    for at in range(start, int(until) + 1, EVERY):
        failed = RATE * EVERY * share(at)
        bad += failed
        good += RATE * EVERY - failed
        for code, value in (("200", good), ("500", bad)):
            rows[code].append(
                f'http_requests_total{{code="{code}",service="shop"}} {value:.0f} {at}'
            )
    lines = ["# TYPE http_requests counter", *rows["200"], *rows["500"], "# EOF", ""]
    return "\n".join(lines)


@contextlib.contextmanager
def prometheus(past: str = "", target: int = 0) -> Iterator[str]:
    """Its address; `past` is what it scraped before, `target` the port of what it scrapes now."""
    program = need("prometheus")
    with tempfile.TemporaryDirectory(prefix="wr-prom-") as name:
        folder = Path(name)
        if past:
            (folder / "past.txt").write_text(past)
            tool = [need("promtool"), "tsdb", "create-blocks-from", "openmetrics"]
            subprocess.run(
                [*tool, str(folder / "past.txt"), str(folder / "data")],
                check=True,
                capture_output=True,
                timeout=60,
            )
        scrape = "scrape_configs: []\n"
        if target:
            scrape = (
                "scrape_configs:\n  - job_name: shop\n    scrape_interval: 500ms\n"
                f"    static_configs: [{{targets: ['127.0.0.1:{target}']}}]\n"
            )
        (folder / "prometheus.yml").write_text(scrape)
        port = free_port()
        with process(
            program,
            f"--config.file={folder}/prometheus.yml",
            f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{port}",
            "--storage.tsdb.retention.time=10y",
            env={**os.environ, "GOMAXPROCS": "1"},
        ):
            url = f"http://127.0.0.1:{port}"
            wait_for(lambda: get(f"{url}/-/ready")[0] == 200, 40)
            yield url


@contextlib.contextmanager
def alertmanager() -> Iterator[str]:
    """Its address."""
    program = need("prometheus-alertmanager")
    with tempfile.TemporaryDirectory(prefix="wr-am-") as name:
        folder = Path(name)
        (folder / "am.yml").write_text("route: {receiver: none}\nreceivers: [{name: none}]\n")
        port = free_port()
        with process(
            program,
            f"--config.file={folder}/am.yml",
            f"--storage.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",
        ):
            url = f"http://127.0.0.1:{port}"
            wait_for(lambda: get(f"{url}/-/ready")[0] == 200, 40)
            yield url
