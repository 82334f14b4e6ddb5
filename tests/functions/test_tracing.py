"""One id in whatever a request has caused: its lines, its queue messages, the tables' changes, and their events."""

import io
import json
from typing import Any

import pytest
from local.giosg import SimulatedGiosg
from tests.aws import WEBHOOK_SECRET, Functions
from tests.functions.conftest import AwsCalls, stored_items
from tests.functions.test_sync_chats import queued, sync
from tests.toolkit import notifications
from tests.toolkit.visitors import Chatting

from visitor_chat.realtime.event_bus import of_record
from visitor_chat.runtime import telemetry
from visitor_chat.store.dynamodb_values import to_item

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SECRET = {"secret": WEBHOOK_SECRET}
CALLERS = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}

pytestmark = pytest.mark.usefixtures("empty_tables")


def send(chatting: Chatting, message: str) -> Any:
    body = {"message": message}
    path = chatting.messages_path
    return chatting.functions.call("send_message", "POST", path, token=chatting.token, body=body, headers=CALLERS)


def written(log: io.StringIO, message: str) -> list[dict[str, Any]]:
    every = [json.loads(line) for line in log.getvalue().splitlines()]
    return [line for line in every if line.get("message") == message]


def test_a_request_has_its_callers_trace_in_its_line(chatting: Chatting, lines: io.StringIO) -> None:
    send(chatting, "Hello?")

    (line,) = written(lines, "request")
    assert line["trace_id"] == TRACE
    assert line["giosg"].keys() == {"post_visitors_chats_messages"}


def test_a_call_to_giosg_has_it_at_the_lowest_level(
    chatting: Chatting, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEAST_LOG_LEVEL", "DEBUG")
    telemetry.logger.setLevel("DEBUG")
    telemetry._least_severity.cache_clear()
    try:
        send(chatting, "Hello?")
    finally:
        telemetry.logger.setLevel("INFO")
        telemetry._least_severity.cache_clear()

    (line,) = written(lines, "giosg call")
    assert (line["call"], line["trace_id"]) == ("post_visitors_chats_messages", TRACE)


def test_an_event_has_the_trace_of_the_change_that_it_tells_of(chatting: Chatting) -> None:
    sent = send(chatting, "Hello?")

    (item,) = [each for each in stored_items("MessagesTable") if each["record"] == f"message#{sent.json['id']}"]
    event = of_record({"eventName": "INSERT", "eventID": "1", "dynamodb": {"NewImage": to_item(item)}})
    assert event is not None
    assert (event.kind, event.detail["trace_id"]) == ("chat.message.added", TRACE)


def test_a_comparison_has_the_trace_of_the_webhook_that_asked_for_it(
    giosg: SimulatedGiosg, functions: Functions, chatting: Chatting, aws_calls: AwsCalls
) -> None:
    odd = notifications.of_message(
        giosg, "changed", chatting.chat_id, notifications.SOME_MESSAGE, {"message": "part of it"}
    )
    functions.call("webhook_messages", "POST", "/giosg_webhooks/messages", body=odd, query=SECRET, headers=CALLERS)
    said = giosg.agent.say(chatting.chat_id, "Good morning!")

    (request,) = [body for operation, body in aws_calls.made if operation == "SendMessage"]
    sync({"Records": [{"messageId": "1", "body": request["MessageBody"]}]})

    (found,) = [each for each in stored_items("MessagesTable") if each["record"] == f"message#{said}"]
    assert found["trace_id"] == TRACE


def test_a_queue_message_names_no_trace_that_is_none(chatting: Chatting, lines: io.StringIO) -> None:
    chatting.end()
    sync(queued({"chat_id": notifications.SOME_CHAT, "trace_id": '","level":"ERROR'}))

    assert "ERROR" not in lines.getvalue()
