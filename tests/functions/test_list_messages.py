"""GET /chats/{chat_id}/messages: cursors, pages and what becomes of messages."""

import pytest
from local.giosg import SimulatedGiosg
from tests.aws import Functions
from tests.functions.bad_values import NO_CURSORS, NO_LIMITS
from tests.functions.conftest import AwsCalls, stored_items
from tests.toolkit.visitors import Chatting, refused_fields, start
from tests.toolkit.webhooks import deliver

from visitor_chat.domain import cursors


def pages(chatting: Chatting, *, limit: int) -> list[list[str]]:
    """Follow `next` for as long as there is more."""
    texts, query, has_more = [], {"limit": str(limit)}, True
    while has_more:
        page = chatting.read(**query).json
        texts.append([message["message"] for message in page["messages"]])
        query["after"], has_more = page["next"], page["has_more"]
    return texts


def test_an_empty_chat_has_a_cursor_too(chatting: Chatting) -> None:
    page = chatting.read().json

    assert (page["messages"], page["has_more"]) == ([], False)
    assert page["chat"] == chatting.chat().json
    assert chatting.read(after=page["next"]).json == page


def test_nothing_new_leaves_the_cursor_as_it_is(chatting: Chatting) -> None:
    chatting.send("Hello?")
    page = chatting.read().json

    again = chatting.read(after=page["next"]).json

    assert (again["messages"], again["next"], again["has_more"]) == ([], page["next"], False)


@pytest.mark.parametrize(("limit", "sizes"), [(1, [1] * 5), (2, [2, 2, 1]), (5, [5]), (200, [5])])
def test_a_long_chat_comes_in_pages(chatting: Chatting, limit: int, sizes: list[int]) -> None:
    texts = [f"message {number}" for number in range(5)]
    for text in texts:
        chatting.send(text)

    found = pages(chatting, limit=limit)

    assert [len(page) for page in found if page] == sizes
    assert [text for page in found for text in page] == texts


def test_at_most_fifty_messages_come_unless_told_otherwise(talking: Chatting, aws_calls: AwsCalls) -> None:
    talking.read()

    assert [parameters["Limit"] for operation, parameters in aws_calls.made if operation == "Query"] == [51]


def test_a_cursor_finds_only_what_is_new(giosg: SimulatedGiosg, functions: Functions, chatting: Chatting) -> None:
    chatting.send("Hello?")
    cursor = chatting.read().json["next"]
    giosg.agent.say(chatting.chat_id, "Good morning!")
    deliver(giosg, functions)

    page = chatting.read(after=cursor).json

    assert [(each["type"], each["sender_type"], each["message"]) for each in page["messages"]] == [
        ("join", "agent", None),
        ("message", "agent", "Good morning!"),
    ]
    assert page["chat"]["status"] == "active"


def test_a_change_comes_again_after_the_cursor(giosg: SimulatedGiosg, functions: Functions, chatting: Chatting) -> None:
    message_id = giosg.agent.say(chatting.chat_id, "Good mourning!")
    deliver(giosg, functions)
    cursor = chatting.read().json["next"]
    giosg.agent.edit(message_id, "Good morning!")
    deliver(giosg, functions)

    (changed,) = chatting.read(after=cursor).json["messages"]

    assert (changed["id"], changed["message"]) == (message_id, "Good morning!")
    assert chatting.texts()[-1] == "Good morning!"


def test_a_removal_comes_after_the_cursor_and_takes_the_text_from_the_tables(
    giosg: SimulatedGiosg, functions: Functions, chatting: Chatting
) -> None:
    message_id = giosg.agent.say(chatting.chat_id, "swordfish", attachments=[{"title": "swordfish"}])
    deliver(giosg, functions)
    cursor = chatting.read().json["next"]
    giosg.agent.remove(message_id)
    deliver(giosg, functions)

    (removed,) = chatting.read(after=cursor).json["messages"]

    assert (removed["id"], removed["chat_id"], removed["is_removed"]) == (message_id, chatting.chat_id, True)
    assert (removed["message"], removed["attachments"]) == (None, [])
    assert (removed["sender_name"], removed["sender_avatar_url"]) == (None, None)
    assert "swordfish" not in str(stored_items())


def test_a_purge_takes_every_text_from_the_tables(
    giosg: SimulatedGiosg, functions: Functions, chatting: Chatting
) -> None:
    chatting.send("swordfish")
    giosg.agent.say(chatting.chat_id, "swordfish indeed", attachments=[{"text": "swordfish"}])
    deliver(giosg, functions)
    giosg.agent.purge(chatting.chat_id)
    deliver(giosg, functions)

    messages = chatting.read().json["messages"]

    assert {message["message"] for message in messages} == {None}
    assert len(messages) == 3
    assert "swordfish" not in str(stored_items())


