"""Messages that are left while nobody is there, when something goes wrong meanwhile."""

import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.aws import Reply
from tests.visitor_chat.scene import Scene

from visitor_chat import wiring

CONFLICT: Any = {
    "Error": {"Code": "TransactionCanceledException"},
    "CancellationReasons": [{"Code": "TransactionConflict"}],
}


@pytest.fixture(autouse=True)
def nobody_there(scene: Scene) -> None:
    for agent in scene.giosg.agents:
        agent.go_offline()


def hold(scene: Scene, *, token: str | None = None, message_id: str | None = None) -> Reply:
    body = {"message": "Call me back", "client_message_id": message_id or str(uuid.uuid4())}
    return scene.functions.call("hold_message", "POST", "/held_messages", token=token, body=body)


def test_what_cannot_be_stored_beside_something_else_is_stored_a_moment_later(scene: Scene) -> None:
    token = hold(scene).json["visitor_token"]
    conflict = ClientError(CONFLICT, "TransactWriteItems")

    with scene.breaking("TransactWriteItems", conflict, about="held_queue"):
        reply = hold(scene, token=token)

    assert reply.status == 202


def test_what_can_never_be_stored_beside_others_may_be_tried_again(scene: Scene) -> None:
    token = hold(scene).json["visitor_token"]
    conflict = ClientError(CONFLICT, "TransactWriteItems")

    with scene.breaking("TransactWriteItems", conflict, about="held_queue", times=100):
        reply = hold(scene, token=token)

    assert (reply.status, reply.json["code"]) == (503, "try_again")


def test_a_message_that_two_requests_bring_at_once_is_held_once(scene: Scene) -> None:
    first, message_id = hold(scene).json, str(uuid.uuid4())
    token, replies = first["visitor_token"], []

    with scene.meanwhile("TransactWriteItems", lambda: replies.append(hold(scene, token=token, message_id=message_id))):
        replies.append(hold(scene, token=token, message_id=message_id))

    _held, waiting = wiring.store().held_messages.find_and_count(token.partition(".")[0], message_id)
    assert ([reply.status for reply in replies], waiting) == ([202, 200], 2)
