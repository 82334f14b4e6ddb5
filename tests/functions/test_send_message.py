"""POST /chats/{chat_id}/messages."""

from dataclasses import replace
from typing import Any

import pytest
from local.giosg import Fault, SimulatedGiosg
from tests.aws import Functions
from tests.functions.bad_values import NO_TEXTS, NO_UUIDS
from tests.toolkit.clock import Clock
from tests.toolkit.silence import silence
from tests.toolkit.visitors import Chatting, codes, refused_fields, start
from tests.toolkit.webhooks import deliver

ID = "7c0c6a5e-3f0b-4e0e-9a53-0d4b6c1f8a11"
OTHER_ID = "11111111-3f0b-4e0e-9a53-0d4b6c1f8a11"


def sent_to_giosg(giosg: SimulatedGiosg, chatting: Chatting) -> list[str]:
    return [message["message"] for message in giosg.messages(chatting.chat_id)]


def test_a_message_reaches_giosg_and_is_answered_with(giosg: SimulatedGiosg, chatting: Chatting) -> None:
    reply = chatting.send("Hello?", client_message_id=ID)

    assert reply.status == 201
    assert (reply.json["chat_id"], reply.json["message"]) == (chatting.chat_id, "Hello?")
    assert (reply.json["sender_type"], reply.json["type"]) == ("visitor", "message")
    assert (reply.json["client_message_id"], reply.json["is_removed"]) == (ID, False)
    assert sent_to_giosg(giosg, chatting) == ["Hello?"]
    assert chatting.read().json["messages"] == [reply.json]
    assert chatting.chat().json["status"] == "waiting"


def test_a_message_without_an_id_is_sent_each_time(giosg: SimulatedGiosg, chatting: Chatting) -> None:
    replies = [chatting.send("Hello?") for _attempt in range(2)]

    assert [(reply.status, reply.json["client_message_id"]) for reply in replies] == [(201, None), (201, None)]
    assert sent_to_giosg(giosg, chatting) == ["Hello?", "Hello?"]


def test_a_repeat_answers_the_same_message(giosg: SimulatedGiosg, chatting: Chatting) -> None:
    first = chatting.send("Hello?", client_message_id=ID)
    repeats = [chatting.send("Hello?", client_message_id=ID) for _attempt in range(3)]

    assert {(repeat.status, repeat.text) for repeat in repeats} == {(200, first.text)}
    assert sent_to_giosg(giosg, chatting) == ["Hello?"]


def test_an_id_with_another_text_is_refused(giosg: SimulatedGiosg, chatting: Chatting) -> None:
    chatting.send("Hello?", client_message_id=ID)

    assert codes(chatting.send("Goodbye!", client_message_id=ID)) == [(409, "client_message_id_reused")]
    assert sent_to_giosg(giosg, chatting) == ["Hello?"]


@pytest.mark.parametrize(
    "other", ["a  b", "a b ", " a b", "a\u00a0b", "a\nb", "A b", "a b\u200b", "a b\ufe0f"], ids=ascii
)
def test_a_text_is_the_same_only_to_the_letter(giosg: SimulatedGiosg, chatting: Chatting, other: str) -> None:
    chatting.send("a b", client_message_id=ID)

    assert codes(chatting.send(other, client_message_id=ID)) == [(409, "client_message_id_reused")]
    assert chatting.send("a b", client_message_id=ID).status == 200
    assert sent_to_giosg(giosg, chatting) == ["a b"]


def test_an_id_is_the_same_in_capitals(giosg: SimulatedGiosg, chatting: Chatting) -> None:
    first = chatting.send("Hello?", client_message_id=ID.upper())
    repeats = [chatting.send("Hello?", client_message_id=each) for each in (ID, ID.upper(), ID.title())]

    assert first.json["client_message_id"] == ID
    assert {(repeat.status, repeat.text) for repeat in repeats} == {(200, first.text)}
    assert sent_to_giosg(giosg, chatting) == ["Hello?"]


