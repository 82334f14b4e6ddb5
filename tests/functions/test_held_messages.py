"""Messages that are left while nobody is there: held, listed, taken back, and delivered as chats."""

import importlib
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from local.giosg import Fault, SimulatedGiosg
from local.giosg.faults.faults import Kind
from tests.aws import Context, Functions, Reply
from tests.functions.conftest import stored_items
from tests.template import resources
from tests.toolkit.clock import Clock
from tests.toolkit.visitors import UNKNOWN_CHAT, UNKNOWN_TOKEN, Chatting, codes, refused_fields
from tests.toolkit.webhooks import deliver

from visitor_chat import wiring

pytestmark = pytest.mark.usefixtures("empty_tables", "nobody_there")


@pytest.fixture
def nobody_there(giosg: SimulatedGiosg, clock: Clock) -> Iterator[None]:
    assert clock
    go_offline(giosg)
    yield
    wiring.reset()


def go_offline(giosg: SimulatedGiosg) -> None:
    for agent in giosg.agents:
        agent.go_offline()


def go_online(giosg: SimulatedGiosg) -> None:
    for agent in giosg.agents:
        agent.go_online()


def new_id() -> str:
    return str(uuid.uuid4())


def hold(functions: Functions, message: str = "Call me back", *, token: str | None = None, **body: Any) -> Reply:
    body = {"message": message, "client_message_id": new_id()} | body
    return functions.call("hold_message", "POST", "/held_messages", token=token, body=body)


def held(functions: Functions, token: str) -> list[dict[str, Any]]:
    reply = functions.call("held_messages", "GET", "/held_messages", token=token)
    assert reply.status == 200
    listed: list[dict[str, Any]] = reply.json["held_messages"]
    return listed


def withdraw(functions: Functions, token: str, held_id: str) -> Reply:
    return functions.call("held_messages", "DELETE", f"/held_messages/{held_id}", token=token)


def run(clock: Clock) -> dict[str, int]:
    """Let a minute pass, and the schedule call."""
    clock.advance(minutes=1)
    result: dict[str, int] = importlib.import_module("functions.deliver_held_messages.app").handler({}, Context())
    return result


def chats_of(functions: Functions, token: str) -> list[dict[str, Any]]:
    chats: list[dict[str, Any]] = functions.call("get_chats", "GET", "/chats", token=token).json["chats"]
    return chats


def sent(giosg: SimulatedGiosg, text: str) -> list[str]:
    """Return the chats at Giosg in which a visitor said a text, once for each time."""
    return [chat["id"] for chat in giosg.chats() for each in giosg.messages(chat["id"]) if each["message"] == text]


