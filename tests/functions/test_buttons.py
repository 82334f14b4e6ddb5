"""Buttons that agents and bots offer, and what becomes of a press."""

import uuid
from typing import Any

import pytest
from local.giosg import Fault, SimulatedGiosg
from local.giosg.faults.faults import Kind
from tests.aws import Functions, Reply
from tests.toolkit.visitors import Chatting, codes, refused_fields, start
from tests.toolkit.webhooks import deliver

BUTTONS = {
    "title": "How would you like to have it?",
    "actions": [
        {"text": "Deliver it", "value": "deliver"},
        {"text": "Read more", "type": "link_button", "value": "https://example.com"},
    ],
}


WRONG_IDS = {"message_id": 7, "attachment_id": "a", "action_id": ""}
WRONG_TYPES = {"message_id": "x", "attachment_id": ["a"], "action_id": "b"}


@pytest.fixture
def chatting(giosg: SimulatedGiosg, functions: Functions) -> Chatting:
    """Return a chat in which an agent has offered buttons."""
    chatting = start(functions, message="Two, please")
    giosg.agent.join(chatting.chat_id)
    giosg.agent.say(chatting.chat_id, None, attachments=[BUTTONS])
    deliver(giosg, functions)
    return chatting


def offered(chatting: Chatting, place: int = 0) -> dict[str, str]:
    """Return what presses one of the buttons."""
    message = next(each for each in chatting.read().json["messages"] if each["attachments"])
    attachment = message["attachments"][0]
    return {
        "message_id": message["id"],
        "attachment_id": attachment["id"],
        "action_id": attachment["actions"][place]["id"],
    }


def press(chatting: Chatting, action: Any, **fields: Any) -> Reply:
    body = {"action": action, **fields}
    return chatting.functions.call("send_message", "POST", chatting.messages_path, token=chatting.token, body=body)


def presses(giosg: SimulatedGiosg, chatting: Chatting) -> list[dict[str, Any]]:
    return [each for each in giosg.messages(chatting.chat_id) if each["type"] == "action"]


def test_a_press_reaches_giosg_as_an_action(giosg: SimulatedGiosg, chatting: Chatting) -> None:
    action = offered(chatting)

    reply = press(chatting, action)

    assert reply.status == 201
    assert (reply.json["type"], reply.json["sender_type"]) == ("action", "visitor")
    assert reply.json["action"] == action | {"text": "Deliver it", "value": "deliver"}
    (pressed,) = presses(giosg, chatting)
    assert (pressed["response_to_message_id"], pressed["response_value"]) == (action["message_id"], "deliver")


def test_the_same_press_again_is_the_same_message(giosg: SimulatedGiosg, chatting: Chatting) -> None:
    action, message_id = offered(chatting), str(uuid.uuid4())

    first = press(chatting, action, client_message_id=message_id)
    again = press(chatting, action, client_message_id=message_id)

    assert [first.status, again.status] == [201, 200]
    assert again.json == first.json
    assert len(presses(giosg, chatting)) == 1


def test_a_press_may_be_written_in_capitals(giosg: SimulatedGiosg, chatting: Chatting) -> None:
    action, message_id = offered(chatting), str(uuid.uuid4())
    capitals = {name: identifier.upper() for name, identifier in action.items()}

    first = press(chatting, capitals, client_message_id=message_id.upper())
    replies = [press(chatting, each, client_message_id=message_id) for each in (action, capitals)]

    assert first.status == 201
    assert first.json["action"].items() >= action.items()
    assert {(reply.status, reply.text) for reply in replies} == {(200, first.text)}
    assert len(presses(giosg, chatting)) == 1


def test_something_else_under_the_same_id_is_refused(chatting: Chatting) -> None:
    action, message_id = offered(chatting), str(uuid.uuid4())
    press(chatting, action, client_message_id=message_id)

    text = chatting.send("Deliver it", client_message_id=message_id)
    other = press(chatting, action | {"action_id": "another"}, client_message_id=message_id)

    assert codes(text, other) == [(409, "client_message_id_reused")] * 2


@pytest.mark.parametrize("kind", ["commit_then_drop", "drop", "commit_then_answer"])
def test_a_press_whose_answer_was_lost_is_pressed_once(giosg: SimulatedGiosg, chatting: Chatting, kind: Kind) -> None:
    action, message_id = offered(chatting), str(uuid.uuid4())
    giosg.faults.add(Fault(kind=kind, method="POST", path="/messages$", status=500))

    replies = [press(chatting, action, client_message_id=message_id) for _ in range(2)]

    assert replies[-1].status in {200, 201}
    assert len(presses(giosg, chatting)) == 1


def test_a_webhook_of_the_press_changes_nothing(
    giosg: SimulatedGiosg, functions: Functions, chatting: Chatting
) -> None:
    pressed = press(chatting, offered(chatting), client_message_id=str(uuid.uuid4())).json

    deliver(giosg, functions)

    assert [each for each in chatting.read().json["messages"] if each["type"] == "action"] == [pressed]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["message"]),
        ({"message": "Hi", "action": {}}, ["action.message_id", "action.attachment_id", "action.action_id", "action"]),
        ({"action": "deliver"}, ["action"]),
        (
            {"action": {"message_id": 7, "attachment_id": "a", "action_id": ""}},
            ["action.message_id", "action.action_id"],
        ),
        (
            {"action": {"message_id": "x", "attachment_id": ["a"], "action_id": "b"}},
            ["action.message_id", "action.attachment_id"],
        ),
    ],
    ids=["neither", "both", "no object", "wrong ids", "wrong types"],
)
def test_what_is_no_press_is_refused(chatting: Chatting, body: dict[str, Any], fields: list[str]) -> None:
    reply = chatting.functions.call("send_message", "POST", chatting.messages_path, token=chatting.token, body=body)

    assert refused_fields(reply) == fields


def test_what_was_not_offered_is_not_found(giosg: SimulatedGiosg, functions: Functions, chatting: Chatting) -> None:
    action, link = offered(chatting), offered(chatting, 1)
    other = start(functions, message="Hello")
    own = chatting.send("I offer").json

    replies = [
        press(chatting, action | {"action_id": "another"}),
        press(chatting, action | {"attachment_id": "another"}),
        press(chatting, action | {"message_id": str(uuid.uuid4())}),
        press(chatting, action | {"message_id": own["id"]}),
        press(chatting, link),
        press(other, action),
    ]

    assert codes(*replies) == [(404, "action_not_found")] * 6
    assert presses(giosg, chatting) == []


def test_a_button_of_a_removed_message_is_not_found(
    giosg: SimulatedGiosg, functions: Functions, chatting: Chatting
) -> None:
    action = offered(chatting)
    giosg.agent.remove(action["message_id"])
    deliver(giosg, functions)

    assert codes(press(chatting, action)) == [(404, "action_not_found")]


def test_a_press_in_an_ended_chat_is_refused(chatting: Chatting) -> None:
    action = offered(chatting)
    chatting.end()

    assert codes(press(chatting, action)) == [(409, "chat_ended")]
