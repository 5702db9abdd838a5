"""What every folder of tests may use."""

from collections.abc import Callable, Iterator

import pytest
from tests.campaign import Tally
from tests.terminal.driver import Forge


@pytest.fixture
def tally(record_property: Callable[[str, object], None]) -> Tally:
    return Tally(record_property)


@pytest.fixture(scope="session")
def forge() -> Iterator[Forge]:
    """Start consoles and commands without their imports, for all tests of this process."""
    forge = Forge()
    try:
        yield forge
    finally:
        forge.close()
