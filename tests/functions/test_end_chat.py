"""POST /chats/{chat_id}/end."""

from typing import Literal

import pytest
from local.giosg import Fault, SimulatedGiosg
from tests.aws import Functions
from tests.toolkit.clock import Clock
from tests.toolkit.silence import silence
from tests.toolkit.visitors import Chatting, codes
from tests.toolkit.webhooks import deliver

pytestmark = pytest.mark.usefixtures("empty_tables")


def is_ended_at_giosg(giosg: SimulatedGiosg, waiting: Chatting) -> bool:
    return next(bool(chat["is_ended"]) for chat in giosg.chats() if chat["id"] == waiting.chat_id)


def test_a_visitor_ends_a_chat_for_good(giosg: SimulatedGiosg, waiting: Chatting) -> None:
    ended = waiting.end()

    assert (ended.status, ended.json["status"]) == (200, "ended")
    assert ended.json["ended_at"] is not None
    assert is_ended_at_giosg(giosg, waiting)
    assert waiting.chat().json == ended.json


def test_ending_again_answers_the_same_without_asking_giosg(giosg: SimulatedGiosg, waiting: Chatting) -> None:
    first = waiting.end()
    giosg.requests.clear()

    assert (waiting.end().status, waiting.end().json) == (200, first.json)
    assert not giosg.requests.all()


def test_a_chat_that_an_agent_has_ended_meanwhile_has_ended(giosg: SimulatedGiosg, waiting: Chatting) -> None:
    giosg.agent.end(waiting.chat_id)

    assert (waiting.end().status, waiting.chat().json["status"]) == (200, "ended")


@pytest.mark.parametrize("status", [400, 403, 404, 409, 500])
def test_a_refusal_because_it_is_over_is_an_end(giosg: SimulatedGiosg, waiting: Chatting, status: int) -> None:
    giosg.agent.end(waiting.chat_id)
    giosg.faults.answer(status, path=f"{waiting.chat_id}$")

    assert waiting.end().json["status"] == "ended"


@pytest.mark.parametrize("kind", ["commit_then_drop", "commit_then_answer"])
def test_an_end_that_was_done_but_not_confirmed_is_an_end(
    giosg: SimulatedGiosg, waiting: Chatting, kind: Literal["commit_then_drop"]
) -> None:
    giosg.faults.add(Fault(kind=kind, path=f"{waiting.chat_id}$"))

    assert waiting.end().json["status"] == "ended"


def test_an_end_that_was_done_in_silence_is_an_end(waiting: Chatting, clock: Clock) -> None:
    with silence(clock, "PATCH", f"{waiting.chat_id}$", done_after_seconds=0):
        assert waiting.end().json["status"] == "ended"


@pytest.mark.parametrize(
    ("status", "answer"),
    [(400, (502, "giosg_error")), (429, (503, "giosg_unavailable")), (500, (502, "giosg_error"))],
)
def test_a_refused_end_leaves_the_chat_open(
    giosg: SimulatedGiosg, waiting: Chatting, status: int, answer: tuple[int, str]
) -> None:
    giosg.faults.answer(status, path=f"{waiting.chat_id}$")

    assert codes(waiting.end()) == [answer]
    assert waiting.chat().json["status"] == "waiting"
    assert waiting.end().json["status"] == "ended"


def test_an_end_without_an_answer_can_be_repeated(waiting: Chatting, clock: Clock) -> None:
    with silence(clock, "PATCH", f"{waiting.chat_id}$", done_after_seconds=None):
        assert codes(waiting.end()) == [(504, "giosg_timeout")]

    assert waiting.end().json["status"] == "ended"


def test_late_webhooks_do_not_open_a_chat_again(giosg: SimulatedGiosg, functions: Functions, waiting: Chatting) -> None:
    giosg.agent.say(waiting.chat_id, "Good morning!")
    ended = waiting.end().json
    deliver(giosg, functions)

    assert (waiting.chat().json["status"], waiting.chat().json["ended_at"]) == ("ended", ended["ended_at"])
    assert "Good morning!" in waiting.texts()


@pytest.mark.parametrize("body", [b"", b"{}", b"no JSON", b"[" * 100_000])
def test_a_body_is_not_read(functions: Functions, waiting: Chatting, body: bytes) -> None:
    reply = functions.call("end_chat", "POST", f"{waiting.path}/end", token=waiting.token, body=body)

    assert reply.status == 200
