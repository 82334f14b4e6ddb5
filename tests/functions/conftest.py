"""One stack for the tests of each module: every test begins with visitors and chats of its own."""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from local.giosg import SimulatedGiosg
from moto.backends import get_backend
from tests.aws import REGION, WEBHOOK_SECRET, Functions, deployed
from tests.toolkit.clock import Clock, run_by
from tests.toolkit.visitors import Chatting, start

from visitor_chat import wiring
from visitor_chat.runtime import telemetry
from visitor_chat.store.coordination import availability_key
from visitor_chat.store.dynamodb_values import from_item, to_item

ACCOUNT_ID = "123456789012"
"""The account that moto makes up."""
SECRET_ATTRIBUTES = {"visitor_secret_id", "access_token", "secret_hash"}


@dataclass(frozen=True, slots=True)
class Stack:
    """The functions, the Giosg that they talk to, and the time on both sides; `secrets` have been in the tables."""

    giosg: SimulatedGiosg
    functions: Functions
    clock: Clock
    secrets: set[str] = field(default_factory=set)


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with run_by(Clock()) as clock, SimulatedGiosg(clock=clock) as giosg, deployed(giosg) as functions:
        stack = Stack(giosg, functions, clock)
        yield stack
        assert_nothing_secret(stack)


@pytest.fixture
def giosg(stack: Stack) -> Iterator[SimulatedGiosg]:
    """Return the module's Giosg, which behaves, and whose agents are online."""
    stack.giosg.webhooks.take()
    stack.giosg.requests.clear()
    yield stack.giosg
    stack.giosg.faults.clear()
    for agent in stack.giosg.agents:
        agent.go_online()


@pytest.fixture
def functions(stack: Stack) -> Functions:
    return stack.functions


@pytest.fixture
def chatting(functions: Functions) -> Chatting:
    """Return a visitor who has started a chat, and said nothing yet."""
    return start(functions, visitor_name="Aino")


@pytest.fixture
def waiting(functions: Functions) -> Chatting:
    """Return a visitor who has started a chat, and waits for an answer to what they have said."""
    return start(functions, visitor_name="Aino", message="Hello?")


@pytest.fixture(scope="module")
def talking(stack: Stack) -> Chatting:
    """Return a visitor whose chat a module's tests share: each leaves nothing there that another would notice."""
    return start(stack.functions, visitor_name="Aino", message="Hello?")


@pytest.fixture
def clock(stack: Stack) -> Iterator[Clock]:
    """Return the clock of a new container; what is known of the room is forgotten before and after."""
    forget_the_room()
    yield stack.clock
    forget_the_room()


def forget_the_room() -> None:
    key = availability_key(wiring.rooms().default.id)
    boto3.client("dynamodb", REGION).delete_item(TableName="CoordinationTable", Key=to_item(key))
    wiring.reset()


@dataclass(frozen=True, slots=True)
class AwsCalls:
    """The calls to AWS by their operations and parameters."""

    made: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def operations(self) -> list[str]:
        return [operation for operation, _parameters in self.made]

    def note(self, model: Any, params: Any, **_rest: Any) -> None:
        self.made.append((model.name, json.loads(params["body"])))


@pytest.fixture
def aws_calls(stack: Stack) -> Iterator[AwsCalls]:  # noqa: ARG001 - it is the stack that calls
    """Return the calls to AWS from here on."""
    calls = AwsCalls()
    clients = [wiring.aws(service) for service in ("dynamodb", "secretsmanager", "sqs")]
    for client in clients:
        client.meta.events.register("before-call", calls.note)
    yield calls
    for client in clients:
        client.meta.events.unregister("before-call", calls.note)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Return what is logged from here on."""
    written = io.StringIO()
    for handler in telemetry.logger.registered_handler, *telemetry.logger.handlers:
        monkeypatch.setattr(handler, "stream", written)
    return written


@pytest.fixture
def empty_tables(stack: Stack) -> None:
    """Begin with empty tables: moto copies a table for every transaction, so that full ones make slow tests."""
    stack.secrets.update(stored_secrets())
    for table in _tables().values():
        table.items.clear()


def assert_nothing_secret(stack: Stack) -> None:
    """No answer held what only the stack may know: tokens, secrets, and what agents are called among themselves."""
    names = {agent.record.name for agent in stack.giosg.agents}
    secrets = {stack.giosg.api_token, WEBHOOK_SECRET, *names, *stack.secrets, *stored_secrets()}
    answers = "\n".join(reply.text for reply in stack.functions.replies)
    assert [secret for secret in secrets if secret in answers] == []


def stored_secrets() -> set[str]:
    return {str(item[name]) for item in stored_items() for name in SECRET_ATTRIBUTES & item.keys()}


def stored_items(*names: str) -> list[dict[str, Any]]:
    """Return everything that is in (all) tables."""
    tables = _tables()
    return [from_item(item.to_json()["Attributes"]) for name in names or tables for item in tables[name].all_items()]


def _tables() -> Any:
    return get_backend("dynamodb")[ACCOUNT_ID][REGION].tables
