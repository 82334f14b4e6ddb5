"""An erasure takes as long as a request at most, and comes to an end whatever happens."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.aws import Context
from tests.toolkit.visitors import Chatting, ask_to_start
from tests.visitor_chat.scene import Scene

from visitor_chat import wiring
from visitor_chat.runtime.clock import to_epoch_seconds
from visitor_chat.store.dynamodb_values import to_item
from visitor_chat.sync import erasure
from visitor_chat.sync.erasure import FOLLOW_UP_SECONDS, LONGEST_REQUEST

BUSY = ClientError({"Error": {"Code": "ThrottlingException"}}, "BatchWriteItem")
SILENT = ClientError({"Error": {"Code": "ServiceUnavailable"}}, "SendMessage")


@pytest.fixture
def waiting(scene: Scene) -> Chatting:
    return scene.start("swordfish")


def fill(scene: Scene, chat_id: str, count: int) -> None:
    """Store so many messages of a chat, 25 at a time."""
    expires_at = to_epoch_seconds(scene.clock() + timedelta(days=30))
    table = wiring.settings().messages_table
    for start in range(0, count, 25):
        items = [
            {"chat_id": chat_id, "record": f"message#{uuid.uuid4()}", "content": {"message": "swordfish"}}
            | {"visitor_id": "0" * 32, "expires_at": expires_at}
            for _number in range(start, min(start + 25, count))
        ]
        puts = [{"PutRequest": {"Item": to_item(item)}} for item in items]
        wiring.aws("dynamodb").batch_write_item(RequestItems={table: puts})


def is_anything_left(scene: Scene, waiting: Chatting) -> bool:
    settings = wiring.settings()
    tables = (settings.messages_table, settings.chats_table, settings.visitors_table, settings.credentials_table)
    visitor_id = waiting.visitor_id
    about = [str(record) for table in tables for record in scene.records(table)]
    return any(
        word in record
        for record in about
        if waiting.chat_id in record or visitor_id in record
        for word in ("swordfish", "secret_hash", "access_token")
    )


@contextmanager
def heard(service: str, operation: str) -> Iterator[list[Any]]:
    """Note the parameters of an operation's calls."""
    calls: list[Any] = []
    hooks, event = wiring.aws(service).meta.events, f"provide-client-params.{service}.{operation}"

    def note(params: Any, **_rest: Any) -> None:
        calls.append(params)

    hooks.register(event, note)
    yield calls
    hooks.unregister(event, note)


@contextmanager
def slow(scene: Scene, *, seconds: float) -> Iterator[None]:
    """Let every batch of deletions take so long."""
    hooks = wiring.aws("dynamodb").meta.events

    def wait(**_request: Any) -> None:
        scene.clock.sleep(seconds)

    hooks.register_first("before-send.dynamodb.BatchWriteItem", wait, unique_id="slow")
    yield
    hooks.unregister("before-send.dynamodb.BatchWriteItem", unique_id="slow")


@contextmanager
def broken(service: str, operation: str, error: ClientError) -> Iterator[None]:
    hooks, event = wiring.aws(service).meta.events, f"before-send.{service}.{operation}"

    def fail(**_request: Any) -> None:
        raise error

    hooks.register_first(event, fail, unique_id="broken")
    yield
    hooks.unregister(event, unique_id="broken")


def go_on(queued: list[Any]) -> dict[str, Any]:
    """Do what is in the queue."""
    bodies = [each["MessageBody"] for each in queued if "erase_visitor_id" in each["MessageBody"]]
    records = [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]
    return wiring.repairs().take(records, Context(remaining_milliseconds=60_000))


def test_many_messages_are_erased_in_batches(scene: Scene, waiting: Chatting) -> None:
    fill(scene, waiting.chat_id, 1500)

    with heard("dynamodb", "BatchWriteItem") as batches, heard("dynamodb", "DeleteItem") as single:
        assert waiting.erase().status == 204

    assert not is_anything_left(scene, waiting)
    assert len(batches) < 70
    assert len(single) < 10


def test_what_takes_longer_than_a_request_goes_on_from_the_queue(scene: Scene, waiting: Chatting) -> None:
    fill(scene, waiting.chat_id, 600)
    began_at = scene.clock()

    with heard("sqs", "SendMessage") as queued, slow(scene, seconds=1):
        erased = waiting.erase()
    took = scene.clock() - began_at

    assert erased.status == 204
    assert LONGEST_REQUEST <= took < timedelta(seconds=FOLLOW_UP_SECONDS)
    assert is_anything_left(scene, waiting)
    assert go_on(queued)["batchItemFailures"] == []
    assert not is_anything_left(scene, waiting)


def test_the_token_is_dead_at_once_all_the_same(scene: Scene, waiting: Chatting) -> None:
    fill(scene, waiting.chat_id, 600)
    with slow(scene, seconds=1):
        waiting.erase()

    answers = [
        waiting.chats(),
        waiting.read(),
        waiting.send("Are you still there?"),
        ask_to_start(scene.functions, token=waiting.token),
    ]

    assert [answer.status for answer in answers] == [401] * 4


