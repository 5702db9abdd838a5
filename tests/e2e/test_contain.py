"""By keys in a terminal: one of two real backends fails, is taken out, measured, and put back."""

import re
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.e2e.conftest import Site, console
from tests.terminal.driver import Forge, Terminal

from warroom.core import events as e
from warroom.core.words import StepAction, Verdict
from warroom.runbooks.parse import shipped
from warroom.store import open_journal

pytestmark = pytest.mark.terminal

SEEN = 0.6
"""Seconds: longer than a dialog must have been seen, and than the pause around its key."""


def own_copy(name: str, folder: Path, *changes: tuple[str, str]) -> None:
    """Copy a shipped runbook into a folder of one's own and fill in its defaults."""
    text = (shipped() / f"{name}.md").read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.md").write_text(text)


def look(terminal: Terminal, seconds: float = SEEN) -> None:
    """Take in what is shown for a while; the log never lets the screen come to rest."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        terminal.read(left)


def to_the_end(terminal: Terminal, words: str) -> None:
    """Scroll down until a key is offered."""
    for _ in range(40):
        terminal.press("end")
        look(terminal, 0.2)
        if words in terminal.text:
            return
    raise AssertionError(f"never {words!r}; the screen shows\n{terminal.text}")


def declare(terminal: Terminal, title: str) -> None:
    terminal.press("d")
    terminal.sees("^s")
    look(terminal)
    terminal.press("ctrl+a", "ctrl+k")
    terminal.write(title.encode())
    terminal.sees(title)
    look(terminal)
    terminal.press("ctrl+s")
    terminal.sees("INC-1")


def deliberately(terminal: Terminal, key: str) -> None:
    look(terminal)
    terminal.press(key)


def trust(terminal: Terminal) -> None:
    """Read a runbook that is new here to its end, and accept it."""
    terminal.sees("new on this machine")
    to_the_end(terminal, "trust it")
    deliberately(terminal, "T")
    terminal.loses("trust it")


def events_of(site: Site) -> list[e.Recorded]:
    journal = open_journal(str(site.folder / "w.db"), read_only=True)
    try:
        return list(journal.records("INC-1"))
    finally:
        journal.close()


def wait_for_effect(terminal: Terminal, site: Site, seconds: float = 50.0) -> e.EffectMeasured:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        terminal.read(0.2)
        found = [r.event for r in events_of(site) if isinstance(r.event, e.EffectMeasured)]
        if found:
            return found[0]
    raise AssertionError(f"no effect was measured; the screen shows\n{terminal.text}")


def recount(
    site: Site, line: re.Pattern[str], form: str, since: datetime, until: datetime
) -> tuple[int, int]:
    """Count failures and requests from the file, without anything of warroom."""
    failures = requests = 0
    for text in site.log.read_text().splitlines():
        found = line.search(text)
        if found is None:
            continue
        at = datetime.strptime(found["at"], form)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        if since <= at < until:
            requests += 1
            failures += found["status"].startswith("5")
    return failures, requests


def counted_again(site: Site, line: re.Pattern[str], form: str, effect: e.EffectMeasured) -> None:
    intended = next(
        r
        for r in events_of(site)
        if isinstance(r.event, e.StepIntended) and r.event.run == effect.run
    )
    assert effect.before_since is not None
    assert effect.after_since is not None
    assert effect.after_until is not None
    before = recount(site, line, form, effect.before_since, intended.at)
    assert before == (effect.before_failures, effect.before_requests)
    after = recount(site, line, form, effect.after_since, effect.after_until)
    assert after == (effect.after_failures, effect.after_requests)
    assert after[1] > 30


HAPROXY_LINE = re.compile(r" \[(?P<at>[^\]]+)\] \S+ \S+ [\d/+-]+ (?P<status>\d{3}) ")
NGINX_LINE = re.compile(r'\[(?P<at>[^\]]+)\] "[^"]*" (?P<status>\d{3}) ')


def test_a_failing_haproxy_server_is_drained_measured_and_put_back(
    forge: Forge, haproxy: Site
) -> None:
    site = haproxy
    own_copy(
        "route-haproxy-drain",
        site.folder / "books",
        ("/run/haproxy/admin.sock", str(site.folder / "ha.sock")),
        ("5xx_rate < 1% for 1m", "5xx_rate < 5% for 2s"),
    )
    settings = (
        f'runbooks = ["{site.folder}/books"]\n[services.shop]\nlabels = {{router = "haproxy"}}\n'
    )
    site.bad.status = 500
    with site.traffic(), console(forge, site, settings) as terminal:
        terminal.sees("haproxy.log")
        look(terminal, 1.5)
        declare(terminal, "cart fails")
        terminal.press("c")
        terminal.sees("Drain one server in HAProxy")
        terminal.sees(" % of failures are upstream green")
        reason = re.search(r"(\d+) % of failures are upstream green", terminal.text)
        assert reason is not None
        assert int(reason[1]) > 85
        deliberately(terminal, "t")
        trust(terminal)
        terminal.sees("set server app/green state drain")
        assert "set server" in terminal.text
        deliberately(terminal, "R")
        terminal.sees("succeeded after")
        assert site.seen(site.bad) == 0
        effect = wait_for_effect(terminal, site)
        assert effect.verdict in (Verdict.SOLVED, Verdict.HELPED), effect
        terminal.sees("points")
        deliberately(terminal, "U")
        terminal.sees("restore app/green")
        deliberately(terminal, "U")
        terminal.sees("succeeded after")
        assert site.seen(site.bad) > 5
    runs = [r.event for r in events_of(site) if isinstance(r.event, e.StepIntended)]
    assert [run.action for run in runs] == [StepAction.RUN, StepAction.UNDO]
    done = next(r.event for r in events_of(site) if isinstance(r.event, e.StepFinished))
    assert "37" in done.state.values()  # the weight before is what the undo restored
    counted_again(site, HAPROXY_LINE, "%d/%b/%Y:%H:%M:%S.%f", effect)


def test_an_nginx_pool_is_switched_measured_and_put_back(forge: Forge, nginx: Site) -> None:
    site = nginx
    own_copy(
        "route-nginx-switch",
        site.folder / "books",
        ('default: "/usr/sbin/nginx"', f'default: "{site.folder}/nginx"'),
        ('includes", type: text,', f'includes", type: text, default: "{site.folder}/pool.conf",'),
        ('lead to", type: text', 'lead to", type: text, default: "pool-blue.conf"'),
        (
            "2. [ ] See the effect",
            "   ```watch\n   5xx_rate < 5% for 2s\n   ```\n2. [ ] See the effect",
        ),
    )
    settings = (
        f'runbooks = ["{site.folder}/books"]\n[services.shop]\nlabels = {{router = "nginx"}}\n'
    )
    site.bad.status = 500
    with site.traffic(), console(forge, site, settings) as terminal:
        terminal.sees("access.log")
        look(terminal, 1.5)
        declare(terminal, "cart fails")
        terminal.press("c")
        terminal.sees("Switch an nginx include file")
        terminal.sees(f"% of failures are upstream 127.0.0.1:{site.bad.port}")
        deliberately(terminal, "t")
        trust(terminal)
        terminal.sees("target=pool-blue.conf")
        deliberately(terminal, "d")  # the dry run: nginx -t, and nothing is changed
        terminal.sees("succeeded after")
        assert (site.folder / "pool.conf").readlink() == Path("pool-both.conf")
        deliberately(terminal, "escape")
        terminal.sees("target=pool-blue.conf")
        to_the_end(terminal, "on purpose")
        deliberately(terminal, "R")
        terminal.sees("succeeded after")
        effect = wait_for_effect(terminal, site)
        assert effect.verdict in (Verdict.SOLVED, Verdict.HELPED), effect
        assert site.seen(site.bad) == 0
        deliberately(terminal, "U")
        terminal.sees("state_target=pool-both.conf")
        to_the_end(terminal, "on purpose")
        deliberately(terminal, "U")
        terminal.sees("succeeded after")
        assert (site.folder / "pool.conf").readlink() == Path("pool-both.conf")
        assert site.seen(site.bad) > 5
    counted_again(site, NGINX_LINE, "%d/%b/%Y:%H:%M:%S %z", effect)