def test_a_chats_id_is_the_same_in_capitals(functions: Functions, chatting: Chatting) -> None:
    path = f"/chats/{chatting.chat_id.upper()}"
    shown = replace(chatting, chat_id=chatting.chat_id.upper())

    sent = shown.send("Hello?", client_message_id=ID)
    repeat = chatting.send("Hello?", client_message_id=ID)

    assert (sent.status, sent.json["chat_id"], repeat.status) == (201, chatting.chat_id, 200)
    assert shown.texts() == ["Hello?"]
    assert shown.read(after=chatting.read().json["next"]).json["messages"] == []
    assert (shown.chat().json["id"], shown.path) == (chatting.chat_id, path)
    assert (shown.end().status, chatting.chat().json["status"]) == (200, "ended")
    assert codes(start(functions).chat(), shown.chat()) == [(200, None), (200, None)]


def test_an_id_may_be_used_again_in_another_chat(functions: Functions, chatting: Chatting) -> None:
    other = start(functions, token=chatting.token)

    replies = [chatting.send("Hello?", client_message_id=ID), other.send("Hi!", client_message_id=ID)]

    assert [reply.status for reply in replies] == [201, 201]


def test_a_webhook_of_the_sent_message_makes_no_second_one(
    giosg: SimulatedGiosg, functions: Functions, chatting: Chatting
) -> None:
    chatting.send("Hello?", client_message_id=ID)
    deliver(giosg, functions)

    (message,) = chatting.read().json["messages"]
    assert message["client_message_id"] == ID
    assert chatting.send("Hello?", client_message_id=ID).json == message


def test_the_repeat_of_a_removed_message_answers_that_it_is_gone(
    giosg: SimulatedGiosg, functions: Functions, chatting: Chatting
) -> None:
    sent = chatting.send("Hello?", client_message_id=ID)
    giosg.agent.remove(sent.json["id"])
    deliver(giosg, functions)

    repeat = chatting.send("Hello?", client_message_id=ID)

    assert (repeat.status, repeat.json["is_removed"], repeat.json["message"]) == (200, True, None)


def test_nothing_is_sent_to_an_ended_chat(giosg: SimulatedGiosg, chatting: Chatting) -> None:
    chatting.end()

    assert codes(chatting.send("Hello?"), chatting.send("Hello?", client_message_id=ID)) == [(409, "chat_ended")] * 2
    assert sent_to_giosg(giosg, chatting) == []


def test_an_end_that_no_webhook_told_is_learned_by_sending(giosg: SimulatedGiosg, chatting: Chatting) -> None:
    giosg.agent.end(chatting.chat_id)

    assert codes(chatting.send("Hello?", client_message_id=ID)) == [(409, "chat_ended")]
    assert chatting.chat().json["status"] == "ended"


def test_what_was_sent_before_the_end_is_still_answered(giosg: SimulatedGiosg, chatting: Chatting) -> None:
    chatting.send("Hello?", client_message_id=ID)
    giosg.agent.end(chatting.chat_id)
    chatting.end()

    assert chatting.send("Hello?", client_message_id=ID).status == 200


@pytest.mark.parametrize("kind", ["commit_then_drop", "commit_then_answer"])
def test_an_answer_that_was_lost_does_not_lose_the_message(
    giosg: SimulatedGiosg, chatting: Chatting, kind: Any
) -> None:
    giosg.faults.add(Fault(kind=kind, method="POST", path="messages"))

    replies = [chatting.send("Hello?", client_message_id=ID) for _attempt in range(2)]

    assert [reply.status for reply in replies] == [201, 200]
    assert sent_to_giosg(giosg, chatting) == chatting.texts() == ["Hello?"]


def test_an_answer_that_never_came_does_not_lose_the_message(
    giosg: SimulatedGiosg, chatting: Chatting, clock: Clock
) -> None:
    with silence(clock, "POST", "messages$", done_after_seconds=0):
        replies = [chatting.send("Hello?", client_message_id=ID) for _attempt in range(2)]

    assert [reply.status for reply in replies] == [201, 200]
    assert sent_to_giosg(giosg, chatting) == chatting.texts() == ["Hello?"]


