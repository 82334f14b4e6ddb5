"""Two rooms of one stack side by side, over HTTP: each with agents of its own, who come and go."""

import uuid
from dataclasses import replace
from typing import Any

from tests.toolkit.deployment import ROOMS, Stack, Visitor, call, wait_for

SALES = ROOMS["sales"]


def get(stack: Stack, path: str) -> Any:
    return call("GET", f"{stack.local.api_url}{path}").json()


def test_visitors_of_two_rooms_talk_with_agents_of_each(stack: Stack) -> None:
    here, there = stack.start(message="In the shop?"), stack.start(message="An offer, please", room="sales")
    stack.giosg.agents_of(stack.giosg.room_id)[0].say(here.chat_id, "Yes, three left.")
    stack.giosg.agents_of(SALES)[0].say(there.chat_id, "Gladly.")

    wait_for(lambda: here.texts() == ["In the shop?", "Yes, three left."])
    wait_for(lambda: there.texts() == ["An offer, please", "Gladly."])
    assert [each.read()["chat"]["room"] for each in (here, there)] == ["default", "sales"]
    assert [chat["id"] for chat in stack.giosg.chats(visitor_id=there.id, room_id=SALES)] == [there.chat_id]


def test_a_message_that_is_left_in_one_room_while_the_other_is_open_is_answered_later(stack: Stack) -> None:
    stack.set_doors(SALES, are_open=False)
    listed = {each["room"]: each["is_online"] for each in get(stack, "/rooms")["rooms"]}
    sales, default = get(stack, "/availability?room=sales"), get(stack, "/availability")
    refused = stack.ask_to_start(room="sales")
    body = {"message": "Call me", "client_message_id": str(uuid.uuid4()), "room": "sales"}

    left = call("POST", f"{stack.local.api_url}/held_messages", json=body)
    # The delivery may have found the room closed by itself, as it is called each minute; the next test may start there.
    stack.set_doors(SALES, are_open=True, seen_by=["DeliverHeldMessagesFunction", "StartChatFunction"])
    stack.deliver_held_messages()

    assert listed == {"default": True, "sales": False}
    assert (sales["is_online"], sales["holds_messages"], default["is_online"]) == (False, True, True)
    assert (refused.status_code, refused.json()["code"]) == (409, "no_agents_online")
    assert left.status_code == 202
    visitor = Visitor(stack.local.api_url, left.json()["visitor"]["id"], left.json()["visitor_token"], chat_id="")
    delivered = wait_for(lambda: delivered_message(visitor))
    assert (delivered["id"], delivered["room"]) == (body["client_message_id"], "sales")
    begun = replace(visitor, chat_id=delivered["chat_id"])
    stack.giosg.agents_of(SALES)[0].say(begun.chat_id, "Here we are.")
    wait_for(lambda: begun.texts() == ["Call me", "Here we are."])


def delivered_message(visitor: Visitor) -> Any:
    """Return the visitor's held message once it has begun a chat."""
    (held,) = visitor.call("GET", "/held_messages").json()["held_messages"]
    return held if held["status"] == "delivered" else None
