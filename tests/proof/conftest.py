"""The stack that runs are played on."""

from collections.abc import Iterator

import pytest
from tests.proof.stack import Stack, running_stack


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """Give a stack that each run finds empty."""
    with running_stack() as running:
        yield running
