"""POST /chats."""

import pytest
from local.giosg import Fault, SimulatedGiosg
from tests.aws import Functions
from tests.functions.conftest import stored_items
from tests.toolkit.clock import Clock
from tests.toolkit.visitors import ask_to_start, codes, start
from tests.toolkit.webhooks import deliver

pytestmark = pytest.mark.usefixtures("empty_tables")

UUID = "7c0c6a5e-3f0b-4e0e-9a53-0d4b6c1f8a11"


def test_a_new_visitor_gets_an_empty_chat_and_a_token(giosg: SimulatedGiosg, functions: Functions) -> None:
    reply = functions.call("start_chat", "POST", "/chats")

    assert reply.status == 201
    assert reply.json["chat"]["status"] == "new"
    assert reply.json["visitor"]["name"] is None
    assert reply.json["message"] is None
    assert [chat["id"] for chat in giosg.chats(visitor_id=reply.json["visitor"]["id"])] == [reply.json["chat"]["id"]]


def test_the_first_message_is_sent_and_answered_with(giosg: SimulatedGiosg, functions: Functions) -> None:
    started = start(functions, visitor_name=" Aino\n", message="Hello?", client_message_id=UUID).started.json

    assert started["chat"]["status"] == "waiting"
    assert started["chat"]["visitor_name"] == started["visitor"]["name"] == "Aino"
    assert (started["message"]["message"], started["message"]["client_message_id"]) == ("Hello?", UUID)
    assert started["chat"]["last_message_at"] == started["message"]["created_at"]
    assert [message["message"] for message in giosg.messages(started["chat"]["id"])] == ["Hello?"]


def test_agents_see_the_visitors_name_and_facts(giosg: SimulatedGiosg, functions: Functions) -> None:
    started = start(functions, visitor_name="Aino", variables={"page": "/shirts", "cart": "3"}).started.json

    assert giosg.variables(started["visitor"]["id"]) == {"username": "Aino", "page": "/shirts", "cart": "3"}


def test_a_visitor_starts_another_chat_with_their_token(giosg: SimulatedGiosg, functions: Functions) -> None:
    first = start(functions, visitor_name="Aino")
    second = start(functions, token=first.token)

    assert second.chat_id != first.chat_id
    assert second.started.json["visitor"] == first.started.json["visitor"]
    assert "visitor_token" not in second.started.json
    assert len({chat["id"] for chat in giosg.chats(visitor_id=first.visitor_id)}) == 2


def test_a_later_name_replaces_the_visitors(giosg: SimulatedGiosg, functions: Functions) -> None:
    first = start(functions, visitor_name="Aino")
    second = start(functions, token=first.token, visitor_name="Aino V.").started.json

    assert (second["visitor"]["name"], second["chat"]["visitor_name"]) == ("Aino V.", "Aino V.")
    assert giosg.variables(second["visitor"]["id"])["username"] == "Aino V."


def test_agents_are_told_a_name_once(giosg: SimulatedGiosg, functions: Functions) -> None:
    first = start(functions, visitor_name="Aino")
    giosg.requests.clear()

    start(functions, token=first.token, visitor_name="Aino")

    assert giosg.requests.matching(path="variables") == []


def test_a_name_that_giosg_did_not_take_is_told_with_the_next_chat(giosg: SimulatedGiosg, functions: Functions) -> None:
    giosg.faults.answer(500, path="variables")
    first = start(functions, visitor_name="Aino")

    start(functions, token=first.token, visitor_name="Aino")

    assert giosg.variables(first.visitor_id)["username"] == "Aino"


def test_a_name_or_fact_that_giosg_refuses_does_not_cost_the_chat(giosg: SimulatedGiosg, functions: Functions) -> None:
    for _call in range(2):
        giosg.faults.answer(500, path="variables")

    reply = ask_to_start(functions, visitor_name="Aino", variables={"a": "b"})

    assert reply.status == 201