def test_an_agent_has_the_public_name_alone(giosg: SimulatedGiosg, functions: Functions, chatting: Chatting) -> None:
    agent = giosg.add_agent("Internal Ingrid", alias="Inka from support", avatar_url="https://www.example.com/i.png")
    agent.say(chatting.chat_id, "Hello!")
    deliver(giosg, functions)

    page = chatting.read()

    assert {each["sender_name"] for each in page.json["messages"]} == {"Inka from support"}
    assert page.json["messages"][-1]["sender_avatar_url"] == "https://www.example.com/i.png"
    assert "Ingrid" not in page.text
    assert "Ingrid" not in str(stored_items())


def test_internal_entries_never_reach_a_visitor(
    giosg: SimulatedGiosg, functions: Functions, chatting: Chatting
) -> None:
    giosg.agent.tag(chatting.chat_id, "angry customer")
    giosg.agent.lock_shopping_cart(chatting.chat_id)
    giosg.agent.enter(chatting.chat_id, "brand_new_kind", "for agents' eyes")
    giosg.agent.rule_says(chatting.chat_id, "We will be with you soon")
    giosg.agent.autosuggest(chatting.chat_id, "Can I help you?")
    deliver(giosg, functions)

    assert [(each["type"], each["sender_type"], each["message"]) for each in chatting.read().json["messages"]] == [
        ("message", "system", "We will be with you soon"),
        ("message", "agent", "Can I help you?"),
    ]


def test_an_encrypted_message_has_no_text(giosg: SimulatedGiosg, functions: Functions, chatting: Chatting) -> None:
    giosg.agent.say(chatting.chat_id, "secret", is_encrypted=True)
    deliver(giosg, functions)

    assert chatting.texts() == [None, None]


def test_attachments_are_shown_with_harmless_addresses_alone(
    giosg: SimulatedGiosg, functions: Functions, chatting: Chatting
) -> None:
    attachment = {
        "title": "A shirt",
        "title_link_url": "https://www.example.com/shirts/42",
        "image_url": "javascript:alert(1)",
        "actions": [{"text": "Buy", "type": "button", "value": "buy"}],
    }
    giosg.agent.say(chatting.chat_id, "Look:", attachments=[attachment])
    deliver(giosg, functions)

    (shown,) = chatting.read().json["messages"][-1]["attachments"]

    assert (shown["title"], shown["title_link_url"]) == ("A shirt", "https://www.example.com/shirts/42")
    assert shown["image_url"] is None
    assert [action["text"] for action in shown["actions"]] == ["Buy"]


@pytest.mark.parametrize("bad", NO_LIMITS)
def test_a_limit_is_a_whole_number_from_1_to_200(talking: Chatting, bad: str) -> None:
    assert refused_fields(talking.read(limit=bad)) == ["limit"]
    assert refused_fields(talking.read(limit="201")) == ["limit"]
    assert talking.read(limit="200").status == 200


@pytest.mark.parametrize("bad", NO_CURSORS)
def test_what_is_no_cursor_is_refused(talking: Chatting, bad: str) -> None:
    assert refused_fields(talking.read(after=bad)) == ["after"]


def test_a_cursor_of_another_chat_is_refused(functions: Functions, talking: Chatting) -> None:
    other = start(functions, token=talking.token, message="Hello?")

    assert refused_fields(talking.read(after=other.read().json["next"])) == ["after"]


def test_a_cursor_of_the_list_of_chats_is_refused(functions: Functions, talking: Chatting) -> None:
    start(functions, token=talking.token)

    assert refused_fields(talking.read(after=talking.chats(limit="1").json["next"])) == ["after"]


def test_a_cursor_with_any_other_character_is_refused(talking: Chatting) -> None:
    cursor = talking.read().json["next"]
    altered = [cursor[:place] + ("A" if old != "A" else "B") + cursor[place + 1 :] for place, old in enumerate(cursor)]

    assert {tuple(refused_fields(talking.read(after=each))) for each in [*altered, cursor + "A", cursor[:-1]]} == {
        ("after",)
    }


def test_a_cursor_from_the_future_is_refused(talking: Chatting) -> None:
    assert refused_fields(talking.read(after=cursors.of_chat(talking.chat_id, 10_000))) == ["after"]


@pytest.mark.parametrize("place", ["x", "", "-1", "1.5", "9" * 5000, "0x1", "1_0", " 1", "\u0661"])
def test_a_cursor_that_somebody_made_up_is_refused(talking: Chatting, place: str) -> None:
    assert refused_fields(talking.read(after=cursors.encode(talking.chat_id, place))) == ["after"]
