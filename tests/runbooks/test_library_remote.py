"""Shipped runbooks that talk to a cluster or a service: the real client, a recording stand-in."""

import json
import os

import pytest
from tests.runbooks.kube import Cluster, write_config
from tests.runbooks.play import BEFORE, RUN, UNDO, VERIFY, Play, book, program
from tests.runbooks.servers import need


@pytest.fixture
def kube(tmp_path, upstream):
    need("kubectl")
    cluster = Cluster()

    def answer(method, path, body):
        return cluster.answer(method, path, body)

    upstream.answer = answer
    upstream.content_type = "application/json"
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "KUBECONFIG": write_config(tmp_path, upstream.port),
    }
    return cluster, environ


def test_a_deployment_rolls_back_and_forth_by_named_revisions(kube):
    cluster, environ = kube
    play = Play(
        book("rollback-kubernetes"), {"deployment": "shop", "revision": "1"}, environ=environ
    )
    assert "REVISION" in play.good(1, RUN)
    play.good(2, BEFORE)
    assert play.state == {"revision": "2"}
    play.good(2, RUN, VERIFY)
    assert cluster.image == "shop:2026.11.19"
    play.good(2, UNDO)
    assert cluster.image == "shop:2026.11.20"
    play.answers["revision"] = "2"
    assert "current already" in play.refused(2, BEFORE)
    play.answers["revision"] = "9"
    assert "revision" in play.refused(2, BEFORE)


def test_a_rollout_is_paused_and_resumed(kube):
    cluster, environ = kube
    play = Play(book("rollback-kubernetes-pause"), {"deployment": "shop"}, environ=environ)
    play.good(1, BEFORE, RUN, VERIFY)
    assert cluster.deployment["spec"]["paused"] is True
    assert "paused already" in play.refused(1, BEFORE)
    play.good(1, UNDO)
    assert not cluster.deployment["spec"].get("paused")


def test_a_deployment_is_scaled_and_gets_its_replicas_back(kube):
    cluster, environ = kube
    play = Play(
        book("kill-kubernetes-scale"), {"deployment": "shop", "replicas": "0"}, environ=environ
    )
    play.good(1, BEFORE, RUN, VERIFY)
    assert cluster.deployment["spec"]["replicas"] == 0
    play.good(1, UNDO)
    assert cluster.deployment["spec"]["replicas"] == 3


def play_http(name, service, **answers):
    environ = {
        **os.environ,
        "GITLAB_TOKEN": "glpat-secret-1",
        "GITHUB_TOKEN": "ghp-secret-1",
        "UNLEASH_TOKEN": "unleash-secret",
    }
    return Play(book(name), answers, environ=environ, hosts=(f"localhost:{service.port}",))


def test_gitlab_runs_the_deployment_of_an_earlier_release_again(service):
    def answer(method, path, body):
        if method == "GET":
            return 200, b'{"id": 41, "status": "success", "ref": "v1.0"}'
        return 201, b'{"id": 99, "status": "pending"}'

    service.answer = answer
    play = play_http(
        "rollback-gitlab",
        service,
        gitlab=f"localhost:{service.port}",
        project="shop/web",
        job="41",
        bad_job="57",
    )
    play.good(1, BEFORE, RUN, UNDO)
    assert [(method, path) for method, path, _, _ in service.seen] == [
        ("GET", "/api/v4/projects/shop%2Fweb/jobs/41"),
        ("POST", "/api/v4/projects/shop%2Fweb/jobs/41/retry"),
        ("POST", "/api/v4/projects/shop%2Fweb/jobs/57/retry"),
    ]
    assert service.seen[0][2]["PRIVATE-TOKEN"] == "glpat-secret-1"
    service.answer = lambda *_: (200, b'{"status": "failed"}')
    assert "status is failed" in play.refused(1, BEFORE)


def test_github_starts_the_deployment_of_an_earlier_release(service):
    service.answer = lambda method, *_: (
        (200, b'{"state": "active"}') if method == "GET" else (204, b"")
    )
    play = play_http(
        "rollback-github",
        service,
        github=f"localhost:{service.port}",
        organisation="acme",
        repository="shop",
        release="1.0",
        bad_release="1.1",
    )
    play.good(1, BEFORE, RUN, UNDO)
    path = "/repos/acme/shop/actions/workflows/deploy.yml/dispatches"
    sent = [(p, json.loads(body)) for method, p, _, body in service.seen if method == "POST"]
    assert sent == [
        (path, {"ref": "main", "inputs": {"release": "1.0"}}),
        (path, {"ref": "main", "inputs": {"release": "1.1"}}),
    ]


def test_unleash_switches_a_feature_off_and_on(service):
    enabled = [True]

    def answer(method, path, body):
        if method == "POST":
            enabled[0] = path.endswith("/on")
            return 200, b""
        return 200, json.dumps({"enabled": enabled[0]}).encode()

    service.answer = answer
    play = play_http(
        "flag-unleash", service, unleash=f"localhost:{service.port}", feature="new cart"
    )
    play.good(1, BEFORE, RUN, VERIFY)
    assert enabled == [False]
    assert "/enabled is false, not true" in play.refused(1, BEFORE)
    play.good(1, UNDO)
    assert enabled == [True]
    assert "/features/new%20cart/environments/production" in service.seen[0][1]


