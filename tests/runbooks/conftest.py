"""Fixtures: the real servers of this package's tests."""

import ssl
import subprocess
from collections.abc import Iterator

import pytest
from tests.runbooks import servers


@pytest.fixture
def haproxy() -> Iterator[servers.Haproxy]:
    with servers.haproxy() as running:
        yield running


@pytest.fixture(scope="module")
def postgres() -> Iterator[servers.Postgres]:
    with servers.postgres() as running:
        yield running


@pytest.fixture
def nginx() -> Iterator[servers.Nginx]:
    with servers.nginx() as running:
        yield running


@pytest.fixture
def upstream() -> Iterator[servers.Upstream]:
    with servers.Upstream("upstream").serving() as running:
        yield running


@pytest.fixture
def service(tmp_path, monkeypatch):
    """A recording HTTPS server named localhost, with a certificate that only this test trusts."""
    servers.need("openssl")
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-keyout",
            str(key),
            "-out",
            str(certificate),
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with servers.Upstream("service", tls=context).serving() as running:
        yield running