def test_what_is_said_while_an_erasure_is_under_way_is_not_stored(scene: Scene, waiting: Chatting) -> None:
    fill(scene, waiting.chat_id, 600)
    scene.giosg.webhooks.take()
    with heard("sqs", "SendMessage") as queued, slow(scene, seconds=1):
        waiting.erase()
    scene.giosg.agent.say(waiting.chat_id, "swordfish again")

    assert set(scene.deliver()) == {204}

    go_on(queued)
    assert not is_anything_left(scene, waiting)


def test_many_chats_are_erased_side_by_side_and_go_on_from_the_queue(
    scene: Scene, waiting: Chatting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure, "CHATS_AT_ONCE", 2)
    for _chat in range(4):
        scene.start("swordfish", token=waiting.token)

    with heard("sqs", "SendMessage") as queued, slow(scene, seconds=5):
        assert waiting.erase().status == 204
    assert is_anything_left(scene, waiting)

    assert go_on(queued)["batchItemFailures"] == []
    assert not is_anything_left(scene, waiting)


def test_an_erasure_that_breaks_off_is_finished_from_the_queue(scene: Scene, waiting: Chatting) -> None:
    with heard("sqs", "SendMessage") as queued, broken("dynamodb", "BatchWriteItem", BUSY):
        assert waiting.erase().status == 204
        assert len(go_on(queued)["batchItemFailures"]) == 1
    assert is_anything_left(scene, waiting)

    assert go_on(queued)["batchItemFailures"] == []
    assert not is_anything_left(scene, waiting)


def test_without_the_queue_an_erasure_is_done_by_the_request(scene: Scene, waiting: Chatting) -> None:
    with broken("sqs", "SendMessage", SILENT):
        assert waiting.erase().status == 204

    assert not is_anything_left(scene, waiting)


def test_what_neither_the_request_nor_the_queue_can_do_is_refused_and_may_be_asked_for_again(
    scene: Scene, waiting: Chatting
) -> None:
    with broken("sqs", "SendMessage", SILENT), broken("dynamodb", "BatchWriteItem", BUSY):
        assert waiting.erase().status == 503

    assert [waiting.erase().status for _time in range(2)] == [204, 401]
    assert not is_anything_left(scene, waiting)


def test_an_erasure_that_was_done_may_be_done_again(waiting: Chatting) -> None:
    with heard("sqs", "SendMessage") as queued:
        waiting.erase()

    assert [go_on(queued)["batchItemFailures"] for _time in range(2)] == [[], []]


@pytest.mark.parametrize("visitor_id", ["", "nobody", 5, None, ["x"]])
def test_a_message_that_names_no_visitor_erases_nobody(scene: Scene, waiting: Chatting, visitor_id: Any) -> None:
    answer = go_on([{"MessageBody": json.dumps({"erase_visitor_id": visitor_id})}])

    assert len(answer["batchItemFailures"]) == 1
    assert scene.texts(waiting) == ["swordfish"]


def test_the_removal_of_a_long_chat_is_done_in_batches_too(scene: Scene, waiting: Chatting) -> None:
    fill(scene, waiting.chat_id, 500)
    scene.giosg.webhooks.take()
    scene.giosg.agent.remove_chat(waiting.chat_id)

    with heard("dynamodb", "BatchWriteItem") as batches:
        scene.deliver()

    assert list(wiring.store().messages.all_of(waiting.chat_id)) == []
    assert len(batches) <= 21


def test_what_busy_tables_leave_of_a_batch_is_deleted_after_a_pause(scene: Scene, waiting: Chatting) -> None:
    fill(scene, waiting.chat_id, 20)
    hooks, left = wiring.aws("dynamodb").meta.events, [2]
    asked: list[Any] = []

    def ask(params: dict[str, Any], **_rest: Any) -> None:
        asked.append(params["RequestItems"])
        if left[0]:
            table, requests = next(iter(params["RequestItems"].items()))
            params["RequestItems"] = {table: requests[:1]}

    def answer(parsed: dict[str, Any], **_rest: Any) -> None:
        if left[0]:
            left[0] -= 1
            table, requests = next(iter(asked[-1].items()))
            parsed["UnprocessedItems"] = {table: requests[1:]} if requests[1:] else {}

    hooks.register("provide-client-params.dynamodb.BatchWriteItem", ask)
    hooks.register("after-call.dynamodb.BatchWriteItem", answer)
    scene.deliver()
    wiring.store().messages.erase(waiting.chat_id)
    hooks.unregister("provide-client-params.dynamodb.BatchWriteItem", ask)
    hooks.unregister("after-call.dynamodb.BatchWriteItem", answer)

    assert list(wiring.store().messages.all_of(waiting.chat_id)) == []
    assert len(asked) == 3
