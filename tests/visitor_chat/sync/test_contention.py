"""Many changes of one chat at once: none is refused or lost, and nobody waits long for it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.aws import Context
from tests.toolkit.crowd import Rush, rush
from tests.toolkit.visitors import Chatting
from tests.visitor_chat.scene import Scene, noted_queue

from visitor_chat import wiring
from visitor_chat.sync.notifications import HURRIED_ATTEMPTS

FEW, MANY = 5, 20
REASONS: Any = {"CancellationReasons": [{"Code": "TransactionConflict"}]}
TAKEN = ClientError({"Error": {"Code": "TransactionCanceledException"}} | REASONS, "TransactWriteItems")


@pytest.fixture
def queued() -> Iterator[list[str]]:
    """The bodies of what is put into the repair queue; a `full` one takes nothing."""
    with noted_queue() as bodies:
        yield bodies


@pytest.fixture
def waiting(scene: Scene) -> Chatting:
    waiting = scene.start()
    scene.giosg.agent.join(waiting.chat_id)
    scene.deliver()
    return waiting


def take(*bodies: str) -> list[str]:
    """Do what is in the queue, and return the numbers of what failed."""
    records = [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]
    failed = wiring.repairs().take(records, Context())["batchItemFailures"]
    return [each["itemIdentifier"] for each in failed]


@pytest.fixture(scope="module")
def rushes() -> dict[int, Rush]:
    return {count: rush(count, seed=1) for count in (FEW, MANY)}


def test_messages_that_arrive_at_once_are_all_stored_within_seconds(rushes: dict[int, Rush]) -> None:
    done = rushes[MANY]

    assert done.refused == 0
    assert sorted(filter(None, done.texts)) == sorted(["Hello?", *(f"Answer {number}" for number in range(MANY))])
    assert done.stored_seconds < 2


def test_giosg_waits_less_than_a_second_however_many_arrive_at_once(rushes: dict[int, Rush]) -> None:
    assert max(rushes[MANY].answered_seconds) < 1


def test_each_of_many_messages_costs_about_as_much_as_each_of_few(rushes: dict[int, Rush]) -> None:
    assert rushes[MANY].attempts / MANY < 2.5 * rushes[FEW].attempts / FEW


def test_what_too_many_change_at_once_is_taken_in_from_the_queue(
    scene: Scene, waiting: Chatting, queued: list[str]
) -> None:
    scene.giosg.agent.say(waiting.chat_id, "Good morning!")
    with scene.breaking("TransactWriteItems", TAKEN, times=HURRIED_ATTEMPTS):
        assert scene.deliver(*scene.webhooks("added")) == [204]
    assert "Good morning!" not in scene.texts(waiting)

    assert take(*queued) == []

    assert "Good morning!" in scene.texts(waiting)


def test_what_the_queue_does_not_take_is_refused_for_giosg_to_try_again(
    scene: Scene, waiting: Chatting, queued: list[str]
) -> None:
    scene.giosg.agent.say(waiting.chat_id, "Good morning!")
    queued.append("full")

    with scene.breaking("TransactWriteItems", TAKEN, times=HURRIED_ATTEMPTS):
        assert scene.deliver(*scene.webhooks("added")) == [503]


def test_the_end_of_a_chat_that_too_many_change_is_taken_in_from_the_queue(
    scene: Scene, waiting: Chatting, queued: list[str]
) -> None:
    scene.giosg.agent.end(waiting.chat_id)
    changed = ClientError({"Error": {"Code": "ConditionalCheckFailedException"}}, "UpdateItem")
    with scene.breaking("UpdateItem", changed, about="known_seq", times=HURRIED_ATTEMPTS):
        scene.deliver()

    assert take(*queued) == []

    assert scene.chat(waiting).is_ended


def test_what_still_meets_too_many_comes_again_and_delays_no_other(
    scene: Scene, waiting: Chatting, queued: list[str]
) -> None:
    other = scene.start()
    scene.giosg.agent.say(waiting.chat_id, "Good morning!")
    with scene.breaking("TransactWriteItems", TAKEN, times=HURRIED_ATTEMPTS):
        scene.deliver()
    scene.giosg.agent.say(other.chat_id, "Good evening!")

    with scene.breaking("TransactWriteItems", TAKEN, about=waiting.chat_id, times=100):
        assert take(*queued, json.dumps({"chat_id": other.chat_id})) == ["0"]

    assert "Good evening!" in scene.texts(other)
    assert take(*queued) == []


@pytest.mark.parametrize("notification", [None, 5, [], {}, {"action": "added"}], ids=str)
def test_a_queued_notification_that_is_none_fails_alone(notification: Any) -> None:
    assert take(json.dumps({"notification": notification})) == ["0"]


def test_a_queued_notification_carries_no_token_of_the_apps_user(
    scene: Scene, waiting: Chatting, queued: list[str]
) -> None:
    scene.giosg.agent.say(waiting.chat_id, "Good morning!")
    with scene.breaking("TransactWriteItems", TAKEN, times=HURRIED_ATTEMPTS):
        scene.deliver()

    assert "app_user_auth" not in "".join(queued)
