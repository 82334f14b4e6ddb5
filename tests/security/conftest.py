"""The stack in one process for its attackers, with its quotas on or off, and everything that it says collected."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from local.giosg import SimulatedGiosg
from moto.backends import get_backend
from tests.aws import REGION, Functions, deployed
from tests.functions.conftest import ACCOUNT_ID
from tests.toolkit.clock import Clock, run_by

from visitor_chat import wiring


def this_hour() -> datetime:
    """Return the beginning of a window of every quota."""
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


@pytest.fixture(scope="module")
def clock() -> Iterator[Clock]:
    """Return the clock of a module's stacks, and of their Giosg."""
    with run_by(Clock(this_hour())) as clock:
        yield clock


@pytest.fixture(scope="module")
def stack(clock: Clock) -> Iterator[tuple[SimulatedGiosg, Functions]]:
    with SimulatedGiosg(clock=clock) as giosg, deployed(giosg) as functions:
        yield giosg, functions


@pytest.fixture
def giosg(stack: tuple[SimulatedGiosg, Functions]) -> Iterator[SimulatedGiosg]:
    """Return the module's Giosg, which behaves, and has been asked nothing yet."""
    simulated, _functions = stack
    simulated.webhooks.take()
    simulated.requests.clear()
    yield simulated
    simulated.faults.clear()


@pytest.fixture
def functions(stack: tuple[SimulatedGiosg, Functions]) -> Iterator[Functions]:
    """Return the stack's functions, in a fresh container, with empty tables."""
    _giosg, functions = stack
    for table in get_backend("dynamodb")[ACCOUNT_ID][REGION].tables.values():
        table.items.clear()
    functions.replies.clear()
    wiring.reset()
    yield functions
    wiring.reset()


@pytest.fixture
def guarded(functions: Functions, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Functions:
    """Return the stack's functions with their quotas on, at the beginning of a window."""
    clock.instant = clock.instant.replace(minute=0) + timedelta(hours=1)
    monkeypatch.setenv("QUOTAS", "on")
    wiring.reset()
    return functions


@pytest.fixture(scope="module")
def known() -> Iterator[tuple[SimulatedGiosg, Functions]]:
    """Return a stack that takes the word of the company's backend, at the time by which tokens are signed."""
    with (
        run_by(Clock()) as clock,
        SimulatedGiosg(clock=clock) as giosg,
        deployed(giosg) as functions,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("KNOWN_USERS", "on")
        wiring.reset()
        yield giosg, functions