def test_no_chat_starts_while_no_agent_is_online(giosg: SimulatedGiosg, functions: Functions, clock: Clock) -> None:
    for agent in giosg.agents:
        agent.go_offline()
    known = giosg.chats(), stored_items("VisitorsTable", "ChatsTable", "CredentialsTable")

    refused = ask_to_start(functions, message="Hello?")

    assert codes(refused) == [(409, "no_agents_online")]
    assert (giosg.chats(), stored_items("VisitorsTable", "ChatsTable", "CredentialsTable")) == known

    giosg.agent.go_online()
    clock.advance(seconds=11)
    assert start(functions).started.status == 201


def test_giosgs_refusal_is_told_as_offline_when_the_room_is(
    giosg: SimulatedGiosg, functions: Functions, clock: Clock
) -> None:
    clock.advance(seconds=1)
    start(functions)
    for agent in giosg.agents:
        agent.go_offline()

    refused = functions.call("start_chat", "POST", "/chats")

    assert codes(refused) == [(409, "no_agents_online")]


def test_what_one_start_learns_of_the_room_is_known_to_the_next(
    giosg: SimulatedGiosg, functions: Functions, clock: Clock
) -> None:
    start(functions)
    for agent in giosg.agents:
        agent.go_offline()
    clock.advance(minutes=30)
    functions.call("start_chat", "POST", "/chats")
    giosg.requests.clear()

    refused = functions.call("start_chat", "POST", "/chats")

    assert codes(refused) == [(409, "no_agents_online")]
    assert giosg.requests.matching(method="POST", path="/chats$") == []


@pytest.mark.parametrize(("minutes", "looks"), [(4, 0), (6, 1)])
def test_a_start_asks_after_the_room_if_nobody_has_lately(
    giosg: SimulatedGiosg, functions: Functions, clock: Clock, minutes: int, looks: int
) -> None:
    clock.advance(minutes=30)
    functions.call("get_availability", "GET", "/availability")
    clock.advance(minutes=minutes)
    giosg.requests.clear()

    start(functions, visitor_name="Aino")

    assert len(giosg.requests.matching(method="GET", path="/rooms/[^/]+$")) == looks
    assert len(giosg.requests) == 4 + looks


def test_a_room_that_lets_nobody_in_is_told_as_offline_when_it_is(
    giosg: SimulatedGiosg, functions: Functions, clock: Clock
) -> None:
    clock.advance(minutes=30)
    start(functions)
    for agent in giosg.agents:
        agent.go_offline()
    giosg.faults.answer(403, method="POST", path="/visitors$")

    refused = functions.call("start_chat", "POST", "/chats")

    assert codes(refused) == [(409, "no_agents_online")]


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (400, (502, "giosg_error")),
        (401, (502, "giosg_error")),
        (403, (502, "giosg_error")),
        (404, (502, "giosg_error")),
        (418, (502, "giosg_error")),
        (429, (503, "giosg_unavailable")),
        (500, (502, "giosg_error")),
        (503, (503, "giosg_unavailable")),
    ],
)
def test_a_failure_of_giosgs_is_never_told_as_the_visitors(
    giosg: SimulatedGiosg, functions: Functions, status: int, answer: tuple[int, str]
) -> None:
    for _attempt in range(2):
        giosg.faults.answer(status, method="POST", path="/chats$")

    assert codes(ask_to_start(functions, message="Hello?")) == [answer]


def test_giosg_may_ask_to_come_back_later(giosg: SimulatedGiosg, functions: Functions) -> None:
    giosg.faults.answer(503, retry_after="17", method="POST", path="/chats$")

    reply = functions.call("start_chat", "POST", "/chats")

    assert (reply.status, reply.headers["Retry-After"]) == (503, "17")


def test_a_giosg_that_hangs_up_is_not_the_visitors_fault(giosg: SimulatedGiosg, functions: Functions) -> None:
    giosg.faults.add(Fault(kind="drop", times=None))

    reply = functions.call("start_chat", "POST", "/chats")

    assert codes(reply) == [(504, "giosg_timeout")]


def test_a_webhook_of_the_chat_that_comes_first_makes_no_second_one(
    giosg: SimulatedGiosg, functions: Functions
) -> None:
    chatting = start(functions, visitor_name="Aino", message="Hello?")
    deliver(giosg, functions)

    assert [chat["id"] for chat in chatting.chats().json["chats"]] == [chatting.chat_id]
    assert chatting.texts() == ["Hello?"]