def test_a_certificate_of_nobody_is_refused(service, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    play = play_http("flag-unleash", service, unleash=f"localhost:{service.port}", feature="x")
    assert "CERTIFICATE_VERIFY_FAILED" in play.refused(1, BEFORE)
    assert service.seen == []


def test_evidence_is_kept_with_hashes_and_a_change_is_noticed(tmp_path):
    source = tmp_path / "log"
    source.mkdir()
    (source / "a b.log").write_text("one\n")
    (source / "-c.log").write_text("two\n")
    evidence = tmp_path / "evidence"
    play = Play(
        book("secure-incident"),
        {"source": str(source), "evidence": str(evidence), "collector": "ana"},
    )
    play.good(2, RUN)
    assert "collected by ana" in play.good(3, BEFORE, RUN)
    play.good(3, VERIFY)
    assert "exists already" in play.refused(3, BEFORE)
    kept = evidence / "log" / "a b.log"
    assert kept.stat().st_mode & 0o222 == 0
    kept.chmod(0o644)
    kept.write_text("changed\n")
    assert "a b.log" in play.refused(3, VERIFY)
    play.good(3, UNDO)
    assert (tmp_path / "evidence.discarded" / "MANIFEST").exists()


def test_a_manifest_that_was_rewritten_is_noticed(tmp_path):
    source = tmp_path / "a.log"
    source.write_text("one\n")
    evidence = tmp_path / "evidence"
    play = Play(
        book("secure-incident"),
        {"source": str(source), "evidence": str(evidence), "collector": "ana"},
    )
    play.good(3, BEFORE, RUN)
    (evidence / "MANIFEST").chmod(0o644)
    (evidence / "MANIFEST").write_text("")
    play.refused(3, VERIFY)


def test_a_third_party_is_replaced_and_contacts_are_kept(service, tmp_path):
    switches = tmp_path / "switches.json"
    switches.write_text('{"fallback": false, "other": 1}')
    play = play_http(
        "third-party-failure",
        service,
        status_host=f"localhost:{service.port}",
        file=str(switches),
        contact_log=str(tmp_path / "contacts"),
        contact="ticket 77: 'they know', 10:02",
    )
    play.good(1, RUN)
    play.good(2, BEFORE, RUN, VERIFY)
    assert json.loads(switches.read_text()) == {"fallback": True, "other": 1}
    assert "already" in play.refused(2, BEFORE)
    play.good(2, UNDO)
    assert json.loads(switches.read_text()) == {"fallback": False, "other": 1}
    play.good(4, RUN, VERIFY)
    play.good(4, UNDO)
    log = (tmp_path / "contacts").read_text().splitlines()
    assert log[0].endswith(" ticket 77: 'they know', 10:02")
    assert "withdrawn" in log[1]


REDIS_CLI = '''#!/usr/bin/env python3
"""Stands in for redis-cli where no Redis is installed: lists and sets in a JSON file."""
import json, os, sys
file = os.environ["HOME"] + "/redis.json"
data = json.load(open(file))
verb, *rest = [w for w in sys.argv[3:] if w != "--no-auth-warning"]
if verb in ("smembers",):
    print("\\n".join(data.get(rest[0], [])))
elif verb in ("llen", "scard"):
    print(len(data.get(rest[0], [])))
elif verb == "lrange":
    print("\\n".join(data.get(rest[0], [])[-3:]))
elif verb == "exists":
    print(int(bool(data.get(rest[0]))))
elif verb == "renamenx":
    if data.get(rest[1]): print(0)
    else: data[rest[1]] = data.pop(rest[0]); print(1)
elif verb == "rpoplpush":
    data.setdefault(rest[1], []).insert(0, data[rest[0]].pop())
    print("x")
json.dump(data, open(file, "w"))
'''


def test_a_sidekiq_queue_is_parked_and_put_back_in_order(tmp_path):
    (tmp_path / "bin").mkdir()
    program(tmp_path / "bin" / "redis-cli", REDIS_CLI)
    jobs = [f'{{"class": "Mail", "jid": "{n}"}}' for n in range(5)]
    redis = tmp_path / "redis.json"
    redis.write_text(
        json.dumps({"queue:mail": jobs, "queues": ["mail", "default"], "processes": ["a"]})
    )
    environ = {
        "PATH": f"{tmp_path}/bin:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "REDIS_URL": "redis://localhost/0",
    }
    play = Play(book("rails-sidekiq-stuck"), {"queue": "mail"}, environ=environ)
    assert "mail 5" in play.good(1, RUN)
    play.good(3, BEFORE, RUN)
    assert "5 parked, 5 before" in play.good(3, VERIFY)
    assert "is empty" in play.refused(3, BEFORE)
    play.good(3, UNDO)
    assert json.loads(redis.read_text())["queue:mail"] == jobs
