"""Chats are compared with Giosg in turn, and none has to wait for another one's trouble."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from tests.aws import Context
from tests.visitor_chat.scene import Scene, Visit

from visitor_chat import clock, wiring
from visitor_chat.sweeping import Sweeping
from visitor_chat.syncing import Synced


def queued(*bodies: str) -> list[dict[str, Any]]:
    return [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]


def named(visit: Visit) -> str:
    return json.dumps({"chat_id": visit.chat_id})


def failed(answer: dict[str, Any]) -> list[str]:
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


@pytest.mark.parametrize("body", ["not JSON", "[]", "{}", '{"chat_id": "no id"}'])
def test_a_message_that_names_no_chat_delays_no_other(scene: Scene, body: str) -> None:
    visit = scene.visit()
    scene.giosg.agent.say(visit.chat_id, "Good morning!")

    assert failed(wiring.sweeping().sync_queued(queued(body, named(visit)), Context())) == ["0"]

    assert "Good morning!" in scene.texts(visit)


def test_a_chat_that_cannot_be_stored_delays_no_other(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    broken, visit = scene.visit(), scene.visit()
    scene.giosg.agent.say(visit.chat_id, "Good morning!")
    chats = wiring.store().chats
    found = chats.find
    monkeypatch.setattr(chats, "find", lambda chat_id: 1 / 0 if chat_id == broken.chat_id else found(chat_id))
    scene.clock.instant += timedelta(minutes=10)

    swept = wiring.sweeping().sync_due(Context())

    assert swept["failed"] == 1
    assert "Good morning!" in scene.texts(visit)


def test_the_most_overdue_chat_comes_first(scene: Scene) -> None:
    waiting = scene.visit()
    scene.clock.instant += timedelta(minutes=2)
    newer = scene.visit()
    scene.clock.instant += timedelta(minutes=10)
    scene.giosg.requests.clear()

    with ThreadPoolExecutor(max_workers=1) as one_at_a_time:
        sweeping = Sweeping(wiring.store(), wiring.syncing(), clock=clock.now, threads=lambda: one_at_a_time)
        sweeping.sync_due(Context())

    paths = [call.path for call in scene.giosg.requests.matching(path="owned_chats/[^/]+$")]
    looked_at = [path.rsplit("/", 1)[1] for path in paths]
    assert looked_at.index(waiting.chat_id) < looked_at.index(newer.chat_id)


def test_chats_are_compared_side_by_side(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        scene.visit()
    scene.clock.instant += timedelta(minutes=10)
    begun: list[str] = []
    are_two, sync = Event(), wiring.syncing().sync

    def sync_beside_another(chat_id: str) -> Synced:
        begun.append(chat_id)
        if len(begun) == 2:
            are_two.set()
        assert are_two.wait(10), "a second chat is begun only when the first is done"
        return sync(chat_id)

    monkeypatch.setattr(wiring.syncing(), "sync", sync_beside_another)

    assert wiring.sweeping().sync_due(Context())["failed"] == 0


def test_what_there_is_no_time_for_waits_for_the_next_run(scene: Scene) -> None:
    visit = scene.visit()
    scene.clock.instant += timedelta(minutes=10)

    swept = wiring.sweeping().sync_due(Context(remaining_milliseconds=1_000))

    assert (swept["done"], scene.is_due(visit)) == (0, True)


def test_a_chat_that_could_not_be_compared_is_due_again_soon(scene: Scene) -> None:
    visit = scene.visit()
    scene.clock.instant += timedelta(minutes=10)
    for _attempt in range(2):
        scene.giosg.faults.answer(500, path=f"owned_chats/{visit.chat_id}")

    wiring.sweeping().sync_due(Context())
    scene.clock.instant += timedelta(minutes=2)

    assert scene.is_due(visit)
