"""Several rooms in one stack: GET /rooms, and `room` where chats are offered, started, shown and told of."""

from collections.abc import Iterator

import pytest
from local.giosg import SimulatedGiosg
from local.giosg.state import lifecycle
from tests.aws import Functions
from tests.toolkit.clock import Clock
from tests.toolkit.visitors import ask_to_start, refused_fields, start
from tests.toolkit.webhooks import deliver

from visitor_chat import wiring

pytestmark = pytest.mark.usefixtures("empty_tables", "two_rooms")


@pytest.fixture
def sales(giosg: SimulatedGiosg) -> Iterator[str]:
    """Return Giosg's id of another room, which is open."""
    room_id = giosg.other_room_ids[0]
    yield room_id
    giosg.world.rooms[room_id].is_open = True


@pytest.fixture
def two_rooms(sales: str, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Deploy the stack with that room, called `sales`."""
    assert clock
    monkeypatch.setenv("GIOSG_ROOMS", f"sales={sales}")
    wiring.reset()
    yield
    wiring.reset()


def list_rooms(functions: Functions) -> list[dict[str, object]]:
    reply = functions.call("list_rooms", "GET", "/rooms")
    assert reply.status == 200
    rooms: list[dict[str, object]] = reply.json["rooms"]
    return rooms


def looks(giosg: SimulatedGiosg) -> int:
    return len(giosg.requests.matching(method="GET", path="/rooms/[^/]+$"))


def test_all_rooms_are_listed_the_default_one_first(giosg: SimulatedGiosg, functions: Functions, sales: str) -> None:
    giosg.world.rooms[sales].is_open = False

    rooms = list_rooms(functions)

    assert [(each["room"], each["is_default"], each["is_online"]) for each in rooms] == [
        ("default", True, True),
        ("sales", False, False),
    ]


def test_giosg_is_asked_about_each_room_once_in_ten_seconds(
    giosg: SimulatedGiosg, functions: Functions, clock: Clock
) -> None:
    for _ in range(3):
        list_rooms(functions)
        wiring.reset()
        functions.call("get_availability", "GET", "/availability", query={"room": "sales"})
    assert looks(giosg) == 2

    clock.advance(seconds=11)
    list_rooms(functions)

    assert looks(giosg) == 4


def test_one_read_tells_of_all_rooms(functions: Functions, aws_calls: object) -> None:
    list_rooms(functions)
    calls = list(getattr(aws_calls, "operations", []))
    list_rooms(functions)

    assert getattr(aws_calls, "operations", [])[len(calls) :] == ["BatchGetItem"]


def test_a_room_that_giosg_does_not_answer_for_has_nulls(giosg: SimulatedGiosg, functions: Functions) -> None:
    for _ in range(2):
        giosg.faults.answer(500, path="/rooms/[^/]+$")

    assert {each["is_online"] for each in list_rooms(functions)} == {None}


def test_availability_is_that_of_the_room(giosg: SimulatedGiosg, functions: Functions, sales: str) -> None:
    giosg.world.rooms[sales].is_open = False

    there = functions.call("get_availability", "GET", "/availability", query={"room": "sales"}).json
    here = functions.call("get_availability", "GET", "/availability").json

    assert (there["room"], there["is_online"]) == ("sales", False)
    assert (here["room"], here["is_online"]) == ("default", True)


@pytest.mark.parametrize("room", ["nowhere", "", "SALES", "default "])
def test_an_unknown_room_is_refused_by_name(functions: Functions, room: str) -> None:
    asked = functions.call("get_availability", "GET", "/availability", query={"room": room})

    assert refused_fields(asked) == ["room"]


@pytest.mark.parametrize("room", ["nowhere", 7, ["sales"], {"name": "sales"}])
def test_no_chat_starts_in_an_unknown_room(giosg: SimulatedGiosg, functions: Functions, room: object) -> None:
    started = ask_to_start(functions, room=room)

    assert refused_fields(started) == ["room"]
    assert not giosg.requests.matching(method="POST", path="/auth$")


def test_a_chat_starts_in_its_room(giosg: SimulatedGiosg, functions: Functions, sales: str) -> None:
    chatting = start(functions, room="sales", message="How much is it?")

    assert chatting.started.json["chat"]["room"] == "sales"
    assert chatting.chat().json["room"] == "sales"
    assert [each["id"] for each in giosg.chats(room_id=sales) if each["id"] == chatting.chat_id]


def test_a_room_that_is_offline_takes_no_chat_while_another_does(
    giosg: SimulatedGiosg, functions: Functions, sales: str
) -> None:
    giosg.world.rooms[sales].is_open = False

    refused = ask_to_start(functions, room="sales")

    assert (refused.status, refused.json["code"]) == (409, "no_agents_online")
    assert start(functions).started.status == 201


def test_agents_of_the_next_room_are_told_what_those_of_the_first_know(
    giosg: SimulatedGiosg, functions: Functions, sales: str
) -> None:
    chatting = start(functions, visitor_name="Aino", variables={"page": "/shirts", "plan": "gold"})
    visitor_id = chatting.visitor_id

    start(functions, token=chatting.token, room="sales", variables={"page": "/trousers"})

    assert giosg.variables(visitor_id, room_id=sales) == {"username": "Aino", "page": "/trousers", "plan": "gold"}


def test_what_agents_of_a_room_know_is_not_told_again(giosg: SimulatedGiosg, functions: Functions) -> None:
    chatting = start(functions, visitor_name="Aino", variables={"page": "/shirts"})
    for room in ("sales", "sales", "default"):
        start(functions, token=chatting.token, room=room, visitor_name="Aino", variables={"page": "/shirts"})

    assert len(giosg.requests.matching(method="POST", path="/variables$")) == 4


def test_the_visitor_stays_the_same_and_lists_the_chats_of_all_rooms(functions: Functions) -> None:
    chatting = start(functions)

    other = start(functions, token=chatting.token, room="sales")

    rooms = {each["id"]: each["room"] for each in chatting.chats().json["chats"]}
    assert rooms == {chatting.chat_id: "default", other.chat_id: "sales"}


def test_webhooks_of_every_room_are_taken(giosg: SimulatedGiosg, functions: Functions) -> None:
    chatting = start(functions, room="sales", message="Hello?")
    giosg.agent.join(chatting.chat_id)
    giosg.agent.say(chatting.chat_id, "Good day!")

    deliver(giosg, functions)

    assert "Good day!" in chatting.texts()


def test_a_chat_of_a_further_room_that_was_not_started_here_is_its_visitors(
    giosg: SimulatedGiosg, functions: Functions, sales: str
) -> None:
    chatting = start(functions, room="sales")
    begun = lifecycle.create_chat(giosg.world, room_id=sales, visitor_id=chatting.visitor_id)

    deliver(giosg, functions)

    rooms = {each["id"]: each["room"] for each in chatting.chats().json["chats"]}
    assert rooms == {chatting.chat_id: "sales", begun.id: "sales"}


def test_a_chat_stays_readable_when_its_room_is_taken_away(
    functions: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    chatting = start(functions, room="sales", message="Hello?")
    monkeypatch.setenv("GIOSG_ROOMS", "")
    wiring.reset()

    assert chatting.chat().json["room"] is None
    assert chatting.texts() == ["Hello?"]
    assert chatting.send("Anybody?").status == 201
    refused = ask_to_start(functions, token=chatting.token, room="sales")
    assert refused_fields(refused) == ["room"]


def test_a_repeat_of_a_start_in_another_room_is_another_start(functions: Functions) -> None:
    key = "key-of-a-start-in-a-room"
    start(functions, key=key, room="sales")

    reply = ask_to_start(functions, key=key)

    assert (reply.status, reply.json["code"]) == (409, "idempotency_key_reused")
