"""Requests that come while others are under way: step by step, in some of the orders that containers may take them."""

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from local.giosg import SimulatedGiosg
from tests.aws import Functions, Reply
from tests.toolkit import notifications
from tests.toolkit.simulation import Stack, running_stack
from tests.toolkit.visitors import Chatting, ask_to_start, codes, start

SideBySide = Callable[..., list[Any]]


@pytest.fixture(scope="module")
def running() -> Iterator[Stack]:
    with running_stack() as running:
        yield running


@pytest.fixture
def simulated(running: Stack) -> Stack:
    """Return a stack in which nobody has done anything yet."""
    running.clear(clock_skew=timedelta())
    return running


@pytest.fixture
def giosg(simulated: Stack) -> SimulatedGiosg:
    return simulated.giosg


@pytest.fixture
def functions(simulated: Stack) -> Functions:  # noqa: ARG001 - they are the stack's
    return Functions()


@pytest.fixture(params=range(3))
def side_by_side(request: pytest.FixtureRequest, simulated: Stack) -> SideBySide:
    """Return what does several acts at once, their steps in one of three orders."""
    return partial(simulated.scheduler.side_by_side, order=request.param)


def counted(replies: list[Reply]) -> list[int]:
    return sorted(reply.status for reply in replies)


def said(giosg: SimulatedGiosg, chat_id: str) -> list[str]:
    return sorted(message["message"] for message in giosg.messages(chat_id) if message["type"] == "msg")


def test_starts_with_one_key_make_one_chat_and_one_visitor(
    giosg: SimulatedGiosg, functions: Functions, side_by_side: SideBySide
) -> None:
    key = str(uuid.uuid4())
    known = len(giosg.chats()), len(giosg.world.visitors)

    replies = side_by_side(*[lambda: ask_to_start(functions, key=key, message="Hello?")] * 5)

    assert counted(replies) == [200, 200, 200, 200, 201]
    assert (len(giosg.chats()), len(giosg.world.visitors)) == (known[0] + 1, known[1] + 1)
    chat_id = replies[0].json["chat"]["id"]
    assert said(giosg, chat_id) == ["Hello?"]
    for reply in replies:
        chatting = Chatting(functions=functions, chat_id=chat_id, token=reply.json["visitor_token"], started=reply)
        assert chatting.texts() == ["Hello?"]


def test_of_two_bodies_with_one_key_one_is_refused(
    giosg: SimulatedGiosg, functions: Functions, side_by_side: SideBySide
) -> None:
    key = str(uuid.uuid4())
    known = len(giosg.chats())

    replies = side_by_side(
        *[lambda text=text: ask_to_start(functions, key=key, message=text) for text in ("Hello?", "Goodbye!")]
    )

    assert counted(replies) == [201, 409]
    assert len(giosg.chats()) == known + 1


def test_sends_with_one_id_make_one_message(
    giosg: SimulatedGiosg, functions: Functions, side_by_side: SideBySide
) -> None:
    chatting = start(functions)

    replies = side_by_side(*[lambda: chatting.send("Hello?", client_message_id=str(uuid.UUID(int=1)))] * 6)

    assert counted(replies) == [200, 200, 200, 200, 200, 201]
    assert len({reply.text for reply in replies}) == 1
    assert said(giosg, chatting.chat_id) == chatting.texts() == ["Hello?"]


def test_sends_with_one_id_and_two_texts_make_one_message(
    giosg: SimulatedGiosg, functions: Functions, side_by_side: SideBySide
) -> None:
    chatting = start(functions)

    replies = side_by_side(
        *[lambda text=text: chatting.send(text, client_message_id=str(uuid.UUID(int=1))) for text in ("Hi!", "Bye!")]
    )

    assert counted(replies) == [201, 409]
    assert len(said(giosg, chatting.chat_id)) == 1


