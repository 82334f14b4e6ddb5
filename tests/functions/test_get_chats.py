"""GET /chats and GET /chats/{chat_id}."""

import pytest
from local.giosg import SimulatedGiosg
from tests.aws import Functions
from tests.functions.bad_values import NO_CURSORS, NO_LIMITS
from tests.functions.conftest import AwsCalls, Stack
from tests.toolkit.clock import Clock
from tests.toolkit.visitors import Chatting, codes, refused_fields, start
from tests.toolkit.webhooks import deliver

from visitor_chat.domain import cursors


@pytest.fixture(scope="module")
def returning(stack: Stack) -> Chatting:
    first = start(stack.functions, message="Hello?")
    start(stack.functions, token=first.token)
    return first


def start_later(functions: Functions, chatting: Chatting, clock: Clock) -> str:
    """Start another chat of a visitor's, some time after the one before."""
    clock.advance(milliseconds=1)
    return start(functions, token=chatting.token).chat_id


def ids(chatting: Chatting, *, limit: int) -> list[str]:
    """Follow `next` to the end of the list."""
    found, query = [], {"limit": str(limit)}
    while True:
        page = chatting.chats(**query).json
        assert len(page["chats"]) <= limit
        found += [chat["id"] for chat in page["chats"]]
        if page["next"] is None:
            return found
        query["after"] = page["next"]


def test_a_chat_is_shown_the_same_alone_and_in_the_list(chatting: Chatting) -> None:
    chat = chatting.chat().json

    assert chat == chatting.started.json["chat"]
    assert chatting.chats().json == {"chats": [chat], "next": None}


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
def test_the_newest_chats_come_first_page_by_page(
    functions: Functions, chatting: Chatting, clock: Clock, limit: int
) -> None:
    later = [start_later(functions, chatting, clock) for _chat in range(4)]

    assert ids(chatting, limit=limit) == [*reversed(later), chatting.chat_id]


def test_a_chat_that_is_started_meanwhile_disturbs_no_page(
    functions: Functions, chatting: Chatting, clock: Clock
) -> None:
    start_later(functions, chatting, clock)
    page = chatting.chats(limit="1").json
    start_later(functions, chatting, clock)

    rest = chatting.chats(after=page["next"]).json

    assert [chat["id"] for chat in rest["chats"]] == [chatting.chat_id]


def test_at_most_twenty_chats_come_unless_told_otherwise(returning: Chatting, aws_calls: AwsCalls) -> None:
    returning.chats()

    assert [parameters["Limit"] for operation, parameters in aws_calls.made if operation == "Query"] == [21]


def test_every_visitor_has_a_list_of_their_own(functions: Functions, chatting: Chatting) -> None:
    other = start(functions, visitor_name="Eino")

    assert [chat["id"] for chat in other.chats().json["chats"]] == [other.chat_id]
    assert [chat["id"] for chat in chatting.chats().json["chats"]] == [chatting.chat_id]


def test_the_status_of_a_chat_moves_forward_alone(
    giosg: SimulatedGiosg, functions: Functions, chatting: Chatting
) -> None:
    statuses = [chatting.chat().json["status"]]
    for act in (
        lambda: chatting.send("Hello?"),
        lambda: giosg.agent.join(chatting.chat_id),
        lambda: giosg.agent.leave(chatting.chat_id),
        lambda: giosg.agent.end(chatting.chat_id),
        lambda: giosg.agent.tag(chatting.chat_id),
    ):
        act()
        deliver(giosg, functions)
        statuses.append(chatting.chat().json["status"])

    assert statuses == ["new", "waiting", "active", "active", "ended", "ended"]
    assert chatting.chat().json["ended_at"] is not None


def test_an_answer_makes_a_chat_active_without_a_join(
    giosg: SimulatedGiosg, functions: Functions, chatting: Chatting
) -> None:
    giosg.agent.say(chatting.chat_id, "Hello!", joins=False)
    deliver(giosg, functions)

    assert chatting.chat().json["status"] == "active"


def test_a_removed_chat_is_gone_from_list_and_path(
    giosg: SimulatedGiosg, functions: Functions, chatting: Chatting
) -> None:
    chatting.send("Hello?")
    giosg.agent.remove_chat(chatting.chat_id)
    deliver(giosg, functions)

    assert chatting.chats().json["chats"] == []
    assert (
        codes(chatting.chat(), chatting.read(), chatting.send("Hello?"), chatting.end())
        == [(404, "chat_not_found")] * 4
    )


@pytest.mark.parametrize("bad", [*NO_LIMITS, "101"])
def test_a_limit_is_a_whole_number_from_1_to_100(returning: Chatting, bad: str) -> None:
    assert refused_fields(returning.chats(limit=bad)) == ["limit"]


@pytest.mark.parametrize("bad", NO_CURSORS)
def test_what_is_no_cursor_is_refused(returning: Chatting, bad: str) -> None:
    assert refused_fields(returning.chats(after=bad)) == ["after"]


def test_a_cursor_of_another_list_is_refused(functions: Functions, returning: Chatting) -> None:
    other = start(functions)
    start(functions, token=other.token)

    assert refused_fields(returning.chats(after=other.chats(limit="1").json["next"])) == ["after"]
    assert refused_fields(returning.chats(after=returning.read().json["next"])) == ["after"]


def test_a_cursor_with_any_other_character_is_refused(returning: Chatting) -> None:
    cursor = returning.chats(limit="1").json["next"]
    altered = [cursor[:place] + ("A" if old != "A" else "B") + cursor[place + 1 :] for place, old in enumerate(cursor)]

    assert {tuple(refused_fields(returning.chats(after=each))) for each in altered} == {("after",)}


@pytest.mark.parametrize("place", ["", "x", "\0", "2030", "chat#x", "9" * 5000])
def test_a_cursor_that_somebody_made_up_is_refused(returning: Chatting, place: str) -> None:
    made_up = cursors.encode(returning.visitor_id, place)

    assert refused_fields(returning.chats(after=made_up)) == ["after"]


def test_unknown_parameters_are_ignored(returning: Chatting) -> None:
    assert returning.chats(colour="blue").status == 200
