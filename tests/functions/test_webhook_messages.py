"""POST /giosg_webhooks/messages: what becomes of what Giosg tells of a message."""

import itertools
import uuid
from typing import Any

import pytest
from local.giosg import SimulatedGiosg
from tests.aws import Functions
from tests.functions.conftest import stored_items
from tests.toolkit import notifications
from tests.toolkit.notifications import Json
from tests.toolkit.visitors import Chatting, start

pytestmark = pytest.mark.usefixtures("empty_tables")


def tell(functions: Functions, *bodies: Json) -> None:
    for body in bodies:
        reply = functions.webhook("messages", body)
        assert (reply.status, reply.text) == (204, "")


def added(giosg: SimulatedGiosg, chatting: Chatting, text: str | None, **other: Any) -> Json:
    resource = notifications.whole_message(giosg, text, **other)
    return notifications.of_message(giosg, "added", chatting.chat_id, str(uuid.uuid4()), resource)


def later(body: Json, action: str, **resource: Any) -> Json:
    """Make another notification of the same message."""
    base = {name: body[name] for name in ("channel", "resource_id")} | {"action": action}
    return base if action == "removed" else base | {"resource": {"id": body["resource_id"], **resource}}


def test_an_agents_message_is_shown(giosg: SimulatedGiosg, functions: Functions, chatting: Chatting) -> None:
    body = added(giosg, chatting, "Good morning!")

    tell(functions, body)

    (message,) = chatting.read().json["messages"]
    assert (message["id"], message["message"]) == (body["resource_id"], "Good morning!")
    assert (message["sender_type"], message["sender_name"]) == ("agent", "Inka")
    assert chatting.chat().json["status"] == "active"


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_any_order_and_any_repeats_have_the_same_result(
    giosg: SimulatedGiosg, functions: Functions, chatting: Chatting, order: tuple[int, ...]
) -> None:
    first = added(giosg, chatting, "Good mourning!")
    bodies = [
        first,
        later(first, "changed", message="Good morn!", updated_at="2030-01-01T10:00:01.000Z"),
        later(first, "changed", message="Good morning!", updated_at="2030-01-01T10:00:02.000Z"),
    ]

    tell(functions, *(bodies[place] for place in order * 2))

    assert chatting.texts() == ["Good morning!"]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_removed_message_stays_removed_in_any_order(
    giosg: SimulatedGiosg, functions: Functions, chatting: Chatting, order: tuple[int, ...]
) -> None:
    first = added(giosg, chatting, "swordfish")
    bodies = [first, later(first, "changed", message="swordfish!"), later(first, "removed")]

    tell(functions, *(bodies[place] for place in order * 2))

    assert [message["message"] for message in chatting.read().json["messages"]] in ([], [None])
    assert "swordfish" not in str(stored_items("MessagesTable"))


def test_a_message_that_was_removed_before_it_came_is_never_shown(
    giosg: SimulatedGiosg, functions: Functions, chatting: Chatting
) -> None:
    body = added(giosg, chatting, "swordfish")

    tell(functions, later(body, "removed"), body)

    assert chatting.read().json["messages"] == []


def test_a_repeat_changes_nothing(giosg: SimulatedGiosg, functions: Functions, chatting: Chatting) -> None:
    body = added(giosg, chatting, "Good morning!")
    tell(functions, body)
    page = chatting.read().json

    tell(functions, body, body)

    assert chatting.read().json == page
    assert chatting.read(after=page["next"]).json["messages"] == []


def test_a_part_is_not_shown_before_the_rest(giosg: SimulatedGiosg, functions: Functions, chatting: Chatting) -> None:
    body = added(giosg, chatting, "Good morning!")

    tell(functions, later(body, "changed", message="Good evening!"))
    before = chatting.read().json["messages"]
    tell(functions, body)

    assert (before, chatting.texts()) == ([], ["Good evening!"])


