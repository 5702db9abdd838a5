"""What every folder of tests may use."""

from collections.abc import Callable

import pytest
from tests.campaign import Tally


@pytest.fixture
def tally(record_property: Callable[[str, object], None]) -> Tally:
    return Tally(record_property)
