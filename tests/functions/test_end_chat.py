"""POST /chats/{chat_id}/end."""

from typing import Literal

import pytest
from local.giosg import Fault, SimulatedGiosg
from tests.aws import Functions
from tests.toolkit.clock import Clock
from tests.toolkit.silence import silence
from tests.toolkit.visitors import Chatting, codes, start
from tests.toolkit.webhooks import deliver

pytestmark = pytest.mark.usefixtures("empty_tables")


@pytest.fixture
def chatting(functions: Functions) -> Chatting:
    return start(functions, message="Hello?")


def is_ended_at_giosg(giosg: SimulatedGiosg, chatting: Chatting) -> bool:
    return next(bool(chat["is_ended"]) for chat in giosg.chats() if chat["id"] == chatting.chat_id)


def test_a_visitor_ends_a_chat_for_good(giosg: SimulatedGiosg, chatting: Chatting) -> None:
    ended = chatting.end()

    assert (ended.status, ended.json["status"]) == (200, "ended")
    assert ended.json["ended_at"] is not None
    assert is_ended_at_giosg(giosg, chatting)
    assert chatting.chat().json == ended.json


def test_ending_again_answers_the_same_without_asking_giosg(giosg: SimulatedGiosg, chatting: Chatting) -> None:
    first = chatting.end()
    giosg.requests.clear()

    assert (chatting.end().status, chatting.end().json) == (200, first.json)
    assert not giosg.requests.all()


def test_a_chat_that_an_agent_has_ended_meanwhile_has_ended(giosg: SimulatedGiosg, chatting: Chatting) -> None:
    giosg.agent.end(chatting.chat_id)

    assert (chatting.end().status, chatting.chat().json["status"]) == (200, "ended")


@pytest.mark.parametrize("status", [400, 403, 404, 409, 500])
def test_a_refusal_because_it_is_over_is_an_end(giosg: SimulatedGiosg, chatting: Chatting, status: int) -> None:
    giosg.agent.end(chatting.chat_id)
    giosg.faults.answer(status, path=f"{chatting.chat_id}$")

    assert chatting.end().json["status"] == "ended"


@pytest.mark.parametrize("kind", ["commit_then_drop", "commit_then_answer"])
def test_an_end_that_was_done_but_not_confirmed_is_an_end(
    giosg: SimulatedGiosg, chatting: Chatting, kind: Literal["commit_then_drop"]
) -> None:
    giosg.faults.add(Fault(kind=kind, path=f"{chatting.chat_id}$"))

    assert chatting.end().json["status"] == "ended"


def test_an_end_that_was_done_in_silence_is_an_end(chatting: Chatting, clock: Clock) -> None:
    with silence(clock, "PATCH", f"{chatting.chat_id}$", done_after_seconds=0):
        assert chatting.end().json["status"] == "ended"


@pytest.mark.parametrize(
    ("status", "answer"),
    [(400, (502, "giosg_error")), (429, (503, "giosg_unavailable")), (500, (502, "giosg_error"))],
)
def test_a_refused_end_leaves_the_chat_open(
    giosg: SimulatedGiosg, chatting: Chatting, status: int, answer: tuple[int, str]
) -> None:
    giosg.faults.answer(status, path=f"{chatting.chat_id}$")

    assert codes(chatting.end()) == [answer]
    assert chatting.chat().json["status"] == "waiting"
    assert chatting.end().json["status"] == "ended"


def test_an_end_without_an_answer_can_be_repeated(chatting: Chatting, clock: Clock) -> None:
    with silence(clock, "PATCH", f"{chatting.chat_id}$", done_after_seconds=None):
        assert codes(chatting.end()) == [(504, "giosg_timeout")]

    assert chatting.end().json["status"] == "ended"


def test_late_webhooks_do_not_open_a_chat_again(
    giosg: SimulatedGiosg, functions: Functions, chatting: Chatting
) -> None:
    giosg.agent.say(chatting.chat_id, "Good morning!")
    ended = chatting.end().json
    deliver(giosg, functions)

    assert (chatting.chat().json["status"], chatting.chat().json["ended_at"]) == ("ended", ended["ended_at"])
    assert "Good morning!" in chatting.texts()


@pytest.mark.parametrize("body", [b"", b"{}", b"no JSON", b"[" * 100_000])
def test_a_body_is_not_read(functions: Functions, chatting: Chatting, body: bytes) -> None:
    reply = functions.call("end_chat", "POST", f"{chatting.path}/end", token=chatting.token, body=body)

    assert reply.status == 200
