"""What a script that asks too often gets."""

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from local.giosg import SimulatedGiosg
from tests.aws import Functions, Reply, http_event
from tests.functions.conftest import stored_items
from tests.toolkit.clock import Clock
from tests.toolkit.visitors import ask_to_start, start

from visitor_chat import wiring
from visitor_chat.auth import quotas
from visitor_chat.auth.quotas import Act, Limit, network

ADDRESS = "192.0.2.1"
WINDOW = {"minutes": 10}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the quotas small enough to be met at once."""
    monkeypatch.setattr(quotas, "PER_VISITOR", dict.fromkeys(Act, Limit(3, timedelta(**WINDOW))))
    monkeypatch.setattr(quotas, "PER_ADDRESS", dict.fromkeys(Act, Limit(6, timedelta(**WINDOW))))


def test_a_visitor_who_sends_too_much_must_wait(guarded: Functions, giosg: SimulatedGiosg) -> None:
    chatting = start(guarded)
    for number in range(3):
        assert chatting.send(str(number)).status == 201

    assert_refused(chatting.send("one more"))

    assert len(giosg.messages(chatting.chat_id)) == 3
    (chat,) = [item for item in stored_items("ChatsTable") if item["sk"] == "chat"]
    assert chat["claims"] == {}


def test_a_refused_message_goes_out_once_the_window_is_over(guarded: Functions, clock: Clock) -> None:
    chatting = start(guarded)
    for number in range(3):
        chatting.send(str(number))
    client_message_id = str(uuid.uuid4())
    refused = chatting.send("later", client_message_id=client_message_id)

    clock.advance(seconds=int(refused.headers["Retry-After"]))

    assert chatting.send("later", client_message_id=client_message_id).status == 201


def test_a_repeat_of_a_message_that_was_sent_is_never_refused(guarded: Functions) -> None:
    chatting = start(guarded)
    client_message_id = str(uuid.uuid4())
    chatting.send("once", client_message_id=client_message_id)

    repeats = [chatting.send("once", client_message_id=client_message_id) for _ in range(10)]

    assert {reply.status for reply in repeats} == {200}


def test_one_address_cannot_start_any_number_of_chats(guarded: Functions, giosg: SimulatedGiosg) -> None:
    known = len(giosg.chats())

    replies = [ask_to_start(guarded, message="Hi") for _ in range(8)]

    assert [reply.status for reply in replies] == [201] * 6 + [429] * 2
    assert_refused(replies[-1])
    assert len({item["visitor_id"] for item in stored_items("CredentialsTable")}) == 6
    assert len(giosg.chats()) - known == 6


def test_a_repeated_key_cannot_open_any_number_of_sessions(guarded: Functions) -> None:
    for _ in range(20):
        ask_to_start(guarded, key="one-key-of-a-script")

    sessions = [item for item in stored_items("VisitorsTable") if item["record"].startswith("session#")]
    assert len(sessions) == 6


def test_another_address_is_counted_apart_and_headers_change_nothing(guarded: Functions) -> None:
    for _ in range(6):
        start_from(guarded, ADDRESS)

    assert start_from(guarded, ADDRESS, **{"x-forwarded-for": "198.51.100.7"}).status == 429
    assert start_from(guarded, "198.51.100.7").status == 201


def test_a_visitor_has_so_many_open_chats(guarded: Functions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quotas, "PER_VISITOR", quotas.PER_VISITOR | {Act.START_CHAT: Limit(99, timedelta(1))})
    monkeypatch.setattr(quotas, "PER_ADDRESS", quotas.PER_ADDRESS | {Act.START_CHAT: Limit(99, timedelta(1))})
    first = start(guarded)
    others = [start(guarded, token=first.token) for _ in range(quotas.MOST_OPEN_CHATS - 1)]

    assert_refused(ask_to_start(guarded, token=first.token))

    others[0].end()
    start(guarded, token=first.token)


def test_a_visitor_gets_so_many_tickets(guarded: Functions) -> None:
    chatting = start(guarded)
    replies = [guarded.call("open_realtime", "POST", "/realtime", token=chatting.token) for _ in range(4)]

    assert [reply.status for reply in replies] == [201] * 3 + [429]


def test_no_table_holds_an_address(guarded: Functions) -> None:
    chatting = start(guarded)
    chatting.send("Hello")

    assert ADDRESS not in json.dumps(stored_items(), default=str)
    counters = [item for item in stored_items("CoordinationTable") if item["id"].startswith("quota#")]
    assert {frozenset(item) for item in counters if "salt" not in item["id"]} == {
        frozenset({"id", "used", "expires_at"})
    }


def test_containers_share_their_counters(guarded: Functions) -> None:
    chatting = start(guarded)
    for number in range(3):
        wiring.reset()
        assert chatting.send(str(number)).status == 201
    wiring.reset()

    assert_refused(chatting.send("one more"))


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("", "unknown"),
    ],
)
def test_an_ipv6_network_is_counted_as_one_address(address: str, counted_as: str) -> None:
    assert network(address) == counted_as


def start_from(functions: Functions, address: str, **headers: str) -> Reply:
    event: Any = http_event("POST", "/chats", body={}, headers=headers)
    event["requestContext"]["http"]["sourceIp"] = address
    return functions.invoke("start_chat", event)


def assert_refused(reply: Reply) -> None:
    assert (reply.status, reply.json["code"]) == (429, "too_many_requests"), reply.text
    assert 1 <= int(reply.headers["Retry-After"]) <= 600


def test_a_socket_beyond_the_limit_takes_the_place_of_the_oldest(functions: Functions, clock: Clock) -> None:
    visitor_id = start(functions).visitor_id
    connections = wiring.store().connections
    for number in range(25):
        clock.advance(seconds=1)
        connections.open(visitor_id, f"{(number * 7) % 25:02d}")
    connections.open(visitor_id, "new")

    oldest = connections.oldest_of_visitor(visitor_id, beyond=19, but="new")

    assert oldest == [f"{(number * 7) % 25:02d}" for number in range(6)]
