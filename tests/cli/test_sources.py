"""Logs that are no files, through the command line: log systems, commands, corrected clocks."""

import base64
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.cli.conftest import Shell
from tests.logs.log_systems import Stub

from warroom.logs import LogError
from warroom.logs.sources import engine_of, read_source, signed_span, source_at


@pytest.fixture
def stub() -> Iterator[Stub]:
    stub = Stub()
    yield stub
    stub.server.shutdown()
    stub.server.server_close()


def written(warroom: Shell, text: str) -> None:
    folder = warroom.home / ".config" / "warroom"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.toml").write_text(text)


TABLES = {
    "loki": '[sources.shop]\nloki = "{url}"\nquery = \'{{app="shop"}}\'\ntenant = "t1"\n'
    'token_env = "THE_TOKEN"\nsince = "30m"\n',
    "elastic": '[sources.shop]\nelastic = "{url}"\nindex = "logs-*"\nquery = "service:shop"\n'
    'key_env = "THE_TOKEN"\n',
    "splunk": '[sources.shop]\nsplunk = "{url}"\nquery = "index=shop"\nuser = "ana"\n'
    'password_env = "THE_TOKEN"\n',
    "datadog": '[sources.shop]\ndatadog = "{url}"\nquery = "service:shop"\nkey_env = "THE_TOKEN"\n'
    'app_key_env = "THE_TOKEN"\n',
}
SENT = {
    "loki": ("Authorization", "Bearer s3cret"),
    "elastic": ("Authorization", "ApiKey s3cret"),
    "splunk": ("Authorization", f"Basic {base64.b64encode(b'ana:s3cret').decode()}"),
    "datadog": ("Dd-Application-Key", "s3cret"),
}


@pytest.mark.parametrize("kind", sorted(TABLES))
def test_a_log_system_of_the_configuration_is_counted(stub, warroom: Shell, kind) -> None:
    begin = time.time_ns() - 60 * 10**9
    for number in range(30):
        stub.add(f'level=error msg="reset {number}"', at=begin + number * 10**9)
    written(warroom, TABLES[kind].format(url=stub.url))
    warroom.extra["THE_TOKEN"] = "s3cret"
    found = warroom("scan", "shop", "--json").json[0]
    assert (found["path"], found["entries"]) == ("shop", 30)
    name, value = SENT[kind]
    assert {k.title(): v for k, v in stub.headers[0].items()}[name] == value


def test_a_log_system_named_on_the_command_line_is_counted(stub, warroom: Shell) -> None:
    stub.add("one", "two")
    query = quote('{app="shop"}')
    name = f"loki+{stub.url}/?query={query}&since=10m"
    assert warroom("scan", name, "--json").json[0]["entries"] == 2


def test_a_refusal_says_what_to_do_and_ends(stub, warroom: Shell) -> None:
    stub.answers = [401]
    ran = warroom("scan", f"loki+{stub.url}/?query=x", ok=False)
    assert ran.status == 1
    assert "credentials" in ran.err


def test_a_missing_variable_is_named_and_no_request_is_made(stub, warroom: Shell) -> None:
    written(warroom, TABLES["loki"].format(url=stub.url))
    ran = warroom("scan", "shop", ok=False)
    assert "token_env names THE_TOKEN, which is not set" in ran.err
    assert stub.headers == []


