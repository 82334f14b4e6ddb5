"""The function that compares chats with Giosg: from the queue, and in turn."""

import importlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from local.giosg import SimulatedGiosg
from tests.aws import Context, Functions
from tests.toolkit.clock import Clock
from tests.toolkit.visitors import Chatting, codes, start

from visitor_chat import wiring

pytestmark = pytest.mark.usefixtures("empty_tables")


def sync(event: dict[str, Any], **context: Any) -> dict[str, Any]:
    answer: dict[str, Any] = importlib.import_module("functions.sync_chats.app").handler(event, Context(**context))
    return answer


def sweep() -> list[str]:
    """Let the schedule call, and then the queue with what was handed over; return the chats."""
    sync({})
    sqs, handed_over = wiring.aws("sqs"), []
    while messages := sqs.receive_message(QueueUrl=wiring.settings().sweep_queue_url).get("Messages"):
        for message in messages:
            sqs.delete_message(QueueUrl=wiring.settings().sweep_queue_url, ReceiptHandle=message["ReceiptHandle"])
            handed_over.append(json.loads(message["Body"]))
    assert failed(sync(queued(*handed_over))) == []
    return [chat_id for body in handed_over for chat_id in body["due_chat_ids"]]


def queued(*bodies: Any) -> dict[str, Any]:
    records = [{"messageId": str(number), "body": json.dumps(body)} for number, body in enumerate(bodies)]
    return {"Records": records}


def failed(answer: dict[str, Any]) -> list[str]:
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


@pytest.mark.parametrize("write", [str.lower, str.upper, str.title])
def test_what_no_webhook_brought_is_found(
    giosg: SimulatedGiosg, waiting: Chatting, write: Callable[[str], str]
) -> None:
    giosg.agent.say(waiting.chat_id, "Good morning!")
    giosg.agent.end(waiting.chat_id)

    assert failed(sync(queued({"chat_id": write(waiting.chat_id)}))) == []

    assert "Good morning!" in waiting.texts()
    assert waiting.chat().json["status"] == "ended"


def test_an_edit_and_a_removal_that_no_webhook_told_are_found(
    giosg: SimulatedGiosg, waiting: Chatting, clock: Clock
) -> None:
    edited, removed = (giosg.agent.say(waiting.chat_id, text) for text in ("Good mourning!", "swordfish"))
    sync(queued({"chat_id": waiting.chat_id}))
    cursor = waiting.read().json["next"]
    giosg.agent.edit(edited, "Good morning!")
    giosg.agent.remove(removed)
    clock.advance(minutes=5)

    sync(queued({"chat_id": waiting.chat_id}))

    changed = {each["id"]: each["message"] for each in waiting.read(after=cursor).json["messages"]}
    assert changed == {edited: "Good morning!", removed: None}


def test_a_chat_that_giosg_removed_is_removed(giosg: SimulatedGiosg, waiting: Chatting) -> None:
    giosg.agent.remove_chat(waiting.chat_id)

    sync(queued({"chat_id": waiting.chat_id}))

    assert codes(waiting.chat()) == [(404, "chat_not_found")]


def test_one_bad_chat_delays_no_other(giosg: SimulatedGiosg, functions: Functions, waiting: Chatting) -> None:
    other = start(functions, message="Hello?")
    giosg.agent.end(other.chat_id)
    for _attempt in range(2):
        giosg.faults.answer(500, path=f"owned_chats/{waiting.chat_id}")

    answer = sync(queued({"chat_id": waiting.chat_id}, {"chat_id": other.chat_id}))

    assert failed(answer) == ["0"]
    assert other.chat().json["status"] == "ended"


def test_what_there_is_no_time_for_comes_again(waiting: Chatting) -> None:
    answer = sync(queued({"chat_id": waiting.chat_id}), remaining_milliseconds=1_000)

    assert failed(answer) == ["0"]


def test_open_chats_are_looked_at_in_turn_within_ten_minutes(
    giosg: SimulatedGiosg, waiting: Chatting, clock: Clock
) -> None:
    giosg.agent.say(waiting.chat_id, "Good morning!")
    clock.advance(minutes=9)

    assert sweep() == [waiting.chat_id]

    assert "Good morning!" in waiting.texts()


def test_a_chat_whose_end_is_known_is_looked_at_no_more(giosg: SimulatedGiosg, waiting: Chatting, clock: Clock) -> None:
    giosg.agent.end(waiting.chat_id)
    for _look in range(2):
        clock.advance(minutes=10)
        sync(queued({"chat_id": waiting.chat_id}))
    clock.advance(minutes=30)
    giosg.requests.clear()

    assert sweep() == []

    assert not giosg.requests.matching(path=waiting.chat_id)
