"""The delivery of webhooks over HTTP, retries and the log of it."""

import json
from collections.abc import Iterator
from queue import Queue
from threading import Semaphore
from typing import Any

import pytest
from local.giosg import SimulatedGiosg, Target
from local.giosg.faults.faults import Faults
from local.giosg.http.exchange import Answer, Request
from local.giosg.server.request_log import RequestLog
from local.giosg.server.server import Server
from local.giosg.server.service import Service

LONGEST_HOLD_SECONDS = 20
"""A test that fails releases nobody."""


class Receiver:
    """A receiver of webhooks that answers with the statuses it is given, then 204."""

    def __init__(self) -> None:
        self.received: Queue[tuple[str, dict[str, Any]]] = Queue()
        self.statuses: list[int] = []
        self._turns: Semaphore | None = None

    def hold(self) -> Semaphore:
        """Let the calls that come from now on wait for the semaphore."""
        self._turns = Semaphore(0)
        return self._turns

    def answer_at_once(self) -> None:
        """End that for further calls."""
        self._turns = None

    def answer(self, request: Request) -> Answer:
        turns = self._turns
        self.received.put((f"{request.path}?{request.query_string}", json.loads(request.body)))
        if turns:
            turns.acquire(timeout=LONGEST_HOLD_SECONDS)
        return Answer(status=self.statuses.pop(0) if self.statuses else 204)

    def take(self, count: int) -> list[tuple[str, dict[str, Any]]]:
        return [self.received.get(timeout=5) for _ in range(count)]


@pytest.fixture
def receiver(giosg: SimulatedGiosg) -> Iterator[Receiver]:
    receiver = Receiver()
    log = RequestLog()
    service = Service(
        answer_api=receiver.answer,
        answer_page=receiver.answer,
        faults=Faults(giosg.randomness, lambda: 0),
        log=log,
    )
    server = Server(0, service)
    thread = server.start()
    url = f"http://127.0.0.1:{server.server_port}/hooks"
    target = Target(
        chats_url=f"{url}/chats?secret=s",
        messages_url=f"{url}/messages?secret=s",
        retry_seconds=(0.01, 0.01),
        timeout_seconds=5.0,
    )
    giosg.webhooks.deliver_to(target)
    yield receiver
    giosg.webhooks.stop()
    server.stop(thread)


def test_each_kind_goes_to_its_own_url(giosg: SimulatedGiosg, receiver: Receiver) -> None:
    chat_id = giosg.website_visitor.start_chat("Hi")

    received = receiver.take(3)

    assert sorted(path for path, _ in received) == ["/hooks/chats?secret=s"] * 2 + ["/hooks/messages?secret=s"]
    assert giosg.messages(chat_id)[0] in [body["resource"] for _, body in received]
    assert giosg.webhooks.pending == []


def test_one_resource_has_its_notifications_in_order(giosg: SimulatedGiosg, receiver: Receiver) -> None:
    chat_id = giosg.website_visitor.start_chat("0")
    (message,) = giosg.messages(chat_id)
    for number in range(1, 30):
        giosg.agent.edit(message["id"], str(number))

    texts = [body["resource"]["message"] for path, body in receiver.take(32) if "messages" in path]

    assert texts == [str(number) for number in range(30)]


def test_eight_are_under_way_at_a_time(giosg: SimulatedGiosg, receiver: Receiver) -> None:
    held = receiver.hold()
    for _ in range(10):
        giosg.website_visitor.start_chat(None)

    receiver.take(8)
    assert receiver.received.empty()
    held.release()
    receiver.take(1)
    held.release(10)
    receiver.take(1)


def test_a_receiver_that_hangs_holds_up_its_own_resource_alone(giosg: SimulatedGiosg, receiver: Receiver) -> None:
    turns = receiver.hold()
    held = giosg.website_visitor.start_chat(None)
    receiver.take(1)
    giosg.website_visitor.end(held)
    receiver.answer_at_once()

    other = giosg.website_visitor.start_chat(None)

    assert receiver.take(1)[0][1]["resource_id"] == other
    turns.release()
    assert [body["resource_id"] for _, body in receiver.take(1)] == [held]


def test_what_is_under_way_to_an_earlier_target_is_waited_for(giosg: SimulatedGiosg, receiver: Receiver) -> None:
    turns = receiver.hold()
    giosg.website_visitor.start_chat(None)
    receiver.take(1)
    giosg.webhooks.deliver_to(Target(chats_url=None, messages_url=None))

    assert not giosg.webhooks.wait_until_delivered(timeout_seconds=0.1)
    turns.release()
    assert giosg.webhooks.wait_until_delivered(timeout_seconds=5)


def test_what_an_earlier_target_has_refused_is_not_tried_again(giosg: SimulatedGiosg, receiver: Receiver) -> None:
    turns, receiver.statuses = receiver.hold(), [503]
    giosg.website_visitor.start_chat(None)
    receiver.take(1)
    giosg.webhooks.deliver_to(Target(chats_url=None, messages_url=None))

    turns.release()

    assert giosg.webhooks.wait_until_delivered(timeout_seconds=5)
    assert [entry["status"] for entry in giosg.webhooks.log.entries()] == ["failed"]


def test_a_failure_is_tried_again(giosg: SimulatedGiosg, receiver: Receiver) -> None:
    receiver.statuses = [500, 302]

    giosg.website_visitor.start_chat(None)

    assert giosg.webhooks.wait_until_delivered(timeout_seconds=5)
    assert [body["resource"] for _, body in receiver.take(3)] == giosg.chats() * 3
    shown = [
        (entry["retry_index"], entry["status"], entry["response_status_code"]) for entry in giosg.webhooks.log.entries()
    ]
    assert shown == [(0, "failed", 500), (1, "failed", 302), (2, "successful", 204)]


def test_it_gives_up_after_the_last_retry(giosg: SimulatedGiosg, receiver: Receiver) -> None:
    receiver.statuses = [503] * 3

    giosg.website_visitor.start_chat(None)

    assert giosg.webhooks.wait_until_delivered(timeout_seconds=5)
    assert [entry["status"] for entry in giosg.webhooks.log.entries()] == ["failed"] * 3


def test_the_log_hides_the_secret(giosg: SimulatedGiosg, receiver: Receiver) -> None:
    giosg.website_visitor.start_chat(None)
    receiver.take(1)

    assert giosg.webhooks.wait_until_delivered(timeout_seconds=5)
    (entry,) = giosg.webhooks.log.entries()
    assert entry["endpoint_url"].endswith("/hooks/chats")
    assert "secret" not in json.dumps(entry)


def test_a_receiver_out_of_reach_is_a_failure_with_a_reason(giosg: SimulatedGiosg) -> None:
    giosg.webhooks.deliver_to(Target(chats_url="http://127.0.0.1:9/", messages_url=None, retry_seconds=()))

    giosg.website_visitor.start_chat("Hi")

    assert giosg.webhooks.wait_until_delivered(timeout_seconds=5)
    assert {entry["reason"] for entry in giosg.webhooks.log.entries()} == {"ConnectionError"}


def test_a_loss_on_request_is_never_delivered(giosg: SimulatedGiosg, receiver: Receiver) -> None:
    giosg.webhooks.misbehaviour.next("drop", times=2)

    chat_id = giosg.website_visitor.start_chat(None)
    giosg.website_visitor.say(chat_id, "Hi")
    giosg.website_visitor.say(chat_id, "Hello")

    bodies = [body for _, body in receiver.take(3)]
    assert "Hi" not in json.dumps(bodies)
    assert [entry["status"] for entry in giosg.webhooks.log.entries()][:2] == ["failed", "failed"]
