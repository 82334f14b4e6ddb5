"""What an invocation costs: its calls to the tables and to Giosg, and how many of them come after one another.

The scheduler of the proof stops an invocation, and each thread of it, before each call. Here all that are stopped at a
call go on together, as if every call took the same time: one tick. So calls that are made side by side share a tick,
whatever the machine does, and the ticks with calls of a kind are the round trips of that kind in sequence.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from types import MappingProxyType
from typing import Any, TypeVar

import pytest
from tests.aws import Context, Functions
from tests.budget.capacity import Capacity
from tests.toolkit.scheduling import Point
from tests.toolkit.simulation import Stack, running_stack

from visitor_chat import wiring

LIFETIME = timedelta(days=30)
"""Longer than whatever leads to an act."""
CALLS = frozenset({"table", "giosg", "queue", "secret"})

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Invocation:
    """A function and the event that it is called with."""

    function: str
    event: Mapping[str, Any]

    def __call__(self) -> Any:
        return import_module(f"functions.{self.function}.app").handler(self.event, Context())


class Meter:
    """A stack, and what its invocations cost."""

    def __init__(self, stack: Stack) -> None:
        self.giosg = stack.giosg
        self._stack = stack
        self.functions = Functions()
        self._scheduler = stack.scheduler
        self._capacity = Capacity()
        self._hook()

    def _hook(self) -> None:
        """Look at the tables after the scheduler's stop, before and after moto has done what is asked for."""
        hooks = wiring.aws("dynamodb").meta.events
        hooks.register_first("before-send.*", self._capacity.begin)
        hooks.register_last("before-send", self._capacity.written)
        hooks.register("after-call.dynamodb.Query", self._capacity.queried)

    @property
    def now(self) -> datetime:
        return self._scheduler.now

    def wait(self, *, minutes: int) -> None:
        self._scheduler.now += timedelta(minutes=minutes)

    def begin(self) -> None:
        """Begin with empty tables, at a moment when somebody has just looked at the page."""
        self._stack.clear(clock_skew=timedelta())
        self.do(lambda: self.functions.call("get_availability", "GET", "/availability"))

    def do(self, work: Callable[[], Result]) -> Result:
        """Do what nobody measures."""
        task = self._scheduler.begin(work, lifetime=LIFETIME)
        self._scheduler.run([task])
        result: Result = task.outcome.result()
        return result

    def cost(self, invocation: Invocation) -> dict[str, Any]:
        """Invoke a function, which must succeed, and say what it has cost; what it has not used is left out."""
        self._capacity.clear()
        ticks = self._ticks(invocation)
        points = [point for tick in ticks for point in tick]
        cost = {
            "function": invocation.function,
            "operations": dict(Counter(point.name for point in points if point.kind == "table")),
            "in_sequence": _in_sequence(ticks, "table"),
            "read_units": self._capacity.read_units,
            "write_units": self._capacity.write_units,
            "giosg_calls": sum(point.kind == "giosg" for point in points),
            "giosg_in_sequence": _in_sequence(ticks, "giosg"),
        }
        return {name: value for name, value in cost.items() if value}

    def _ticks(self, invocation: Invocation) -> list[list[Point]]:
        """Run an invocation, and give for each tick the calls that were made in it."""
        task, ticks = self._scheduler.begin(invocation, lifetime=LIFETIME), []
        while self._scheduler.tasks:
            self._come_to_calls()
            calling = [each for each in self._scheduler.tasks if each.point.kind in CALLS]
            assert calling or not self._scheduler.tasks, "somebody waits for what nobody does"
            ticks.append([each.point for each in calling])
            for each in calling:
                self._scheduler.step(each)
        answer = task.outcome.result()
        assert answer is None or answer.get("statusCode", 200) < 300, answer
        return ticks

    def _come_to_calls(self) -> None:
        while idle := [each for each in self._scheduler.tasks if each.point.kind not in CALLS and each.can_go_on]:
            self._scheduler.step(idle[0])


def _in_sequence(ticks: list[list[Point]], kind: str) -> int:
    return sum(any(point.kind == kind for point in points) for points in ticks)


@contextmanager
def running_meter(rooms: Mapping[str, str] = MappingProxyType({}), **parameters: str) -> Iterator[Meter]:
    """Return a stack as it is deployed by default, quotas included, or with further rooms and other parameters."""
    with running_stack(rooms) as stack, pytest.MonkeyPatch.context() as patched:
        for name, value in ({"QUOTAS": "on"} | parameters).items():
            patched.setenv(name, value)
        yield Meter(stack)
