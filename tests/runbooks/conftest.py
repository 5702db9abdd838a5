"""Fixtures: the real servers of this package's tests."""

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
