"""Held messages that become chats, when something goes wrong between two steps."""

import importlib
import uuid
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError
from local.giosg import Fault
from tests.aws import Context, Reply
from tests.visitor_chat.scene import Scene

from visitor_chat import wiring
from visitor_chat.chats.held_delivery import RUN_LEASE
from visitor_chat.giosg.availability import FRESH


def set_doors(scene: Scene, *, are_open: bool) -> None:
    for agent in scene.giosg.agents:
        (agent.go_online if are_open else agent.go_offline)()


class LeftMessage:
    """A message that was left, and its visitor."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.id, self.text = str(uuid.uuid4()), f"Left alone {uuid.uuid4()}"
        set_doors(scene, are_open=False)
        scene.clock.instant += FRESH
        body = {"message": self.text, "client_message_id": self.id}
        reply = scene.functions.call("hold_message", "POST", "/held_messages", body=body)
        self.token, self.visitor_id = reply.json["visitor_token"], reply.json["visitor"]["id"]
        set_doors(scene, are_open=True)

    @property
    def status(self) -> str:
        reply = self._scene.functions.call("held_messages", "GET", "/held_messages", token=self.token)
        return str(reply.json["held_messages"][0]["status"])

    def withdraw(self) -> Reply:
        return self._scene.functions.call("held_messages", "DELETE", f"/held_messages/{self.id}", token=self.token)

    @property
    def chats(self) -> list[str]:
        """The chats that the visitor has at Giosg."""
        return [chat["id"] for chat in self._scene.giosg.chats(visitor_id=self.visitor_id)]

    @property
    def said_in(self) -> list[str]:
        giosg = self._scene.giosg
        return [chat for chat in self.chats for each in giosg.messages(chat) if each["message"] == self.text]


@pytest.fixture
def left(scene: Scene) -> LeftMessage:
    return LeftMessage(scene)


def run(scene: Scene, *, after: timedelta = timedelta(minutes=1)) -> None:
    """Let the schedule call."""
    scene.clock.instant += after
    importlib.import_module("functions.deliver_held_messages.app").handler({}, Context())


def test_a_chat_that_was_made_before_its_room_closed_is_the_messages_own(scene: Scene, left: LeftMessage) -> None:
    throttled = ClientError({"Error": {"Code": "ThrottlingException"}}, "UpdateItem")
    with scene.breaking("UpdateItem", throttled, about="#visitor_id = :visitor_id", times=2):
        run(scene)
    set_doors(scene, are_open=False)
    run(scene)
    answer = left.withdraw()
    set_doors(scene, are_open=True)
    run(scene)

    assert answer.status == 503
    assert left.status == "delivered"
    assert left.said_in == left.chats
    assert len(left.chats) == 1


def test_what_could_not_be_said_before_its_chat_ended_is_said_in_another(scene: Scene, left: LeftMessage) -> None:
    scene.giosg.faults.add(Fault(kind="drop", method="POST", path="/messages$"))
    run(scene)
    scene.giosg.agent.end(left.chats[0])
    scene.deliver()

    for _minute in range(3):
        run(scene)

    assert left.status == "delivered"
    assert left.said_in == left.chats[1:]
    assert len(left.chats) == 2


def test_what_has_begun_to_be_delivered_since_it_was_read_is_taken_back_no_more(
    scene: Scene, left: LeftMessage
) -> None:
    held_messages = wiring.store().held_messages
    held = held_messages.find(left.visitor_id, left.id)
    assert held is not None

    assert held_messages.begin_delivery(held)

    assert not held_messages.withdraw(held)
    run(scene)
    assert left.status == "delivered"


def test_a_delivery_that_was_begun_goes_on_after_its_messages_time(scene: Scene, left: LeftMessage) -> None:
    scene.giosg.faults.add(Fault(kind="drop", method="POST", path="/messages$"))
    run(scene)

    run(scene, after=timedelta(hours=73))

    assert left.status == "delivered"
    assert left.said_in == left.chats


def test_of_two_runs_in_one_minute_one_delivers(scene: Scene, left: LeftMessage) -> None:
    run(scene)
    another = LeftMessage(scene)

    run(scene, after=RUN_LEASE / 2)
    first = [left.status, another.status]
    run(scene)

    assert first == ["delivered", "held"]
    assert another.status == "delivered"
