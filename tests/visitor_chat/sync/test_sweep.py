"""Chats are compared with Giosg in turn, and none has to wait for another one's trouble."""

import json
from collections.abc import Iterator
from concurrent.futures import Executor
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.aws import Context
from tests.toolkit.threads import InOrder, WhenWaitedFor
from tests.toolkit.visitors import Chatting
from tests.visitor_chat.scene import Scene, noted_queue

from visitor_chat import wiring
from visitor_chat.runtime import clock
from visitor_chat.runtime.clock import always
from visitor_chat.store.dynamodb_values import to_item
from visitor_chat.sync.sweep import CALLS_PER_CHAT, PERIOD, Sweep
from visitor_chat.sync.sweep_queue import SweepQueue


def queued(*bodies: str) -> list[dict[str, Any]]:
    return [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]


def naming(waiting: Chatting) -> str:
    return json.dumps({"chat_id": waiting.chat_id})


def chat_ids(body: str) -> list[str]:
    ids: list[str] = json.loads(body)["due_chat_ids"]
    return ids


def looked_at(scene: Scene) -> list[str]:
    """Return the chats that Giosg was asked for, in order."""
    return [call.path.rsplit("/", 1)[1] for call in scene.giosg.requests.matching(path="owned_chats/[^/]+$")]


def sweep(*, threads: Executor, calls_per_second: float = 5) -> Sweep:
    queue = SweepQueue(lambda: wiring.aws("sqs"), wiring.settings().sweep_queue_url)
    schedule, reconciler = wiring.store().sync_schedule, wiring.reconciler()
    return Sweep(schedule, queue, reconciler, calls_per_second=calls_per_second, clock=clock.now, threads=threads)


@pytest.fixture(autouse=True)
def alone(scene: Scene) -> None:
    """Begin with no chat that is due from the test before."""
    for record in scene.records("ChatsTable"):
        key = to_item({"pk": record["pk"], "sk": record["sk"]})
        wiring.aws("dynamodb").delete_item(TableName=wiring.settings().chats_table, Key=key)


@pytest.fixture
def handed_over(scene: Scene) -> Iterator[list[str]]:
    """The bodies of the messages that go into the sweep's queue from here on; a `full` one takes nothing."""
    with noted_queue() as bodies:
        yield bodies
    scene.sweep()


def failed(answer: dict[str, Any]) -> list[str]:
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


@pytest.mark.parametrize("body", ["not JSON", "[]", "{}", '{"chat_id": "no id"}'])
def test_a_message_that_names_no_chat_delays_no_other(scene: Scene, body: str) -> None:
    waiting = scene.start()
    scene.giosg.agent.say(waiting.chat_id, "Good morning!")

    assert failed(wiring.repairs().take(queued(body, naming(waiting)), Context())) == ["0"]

    assert "Good morning!" in scene.texts(waiting)


