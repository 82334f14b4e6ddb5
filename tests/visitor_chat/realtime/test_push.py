"""Open sockets are told of what was committed, and of nothing else."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from botocore.exceptions import ClientError
from functions.socket_message import app as socket_message
from moto.apigatewaymanagementapi.models import apigatewaymanagementapi_backends
from moto.core.models import DEFAULT_ACCOUNT_ID
from tests.aws import REGION, socket_event
from tests.toolkit.visitors import Chatting
from tests.visitor_chat.scene import Scene

from visitor_chat import wiring

THROTTLED = ClientError({"Error": {"Code": "ThrottlingException"}}, "TransactWriteItems")


@pytest.fixture
def socket(scene: Scene, waiting: Chatting) -> str:  # noqa: ARG001 - it is the scene's visitor
    connection_id = uuid.uuid4().hex
    wiring.store().connections.open(waiting.visitor_id, connection_id)
    return connection_id


def frames(connection_id: str) -> list[Any]:
    """Return the frames that moto has taken for a socket, one behind the other."""
    backend = apigatewaymanagementapi_backends[DEFAULT_ACCOUNT_ID][REGION]
    text, found = backend.connections[connection_id].data.decode(), []
    while text:
        frame, end = json.JSONDecoder().raw_decode(text)
        found.append(frame)
        text = text[end:]
    return found


def test_an_answer_is_told_with_the_chats_new_status_and_that_nobody_waits(
    scene: Scene, waiting: Chatting, socket: str
) -> None:
    scene.giosg.agent.say(waiting.chat_id, "Good morning!")
    scene.deliver(*scene.giosg.webhooks.take("messages"))

    told = frames(socket)

    assert "Good morning!" in [frame["message"]["message"] for frame in told if frame["event"] == "message"]
    chats = [frame["chat"] for frame in told if frame["event"] == "chat"]
    assert [(chat["status"], chat["waiting_since"] is None) for chat in chats] == [("active", False), ("active", True)]


@pytest.fixture
def gateway(scene: Scene) -> Iterator["Gateway"]:  # noqa: ARG001 - it is the scene's stack
    """Return API Gateway, which knows every socket but those that it is told to have lost."""
    gateway, hooks = Gateway(), wiring.socket_client().meta.events
    hooks.register_first("before-send.apigatewaymanagementapi", gateway.answer, unique_id="gateway")
    yield gateway
    hooks.unregister("before-send.apigatewaymanagementapi", unique_id="gateway")


@dataclass(slots=True)
class Gateway:
    """Answers 410 for a socket as often as it is told to, and knows what it was asked to do."""

    gone: dict[str, int] = field(default_factory=dict)
    posted: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)

    def lose(self, connection_id: str) -> None:
        self.gone[connection_id] = 1_000
        self.posted.clear()

    def answer(self, request: Any, **_rest: Any) -> None:
        connection_id = unquote(request.url.rpartition("/")[2])
        (self.closed if request.method == "DELETE" else self.posted).append(connection_id)
        if self.gone.get(connection_id, 0):
            self.gone[connection_id] -= 1
            raise ClientError({"Error": {"Code": "GoneException"}}, "PostToConnection")


def say(scene: Scene, waiting: Chatting, text: str) -> None:
    scene.giosg.agent.say(waiting.chat_id, text)
    assert set(scene.deliver(*scene.giosg.webhooks.take("messages"))) == {204}


def say_after_a_loss(scene: Scene, waiting: Chatting, socket: str, gateway: Gateway, *, seconds: int) -> None:
    """Lose a socket that has been told something, and say something else so many seconds later."""
    say(scene, waiting, "Good morning!")
    gateway.lose(socket)
    scene.clock.instant += timedelta(seconds=seconds)
    say(scene, waiting, "How can I help?")


def known(waiting: Chatting) -> list[str]:
    return [each.id for each in wiring.store().connections.of_visitor(waiting.visitor_id)]


def ping(connection_id: str) -> int:
    event = socket_event("$default", connection_id, body='{"action": "ping"}')
    return int(socket_message.handler(event, None)["statusCode"])


def test_a_socket_that_opens_a_moment_later_is_told_all_the_same(
    scene: Scene, waiting: Chatting, socket: str, gateway: Gateway
) -> None:
    gateway.gone[socket] = 1

    say(scene, waiting, "Good morning!")

    assert "Good morning!" in [frame["message"]["message"] for frame in frames(socket) if "message" in frame]


@pytest.mark.parametrize("age", [0, 59])
def test_a_socket_that_may_be_opening_is_tried_twice_and_not_forgotten(
    scene: Scene, waiting: Chatting, socket: str, gateway: Gateway, age: int
) -> None:
    say_after_a_loss(scene, waiting, socket, gateway, seconds=age)

    assert known(waiting) == [socket]
    assert gateway.posted == [socket] * 2


@pytest.mark.parametrize("age", [61, 7_000])
def test_a_socket_that_opened_long_ago_and_is_gone_is_forgotten(
    scene: Scene, waiting: Chatting, socket: str, gateway: Gateway, age: int
) -> None:
    say_after_a_loss(scene, waiting, socket, gateway, seconds=age)

    assert known(waiting) == []
    assert gateway.posted == [socket]


def test_a_socket_that_was_missed_while_it_opened_learns_of_it_by_its_first_ping(
    scene: Scene, waiting: Chatting, socket: str, gateway: Gateway
) -> None:
    say(scene, waiting, "Good morning!")
    before = frames(socket)
    gateway.gone[socket] = 2
    say(scene, waiting, "How can I help?")

    assert ping(socket) == 200

    (pong,) = frames(socket)[len(before) :]
    assert (pong["event"], list(pong["cursors"])) == ("pong", [waiting.chat_id])
    assert pong["cursors"][waiting.chat_id] != before[-1]["next"]
    say(scene, waiting, "Hello?")
    assert frames(socket)[-1]["message"]["message"] == "Hello?"


def test_a_ping_on_a_socket_that_nobody_knows_closes_it(gateway: Gateway) -> None:
    assert ping("unknown") == 200

    assert (gateway.closed, gateway.posted) == (["unknown"], [])


def test_a_ping_on_a_socket_that_is_half_forgotten_closes_it(
    scene: Scene, waiting: Chatting, socket: str, gateway: Gateway
) -> None:
    deletes = ClientError({"Error": {"Code": "ThrottlingException"}}, "DeleteItem")
    visitor_id = waiting.visitor_id
    with scene.breaking("DeleteItem", deletes, about=visitor_id), pytest.raises(ClientError):
        wiring.store().connections.close(visitor_id, socket)

    ping(socket)

    assert gateway.closed == [socket]


def test_a_ping_on_a_socket_that_closes_is_no_failure(socket: str, gateway: Gateway) -> None:
    gateway.gone[socket] = 1

    assert ping(socket) == 200
    gateway.gone["unknown"] = 1
    assert ping("unknown") == 200


@pytest.mark.parametrize(("length", "event"), [(5_000, "message"), (9_000, "changed"), (20_000, "changed")])
def test_a_message_that_no_frame_can_carry_is_told_of(
    scene: Scene, waiting: Chatting, socket: str, length: int, event: str
) -> None:
    text = "\U0001f600" * length

    say(scene, waiting, text)

    told = [frame for frame in frames(socket) if frame["event"] != "chat"]
    assert [frame["event"] for frame in told][-1] == event
    if event == "changed":
        assert told[-1] == {"event": "changed", "chat_id": waiting.chat_id}
    assert scene.texts(waiting)[-1] == text[: len(scene.texts(waiting)[-1] or "")]


def test_what_could_not_be_committed_is_not_told(scene: Scene, waiting: Chatting, socket: str) -> None:
    scene.giosg.agent.say(waiting.chat_id, "Good morning!")
    (*_earlier, letter) = scene.giosg.webhooks.take("messages")

    with scene.breaking("TransactWriteItems", THROTTLED, about="known_seq"):
        assert scene.deliver(letter) == [503]

    assert frames(socket) == []


def test_a_lookup_that_fails_costs_nothing_but_the_frame(scene: Scene, waiting: Chatting, socket: str) -> None:
    throttled = ClientError({"Error": {"Code": "ThrottlingException"}}, "Query")

    with scene.breaking("Query", throttled, about="connection#"):
        assert waiting.send("Is anybody there?").status == 201

    assert scene.texts(waiting)[-1] == "Is anybody there?"
    assert frames(socket) == []
