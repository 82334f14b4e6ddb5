"""POST /giosg_webhooks/chats: what becomes of what Giosg tells of a chat."""

import itertools
from typing import Any

import boto3
import pytest
from local.giosg import SimulatedGiosg
from tests.aws import REGION, Functions
from tests.functions.conftest import AwsCalls, stored_items
from tests.toolkit import notifications
from tests.toolkit.visitors import Chatting, codes
from tests.toolkit.webhooks import deliver

pytestmark = pytest.mark.usefixtures("empty_tables")

ENDED = {"is_ended": True, "ended_at": "2030-01-01T10:20:00.000Z"}


def tell(functions: Functions, body: Any) -> None:
    reply = functions.webhook("chats", body)
    assert (reply.status, reply.text) == (204, "")


def test_a_partial_change_ends_a_chat(giosg: SimulatedGiosg, functions: Functions, waiting: Chatting) -> None:
    cursor = waiting.read().json["next"]

    tell(functions, notifications.of_chat(giosg, "changed", waiting.chat_id, ENDED))

    page = waiting.read(after=cursor).json
    assert (page["chat"]["status"], page["chat"]["ended_at"]) == ("ended", "2030-01-01T10:20:00.000Z")
    assert page["next"] != cursor


def test_an_end_does_not_need_its_time(giosg: SimulatedGiosg, functions: Functions, waiting: Chatting) -> None:
    tell(functions, notifications.of_chat(giosg, "changed", waiting.chat_id, {"is_ended": True}))

    assert waiting.chat().json["status"] == "ended"


@pytest.mark.parametrize(
    "facts",
    [{"is_ended": False}, {"is_ended": False, "ended_at": None}, {"is_waiting": True}, {"user_member_count": 2}],
)
def test_an_ended_chat_stays_ended(
    giosg: SimulatedGiosg, functions: Functions, waiting: Chatting, facts: dict[str, Any]
) -> None:
    tell(functions, notifications.of_chat(giosg, "changed", waiting.chat_id, ENDED))
    tell(functions, notifications.of_chat(giosg, "changed", waiting.chat_id, facts))
    tell(functions, notifications.of_chat(giosg, "added", waiting.chat_id, {"room_id": giosg.room_id} | facts))

    chat = waiting.chat().json
    assert (chat["status"], chat["ended_at"]) == ("ended", "2030-01-01T10:20:00.000Z")


def test_a_change_may_come_without_an_id_inside(giosg: SimulatedGiosg, functions: Functions, waiting: Chatting) -> None:
    body = notifications.of_chat(giosg, "changed", waiting.chat_id) | {"resource": ENDED}

    tell(functions, body)

    assert waiting.chat().json["status"] == "ended"


def test_an_agents_presence_makes_a_chat_active(giosg: SimulatedGiosg, functions: Functions, waiting: Chatting) -> None:
    tell(functions, notifications.of_chat(giosg, "changed", waiting.chat_id, {"user_member_count": 1}))

    assert waiting.chat().json["status"] == "active"


@pytest.mark.parametrize(
    "facts", [{"is_ended": "yes"}, {"is_ended": 1}, {"user_member_count": "many"}, {"is_ended": None}]
)
def test_a_fact_of_another_type_is_no_fact(
    giosg: SimulatedGiosg, functions: Functions, waiting: Chatting, facts: dict[str, Any]
) -> None:
    tell(functions, notifications.of_chat(giosg, "changed", waiting.chat_id, facts))

    assert waiting.chat().json["status"] == "waiting"


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_any_order_and_any_repeats_have_the_same_result(
    giosg: SimulatedGiosg, functions: Functions, waiting: Chatting, order: tuple[int, ...]
) -> None:
    bodies = [
        notifications.of_chat(giosg, "added", waiting.chat_id, {"room_id": giosg.room_id, "is_ended": False}),
        notifications.of_chat(giosg, "changed", waiting.chat_id, {"user_message_count": 1}),
        notifications.of_chat(giosg, "changed", waiting.chat_id, ENDED),
    ]
    for place in order * 2:
        tell(functions, bodies[place])

    chat = waiting.chat().json
    assert (chat["status"], chat["ended_at"]) == ("ended", "2030-01-01T10:20:00.000Z")


def test_a_repeat_changes_nothing(giosg: SimulatedGiosg, functions: Functions, waiting: Chatting) -> None:
    tell(functions, notifications.of_chat(giosg, "changed", waiting.chat_id, ENDED))
    page = waiting.read().json
    tell(functions, notifications.of_chat(giosg, "changed", waiting.chat_id, ENDED))

    assert waiting.read().json == page


