"""What each call costs in operations of the tables and in calls to Giosg, against the budget that is kept beside."""

import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from local.giosg import SimulatedGiosg
from tests.aws import Functions, deployed
from tests.functions import notices
from tests.functions.acts import start

from visitor_chat import wiring

BUDGET: dict[str, Any] = tomllib.loads((Path(__file__).parent / "budget.toml").read_text())


@dataclass(frozen=True, slots=True)
class Meter:
    """A stack, and what its calls cost."""

    giosg: SimulatedGiosg
    functions: Functions
    operations: Counter[str] = field(default_factory=Counter)

    def cost(self, act: Callable[[], Any]) -> dict[str, int]:
        """Do something and give what it has cost."""
        self.operations.clear()
        self.giosg.requests.clear()
        act()
        return dict(self.operations) | {"giosg_calls": len(self.giosg.requests)}

    def count(self, model: Any, **_rest: Any) -> None:
        self.operations[model.name] += 1

    def deliver_last(self, kind: str) -> Callable[[], Any]:
        body = [each.body for each in self.giosg.webhooks.take() if each.endpoint_kind == kind][-1]
        return lambda: self.functions.webhook(kind, body)


@pytest.fixture(scope="module")
def meter() -> Iterator[Meter]:
    """Give a stack whose container is warm."""
    with SimulatedGiosg() as giosg, deployed(giosg) as functions:
        meter = Meter(giosg, functions)
        functions.call("get_availability", "GET", "/availability")
        wiring.aws("dynamodb").meta.events.register("before-call", meter.count)
        yield meter


def act_of(name: str, meter: Meter) -> Callable[[], Any]:
    """Prepare something, and give the one call of it that is measured."""
    chatting = start(meter.functions, message="Hello?")
    meter.giosg.webhooks.take()
    say = meter.giosg.agent.say
    if name == "message webhook":
        say(chatting.chat_id, "Good morning!")
        return meter.deliver_last("messages")
    if name == "repeated message webhook":
        say(chatting.chat_id, "Good morning!")
        again = meter.deliver_last("messages")
        again()
        return again
    if name == "foreign message webhook":
        elsewhere = notices.about_an_unknown_chat(meter.giosg, "messages", organization_id=notices.ELSEWHERE)
        return lambda: meter.functions.webhook("messages", elsewhere)
    acts: dict[str, Callable[[], Any]] = {
        "start, new visitor": lambda: start(meter.functions),
        "start, new visitor, with a message": lambda: start(meter.functions, message="Hello?"),
        "start, known visitor": lambda: start(meter.functions, token=chatting.token),
        "send": lambda: chatting.send("Is anybody there?"),
        "read new messages": chatting.read,
        "read a chat": chatting.chat,
        "list chats": chatting.chats,
        "end": chatting.end,
        "availability": lambda: meter.functions.call("get_availability", "GET", "/availability"),
    }
    return acts[name]


@pytest.mark.parametrize("name", BUDGET)
def test_a_call_costs_what_its_budget_says(meter: Meter, name: str) -> None:
    act = act_of(name, meter)

    assert meter.cost(act) == BUDGET[name]


def test_calls_to_giosg_share_connections(meter: Meter) -> None:
    chatting = start(meter.functions)
    meter.giosg.requests.clear()

    for number in range(5):
        assert chatting.send(f"Message {number}").status == 201

    assert len(meter.giosg.requests) == 5
    assert len(meter.giosg.requests.connections()) == 1
