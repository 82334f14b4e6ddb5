"""Open sockets are told of what was committed, and of nothing else."""

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.apigatewaymanagementapi.models import apigatewaymanagementapi_backends
from moto.core.models import DEFAULT_ACCOUNT_ID
from tests.aws import REGION
from tests.visitor_chat.scene import Scene, Visit

from visitor_chat import wiring

THROTTLED = ClientError({"Error": {"Code": "ThrottlingException"}}, "TransactWriteItems")


@pytest.fixture
def visit(scene: Scene) -> Visit:
    visit = scene.visit()
    scene.deliver()
    return visit


@pytest.fixture
def socket(scene: Scene, visit: Visit) -> str:  # noqa: ARG001 - it is the scene's visitor
    connection_id = uuid.uuid4().hex
    wiring.store().connections.open(visit.token.partition(".")[0], connection_id)
    return connection_id


def frames(connection_id: str) -> list[Any]:
    """Give the frames that moto has taken for a socket, one behind the other."""
    backend = apigatewaymanagementapi_backends[DEFAULT_ACCOUNT_ID][REGION]
    text, found = backend.connections[connection_id].data.decode(), []
    while text:
        frame, end = json.JSONDecoder().raw_decode(text)
        found.append(frame)
        text = text[end:]
    return found


def test_an_answer_is_told_with_the_chats_new_status(scene: Scene, visit: Visit, socket: str) -> None:
    scene.giosg.agent.say(visit.chat_id, "Good morning!")
    scene.deliver(*scene.giosg.webhooks.take("messages"))

    told = frames(socket)

    assert "Good morning!" in [frame["message"]["message"] for frame in told if frame["event"] == "message"]
    assert [frame["chat"]["status"] for frame in told if frame["event"] == "chat"] == ["active"]


def test_what_could_not_be_committed_is_not_told(scene: Scene, visit: Visit, socket: str) -> None:
    scene.giosg.agent.say(visit.chat_id, "Good morning!")
    (*_earlier, letter) = scene.giosg.webhooks.take("messages")

    with scene.breaking("TransactWriteItems", THROTTLED, about="known_seq"):
        assert scene.deliver(letter) == [503]

    assert frames(socket) == []


def test_a_lookup_that_fails_costs_nothing_but_the_frame(scene: Scene, visit: Visit, socket: str) -> None:
    throttled = ClientError({"Error": {"Code": "ThrottlingException"}}, "Query")

    with scene.breaking("Query", throttled, about="connection#"):
        assert scene.send(visit, "Is anybody there?").status == 201

    assert scene.texts(visit)[-1] == "Is anybody there?"
    assert frames(socket) == []
