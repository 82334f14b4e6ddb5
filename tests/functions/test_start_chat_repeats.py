"""POST /chats with an Idempotency-Key."""

import uuid
from typing import Any

import pytest
from local.giosg import Fault, SimulatedGiosg
from tests.aws import Functions, Reply
from tests.toolkit.clock import Clock
from tests.toolkit.visitors import Chatting, ask_to_start, codes, start
from tests.toolkit.webhooks import deliver

pytestmark = pytest.mark.usefixtures("empty_tables")

BODY: dict[str, Any] = {"visitor_name": "Aino", "message": "Hello?", "variables": {"page": "/"}}


@pytest.fixture
def key() -> str:
    return str(uuid.uuid4())


def post(functions: Functions, key: str, *, token: str | None = None, **changed: Any) -> Reply:
    return ask_to_start(functions, token=token, key=key, **BODY | changed)


def chats_of(giosg: SimulatedGiosg, reply: Reply) -> list[str]:
    return [chat["id"] for chat in giosg.chats(visitor_id=reply.json["visitor"]["id"])]


def test_a_repeat_answers_the_same_chat(giosg: SimulatedGiosg, functions: Functions, key: str) -> None:
    known = len(giosg.chats()), len(giosg.world.visitors)
    first, repeat, another = (post(functions, key) for _attempt in range(3))

    assert (first.status, repeat.status, another.status) == (201, 200, 200)
    same = [{name: reply.json[name] for name in ("chat", "visitor", "message")} for reply in (first, repeat, another)]
    assert same[0] == same[1] == same[2]
    assert (len(giosg.chats()), len(giosg.world.visitors)) == (known[0] + 1, known[1] + 1)


def test_every_token_of_a_repeat_works(functions: Functions, key: str) -> None:
    replies = [post(functions, key) for _attempt in range(3)]
    tokens = {reply.json["visitor_token"] for reply in replies}
    chat_id = replies[0].json["chat"]["id"]

    assert len(tokens) == 3
    for token in tokens:
        chatting = Chatting(functions=functions, chat_id=chat_id, token=token, started=replies[0])
        assert chatting.texts() == ["Hello?"]


def test_a_repeat_answers_the_chat_as_it_is_now(giosg: SimulatedGiosg, functions: Functions, key: str) -> None:
    chat_id = post(functions, key).json["chat"]["id"]
    giosg.agent.end(chat_id)
    deliver(giosg, functions)

    repeat = post(functions, key)

    assert (repeat.status, repeat.json["chat"]["status"], repeat.json["message"]["message"]) == (200, "ended", "Hello?")


@pytest.mark.parametrize(
    "changed",
    [
        {"visitor_name": "Eino"},
        {"message": "Hello!"},
        {"message": None},
        {"client_message_id": "7c0c6a5e-3f0b-4e0e-9a53-0d4b6c1f8a11"},
        {"variables": {"page": "/other"}},
        {"variables": None},
    ],
)
def test_another_body_is_refused(functions: Functions, key: str, changed: dict[str, Any]) -> None:
    post(functions, key)

    assert codes(post(functions, key, **changed)) == [(409, "idempotency_key_reused")]
    assert post(functions, key).status == 200


def test_the_order_and_spelling_of_the_fields_do_not_make_another_body(functions: Functions, key: str) -> None:
    post(functions, key)
    headers = {"idempotency-key": key}
    body = '{ "unknown": 1, "variables": {"page": "\\u002f"}, "message": "Hello?", "visitor_name": " Aino" }'

    repeat = functions.call("start_chat", "POST", "/chats", body=body, headers=headers)

    assert repeat.status == 200


def test_a_refused_body_does_not_use_up_the_key(functions: Functions, key: str) -> None:
    assert post(functions, key, message="").status == 400
    assert post(functions, key).status == 201


