"""What tests share: AWS on moto with the template's own tables, and a simulated Giosg over real HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest
from local.giosg import SimulatedGiosg
from tests.aws import Functions, deployed
from xdist.scheduler import LoadFileScheduling


class Scheduling(LoadFileScheduling):  # type: ignore[misc] # xdist has no types
    """Hands out whole files, whose tests share what they have deployed; but the proof's parts one by one.

    So the proof, which takes longest, is done by all processors.
    """

    def _split_scope(self, nodeid: str) -> str:
        return nodeid if nodeid.startswith("tests/proof/") else super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    """Choose who hands out the tests."""
    return Scheduling(config, log)


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
