"""What tests share: AWS on moto with the template's own tables, and a simulated Giosg over real HTTP."""

from collections.abc import Iterator

import pytest
from local.giosg import SimulatedGiosg
from tests.aws import Functions, deployed


@pytest.fixture
def giosg() -> Iterator[SimulatedGiosg]:
    """Give a simulated Giosg with one agent online."""
    with SimulatedGiosg() as simulated:
        yield simulated


@pytest.fixture
def functions(giosg: SimulatedGiosg) -> Iterator[Functions]:
    """Give the stack's functions, in a fresh container, with empty tables and that Giosg."""
    with deployed(giosg) as functions:
        yield functions