class TestHolding:
    def test_a_message_is_held_for_a_new_visitor(self, functions: Functions) -> None:
        reply = hold(functions, "Call me back", visitor_name="Aino")

        assert reply.status == 202
        assert reply.json["visitor"]["name"] == "Aino"
        message = reply.json["held_message"]
        assert (message["status"], message["room"], message["chat_id"]) == ("held", "default", None)
        assert held(functions, reply.json["visitor_token"]) == [message]

    def test_the_same_id_again_is_the_same_message_with_a_token_that_works(self, functions: Functions) -> None:
        message_id = new_id()
        first = hold(functions, client_message_id=message_id)

        again = hold(functions, client_message_id=message_id.upper())

        assert (again.status, again.json["held_message"]) == (200, first.json["held_message"])
        assert again.json["visitor"] == first.json["visitor"]
        assert held(functions, again.json["visitor_token"]) == [first.json["held_message"]]

    def test_with_the_token_the_same_id_is_the_same_message_too(self, functions: Functions) -> None:
        message_id = new_id()
        first = hold(functions, client_message_id=message_id)

        again = hold(functions, client_message_id=message_id, token=first.json["visitor_token"])

        assert (again.status, again.json["held_message"]) == (200, first.json["held_message"])

    def test_another_text_under_the_same_id_is_refused(self, functions: Functions) -> None:
        message_id = new_id()
        token = hold(functions, "a b", client_message_id=message_id).json["visitor_token"]

        replies = [
            hold(functions, "a  b", client_message_id=message_id),
            hold(functions, "a  b", client_message_id=message_id, token=token),
        ]

        assert codes(*replies) == [(409, "client_message_id_reused")] * 2

    def test_it_is_refused_while_agents_are_online(self, giosg: SimulatedGiosg, functions: Functions) -> None:
        go_online(giosg)

        reply = hold(functions)

        assert codes(reply) == [(409, "agents_online")]
        assert not giosg.requests.matching(method="POST", path="/auth$")

    def test_a_repeat_is_answered_once_agents_are_online(
        self, giosg: SimulatedGiosg, functions: Functions, clock: Clock
    ) -> None:
        message_id = new_id()
        hold(functions, client_message_id=message_id)
        go_online(giosg)
        clock.advance(minutes=1)

        assert hold(functions, client_message_id=message_id).status == 200

    def test_three_may_wait(self, functions: Functions) -> None:
        token = hold(functions).json["visitor_token"]
        replies = [hold(functions, token=token) for _ in range(3)]

        assert codes(*replies) == [(202, None), (202, None), (409, "too_many_held")]

    def test_one_that_is_taken_back_makes_room(self, functions: Functions) -> None:
        first = hold(functions)
        token = first.json["visitor_token"]
        for _ in range(2):
            hold(functions, token=token)

        withdraw(functions, token, first.json["held_message"]["id"])

        assert hold(functions, token=token).status == 202

    @pytest.mark.parametrize(
        ("body", "fields"),
        [
            ({"client_message_id": None}, ["client_message_id"]),
            ({"message": None}, ["message"]),
            ({"message": "\u200b"}, ["message"]),
            ({"room": "nowhere"}, ["room"]),
            ({"client_message_id": "7"}, ["client_message_id"]),
        ],
        ids=["no id", "no message", "nothing to see", "no such room", "no UUID"],
    )
    def test_a_field_that_is_wrong_is_named(
        self, functions: Functions, body: dict[str, Any], fields: list[str]
    ) -> None:
        assert refused_fields(hold(functions, **body)) == fields

    def test_a_stack_that_holds_nothing_says_so(self, functions: Functions, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HELD_MESSAGE_HOURS", "0")
        wiring.reset()

        assert codes(hold(functions)) == [(409, "messages_not_held")]
        assert not functions.call("get_availability", "GET", "/availability").json["holds_messages"]

    def test_availability_says_that_a_message_can_be_left(self, functions: Functions) -> None:
        assert functions.call("get_availability", "GET", "/availability").json["holds_messages"]


class TestTakingBack:
    def test_what_is_taken_back_is_not_delivered_and_its_text_is_gone(
        self, giosg: SimulatedGiosg, functions: Functions, clock: Clock
    ) -> None:
        reply = hold(functions, "Never mind")
        token, held_id = reply.json["visitor_token"], reply.json["held_message"]["id"]

        answers = [withdraw(functions, token, held_id), withdraw(functions, token, held_id.upper())]
        go_online(giosg)
        run(clock)

        assert [each.status for each in answers] == [204, 204]
        assert [each["status"] for each in held(functions, token)] == ["withdrawn"]
        assert sent(giosg, "Never mind") == []
        assert "Never mind" not in str(stored_items("ChatsTable"))

    def test_what_was_delivered_cannot_be_taken_back(
        self, giosg: SimulatedGiosg, functions: Functions, clock: Clock
    ) -> None:
        reply = hold(functions)
        go_online(giosg)
        run(clock)

        answer = withdraw(functions, reply.json["visitor_token"], reply.json["held_message"]["id"])

        assert codes(answer) == [(409, "already_delivered")]

    @pytest.mark.parametrize("held_id", [UNKNOWN_CHAT, "nonsense", "count", "x" * 1500])
    def test_what_there_is_not_is_not_found(self, functions: Functions, held_id: str) -> None:
        token = hold(functions).json["visitor_token"]

        assert codes(withdraw(functions, token, held_id)) == [(404, "held_message_not_found")]

    def test_another_visitors_is_not_found(self, functions: Functions) -> None:
        theirs, mine = hold(functions), hold(functions)

        answer = withdraw(functions, mine.json["visitor_token"], theirs.json["held_message"]["id"])

        assert codes(answer) == [(404, "held_message_not_found")]
        assert [each["status"] for each in held(functions, theirs.json["visitor_token"])] == ["held"]

    def test_an_unknown_token_is_refused(self, functions: Functions) -> None:
        listed = functions.call("held_messages", "GET", "/held_messages", token=UNKNOWN_TOKEN)

        assert codes(listed, withdraw(functions, UNKNOWN_TOKEN, new_id())) == [(401, "invalid_visitor_token")] * 2


class TestDelivery:
    def test_a_held_message_becomes_a_chat_once_agents_are_there(
        self, giosg: SimulatedGiosg, functions: Functions, clock: Clock
    ) -> None:
        message_id = new_id()
        reply = hold(functions, "Call me back", visitor_name="Aino", client_message_id=message_id)
        token = reply.json["visitor_token"]
        before = run(clock)
        go_online(giosg)

        after = run(clock)

        (chat,) = chats_of(functions, token)
        assert (before["delivered"], after["delivered"]) == (0, 1)
        shown = reply.json["held_message"] | {"status": "delivered", "message": None}
        assert held(functions, token)[0] | {"chat_id": None} == shown
        assert held(functions, token)[0]["chat_id"] == chat["id"]
        chatting = Chatting(functions=functions, chat_id=chat["id"], token=token, started=reply)
        (message,) = chatting.read().json["messages"]
        assert (message["message"], message["client_message_id"]) == ("Call me back", message_id)
        assert giosg.variables(reply.json["visitor"]["id"])["username"] == "Aino"

    def test_it_is_delivered_once(self, giosg: SimulatedGiosg, functions: Functions, clock: Clock) -> None:
        message_id = new_id()
        token = hold(functions, "Once", client_message_id=message_id).json["visitor_token"]
        go_online(giosg)
        for _ in range(3):
            run(clock)
        (chat,) = chats_of(functions, token)
        chatting = Chatting(functions=functions, chat_id=chat["id"], token=token, started=Reply(200, {}, ""))

        again = chatting.send("Once", client_message_id=message_id)

        assert again.status == 200
        assert sent(giosg, "Once") == [chat["id"]]

    def test_its_text_is_in_its_chat_then_and_gone_with_it(
        self, giosg: SimulatedGiosg, functions: Functions, clock: Clock
    ) -> None:
        message_id, text = new_id(), f"Erase me {new_id()}"
        hold(functions, text, client_message_id=message_id)
        go_online(giosg)
        run(clock)
        again = hold(functions, text, client_message_id=message_id)
        (chat_id,) = sent(giosg, text)

        giosg.agent.remove(giosg.messages(chat_id)[0]["id"])
        deliver(giosg, functions)

        assert (again.status, again.json["held_message"]["message"]) == (200, text)
        assert [table for table in resources("AWS::DynamoDB::Table") if text in str(stored_items(table))] == []

    def test_the_oldest_go_first_and_so_many_a_minute(
        self, giosg: SimulatedGiosg, functions: Functions, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HELD_MESSAGES_PER_MINUTE", "2")
        wiring.reset()
        texts = [f"Number {number}" for number in range(3)]
        for text in texts:
            hold(functions, text)
            clock.advance(seconds=1)
        go_online(giosg)

        run(clock)
        first = [text for text in texts if sent(giosg, text)]
        run(clock)

        assert first == texts[:2]
        assert all(sent(giosg, text) for text in texts)

    def test_nothing_held_costs_one_query(self, clock: Clock, aws_calls: Any) -> None:
        run(clock)

        assert aws_calls.operations == ["Query"]

    @pytest.mark.parametrize("path", ["/chats$", "/messages$"])
    @pytest.mark.parametrize("kind", ["commit_then_drop", "drop", "commit_then_answer", "answer"])
    def test_whatever_fails_there_is_one_chat_and_one_message_in_the_end(
        self, giosg: SimulatedGiosg, functions: Functions, clock: Clock, path: str, kind: Kind
    ) -> None:
        text = f"Only once {new_id()}"
        token = hold(functions, text).json["visitor_token"]
        go_online(giosg)
        giosg.faults.add(Fault(kind=kind, method="POST", path=path, status=503))

        for _ in range(4):
            run(clock)

        assert [each["status"] for each in held(functions, token)] == ["delivered"]
        assert len(sent(giosg, text)) == 1
        assert len(chats_of(functions, token)) == 1

    def test_a_room_that_closes_lets_the_rest_wait(
        self, giosg: SimulatedGiosg, functions: Functions, clock: Clock
    ) -> None:
        token = hold(functions, "Later").json["visitor_token"]
        go_online(giosg)
        functions.call("get_availability", "GET", "/availability")
        clock.advance(seconds=11)
        functions.call("get_availability", "GET", "/availability")
        go_offline(giosg)

        clock.advance(seconds=-52)
        run(clock)
        status = [each["status"] for each in held(functions, token)]
        go_online(giosg)
        run(clock)

        assert status == ["held"]
        assert [each["status"] for each in held(functions, token)] == ["delivered"]

    def test_what_nobody_came_for_expires_and_keeps_its_text(
        self, giosg: SimulatedGiosg, functions: Functions, clock: Clock
    ) -> None:
        token = hold(functions, "In vain").json["visitor_token"]
        clock.advance(hours=72)

        result = run(clock)
        go_online(giosg)
        run(clock)

        assert result["expired"] == 1
        assert [(each["status"], each["message"]) for each in held(functions, token)] == [("expired", "In vain")]
        assert sent(giosg, "In vain") == []

    def test_each_room_has_its_own_agents(
        self, giosg: SimulatedGiosg, functions: Functions, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sales = giosg.other_room_ids[0]
        monkeypatch.setenv("GIOSG_ROOMS", f"sales={sales}")
        wiring.reset()
        hold(functions, "For sales", room="sales")
        hold(functions, "For all")
        giosg.world.rooms[sales].is_open = False
        go_online(giosg)

        run(clock)
        giosg.world.rooms[sales].is_open = True

        assert len(sent(giosg, "For all")) == 1
        assert sent(giosg, "For sales") == []


class TestErasing:
    def test_erasing_the_visitor_erases_what_is_held(
        self, giosg: SimulatedGiosg, functions: Functions, clock: Clock
    ) -> None:
        message_id = new_id()
        token = hold(functions, "My number is 7", client_message_id=message_id).json["visitor_token"]

        functions.call("erase_visitor", "DELETE", "/visitor", token=token)
        go_online(giosg)
        run(clock)

        assert "My number is 7" not in str(stored_items("ChatsTable"))
        assert sent(giosg, "My number is 7") == []
