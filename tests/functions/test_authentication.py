"""Who may ask: the same for every call that is a visitor's."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.aws import Functions, Reply
from tests.functions.conftest import AwsCalls, stored_items
from tests.toolkit.clock import Clock
from tests.toolkit.visitors import UNKNOWN_CHAT, UNKNOWN_TOKEN, Chatting, codes, start

Call = Callable[..., Reply]

CALLS = {
    "start_chat": ("POST", "/chats", {}),
    "list_chats": ("GET", "/chats", None),
    "get_chat": ("GET", "/chats/{chat_id}", None),
    "send_message": ("POST", "/chats/{chat_id}/messages", {"message": "Hello?"}),
    "list_messages": ("GET", "/chats/{chat_id}/messages", None),
    "end_chat": ("POST", "/chats/{chat_id}/end", None),
    "open_realtime": ("POST", "/realtime", None),
    "erase_visitor": ("DELETE", "/visitor", None),
}
FUNCTIONS = {"list_chats": "get_chats", "get_chat": "get_chats"}
IN_CHATS = [name for name, (_method, path, _body) in CALLS.items() if "{chat_id}" in path]


def call(functions: Functions, name: str, *, chat_id: str = UNKNOWN_CHAT, **rest: Any) -> Reply:
    method, path, body = CALLS[name]
    function = FUNCTIONS.get(name, name)
    return functions.call(function, method, path.format(chat_id=chat_id), body=body, **rest)


def altered(token: str, part: int) -> str:
    """Change the last character but one of a token's visitor, session or secret."""
    parts = token.split(".")
    old = parts[part][-2]
    parts[part] = parts[part][:-2] + ("0" if old != "0" else "1") + parts[part][-1]
    return ".".join(parts)


@pytest.mark.parametrize("name", [name for name in CALLS if name != "start_chat"])
def test_a_token_is_required(functions: Functions, name: str) -> None:
    reply = call(functions, name)

    assert codes(reply) == [(401, "invalid_visitor_token")]
    assert reply.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        f"Basic {UNKNOWN_TOKEN}",
        UNKNOWN_TOKEN,
        f"Bearer {UNKNOWN_TOKEN} {UNKNOWN_TOKEN}",
        f"Bearer {UNKNOWN_TOKEN}, Bearer {UNKNOWN_TOKEN}",
        f"Bearer {UNKNOWN_TOKEN}\n",
        f"Bearer {UNKNOWN_TOKEN[:-1]}",
        f"Bearer {UNKNOWN_TOKEN}A",
        f"Bearer {UNKNOWN_TOKEN.replace('.', '', 1)}",
        "Bearer " + "A" * 8000,
        "Bearer \u00e4\u00f6\u0660",
        "Bearer null",
        "Bearer undefined",
        f"Bearer {UNKNOWN_TOKEN}",
    ],
)
def test_a_malformed_or_unknown_token_is_refused(functions: Functions, name: str, authorization: str) -> None:
    reply = call(functions, name, headers={"authorization": authorization})

    assert codes(reply) == [(401, "invalid_visitor_token")]
    assert reply.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("part", [0, 1, 2])
def test_every_part_of_a_token_counts(functions: Functions, talking: Chatting, name: str, part: int) -> None:
    reply = call(functions, name, chat_id=talking.chat_id, token=altered(talking.token, part))

    assert codes(reply) == [(401, "invalid_visitor_token")]


@pytest.mark.parametrize("name", CALLS)
def test_a_session_of_one_visitor_opens_nothing_of_another(functions: Functions, name: str) -> None:
    victim, thief = start(functions), start(functions)
    mixed = ".".join([victim.token.split(".")[0], *thief.token.split(".")[1:]])

    assert codes(call(functions, name, chat_id=victim.chat_id, token=mixed)) == [(401, "invalid_visitor_token")]


def test_every_refusal_is_the_same(functions: Functions, talking: Chatting) -> None:
    refusals = [
        call(functions, "get_chat", token=UNKNOWN_TOKEN),
        call(functions, "get_chat", token=altered(talking.token, 2)),
        call(functions, "get_chat", headers={"authorization": "nonsense"}),
    ]

    assert len({(refusal.status, refusal.text, str(refusal.headers)) for refusal in refusals}) == 1


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer "])
def test_the_scheme_is_read_generously(functions: Functions, talking: Chatting, scheme: str) -> None:
    assert call(functions, "list_chats", headers={"authorization": f"{scheme} {talking.token}"}).status == 200


@pytest.mark.parametrize("name", IN_CHATS)
def test_a_chat_that_is_not_ones_own_is_like_one_that_does_not_exist(
    functions: Functions, talking: Chatting, name: str
) -> None:
    stranger = start(functions)
    ids = [
        UNKNOWN_CHAT,
        talking.chat_id,
        talking.chat_id.upper(),
        talking.chat_id + "0",
        talking.visitor_id,
        "x",
        "*",
        "..",
        "%2e%2e",
        "\u00e4",
        "a b",
        "\0",
        "x" * 5000,
    ]

    answers = [call(functions, name, chat_id=chat_id, token=stranger.token) for chat_id in ids]

    assert {answer.status for answer in answers} == {404}
    assert len({(answer.text, str(answer.headers)) for answer in answers}) == 1
    assert talking.texts() == ["Hello?"]


def test_a_session_that_nobody_used_for_long_is_dead(functions: Functions, clock: Clock) -> None:
    idle = start(functions)
    clock.advance(days=30, seconds=1)

    for name in CALLS:
        assert codes(call(functions, name, chat_id=idle.chat_id, token=idle.token)) == [(401, "invalid_visitor_token")]


def test_a_session_that_is_used_stays_alive(functions: Functions, clock: Clock) -> None:
    used = start(functions)
    for _month in range(3):
        clock.advance(days=20)
        assert used.chats().status == 200


def test_using_a_session_writes_nothing_most_of_the_time(talking: Chatting, aws_calls: AwsCalls) -> None:
    talking.chat()

    assert aws_calls.operations == ["BatchGetItem"]


def test_a_token_is_not_in_the_tables(talking: Chatting) -> None:
    assert talking.token.split(".")[2] not in str(stored_items())
