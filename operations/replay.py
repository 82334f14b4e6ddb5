"""Chats compared with Giosg once more, on demand: one of them, or all whose comparison has failed for good."""

import argparse
import json
from typing import Any

from giosg_client.identifiers import is_uuid
from operations.command import Call, Command
from operations.stacks.deployed import DeployedStack
from operations.terminal import Refused

BATCH = 10
WAIT_SECONDS = 2
EMPTY_ANSWERS = 2
"""How many empty answers in a row mean that a queue is empty: one may be wrong."""


def replay_chat(stack: DeployedStack, chat_id: str) -> None:
    """Put a chat into the repair queue."""
    body = json.dumps({"chat_id": chat_id})
    stack.client("sqs").send_message(QueueUrl=stack.outputs["SyncQueueUrl"], MessageBody=body)


def replay_dead_letters(stack: DeployedStack) -> int:
    """Move every dead letter back into the repair queue, and return how many there were.

    A letter is deleted only once it is in the queue again: one that is there twice does no harm.

    A short poll asks some of the queue's servers and may find nothing where something is; a long one asks all of them:
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
    """
    sqs, moved, empty_answers = stack.client("sqs"), 0, 0
    while empty_answers < EMPTY_ANSWERS:
        letters = receive(sqs, stack.outputs["SyncDeadLettersUrl"])
        empty_answers = 0 if letters else empty_answers + 1
        for letter in letters:
            sqs.send_message(QueueUrl=stack.outputs["SyncQueueUrl"], MessageBody=letter["Body"])
            sqs.delete_message(QueueUrl=stack.outputs["SyncDeadLettersUrl"], ReceiptHandle=letter["ReceiptHandle"])
            moved += 1
    return moved


def receive(sqs: Any, url: str) -> list[dict[str, Any]]:
    answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=BATCH, WaitTimeSeconds=WAIT_SECONDS)
    letters: list[dict[str, Any]] = answer.get("Messages", [])
    return letters


def waiting(stack: DeployedStack) -> int:
    """Return how many dead letters there are, about."""
    return queue_length(stack, stack.outputs["SyncDeadLettersUrl"])


def queue_length(stack: DeployedStack, url: str) -> int:
    name = "ApproximateNumberOfMessages"
    return int(stack.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])


def add_arguments(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--chat", help="a chat's id")
    which.add_argument("--dead-letters", action="store_true", help="all chats whose comparison has failed for good")


def act(call: Call) -> int:
    stack = call.stack()
    if call.arguments.dead_letters:
        moved = replay_dead_letters(stack)
        return call.done(f"{moved} dead letters are in the repair queue again", dead_letters=moved)
    chat_id = call.arguments.chat.lower()
    if not is_uuid(chat_id):
        raise Refused(f"CHAT={chat_id}: a chat's id is a UUID")
    replay_chat(stack, chat_id)
    return call.done(f"Chat {chat_id} is in the repair queue", chat_id=chat_id)


COMMAND = Command(name="replay", help="compare chats with Giosg once more", act=act, add_arguments=add_arguments)
