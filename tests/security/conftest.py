"""The stack in one process for its attackers, with its quotas on or off, and everything that it says collected."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from local.giosg import SimulatedGiosg
from moto.backends import get_backend
from tests.aws import REGION, Functions, deployed
from tests.functions.conftest import ACCOUNT_ID

from visitor_chat import clock as clock_module
from visitor_chat import wiring


class Clock:
    """The stack's clock at the beginning of a window, until it is moved on."""

    def __init__(self) -> None:
        self._now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)

    def __call__(self) -> datetime:
        return self._now

    def advance(self, **duration: float) -> None:
        self._now += timedelta(**duration)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    moved = Clock()
    monkeypatch.setattr(clock_module, "now", moved)
    return moved


@pytest.fixture(scope="module")
def stack() -> Iterator[tuple[SimulatedGiosg, Functions]]:
    with SimulatedGiosg() as giosg, deployed(giosg) as functions:
        yield giosg, functions


@pytest.fixture
def giosg(stack: tuple[SimulatedGiosg, Functions]) -> Iterator[SimulatedGiosg]:
    """Give the module's Giosg, which behaves, and has been asked nothing yet."""
    simulated, _functions = stack
    simulated.webhooks.take()
    simulated.requests.clear()
    yield simulated
    simulated.faults.clear()


@pytest.fixture
def functions(stack: tuple[SimulatedGiosg, Functions]) -> Iterator[Functions]:
    """Give the stack's functions, in a fresh container, with empty tables."""
    _giosg, functions = stack
    for table in get_backend("dynamodb")[ACCOUNT_ID][REGION].tables.values():
        table.items.clear()
    functions.replies.clear()
    wiring.reset()
    yield functions
    wiring.reset()


@pytest.fixture
def guarded(functions: Functions, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Functions:  # noqa: ARG001 - the stack runs by this clock
    """Give the stack's functions with their quotas on."""
    monkeypatch.setenv("QUOTAS", "on")
    wiring.reset()
    return functions


@pytest.fixture(scope="module")
def known() -> Iterator[tuple[SimulatedGiosg, Functions]]:
    """Give a stack that takes the word of the company's backend, and its Giosg."""
    with SimulatedGiosg() as giosg, deployed(giosg) as functions, pytest.MonkeyPatch.context() as patch:
        patch.setenv("KNOWN_USERS", "on")
        wiring.reset()
        yield giosg, functions
