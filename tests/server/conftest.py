from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.server.kit import Served, served


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as found:
        yield found
