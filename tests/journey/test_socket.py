"""Sockets against the deployed API, with a real WebSocket client."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests import socket_api
from tests.toolkit.deployment import PATIENCE_SECONDS, Stack, Visitor, connected, wait_for
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection
from websockets.typing import Origin

SOCKETS = 5
ID_LENGTH = len("6e0b7c34-1f29-4a85-b3d7-50c2e8a9f416")
TOPICS_MAY_SEND = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": "*",
        },
    ],
}


@contextmanager
def opened(visitor: Visitor) -> Iterator[ClientConnection]:
    """Open a socket; it is ready when it has answered a ping."""
    ticket = visitor.call("POST", "/realtime").json()
    with connected(ticket["url"]) as socket:
        frame(socket, "pong", ping=True)
        yield socket


def frame(
    socket: ClientConnection,
    event: str,
    *,
    ping: bool = False,
    is_meant: Callable[[dict[str, Any]], bool] = lambda _frame: True,
) -> dict[str, Any]:
    """Wait for the next frame of a kind; `is_meant` tells it from others of its kind, any of which may come late."""
    if ping:
        socket.send(json.dumps({"action": "ping"}))
    while True:
        found: dict[str, Any] = json.loads(socket.recv(timeout=PATIENCE_SECONDS))
        socket_api.check(found)
        if found["event"] == event and is_meant(found):
            return found


def assert_silent(socket: ClientConnection) -> None:
    """Check that nothing but a pong comes: whatever was pushed before it would have come first."""
    socket.send(json.dumps({"action": "ping"}))
    assert json.loads(socket.recv(timeout=PATIENCE_SECONDS))["event"] == "pong"


def test_an_answer_reaches_both_tabs_and_nobody_else(stack: Stack) -> None:
    visitor, other = stack.start_with_agent(message="Hello"), stack.start_with_agent(message="Hi")
    with opened(visitor) as first, opened(visitor) as second, opened(other) as third:
        stack.giosg.agent.say(visitor.chat_id, "Good morning")

        for socket in (first, second):
            message = _message(socket, "Good morning")
            assert message["message"]["sender_type"] == "agent"
            assert message["chat_id"] == visitor.chat_id
        assert visitor.read(message["next"])["messages"] == []
        assert_silent(third)


def _message(socket: ClientConnection, text: str | None, message_id: str | None = None) -> dict[str, Any]:
    """Wait for a text, of a message if it matters: what tells of an agent who joined has no text."""

    def is_meant(found: dict[str, Any]) -> bool:
        said = found["message"]
        return said["message"] == text and message_id in {None, said["id"]}

    return frame(socket, "message", is_meant=is_meant)


def test_a_socket_that_opens_while_an_agent_speaks_hears_all_that_follows(stack: Stack) -> None:
    visitor = stack.start_with_agent(message="Hello")
    is_over = Event()

    def speak() -> None:
        while not is_over.wait(0.5):
            stack.giosg.agent.say(visitor.chat_id, "and another thing")

    with ExitStack() as open_sockets:
        with ThreadPoolExecutor(1) as agent:
            agent.submit(speak)
            try:
                urls = [visitor.call("POST", "/realtime").json()["url"] for _socket in range(SOCKETS)]
                sockets = [open_sockets.enter_context(connected(url, max_queue=None)) for url in urls]
            finally:
                is_over.set()
        stack.settle()
        stack.giosg.agent.say(visitor.chat_id, "the last thing")

        for socket in sockets:
            _message(socket, "the last thing")
            frame(socket, "pong", ping=True)


def test_a_ping_on_a_socket_that_the_stack_does_not_know_closes_it(stack: Stack) -> None:
    visitor = stack.start(message="Hello")
    dynamodb, table = stack.local.boto3_client("dynamodb"), stack.local.outputs["ConnectionsTableName"]
    with opened(visitor) as socket:
        for item in dynamodb.scan(TableName=table)["Items"]:
            dynamodb.delete_item(TableName=table, Key={"pk": item["pk"], "sk": item["sk"]})

        with pytest.raises(ConnectionClosed):
            frame(socket, "pong", ping=True)


def test_a_message_that_no_frame_can_carry_is_told_of(stack: Stack) -> None:
    visitor = stack.start_with_agent(message="Hello")
    with opened(visitor) as socket:
        stack.giosg.agent.say(visitor.chat_id, "\U0001f600" * 10_000)

        assert frame(socket, "changed") == {"event": "changed", "chat_id": visitor.chat_id}
    assert "\U0001f600" * 10_000 in visitor.texts()


def test_edits_removals_and_the_end_are_pushed(stack: Stack) -> None:
    visitor = stack.start(message="Hello")
    with opened(visitor) as socket:
        message_id = stack.giosg.agent.say(visitor.chat_id, "one")
        _message(socket, "one")

        stack.giosg.agent.edit(message_id, "two")
        assert _message(socket, "two")["message"]["id"] == message_id
        stack.giosg.agent.remove(message_id)
        assert _message(socket, None, message_id)["message"]["is_removed"] is True
        stack.giosg.agent.end(visitor.chat_id)
        frame(socket, "chat", is_meant=lambda found: found["chat"]["status"] == "ended")


def test_the_documented_examples_look_like_real_frames(stack: Stack) -> None:
    visitor = stack.start(message="Hello")
    with opened(visitor) as socket:
        stack.giosg.agent.say(visitor.chat_id, "Good morning")
        frames = _one_of_each(socket, {"message", "chat"}) | {"pong": frame(socket, "pong", ping=True)}
        stack.giosg.agent.remove_chat(visitor.chat_id)
        frames["chat_removed"] = frame(socket, "chat_removed")

    for event, real in frames.items():
        assert _shape(socket_api.example(event)) == _shape(real)


def _one_of_each(socket: ClientConnection, events: set[str]) -> dict[str, dict[str, Any]]:
    """Wait for frames of these kinds, in whatever order they come."""
    found: dict[str, dict[str, Any]] = {}
    while events - set(found):
        real = json.loads(socket.recv(timeout=PATIENCE_SECONDS))
        socket_api.check(real)
        found[real["event"]] = real
    return found


def _shape(part: Any) -> Any:
    """Return the names in an object and in those inside; ids and cursors are no names."""
    if not isinstance(part, dict):
        return None
    return {"an id" if len(name) == ID_LENGTH else name: _shape(value) for name, value in part.items()}


def test_what_came_while_the_line_was_down_is_read_from_the_cursor(stack: Stack) -> None:
    visitor = stack.start_with_agent(message="Hello")
    with opened(visitor) as socket:
        stack.giosg.agent.say(visitor.chat_id, "before")
        cursor = _message(socket, "before")["next"]
    stack.giosg.agent.say(visitor.chat_id, "meanwhile")
    wait_for(lambda: "meanwhile" in visitor.texts())

    with opened(visitor) as socket:
        newest = frame(socket, "pong", ping=True)["cursors"][visitor.chat_id]

    missed = visitor.read(cursor)
    assert [each["message"] for each in missed["messages"]] == ["meanwhile"]
    assert missed["next"] == newest != cursor


def test_a_ticket_opens_one_socket_once(stack: Stack) -> None:
    url = stack.start(message="Hello").call("POST", "/realtime").json()["url"]
    with connected(url):
        pass

    for refused in (url, url[:-1] + ("A" if url[-1] != "A" else "B"), url.split("?")[0]):
        with pytest.raises(InvalidStatus):
            connected(refused)


def test_a_page_of_a_foreign_origin_gets_no_socket(stack: Stack) -> None:
    url = stack.start(message="Hello").call("POST", "/realtime").json()["url"]

    with pytest.raises(InvalidStatus):
        connected(url, origin=Origin("https://evil.example.com"))


def test_an_open_socket_keeps_the_visitor_present(stack: Stack) -> None:
    visitor = stack.start(message="Hello")
    stack.giosg.requests.clear()

    with opened(visitor):
        wait_for(lambda: stack.giosg.requests.matching(method="PATCH", path=f"/visitors/{visitor.id}$"))


def test_an_absent_visitor_gets_a_notice(stack: Stack) -> None:
    sqs, sns = stack.local.boto3_client("sqs"), stack.local.boto3_client("sns")
    queue = sqs.create_queue(QueueName="device", Attributes={"Policy": json.dumps(TOPICS_MAY_SEND)})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=stack.local.outputs["NoticesTopicArn"], Protocol="sqs", Endpoint=arn)
    away, here = stack.start(message="Hello"), stack.start(message="Hi")

    with opened(here):
        stack.giosg.agent.say(here.chat_id, "You are here")
        answered = stack.giosg.agent.say(away.chat_id, "You are away")

        def noticed() -> str | None:
            """Return what tells of the one who is away: visitors of other tests may have left meanwhile, too."""
            messages = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages", [])
            return next((each["Body"] for each in messages if away.chat_id in each["Body"]), None)

        notice = wait_for(noticed)

    assert json.loads(json.loads(notice)["Message"])["message_id"] == answered
    assert "You are away" not in notice


def test_a_native_client_that_sends_the_sockets_own_host_gets_its_socket(stack: Stack) -> None:
    url = stack.start(message="Hello").call("POST", "/realtime").json()["url"]
    host = urlsplit(url).netloc
    assert host != urlsplit(stack.local.api_url).netloc

    with connected(url, origin=Origin(f"http://{host}")) as socket:
        frame(socket, "pong", ping=True)
