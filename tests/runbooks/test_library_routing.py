"""Shipped runbooks for HAProxy and nginx, against the real programs with real requests."""

import os
import subprocess

from tests.runbooks.play import BEFORE, RUN, UNDO, VERIFY, Play, book, program
from tests.runbooks.servers import get, wait_for


def test_drain_takes_one_server_out_and_gives_back_what_was(haproxy):
    play = Play(
        book("route-haproxy-drain"), {"haproxy_socket": haproxy.socket, "server": "app/blue"}
    )
    play.good(1, BEFORE)
    assert play.state == {"weight": "100", "admin": "ready"}
    play.good(1, RUN, VERIFY)
    haproxy.blue.seen.clear()
    assert haproxy.names(30) == ["green"] * 30
    assert not [path for _, path, _, _ in haproxy.blue.seen]
    play.good(1, UNDO)
    assert haproxy.names(20).count("blue") == 10
    assert "admin is ready" in play.refused(1, VERIFY)


def test_drain_refuses_where_the_other_server_is_down(haproxy):
    play = Play(
        book("route-haproxy-drain"), {"haproxy_socket": haproxy.socket, "server": "app/blue"}
    )
    other = Play(
        book("route-haproxy-drain"), {"haproxy_socket": haproxy.socket, "server": "app/green"}
    )
    other.good(1, BEFORE, RUN)
    assert "serve nothing" in play.refused(1, BEFORE)


def test_weight_shifts_the_shares_and_the_undo_restores_an_odd_weight(haproxy):
    answers = {"haproxy_socket": haproxy.socket, "server": "app/blue", "weight": "37"}
    first = Play(book("route-haproxy-weight"), dict(answers))
    first.good(1, BEFORE, RUN, VERIFY)
    second = Play(book("route-haproxy-weight"), {**answers, "weight": "0"})
    second.good(1, BEFORE, RUN, VERIFY)
    assert haproxy.names(20) == ["green"] * 20
    second.good(1, UNDO)
    first.good(1, VERIFY)
    assert "blue" in haproxy.names(20)


def test_a_path_is_blocked_and_opened_again(haproxy):
    play = Play(
        book("kill-haproxy-block"),
        {
            "haproxy_socket": haproxy.socket,
            "list": f"{haproxy.folder}/blocked.lst",
            "route": "/api/export",
        },
    )
    play.good(1, BEFORE, RUN, VERIFY)
    assert get(f"{haproxy.url}/api/export/7")[0] == 503
    assert get(f"{haproxy.url}/API/Export")[0] == 503
    assert get(f"{haproxy.url}/api/checkout")[0] == 200
    assert "already in" in play.refused(1, BEFORE)
    play.good(1, UNDO)
    assert get(f"{haproxy.url}/api/export/7")[0] == 200
    assert "not in" in play.refused(1, VERIFY)


def test_a_path_is_limited_and_others_are_not(haproxy):
    play = Play(
        book("kill-haproxy-limit"),
        {
            "haproxy_socket": haproxy.socket,
            "list": f"{haproxy.folder}/limited.lst",
            "route": "/api/export",
        },
    )
    play.good(1, BEFORE, RUN, VERIFY)
    statuses = [get(f"{haproxy.url}/api/export")[0] for _ in range(6)]
    assert statuses == [200, 200, 200, 429, 429, 429]
    assert get(f"{haproxy.url}/api/checkout")[0] == 200
    play.good(1, UNDO)
    assert get(f"{haproxy.url}/api/export")[0] == 200


def test_the_maintenance_page_goes_on_and_off(haproxy):
    play = Play(
        book("kill-haproxy-maintenance"),
        {"haproxy_socket": haproxy.socket, "list": f"{haproxy.folder}/maintenance.lst"},
    )
    play.good(1, BEFORE, RUN, VERIFY)
    assert get(f"{haproxy.url}/anything") == (503, "<h1>Back soon</h1>")
    play.good(1, UNDO)
    assert get(f"{haproxy.url}/anything")[0] == 200


def nginx_play(nginx, tmp_path, target):
    return Play(
        book("route-nginx-switch"),
        {
            "nginx": program(tmp_path / "nginx", f'#!/bin/sh\nexec {nginx.program} "$@"\n'),
            "link": str(nginx.folder / "switch.conf"),
            "target": target,
        },
    )


def test_nginx_switches_its_include_and_back(nginx, tmp_path):
    play = nginx_play(nginx, tmp_path, "switch-off.conf")
    assert get(nginx.url)[1] == "new-cart on\n"
    play.good(1, BEFORE, RUN, VERIFY)
    wait_for(lambda: get(nginx.url)[1] == "new-cart off\n")
    play.good(1, UNDO)
    wait_for(lambda: get(nginx.url)[1] == "new-cart on\n")


def test_a_configuration_that_nginx_refuses_is_never_loaded(nginx, tmp_path):
    play = nginx_play(nginx, tmp_path, "switch-bad.conf")
    play.good(1, BEFORE)
    assert "nothing reloaded" in play.refused(1, RUN)
    assert os.readlink(nginx.folder / "switch.conf") == "switch-on.conf"
    assert get(nginx.url)[1] == "new-cart on\n"
    assert subprocess.run([tmp_path / "nginx", "-t"], capture_output=True).returncode == 0
    play.answers["target"] = "no-such.conf"
    assert "is no file" in play.refused(1, BEFORE)
