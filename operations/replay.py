"""Chats compared with Giosg once more, on demand: one of them, or all whose comparison has failed for good."""

import json

from operations.stacks import DeployedStack

BATCH = 10


def replay_chat(stack: DeployedStack, chat_id: str) -> None:
    """Put a chat into the repair queue."""
    body = json.dumps({"chat_id": chat_id})
    stack.client("sqs").send_message(QueueUrl=stack.outputs["SyncQueueUrl"], MessageBody=body)


def replay_dead_letters(stack: DeployedStack) -> int:
    """Move every dead letter back into the repair queue, and say how many there were.

    A letter is deleted only once it is in the queue again: one that is there twice does no harm.
    """
    sqs, moved = stack.client("sqs"), 0
    dead = stack.outputs["SyncDeadLettersUrl"]
    while letters := sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=BATCH).get("Messages"):
        for letter in letters:
            sqs.send_message(QueueUrl=stack.outputs["SyncQueueUrl"], MessageBody=letter["Body"])
            sqs.delete_message(QueueUrl=dead, ReceiptHandle=letter["ReceiptHandle"])
            moved += 1
    return moved
