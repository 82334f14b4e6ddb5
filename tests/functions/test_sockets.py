"""Sockets as API Gateway tells of them: opened, and closed."""

import json

import pytest
from functions.socket_connect import app as connecting
from functions.socket_disconnect import app as disconnecting
from functions.socket_message import app as talking
from local.giosg import SimulatedGiosg
from tests.aws import Context, Functions, socket_event
from tests.toolkit.clock import Clock
from tests.toolkit.visitors import Chatting, start

from visitor_chat import wiring
from visitor_chat.store.connections import MOST_CONNECTIONS


def connect(chatting: Chatting, connection_id: str, **headers: str) -> int:
    url = chatting.functions.call("open_realtime", "POST", "/realtime", token=chatting.token).json["url"]
    query = {"ticket": url.partition("ticket=")[2]}
    opened = socket_event("$connect", connection_id, queryStringParameters=query, headers=headers)
    answer = connecting.handler(opened, Context())
    return int(answer["statusCode"])


def disconnect(connection_id: str) -> int:
    return int(disconnecting.handler(socket_event("$disconnect", connection_id), Context())["statusCode"])


def sockets(chatting: Chatting) -> set[str]:
    return {each.id for each in wiring.store().connections.of_visitor(chatting.visitor_id)}


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


def ping(connection_id: str) -> None:
    pinged = socket_event("$default", connection_id, body=json.dumps({"action": "ping"}))
    assert talking.handler(pinged, Context())["statusCode"] == 200


def compared() -> list[str]:
    """Take the chats that are to be compared with Giosg."""
    queue, url = wiring.aws("sqs"), wiring.settings().sync_queue_url
    taken = []
    while messages := queue.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        taken += [json.loads(message["Body"])["chat_id"] for message in messages]
        for message in messages:
            queue.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return taken


def test_a_ping_has_the_chats_compared_in_which_an_answer_may_come(functions: Functions, clock: Clock) -> None:
    asking = start(functions, message="Is anybody there?")
    token = asking.token
    start(functions, token=token)
    start(functions, token=token, message="Never mind").end()
    connect(asking, "socket")
    compared()

    ping("socket")
    clock.advance(seconds=20)
    ping("socket")

    assert compared() == [asking.chat_id]

    clock.advance(seconds=40)
    ping("socket")
    assert compared() == [asking.chat_id]


def test_pings_in_quick_succession_show_a_visitor_present_once(
    giosg: SimulatedGiosg, chatting: Chatting, clock: Clock
) -> None:
    connect(chatting, "socket")
    shown = []

    for seconds in (0, 20, 40):
        clock.advance(seconds=seconds)
        ping("socket")
        shown.append(len(giosg.requests.matching(method="PATCH", path=f"/visitors/{chatting.visitor_id}$")))

    assert shown == [1, 1, 2]


SOCKET_HOST = "abc123.execute-api.eu-north-1.amazonaws.com"


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://www.example.com", 200),
        (f"https://{SOCKET_HOST}", 200),
        (f"wss://{SOCKET_HOST}", 200),
        (f"wss://{SOCKET_HOST}/", 200),
        (f"https://{SOCKET_HOST}:443", 200),
        (f"HTTPS://{SOCKET_HOST.upper()}", 200),
        ("https://evil.example.com", 403),
        ("https://www.example.com.evil.example.com", 403),
        (f"https://evil.example.com/://{SOCKET_HOST}", 403),
        (f"https://{SOCKET_HOST}@evil.example.com", 403),
        (f"https://evil.example.com#{SOCKET_HOST}", 403),
        (f"https://{SOCKET_HOST}:8443", 403),
        ("https://[", 403),
        (f"https://{SOCKET_HOST}.evil.example.com", 403),
        (f"https://evil.example.com/{SOCKET_HOST}", 403),
        (f"https://user@{SOCKET_HOST}", 403),
        (SOCKET_HOST, 403),
        ("https://", 403),
        ("null", 403),
        ("", 403),
    ],
)
def test_an_app_may_name_the_sockets_own_host_as_its_origin(chatting: Chatting, origin: str, status: int) -> None:
    assert connect(chatting, "app", Host=SOCKET_HOST, Origin=origin) == status


def test_an_origin_is_no_host_where_none_is_named(chatting: Chatting) -> None:
    assert connect(chatting, "app", Origin="https://") == 403