def test_a_message_that_did_not_get_through_is_sent_by_the_repeat(
    giosg: SimulatedGiosg, chatting: Chatting, clock: Clock
) -> None:
    with silence(clock, "POST", "messages$", done_after_seconds=None):
        failed, repeat = (chatting.send("Hello?", client_message_id=ID) for _attempt in range(2))

    assert codes(failed) == [(504, "giosg_timeout")]
    assert repeat.status == 201
    assert sent_to_giosg(giosg, chatting) == ["Hello?"]


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (400, (502, "giosg_error")),
        (403, (502, "giosg_error")),
        (422, (502, "giosg_error")),
        (429, (503, "giosg_unavailable")),
        (500, (502, "giosg_error")),
        (503, (503, "giosg_unavailable")),
    ],
)
def test_a_failure_of_giosgs_can_be_repeated(
    giosg: SimulatedGiosg, chatting: Chatting, status: int, answer: tuple[int, str]
) -> None:
    giosg.faults.answer(status, method="POST", path="messages")

    failed, repeat = (chatting.send("Hello?", client_message_id=ID) for _attempt in range(2))

    assert codes(failed) == [answer]
    assert repeat.status == 201
    assert sent_to_giosg(giosg, chatting) == ["Hello?"]


@pytest.mark.parametrize("garbage", ["html", "empty", "truncated", "wrong_type"])
def test_a_nonsensical_answer_of_giosgs_does_not_lose_the_message(
    giosg: SimulatedGiosg, chatting: Chatting, garbage: Any
) -> None:
    giosg.faults.add(Fault(kind="garbage", garbage=garbage, method="POST", path="messages"))

    replies = [chatting.send("Hello?", client_message_id=ID) for _attempt in range(2)]

    assert replies[-1].status == 200
    assert sent_to_giosg(giosg, chatting) == ["Hello?"]


def test_an_expired_access_token_is_renewed_unseen(giosg: SimulatedGiosg, chatting: Chatting) -> None:
    giosg.credentials.revoke_visitor_tokens()

    assert chatting.send("Hello?").status == 201


@pytest.mark.parametrize("bad", NO_TEXTS)
def test_a_message_says_something(talking: Chatting, bad: str) -> None:
    assert refused_fields(talking.send(NO_TEXTS[bad])) == ["message"]


@pytest.mark.parametrize("body", [{}, {"message": None}, {"text": "Hello?"}])
def test_a_message_is_required(functions: Functions, talking: Chatting, body: dict[str, Any]) -> None:
    reply = functions.call("send_message", "POST", talking.messages_path, token=talking.token, body=body)

    assert refused_fields(reply) == ["message"]


@pytest.mark.parametrize(
    ("longest", "too_long"), [("x" * 2000, "x" * 2001), ("\U0001f600" * 1000, "x" + "\U0001f600" * 1000)]
)
def test_a_message_has_at_most_2000_utf_16_units(talking: Chatting, longest: str, too_long: str) -> None:
    assert refused_fields(talking.send(too_long)) == ["message"]
    assert talking.send(longest).json["message"] == longest


@pytest.mark.parametrize("bad", NO_UUIDS)
def test_a_client_message_id_is_a_uuid(talking: Chatting, bad: str) -> None:
    assert refused_fields(talking.send("x", client_message_id=NO_UUIDS[bad])) == ["client_message_id"]


@pytest.mark.parametrize("unusual", [ID.upper(), "00000000-0000-0000-0000-000000000000", OTHER_ID])
def test_any_uuid_will_do_and_comes_back_in_small_letters(talking: Chatting, unusual: str) -> None:
    assert talking.send("x", client_message_id=unusual).json["client_message_id"] == unusual.lower()


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "\U0001f469\u200d\U0001f680", "a\nb\tc", "\u202ea", "%00"]
)
def test_a_text_comes_back_as_it_was(talking: Chatting, text: str) -> None:
    assert talking.send(text).json["message"] == text
    assert talking.texts()[-1] == text