def test_messages_that_come_in_the_wrong_order_keep_their_times(
    giosg: SimulatedGiosg, functions: Functions, chatting: Chatting
) -> None:
    times = ["2030-01-01T10:00:02.000Z", "2030-01-01T10:00:01.000Z", "2030-01-01T10:00:03"]

    tell(functions, *(added(giosg, chatting, at, created_at=at) for at in times))

    found = [message["created_at"] for message in chatting.read().json["messages"]]
    assert found == [times[0], times[1], "2030-01-01T10:00:03.000Z"]
    assert chatting.chat().json["last_message_at"] == "2030-01-01T10:00:03.000Z"


def shown(chatting: Chatting) -> list[str]:
    """Return the texts of a chat as clients show them."""
    messages = chatting.read(limit="200").json["messages"]
    return [each["message"] for each in sorted(messages, key=lambda each: (each["created_at"], each["sequence"]))]


def test_messages_of_one_instant_have_an_order_that_never_changes(
    giosg: SimulatedGiosg, functions: Functions, chatting: Chatting
) -> None:
    bodies = [added(giosg, chatting, text) for text in "abcdef"]
    tell(functions, *bodies)

    tell(functions, later(bodies[1], "changed", message="B"), bodies[0], later(bodies[4], "removed"))

    assert shown(chatting) == ["a", "B", "c", "d", None, "f"]


def test_a_message_of_that_instant_has_its_place_from_when_it_is_seen(
    giosg: SimulatedGiosg, functions: Functions, chatting: Chatting
) -> None:
    first, second = added(giosg, chatting, "a"), added(giosg, chatting, "b")

    tell(functions, later(second, "changed", message="B"), first, second)

    assert shown(chatting) == ["a", "B"]


@pytest.mark.parametrize("kind", ["tag_created", "tag_removed", "shoppingcart_locked", "something_new", "MSG"])
def test_kinds_that_are_not_for_visitors_are_not_even_stored(
    giosg: SimulatedGiosg, functions: Functions, chatting: Chatting, kind: str
) -> None:
    stored = stored_items("MessagesTable")

    tell(functions, added(giosg, chatting, "for agents' eyes", type=kind))

    assert stored_items("MessagesTable") == stored


def test_the_chat_in_the_channel_counts_whatever_the_resource_says(
    giosg: SimulatedGiosg, functions: Functions, chatting: Chatting
) -> None:
    other = start(functions)
    body = added(giosg, chatting, "Good morning!", chat_id=other.chat_id, id=str(uuid.uuid4()))

    tell(functions, body)

    assert (chatting.texts(), other.texts()) == (["Good morning!"], [])
    assert chatting.read().json["messages"][0]["id"] == body["resource_id"]


def test_a_live_credential_in_the_body_is_not_kept(
    giosg: SimulatedGiosg, functions: Functions, chatting: Chatting
) -> None:
    body = added(giosg, chatting, "Good morning!") | {"app_user_auth": {"access_token": "live-credential"}}

    tell(functions, body)

    assert "live-credential" not in str(stored_items())


@pytest.mark.parametrize(
    ("resource", "text"),
    [
        ({"message": ""}, None),
        ({"message": None}, None),
        ({"message": "a\0b"}, "a\0b"),
        ({"message": "a\ud800b"}, "a\ufffdb"),
        ({"sender_public_name": None}, "Good morning!"),
        ({"sender_public_name": ""}, "Good morning!"),
        ({"sender_avatar": "javascript:alert(1)"}, "Good morning!"),
        ({"sender_avatar": {"url": "javascript:alert(1)"}}, "Good morning!"),
        ({"attachments": None}, "Good morning!"),
        ({"attachments": ["x", 5, {}]}, "Good morning!"),
        ({"sender_type": "robot"}, "Good morning!"),
        ({"unknown": {"deep": [{}]}}, "Good morning!"),
    ],
)
def test_odd_content_is_shown_as_well_as_can_be(
    giosg: SimulatedGiosg, functions: Functions, chatting: Chatting, resource: Json, text: str | None
) -> None:
    tell(functions, added(giosg, chatting, "Good morning!") | {})
    body = added(giosg, chatting, "Good morning!")
    body["resource"] |= resource

    tell(functions, body)

    assert chatting.texts()[-1] == text