def test_the_same_text_with_different_ids_is_sent_as_often(
    giosg: SimulatedGiosg, functions: Functions, side_by_side: SideBySide
) -> None:
    chatting = start(functions)

    replies = side_by_side(
        *[
            lambda number=number: chatting.send("ok", client_message_id=str(uuid.UUID(int=number)))
            for number in range(4)
        ]
    )

    assert counted(replies) == [201] * 4
    assert len({reply.json["id"] for reply in replies}) == 4
    assert said(giosg, chatting.chat_id) == chatting.texts() == ["ok"] * 4


def test_a_lost_answer_and_an_eager_repeat_make_one_message(
    giosg: SimulatedGiosg, functions: Functions, side_by_side: SideBySide
) -> None:
    chatting = start(functions)
    silent = {("giosg", 0): "done then silent"}

    replies = side_by_side(*[lambda: chatting.send("Hello?", client_message_id=str(uuid.UUID(int=1)))] * 3, plan=silent)

    assert counted(replies) == [200, 200, 201]
    assert said(giosg, chatting.chat_id) == chatting.texts() == ["Hello?"]


def test_webhooks_of_one_chat_lose_nothing(
    giosg: SimulatedGiosg, functions: Functions, side_by_side: SideBySide
) -> None:
    chatting = start(functions)
    bodies = [
        notifications.of_message(
            giosg, "added", chatting.chat_id, str(uuid.uuid4()), notifications.whole_message(giosg, str(number))
        )
        for number in range(4)
    ] * 2

    replies = side_by_side(*[lambda body=body: functions.webhook("messages", body) for body in reversed(bodies)])

    assert set(counted(replies)) == {204}
    assert sorted(text or "" for text in chatting.texts()) == ["0", "1", "2", "3"]


def test_a_reader_who_follows_the_cursor_meanwhile_misses_nothing(
    giosg: SimulatedGiosg, functions: Functions, side_by_side: SideBySide
) -> None:
    chatting = start(functions)
    seen: set[str | None] = set()
    cursor = chatting.read().json["next"]

    def follow() -> None:
        nonlocal cursor
        for _read in range(20):
            page = chatting.read(after=cursor).json
            cursor = page["next"]
            seen.update(message["message"] for message in page["messages"])

    def tell(number: int) -> None:
        message = notifications.whole_message(giosg, str(number))
        functions.webhook(
            "messages", notifications.of_message(giosg, "added", chatting.chat_id, str(uuid.uuid4()), message)
        )

    side_by_side(follow, *[lambda number=number: tell(number) for number in range(5)])
    follow()

    assert seen == {"0", "1", "2", "3", "4"}


def test_an_end_and_sends_leave_every_answered_message_at_giosg(
    giosg: SimulatedGiosg, functions: Functions, side_by_side: SideBySide
) -> None:
    chatting = start(functions)

    ended, *sent = side_by_side(chatting.end, *[lambda text=text: chatting.send(text) for text in ("a", "b", "c")])

    assert ended.status == 200
    assert set(codes(*sent)) <= {(201, None), (409, "chat_ended")}
    assert said(giosg, chatting.chat_id) == sorted(reply.json["message"] for reply in sent if reply.status == 201)


def test_visitors_who_ask_together_cost_one_call(
    giosg: SimulatedGiosg, functions: Functions, side_by_side: SideBySide
) -> None:
    replies = side_by_side(*[lambda: functions.call("get_availability", "GET", "/availability")] * 5)

    assert counted(replies) == [200] * 5
    assert len({reply.text for reply in replies}) == 1
    assert len(giosg.requests) == 1


def test_a_renewal_of_the_access_token_is_done_by_one(
    giosg: SimulatedGiosg, functions: Functions, side_by_side: SideBySide
) -> None:
    chatting = start(functions)
    giosg.credentials.revoke_visitor_tokens()
    giosg.requests.clear()

    replies = side_by_side(*[lambda text=text: chatting.send(text) for text in ("a", "b", "c", "d")])

    assert counted(replies) == [201] * 4
    assert len(giosg.requests.matching(method="POST", path="/auth$")) == 1