def test_a_key_of_another_visitor_gives_no_access(functions: Functions, key: str) -> None:
    victim, thief = start(functions), start(functions)
    private = post(functions, key, token=victim.token, message="swordfish")

    with_token = post(functions, key, token=thief.token, message="swordfish")
    without = post(functions, key, message="swordfish")

    ids = [reply.json["chat"]["id"] for reply in (private, with_token, without)]
    assert [reply.status for reply in (private, with_token, without)] == [201, 201, 201]
    assert len(set(ids)) == 3
    assert {reply.json["visitor"]["id"] for reply in (with_token, without)}.isdisjoint({private.json["visitor"]["id"]})


def test_a_known_visitors_repeat_makes_no_second_chat(giosg: SimulatedGiosg, functions: Functions, key: str) -> None:
    known = start(functions)

    replies = [post(functions, key, token=known.token) for _attempt in range(2)]

    assert [reply.status for reply in replies] == [201, 200]
    assert "visitor_token" not in replies[1].json
    assert chats_of(giosg, replies[0]) == [known.chat_id, replies[0].json["chat"]["id"]]


def test_a_key_is_forgotten_after_a_day(functions: Functions, clock: Clock, key: str) -> None:
    first = post(functions, key)
    clock.advance(hours=23, minutes=59)
    assert post(functions, key).status == 200

    clock.advance(minutes=2)
    assert post(functions, key).json["chat"]["id"] != first.json["chat"]["id"]


def test_a_chat_that_was_removed_meanwhile_is_not_found(giosg: SimulatedGiosg, functions: Functions, key: str) -> None:
    giosg.agent.remove_chat(post(functions, key).json["chat"]["id"])
    deliver(giosg, functions)

    assert codes(post(functions, key)) == [(404, "chat_not_found")]


@pytest.mark.parametrize(
    ("status", "answer"), [(400, (502, "giosg_error")), (429, (503, "giosg_unavailable")), (500, (502, "giosg_error"))]
)
def test_a_first_message_that_failed_is_sent_by_the_repeat(
    giosg: SimulatedGiosg, functions: Functions, key: str, status: int, answer: tuple[int, str]
) -> None:
    giosg.faults.answer(status, method="POST", path="messages")
    known = len(giosg.chats())

    failed, repeat = post(functions, key), post(functions, key)

    assert codes(failed) == [answer]
    assert (repeat.status, repeat.json["message"]["message"]) == (200, "Hello?")
    assert len(giosg.chats()) == known + 1
    assert [message["message"] for message in giosg.messages(repeat.json["chat"]["id"])] == ["Hello?"]


@pytest.mark.parametrize("path", ["/auth", "/visitors", "/chats$", "messages"])
@pytest.mark.parametrize("kind", ["drop", "commit_then_drop", "commit_then_answer"])
def test_a_start_that_broke_off_anywhere_is_finished_by_repeats(
    giosg: SimulatedGiosg, functions: Functions, key: str, path: str, kind: Any
) -> None:
    known = len(giosg.chats())
    giosg.faults.add(Fault(kind=kind, method="POST", path=path))

    replies = [post(functions, key) for _attempt in range(3)]

    assert [reply.status for reply in replies[1:]] in ([200, 200], [201, 200]), [reply.text for reply in replies]
    assert len(giosg.chats()) == known + 1
    assert [message["message"] for message in giosg.messages(replies[2].json["chat"]["id"])] == ["Hello?"]


@pytest.mark.parametrize("kind", ["commit_then_drop", "commit_then_answer"])
def test_an_answer_that_was_lost_makes_no_second_chat_even_without_a_key(
    giosg: SimulatedGiosg, functions: Functions, kind: Any
) -> None:
    known = len(giosg.chats())
    giosg.faults.add(Fault(kind=kind, method="POST", path="/chats$"))

    reply = ask_to_start(functions, **BODY)

    assert reply.status == 201
    assert len(giosg.chats()) == known + 1


def test_offline_is_not_remembered_under_the_key(
    giosg: SimulatedGiosg, functions: Functions, clock: Clock, key: str
) -> None:
    for agent in giosg.agents:
        agent.go_offline()
    assert codes(post(functions, key)) == [(409, "no_agents_online")]

    giosg.agent.go_online()
    clock.advance(seconds=11)
    assert post(functions, key).status == 201
