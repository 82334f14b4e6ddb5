"""The whole stack, really deployed."""

from collections.abc import Iterator

import pytest
from tests.toolkit.deployment import Stack


@pytest.fixture
def stack(deployed_stack: Stack) -> Iterator[Stack]:
    yield deployed_stack
    deployed_stack.calm()
