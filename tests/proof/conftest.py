"""The stack that runs are played on."""

from collections.abc import Iterator

import pytest
from tests.toolkit.simulation import Stack, running_stack

ROOMS = {"sales": "5e1f0a86-93c4-4b7d-8a2e-6d40c7b915f3"}


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """Return a stack of two rooms that each run finds empty, whose held messages wait for an hour."""
    with running_stack(ROOMS, HELD_MESSAGE_HOURS="1", HELD_MESSAGES_PER_MINUTE="2") as running:
        yield running
