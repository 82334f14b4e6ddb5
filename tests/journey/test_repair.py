"""What no webhook brought arrives all the same."""

import json
from datetime import UTC, datetime

import pytest
from local.giosg import Notification
from operations import replay
from operations.replay import replay_chat, replay_dead_letters
from operations.stacks.deployed import DeployedStack
from tests.toolkit import notifications
from tests.toolkit.deployment import Stack, wait_for

from visitor_chat.runtime.clock import to_text


def deployed(stack: Stack) -> DeployedStack:
    return DeployedStack(outputs=stack.local.outputs, client=stack.local.boto3_client)


def test_a_chat_is_compared_with_giosg_on_demand(stack: Stack) -> None:
    visitor = stack.start(message="Hello")
    stack.giosg.webhooks.misbehaviour.next("drop", times=10)
    stack.giosg.agent.say(visitor.chat_id, "lost on the way")

    replay_chat(deployed(stack), visitor.chat_id)

    wait_for(lambda: "lost on the way" in visitor.texts())
    assert visitor.read()["chat"]["status"] == "active"


def test_dead_letters_are_replayed(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "WAIT_SECONDS", 0)  # the emulator's queue is one server, which knows at once
    visitor = stack.start(message="Hello")
    stack.giosg.webhooks.misbehaviour.next("drop", times=10)
    stack.giosg.agent.say(visitor.chat_id, "lost for a while")
    body = json.dumps({"chat_id": visitor.chat_id})
    stack.local.boto3_client("sqs").send_message(QueueUrl=stack.local.outputs["SyncDeadLettersUrl"], MessageBody=body)

    assert replay_dead_letters(deployed(stack)) == 1

    wait_for(lambda: "lost for a while" in visitor.texts())


def test_a_doubtful_change_is_settled_by_asking_giosg(stack: Stack) -> None:
    """A part of a message that is not known otherwise is seen by nobody."""
    stack.giosg.webhooks.misbehaviour.next("drop", times=20)
    visitor = stack.start(message="Hello")
    message_id = stack.giosg.agent.say(visitor.chat_id, "first")
    stack.giosg.agent.edit(message_id, "second")
    stack.giosg.webhooks.misbehaviour.clear()

    part = notifications.of_message(stack.giosg, "changed", visitor.chat_id, message_id, {"message": "second"})
    stack.giosg.webhooks.send(Notification("messages", part))

    wait_for(lambda: visitor.texts() == ["Hello", "second"])


def test_a_chat_whose_turn_has_come_is_handed_to_the_queue_and_compared(stack: Stack) -> None:
    visitor = stack.start(message="Hello")
    stack.giosg.webhooks.misbehaviour.next("drop", times=10)
    stack.giosg.agent.say(visitor.chat_id, "lost until the sweep")
    stack.local.boto3_client("dynamodb").update_item(
        TableName=stack.local.outputs["ChatsTableName"],
        Key={"pk": {"S": f"chat#{visitor.chat_id}"}, "sk": {"S": "chat"}},
        UpdateExpression="SET sync_due_at = :due_at",
        ExpressionAttributeValues={":due_at": {"S": to_text(datetime.now(UTC))}},
    )

    stack.call_function("SyncChatsFunction")

    wait_for(lambda: "lost until the sweep" in visitor.texts())
