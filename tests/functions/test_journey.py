"""A visitor's chat from the first call to its end, through the functions' handlers."""

import pytest
from local.giosg import SimulatedGiosg
from tests.aws import Functions
from tests.toolkit.visitors import ask_to_start
from tests.toolkit.webhooks import deliver

pytestmark = pytest.mark.usefixtures("empty_tables")


def test_a_visitor_and_an_agent_talk(giosg: SimulatedGiosg, functions: Functions) -> None:
    started = ask_to_start(functions, visitor_name="Aino", message="Hello?")
    assert started.status == 201, started.text
    chat_id, token = started.json["chat"]["id"], started.json["visitor_token"]
    assert started.json["chat"]["status"] == "waiting"
    assert started.json["message"]["message"] == "Hello?"

    giosg.agent.say(chat_id, "Good morning!")
    deliver(giosg, functions)

    path = f"/chats/{chat_id}/messages"
    read = functions.call("list_messages", "GET", path, token=token)
    assert read.status == 200, read.text
    assert [each["message"] for each in read.json["messages"]] == ["Hello?", None, "Good morning!"]
    assert read.json["chat"]["status"] == "active"
    assert read.json["has_more"] is False

    giosg.agent.end(chat_id)
    deliver(giosg, functions)
    refused = functions.call("send_message", "POST", path, token=token, body={"message": "Thanks"})
    assert refused.status == 409
    assert refused.json["code"] == "chat_ended"
