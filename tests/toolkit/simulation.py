"""The whole stack in one process under simulated time: a Giosg over real HTTP, the functions on moto, the scheduler."""

import os
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

import pytest
from local.giosg import SimulatedGiosg
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from tests.aws import REGION, deployed
from tests.toolkit.faults import Faults
from tests.toolkit.scheduling import Scheduler, Threads

from visitor_chat import wiring
from visitor_chat.runtime import clock, telemetry

BETWEEN_RUNS = timedelta(days=2)
"""Longer than anything that a warm container, an Idempotency-Key or a marker remembers."""


class Stack:
    """One deployed stack, used for one run after another, each of which finds it empty."""

    def __init__(self, giosg: SimulatedGiosg, scheduler: Scheduler, faults: Faults) -> None:
        self.giosg = giosg
        self.scheduler = scheduler
        self.faults = faults

    def clear(self, *, clock_skew: timedelta) -> None:
        """Empty both sides for another run; Giosg's clock goes wrong by `clock_skew`."""
        self.scheduler.now += BETWEEN_RUNS
        self.giosg.world.clock = lambda: self.scheduler.now + clock_skew
        for table in _tables().values():
            table.items.clear()
        with self.giosg.world.lock:
            for records in (self.giosg.world.chats, self.giosg.world.messages, self.giosg.world.visitors):
                records.clear()
        self.giosg.webhooks.take()
        self.giosg.requests.clear()
        for agent in self.giosg.agents:
            agent.go_online()
        self.giosg.randomness.seed(1)

    @staticmethod
    def records(table: str) -> list[Mapping[str, Any]]:
        """Read a table behind the functions' backs, in DynamoDB's own notation."""
        return [item.to_json()["Attributes"] for item in _tables()[table].all_items()]

    @staticmethod
    def seqs() -> dict[str, int]:
        """Return how many changes each chat has seen."""
        partitions = _tables()["ChatsTable"].items.values()
        items = [item.attrs for partition in partitions for item in partition.values() if "seq" in item.attrs]
        return {attrs["pk"].value.removeprefix("chat#"): int(attrs["seq"].value) for attrs in items}

    def claims(self, chat_id: str) -> dict[str, Any]:
        """Return the messages of a chat that are on their way to Giosg."""
        chats = [each for each in self.records("ChatsTable") if each["pk"] == {"S": f"chat#{chat_id}"}]
        return {name: claim for chat in chats for name, claim in chat.get("claims", {"M": {}})["M"].items()}


def _tables() -> Any:
    return dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables


_reasons: list[Any] = [None]


def last_reason() -> Any:
    """Return the reason in the last line that would have been logged."""
    return _reasons[-1]


def _say_nothing(*_args: Any, **facts: Any) -> None:
    """Write no line: there would be tens of thousands."""
    _reasons[:] = [(telemetry._facts.get({}) | facts).get("reason")]


@contextmanager
def running_stack(rooms: Mapping[str, str] = MappingProxyType({}), **variables: str) -> Iterator[Stack]:
    """Deploy the stack, with further rooms if need be; time stands still unless the scheduler moves it."""
    scheduler = Scheduler()
    chance = random.Random(1)  # noqa: S311 - it is a simulation
    giosg = SimulatedGiosg(clock=lambda: scheduler.now, randomness=chance, rooms=rooms)
    named = ",".join(f"{name}={room_id}" for name, room_id in rooms.items())
    variables = {"GIOSG_TIMEOUT_SECONDS": "60", "POWERTOOLS_METRICS_DISABLED": "true", "GIOSG_ROOMS": named} | variables
    with (
        giosg,
        pytest.MonkeyPatch.context() as patched,
        deployed(giosg, threads=lambda: Threads(scheduler)),
        patch.dict(os.environ, variables),
    ):
        patched.setattr(clock, "now", lambda: scheduler.now)
        patched.setattr(clock, "sleep", scheduler.sleep)
        patched.setattr(telemetry, "outcome", _say_nothing)
        faults = Faults(scheduler, giosg)
        for service in ("dynamodb", "sqs", "secretsmanager"):
            faults.watch(wiring.aws(service))
        yield Stack(giosg, scheduler, faults)
