"""One answer for everybody, from Giosg at most once in ten seconds."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.visitor_chat.scene import Scene

from visitor_chat import wiring
from visitor_chat.domain.errors import GiosgDown
from visitor_chat.domain.rooms import Room
from visitor_chat.giosg.availability import FRESH, RoomStatus
from visitor_chat.runtime.clock import to_text
from visitor_chat.store.coordination import AVAILABILITY_LIFETIME, availability_key


def another_container(scene: Scene) -> RoomStatus:
    """Return what another container has, which remembers nothing yet."""
    return RoomStatus(wiring.giosg(), wiring.store().coordination, clock=scene.clock, sleep=scene.clock.sleep)


def here() -> Room:
    return wiring.rooms().default


def asked(scene: Scene) -> int:
    return len(scene.giosg.requests.matching(method="GET", path="/rooms/[^/]+$"))


@pytest.fixture
def nothing_known(scene: Scene) -> None:
    """Let all that was known be past its lifetime."""
    scene.clock.instant += AVAILABILITY_LIFETIME


def test_giosg_is_asked_once_in_ten_seconds_for_all_containers(scene: Scene) -> None:
    for _ in range(9):
        another_container(scene).availability(here())
        scene.clock.instant += timedelta(seconds=1)

    assert asked(scene) == 1


def test_a_change_is_seen_after_ten_seconds(scene: Scene) -> None:
    room = another_container(scene)
    assert room.availability(here()).is_online
    for agent in scene.giosg.agents:
        agent.go_offline()

    scene.clock.instant += FRESH

    assert not room.availability(here()).is_online


def test_the_last_answer_holds_for_five_minutes_without_giosg(scene: Scene) -> None:
    known = another_container(scene).availability(here())
    scene.clock.instant += timedelta(minutes=4, seconds=50)
    for _ in range(2):
        scene.giosg.faults.answer(500, path="/rooms/[^/]+$")

    assert another_container(scene).availability(here()) == known


@pytest.mark.usefixtures("nothing_known")
def test_without_any_answer_it_says_when_to_come_back(scene: Scene) -> None:
    for _ in range(2):
        scene.giosg.faults.answer(500, path="/rooms/[^/]+$")

    with pytest.raises(GiosgDown) as failure:
        another_container(scene).availability(here())

    assert failure.value.retry_after_seconds == 10


def test_a_failed_call_is_the_only_one_of_its_ten_seconds(scene: Scene) -> None:
    another_container(scene).availability(here())
    scene.clock.instant += FRESH
    scene.giosg.requests.clear()
    for _ in range(4):
        scene.giosg.faults.answer(400, path="/rooms/[^/]+$")

    for _ in range(4):
        another_container(scene).availability(here())

    assert asked(scene) == 1


@pytest.mark.usefixtures("nothing_known")
def test_who_finds_somebody_asking_waits_for_that_answer(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    coordination, room = wiring.store().coordination, another_container(scene)
    coordination.begin(
        availability_key(here().id), until=scene.clock() + FRESH, lifetime=AVAILABILITY_LIFETIME, facts={}
    )

    def answer(_seconds: float) -> None:
        coordination.record(
            availability_key(here().id),
            is_online=True,
            estimated_waiting_time_seconds=7,
            checked_at=to_text(scene.clock()),
        )

    sleep: Callable[[float], None] = answer
    monkeypatch.setattr(room, "_sleep", sleep)

    assert room.availability(here()).estimated_waiting_time_seconds == 7
    assert asked(scene) == 0
