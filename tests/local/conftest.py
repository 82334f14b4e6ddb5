"""What the tests of the local stack share."""

from collections.abc import Iterator

import pytest
from local.giosg import SimulatedGiosg
from tests.local.giosg_caller import Caller


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "browser: drives a real headless Chromium")


@pytest.fixture
def giosg() -> Iterator[SimulatedGiosg]:
    with SimulatedGiosg() as running:
        yield running


@pytest.fixture
def caller(giosg: SimulatedGiosg) -> Iterator[Caller]:
    """Return a visitor who has entered the room of the simulated Giosg in force."""
    with Caller.new(giosg) as visitor:
        yield visitor