def follow(warroom: Shell, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        # A job in the background of a script ignores the interrupt, and would hand that down.
        ["env", "--default-signal=INT", sys.executable, "-m", "warroom", "tail", "--plain", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env=warroom.environment(),
    )


def read_until(process: subprocess.Popen[bytes], *wanted: str) -> str:
    """Read what it prints until all of it has been seen."""
    seen, deadline = b"", time.monotonic() + 60
    assert process.stdout is not None
    while time.monotonic() < deadline:
        if select.select([process.stdout], [], [], 0.2)[0]:
            piece = os.read(process.stdout.fileno(), 1 << 16)
            seen += piece
            if not piece:
                break
        if all(each.encode() in seen for each in wanted):
            return seen.decode()
    raise AssertionError(f"{wanted} not in {seen.decode()}")


def test_a_log_system_is_followed_and_its_limits_are_rows(stub, warroom: Shell) -> None:
    stub.add("before")
    process = follow(warroom, f"loki+{stub.url}/?query=x")
    try:
        read_until(process, "before")
        stub.answers = [429]
        stub.add("after")
        read_until(process, "too many requests", "after")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def test_a_command_that_ends_is_started_again_and_says_so(warroom: Shell, tmp_path: Path) -> None:
    script = tmp_path / "pods"
    script.write_text("#!/bin/sh\ndate +'%Y-%m-%dT%H:%M:%SZ INFO run '$$\nexit 3\n")
    script.chmod(0o755)
    written(warroom, f'[sources.pods]\ncommand = "{script}"\n')
    process = follow(warroom, "pods")
    try:
        text = read_until(process, "starting it again in 1 s", "starting it again in 2 s")
        assert text.count("INFO run") >= 2
        assert "ended with status 3" in text
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def test_clocks_and_zones_are_corrected_before_merging(warroom: Shell, tmp_path: Path) -> None:
    one, other = tmp_path / "one.log", tmp_path / "other.log"
    one.write_text("2026-11-20 10:00:01 INFO first\n2026-11-20 10:00:03 INFO third\n")
    other.write_text("2026-11-20 11:00:12 INFO second\n2026-11-20 11:00:14 INFO fourth\n")
    words = ["--zone", "other.log=Europe/Berlin", "--skew", "other.log=-10s"]
    found = warroom(*words, "scan", str(other), "--json").json[0]
    assert found["first"] == "2026-11-20T10:00:02+00:00"
    written(
        warroom,
        f'zones = ["other.log=Europe/Berlin"]\n[sources.other]\nfiles = "{other}"\nskew = "-10s"\n',
    )
    tail = follow(warroom, str(one), "other")
    try:
        text = read_until(tail, "first", "second", "third", "fourth")
    finally:
        tail.send_signal(signal.SIGINT)
        tail.wait(30)
    assert [word for word in text.split() if word in {"first", "second", "third", "fourth"}] == [
        "first",
        "second",
        "third",
        "fourth",
    ]


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ("", "exactly one of files, command"),
        ('loki = "http://x"', "needs a query"),
        ('loki = "x"\nquery = "y"', "no address"),
        ('loki = "http://ana:pw@x"\nquery = "y"', "password_env"),
        ('elastic = "http://x"', "needs an index"),
        ("files = 3", "not a list"),
        ('files = "a"\nquery = "b"', "unknown key 'query'"),
        ('files = "a"\nzone = "Mars/Base"', "no time zone"),
        ('files = "a"\nskew = "soon"', "no length of time"),
        ('command = "a"\nloki = "http://x"', "exactly one"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_by_name(warroom: Shell, table, complaint) -> None:
    import tomllib

    with pytest.raises(LogError) as refused:
        read_source("shop", tomllib.loads(table))
    assert complaint in str(refused.value)


def test_the_configuration_names_the_table(warroom: Shell) -> None:
    written(warroom, "[sources.shop]\nquery = 'x'\n")
    ran = warroom("list", ok=False)
    assert "[sources.shop] it needs exactly one of" in ran.err


def test_url_like_names() -> None:
    found = source_at("datadog+https://api.datadoghq.eu?query=service:shop&key_env=K&since=2d")
    assert found is not None
    assert (found.at, found.since) == ("https://api.datadoghq.eu", 2 * 86_400)
    assert engine_of(found, {"K": "1"}).request  # it can be asked
    assert source_at("/var/log/loki+x.log") is None
    with pytest.raises(LogError, match="unknown key 'quer'"):
        source_at("loki+http://x?quer=y")
    assert signed_span("-1.5m") == -90
