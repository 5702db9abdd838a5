"""HAProxy's runtime socket has no exit status: every answer is judged, every change read back."""

import pytest

from warroom.core.words import Outcome as Kind
from warroom.runbooks.errors import RunbookError
from warroom.runbooks.model import Block, Language
from warroom.runbooks.run import run_block


def run(haproxy, code, **env):
    return run_block(
        Block(Language.HAPROXY, code, None, {}, 1),
        {"haproxy_socket": haproxy.socket, **env},
        timeout=5,
    )


def test_drain_and_restore_give_back_exactly_what_was(haproxy):
    assert run(haproxy, "set weight app/blue 30").succeeded
    saved = run(haproxy, "save $server", server="app/blue")
    assert saved.state == {"weight": "30", "admin": "ready"}
    drained = run(haproxy, "set server $server state drain", server="app/blue")
    assert drained.head == "app/blue: admin=drain\n"
    assert set(haproxy.names()) == {"green"}
    restored = run(
        haproxy, "restore $server", server="app/blue", state_weight="30", state_admin="ready"
    )
    assert restored.succeeded, restored.reason
    assert run(haproxy, "require app/blue weight=30 admin=ready serves=yes").succeeded
    assert set(haproxy.names()) == {"blue", "green"}


def test_the_last_server_is_not_taken_away(haproxy):
    assert run(haproxy, "require other app/blue").succeeded
    assert run(haproxy, "set server app/green state maint").succeeded
    refused = run(haproxy, "require other app/blue\nset server app/blue state drain")
    assert refused.kind is Kind.FAILED
    assert "it would serve nothing" in refused.reason
    assert run(haproxy, "require app/blue admin=ready").succeeded


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("set server app/red state drain", "No such server"),
        ("set weight app/blue 999", "between 0 and 256"),
        ("get weight app/red", "No such server"),
        ("frobnicate", "frobnicate: Unknown command"),
        ("require app/blue admin=drain", "admin is ready"),
        ("require app/red admin=drain", "no such server"),
        ("require nothing/blue admin=drain", "nothing"),
        ("restore app/blue", "state before is not known"),
        ("show servers state nothing", "find backend"),
        ("set weight app/blue 5; set weight app/green 0", "no ;"),
    ],
)
def test_an_error_in_words_is_a_failure(haproxy, code, reason):
    outcome = run(haproxy, code)
    assert outcome.kind is Kind.FAILED
    assert reason.lower() in outcome.reason.lower()


def test_it_stops_at_the_first_failure(haproxy):
    assert not run(haproxy, "set weight app/red 1\nset weight app/blue 7").succeeded
    assert run(haproxy, "require app/blue weight=100").succeeded


def test_a_weight_in_percent_is_read_back(haproxy):
    assert run(haproxy, "set weight app/blue 10%").head == "app/blue: weight=10\n"


@pytest.mark.parametrize("value", ["app/blue; set weight app/green 0", "a b", "a\nb", "$(x)", ""])
def test_a_value_that_is_no_single_word_is_refused(value):
    with pytest.raises(RunbookError, match="one word"):
        run_block(
            Block(Language.HAPROXY, "set weight $server 0", None, {}, 1),
            {"haproxy_socket": "/none", "server": value},
            timeout=1,
        )


def test_no_socket_is_a_failure():
    outcome = run_block(
        Block(Language.HAPROXY, "show info", None, {}, 1),
        {"haproxy_socket": "/no/such.sock"},
        timeout=1,
    )
    assert outcome.kind is Kind.FAILED
    assert "/no/such.sock" in outcome.reason