def test_a_removed_chat_is_gone_from_the_tables_for_good(
    giosg: SimulatedGiosg, functions: Functions, waiting: Chatting
) -> None:
    waiting.send("my name is swordfish")
    giosg.agent.say(waiting.chat_id, "hello swordfish")
    late = giosg.webhooks.take()
    tell(functions, notifications.of_chat(giosg, "removed", waiting.chat_id))
    for each in late:
        functions.webhook(each.endpoint_kind, each.body)
    tell(functions, notifications.of_chat(giosg, "removed", waiting.chat_id))

    left = str([item for item in stored_items("ChatsTable", "MessagesTable") if waiting.chat_id in str(item)])
    assert ("swordfish" in left, "Aino" in left) == (False, False)
    assert codes(waiting.chat(), waiting.read()) == [(404, "chat_not_found")] * 2
    assert waiting.chats().json["chats"] == []


def test_a_purge_takes_the_visitors_name_along(giosg: SimulatedGiosg, functions: Functions, waiting: Chatting) -> None:
    giosg.agent.purge(waiting.chat_id)
    deliver(giosg, functions)

    assert waiting.chat().json["visitor_name"] is None


def test_a_chat_that_was_moved_to_another_room_is_ours_all_the_same(
    giosg: SimulatedGiosg, functions: Functions, waiting: Chatting
) -> None:
    elsewhere = {"room_id": notifications.ELSEWHERE}
    message = notifications.whole_message(giosg, "Good morning!") | elsewhere

    tell(functions, notifications.of_chat(giosg, "changed", waiting.chat_id, {"user_member_count": 1} | elsewhere))
    assert waiting.chat().json["status"] == "active"
    functions.webhook(
        "messages", notifications.of_message(giosg, "added", waiting.chat_id, notifications.SOME_MESSAGE, message)
    )
    tell(functions, notifications.of_chat(giosg, "changed", waiting.chat_id, ENDED | elsewhere))

    assert waiting.texts() == ["Hello?", "Good morning!"]
    assert waiting.chat().json["status"] == "ended"


def test_a_chat_of_another_room_that_we_do_not_know_stays_unknown(
    giosg: SimulatedGiosg, functions: Functions, waiting: Chatting
) -> None:
    lose(waiting)
    giosg.requests.clear()
    message = notifications.whole_message(giosg, "Good morning!", room_id=notifications.ELSEWHERE)

    functions.webhook(
        "messages", notifications.of_message(giosg, "added", waiting.chat_id, notifications.SOME_MESSAGE, message)
    )
    tell(functions, notifications.of_chat(giosg, "added", waiting.chat_id, {"room_id": notifications.ELSEWHERE}))

    assert not giosg.requests.all()
    assert waiting.chats().json["chats"] == []


def lose(waiting: Chatting) -> None:
    """Let the tables lose a chat, as if its start had never been stored."""
    item = next(each for each in stored_items("ChatsTable") if each["pk"] == f"chat#{waiting.chat_id}")
    listing = next(each for each in stored_items("ChatsTable") if each.get("chat_id") == waiting.chat_id)
    table = boto3.resource("dynamodb", REGION).Table("ChatsTable")
    for each in (item, listing):
        table.delete_item(Key={"pk": each["pk"], "sk": each["sk"]})


def test_an_unknown_chat_of_our_room_is_mapped_to_its_visitor_through_its_memberships(
    giosg: SimulatedGiosg, functions: Functions, waiting: Chatting
) -> None:
    lose(waiting)
    giosg.requests.clear()

    deliver(giosg, functions)

    assert len(giosg.requests.matching(path="memberships")) == 1
    assert [chat["id"] for chat in waiting.chats().json["chats"]] == [waiting.chat_id]
    assert "Hello?" in waiting.texts()


def test_a_chat_of_our_room_and_somebody_elses_visitor_is_looked_up_once(
    giosg: SimulatedGiosg, functions: Functions
) -> None:
    chat_id = giosg.website_visitor.start_chat("Hello?", name="Somebody Else", room_id=giosg.room_id)
    giosg.agent.say(chat_id, "Hello!")

    deliver(giosg, functions)

    assert [call.path.rsplit("/", 1)[-1] for call in giosg.requests] == ["memberships"]
    left = str([item for item in stored_items() if chat_id in str(item)])
    assert ("Somebody" in left, "Hello" in left) == (False, False)


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_a_chat_that_cannot_be_looked_up_now_is_looked_up_later(
    giosg: SimulatedGiosg, functions: Functions, waiting: Chatting, aws_calls: AwsCalls, status: int
) -> None:
    lose(waiting)
    for _attempt in range(2):
        giosg.faults.answer(status, path="memberships")
    body = notifications.of_chat(giosg, "added", waiting.chat_id, {"room_id": giosg.room_id, "is_ended": False})

    tell(functions, body)

    queued = [parameters["MessageBody"] for operation, parameters in aws_calls.made if operation == "SendMessage"]
    assert [waiting.chat_id in body for body in queued] == [True]
