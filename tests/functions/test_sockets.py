"""Sockets as API Gateway tells of them: opened, and closed."""

from typing import Any

import pytest
from functions.socket_connect import app as connecting
from functions.socket_disconnect import app as disconnecting
from tests.aws import Context, Functions
from tests.functions.acts import Chatting, start

from visitor_chat import wiring
from visitor_chat.store.connections import MOST_CONNECTIONS


@pytest.fixture
def chatting(functions: Functions) -> Chatting:
    return start(functions)


def event(route: str, connection_id: str, **other: Any) -> dict[str, Any]:
    return {"requestContext": {"routeKey": route, "connectionId": connection_id}} | other


def connect(chatting: Chatting, connection_id: str) -> int:
    url = chatting.functions.call("open_realtime", "POST", "/realtime", token=chatting.token).json["url"]
    query = {"ticket": url.partition("ticket=")[2]}
    answer = connecting.handler(event("$connect", connection_id, queryStringParameters=query), Context())
    return int(answer["statusCode"])


def disconnect(connection_id: str) -> int:
    return int(disconnecting.handler(event("$disconnect", connection_id), Context())["statusCode"])


def sockets(chatting: Chatting) -> set[str]:
    return set(wiring.store().connections.of_visitor(chatting.token.partition(".")[0]))


def test_a_socket_is_the_visitors_until_it_is_closed(chatting: Chatting) -> None:
    assert [connect(chatting, each) for each in ("first", "second")] == [200, 200]
    assert disconnect("first") == 200

    assert sockets(chatting) == {"second"}
    assert wiring.store().connections.owner("first") is None


def test_a_socket_that_nobody_knows_is_closed_without_a_word() -> None:
    assert disconnect("unknown") == 200


def test_a_visitor_has_a_limited_number_of_sockets(chatting: Chatting) -> None:
    for number in range(MOST_CONNECTIONS + 1):
        assert connect(chatting, f"socket {number}") == 200

    assert len(sockets(chatting)) == MOST_CONNECTIONS
    assert f"socket {MOST_CONNECTIONS}" in sockets(chatting)
