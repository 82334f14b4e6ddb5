"""An event is in the tables before it is answered, or it is not answered."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.toolkit.visitors import Chatting
from tests.visitor_chat.scene import Scene

from visitor_chat import wiring

REASONS: Any = {"CancellationReasons": [{"Code": "ConditionalCheckFailed"}, {"Code": "None"}]}
OVERTAKEN = ClientError({"Error": {"Code": "TransactionCanceledException"}} | REASONS, "TransactWriteItems")
THROTTLED = ClientError({"Error": {"Code": "ThrottlingException"}}, "TransactWriteItems")


@pytest.fixture
def queued(scene: Scene) -> Iterator[list[str]]:  # noqa: ARG001 - it is the scene's queue
    """Return the chats that are put into the repair queue."""
    chats: list[str] = []

    def note(request: Any, **_rest: Any) -> None:
        chats.append(json.loads(json.loads(request.body)["MessageBody"])["chat_id"])

    hooks = wiring.aws("sqs").meta.events
    hooks.register_last("before-send.sqs.SendMessage", note, unique_id="queued")
    yield chats
    hooks.unregister("before-send.sqs.SendMessage", unique_id="queued")


def test_who_was_overtaken_reads_again_and_commits(scene: Scene, waiting: Chatting) -> None:
    scene.giosg.agent.rule_says(waiting.chat_id, "one")

    with scene.breaking("TransactWriteItems", OVERTAKEN, times=3):
        assert scene.deliver() == [204]

    assert scene.texts(waiting) == ["Hello?", "one"]


@pytest.mark.parametrize("first", ["added", "removed"])
def test_who_was_overtaken_by_what_no_visitor_sees_reads_again(scene: Scene, waiting: Chatting, first: str) -> None:
    """The rest of a message, of which a part is kept, meets its removal: what is unseen does not change the chat."""
    message_id = scene.giosg.agent.rule_says(waiting.chat_id, "one")
    scene.giosg.agent.edit(message_id, "two")
    scene.giosg.agent.remove(message_id)
    letters = {each.body["action"]: each for each in scene.giosg.webhooks.take("messages")}
    scene.deliver(letters.pop("changed"))
    began = letters.pop(first)

    with scene.meanwhile("TransactWriteItems", lambda: scene.deliver(*letters.values())):
        assert scene.deliver(began) == [204]

    stored = wiring.store().messages.find(waiting.chat_id, message_id)
    assert stored is not None
    assert (stored.is_removed, stored.content.get("message")) == (True, None)
    assert (stored.seq is not None) == (first == "removed"), "who has seen it sees it removed"


def test_a_webhook_that_could_not_be_stored_is_given_back(scene: Scene, waiting: Chatting) -> None:
    scene.giosg.agent.rule_says(waiting.chat_id, "one")

    with scene.breaking("TransactWriteItems", THROTTLED):
        assert scene.deliver() == [503]


def test_a_repeat_is_not_stored_again(scene: Scene, waiting: Chatting) -> None:
    scene.giosg.agent.rule_says(waiting.chat_id, "one")
    letters = scene.webhooks("added")
    scene.deliver(*letters)
    before = scene.chat(waiting).seq

    scene.deliver(*letters)

    assert scene.chat(waiting).seq == before


def test_changes_whose_order_is_unknown_have_the_chat_looked_at(
    scene: Scene, waiting: Chatting, queued: list[str]
) -> None:
    message_id = scene.giosg.agent.rule_says(waiting.chat_id, "one")
    for text in ("two", "three"):
        scene.giosg.agent.edit(message_id, text)

    scene.deliver()

    assert queued == [waiting.chat_id]


def test_a_doubt_that_could_not_be_queued_is_not_lost(scene: Scene, waiting: Chatting, queued: list[str]) -> None:
    message_id = scene.giosg.agent.rule_says(waiting.chat_id, "one")
    scene.giosg.agent.edit(message_id, "two")
    scene.deliver()
    scene.giosg.agent.edit(message_id, "three")
    letters = scene.webhooks("changed")
    refused = ClientError({"Error": {"Code": "ServiceUnavailable"}}, "SendMessage")
    hooks = wiring.aws("sqs").meta.events

    def fail(**_request: Any) -> None:
        raise refused

    hooks.register_first("before-send.sqs.SendMessage", fail, unique_id="refused")
    first = scene.deliver(*letters)
    hooks.unregister("before-send.sqs.SendMessage", unique_id="refused")

    assert (first, scene.deliver(*letters)) == ([503], [204])
    assert queued == [waiting.chat_id]


def test_a_single_edit_costs_no_look_at_giosg(scene: Scene, waiting: Chatting, queued: list[str]) -> None:
    message_id = scene.giosg.agent.rule_says(waiting.chat_id, "one")
    scene.giosg.agent.edit(message_id, "two")

    scene.deliver()

    assert (scene.texts(waiting)[-1], queued) == ("two", [])


def test_a_removal_beside_something_else_is_done_all_the_same(scene: Scene, waiting: Chatting) -> None:
    scene.giosg.agent.remove_chat(waiting.chat_id)
    conflict = ClientError({"Error": {"Code": "TransactionConflictException"}}, "PutItem")

    with scene.breaking("PutItem", conflict, times=2):
        assert scene.deliver() == [204]

    assert waiting.chat_id not in [record.get("chat_id") for record in scene.records("MessagesTable")]
