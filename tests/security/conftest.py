"""The stack in one process for its attackers, with its quotas on or off, and everything that it says collected."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from local.giosg import SimulatedGiosg
from tests.aws import Functions, deployed

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


@pytest.fixture
def guarded(giosg: SimulatedGiosg, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Functions]:  # noqa: ARG001 - the stack runs by this clock
    """Give the stack's functions with their quotas on."""
    with deployed(giosg) as functions:
        monkeypatch.setenv("QUOTAS", "on")
        wiring.reset()
        yield functions


@pytest.fixture(scope="module")
def known() -> Iterator[tuple[SimulatedGiosg, Functions]]:
    """Give a stack that takes the word of the company's backend, and its Giosg."""
    with SimulatedGiosg() as giosg, deployed(giosg) as functions, pytest.MonkeyPatch.context() as patch:
        patch.setenv("KNOWN_USERS", "on")
        wiring.reset()
        yield giosg, functions