def test_a_chat_that_cannot_be_stored_delays_no_other(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, waiting = scene.start(), scene.start()
    scene.giosg.agent.say(waiting.chat_id, "Good morning!")
    chats = wiring.store().chats
    found = chats.find
    monkeypatch.setattr(chats, "find", lambda chat_id: 1 / 0 if chat_id == broken.chat_id else found(chat_id))
    scene.clock.instant += timedelta(minutes=10)

    scene.sweep()

    assert "Good morning!" in scene.texts(waiting)


def test_the_most_overdue_chat_comes_first(scene: Scene) -> None:
    older = scene.start()
    scene.clock.instant += timedelta(minutes=2)
    newer = scene.start()
    scene.clock.instant += timedelta(minutes=10)
    scene.giosg.requests.clear()

    scene.sweep()

    assert looked_at(scene) == [older.chat_id, newer.chat_id]


def test_chats_are_compared_side_by_side(scene: Scene) -> None:
    several = [scene.start() for _ in range(2)]
    for waiting in several:
        scene.giosg.agent.say(waiting.chat_id, "Good morning!")
    scene.clock.instant += timedelta(minutes=10)
    threads = WhenWaitedFor()

    sweep(threads=threads).compare([waiting.chat_id for waiting in several], has_time=always)

    assert threads.most_asked_for >= 2, "a second chat is begun only when the first is done"
    assert [scene.texts(waiting)[-1] for waiting in several] == ["Good morning!"] * 2


def test_what_there_is_no_time_for_stays_due(scene: Scene) -> None:
    waiting = scene.start()
    scene.clock.instant += timedelta(minutes=10)
    scene.giosg.requests.clear()

    scene.sweep(remaining_milliseconds=1_000)

    assert looked_at(scene) == []
    assert scene.is_due(waiting)


def test_a_chat_that_could_not_be_compared_is_due_again_soon(scene: Scene) -> None:
    waiting = scene.start()
    scene.clock.instant += timedelta(minutes=10)
    scene.giosg.faults.answer(500, path=f"owned_chats/{waiting.chat_id}")

    scene.sweep()
    assert not scene.is_due(waiting)
    scene.clock.instant += timedelta(minutes=2)

    assert scene.is_due(waiting)


def test_a_sweep_repeats_no_call_that_fails_as_giosg_has_its_reasons(scene: Scene) -> None:
    waiting = scene.start()
    scene.clock.instant += timedelta(minutes=10)
    scene.giosg.faults.answer(500, path=f"owned_chats/{waiting.chat_id}")
    scene.giosg.requests.clear()

    scene.sweep()

    assert len(looked_at(scene)) == 1


def test_what_was_handed_over_and_lost_is_handed_over_again(scene: Scene, handed_over: list[str]) -> None:
    waiting = scene.start()
    scene.clock.instant += timedelta(minutes=10)

    for _sweep in range(2):
        wiring.sweep().hand_over()

    assert [chat_ids(body) for body in handed_over] == [[waiting.chat_id]] * 2


def test_what_was_handed_over_twice_is_compared_once(scene: Scene, handed_over: list[str]) -> None:
    scene.start()
    scene.clock.instant += timedelta(minutes=10)
    for _sweep in range(2):
        wiring.sweep().hand_over()
    scene.giosg.requests.clear()

    wiring.repairs().take(queued(*handed_over), Context())

    assert len(looked_at(scene)) == 1


def test_what_is_due_before_the_next_sweep_is_handed_over_and_nothing_else(
    scene: Scene, handed_over: list[str]
) -> None:
    early, late = scene.start(), scene.start()
    now = scene.clock.instant
    for waiting, seconds in ((early, 59), (late, 61)):
        wiring.store().sync_schedule.postpone(waiting.chat_id, now + timedelta(seconds=seconds))

    wiring.sweep().hand_over()

    assert [chat_ids(body) for body in handed_over] == [[early.chat_id]]


def test_no_more_is_handed_over_than_can_be_compared_until_the_next_sweep(scene: Scene, handed_over: list[str]) -> None:
    several = [scene.start() for _ in range(3)]
    for number, waiting in enumerate(several):
        due_at = scene.clock.instant - timedelta(minutes=9 - number)
        wiring.store().sync_schedule.postpone(waiting.chat_id, due_at)

    slow = sweep(threads=InOrder(), calls_per_second=2 * CALLS_PER_CHAT / PERIOD.total_seconds())
    slow.hand_over()

    handed = [chat_id for body in handed_over for chat_id in chat_ids(body)]
    assert handed == [waiting.chat_id for waiting in several[:2]]


def test_what_a_full_queue_does_not_take_stays_due(scene: Scene, handed_over: list[str]) -> None:
    waiting = scene.start()
    scene.clock.instant += timedelta(minutes=10)
    handed_over.append("full")

    with pytest.raises(ClientError):
        wiring.sweep().hand_over()

    assert scene.is_due(waiting)


@pytest.mark.parametrize("named", [5, None, "no list", ["no id"], [None]], ids=str)
def test_a_message_that_names_no_due_chats_delays_no_other(scene: Scene, named: Any) -> None:
    waiting = scene.start()
    scene.giosg.agent.say(waiting.chat_id, "Good morning!")

    wiring.repairs().take(queued(json.dumps({"due_chat_ids": named}), naming(waiting)), Context())

    assert "Good morning!" in scene.texts(waiting)


def test_a_chat_that_speaks_while_it_is_compared_is_compared_again_soon(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = scene.start()
    scene.deliver()
    scene.clock.instant += timedelta(days=2)
    scene.sweep()
    messages = wiring.store().messages
    read = messages.all_of

    def beside(chat_id: str) -> Any:
        monkeypatch.undo()
        scene.giosg.agent.say(waiting.chat_id, "Good morning!")
        scene.deliver()
        return read(chat_id)

    scene.clock.instant += timedelta(hours=1)
    monkeypatch.setattr(messages, "all_of", beside)
    scene.sweep()

    assert scene.is_due(waiting, minutes=5)


def test_what_a_sweep_finds_makes_the_next_one_come_soon(scene: Scene) -> None:
    waiting = scene.start()
    scene.deliver()
    scene.clock.instant += timedelta(days=2)
    scene.giosg.agent.say(waiting.chat_id, "Are you still there?")
    scene.giosg.webhooks.take()

    scene.sweep()

    assert scene.is_due(waiting, minutes=4)
