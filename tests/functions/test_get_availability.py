"""GET /availability."""

import pytest
from local.giosg import Fault, SimulatedGiosg
from tests.aws import Functions, Reply
from tests.toolkit.clock import Clock
from tests.toolkit.visitors import codes

from visitor_chat import wiring

pytestmark = pytest.mark.usefixtures("empty_tables")


@pytest.fixture(autouse=True)
def _new_container(clock: Clock) -> None:
    assert clock


def ask(functions: Functions) -> Reply:
    return functions.call("get_availability", "GET", "/availability")


def ask_in_a_new_container(functions: Functions) -> Reply:
    wiring.reset()
    return ask(functions)


def test_it_tells_whether_agents_are_online(giosg: SimulatedGiosg, functions: Functions, clock: Clock) -> None:
    online = ask(functions)
    for agent in giosg.agents:
        agent.go_offline()
    clock.advance(seconds=11)
    offline = ask(functions)

    assert [(reply.status, reply.json["is_online"]) for reply in (online, offline)] == [(200, True), (200, False)]
    assert online.json["checked_at"] < offline.json["checked_at"]


def test_it_tells_giosgs_estimate(giosg: SimulatedGiosg, functions: Functions) -> None:
    giosg.world.rooms[giosg.room_id].estimated_waiting_time = 42
    estimated = ask(functions).json["estimated_waiting_time_seconds"]
    giosg.world.rooms[giosg.room_id].estimated_waiting_time = None

    assert estimated == 42


def test_all_visitors_together_cost_one_call_in_ten_seconds(
    giosg: SimulatedGiosg, functions: Functions, clock: Clock
) -> None:
    replies = [ask(functions), ask(functions), ask_in_a_new_container(functions)]
    clock.advance(seconds=5)
    replies.append(ask_in_a_new_container(functions))
    assert len(giosg.requests) == 1

    clock.advance(seconds=6)
    replies.append(ask_in_a_new_container(functions))

    assert len(giosg.requests) == 2
    assert len({reply.json["checked_at"] for reply in replies}) == 2


def test_starting_a_chat_asks_no_more_often(giosg: SimulatedGiosg, functions: Functions) -> None:
    ask(functions)
    functions.call("start_chat", "POST", "/chats")

    assert len(giosg.requests.matching(method="GET", path="/rooms/[^/]+$")) == 1


def test_the_last_answer_is_good_for_five_minutes_without_giosg(
    giosg: SimulatedGiosg, functions: Functions, clock: Clock
) -> None:
    known = ask(functions).json
    giosg.faults.add(Fault(kind="answer", status=503, times=None))

    clock.advance(minutes=4, seconds=45)
    assert (ask(functions).json, ask_in_a_new_container(functions).json) == (known, known)

    clock.advance(seconds=16)
    assert codes(ask_in_a_new_container(functions)) == [(503, "giosg_unavailable")]


@pytest.mark.parametrize("fault", [Fault(kind="answer", status=status) for status in (401, 403, 404, 429, 500)])
def test_without_any_answer_of_giosgs_it_is_unavailable(
    giosg: SimulatedGiosg, functions: Functions, fault: Fault
) -> None:
    fault.times = None
    giosg.faults.add(fault)

    reply = ask(functions)

    assert codes(reply) == [(503, "giosg_unavailable")]
    assert int(reply.headers["Retry-After"]) >= 1


@pytest.mark.parametrize("garbage", ["html", "empty", "wrong_type"])
def test_nonsense_is_no_answer(giosg: SimulatedGiosg, functions: Functions, garbage: str) -> None:
    giosg.faults.add(Fault(kind="garbage", garbage=garbage, times=None))  # type: ignore[arg-type]

    assert codes(ask(functions)) == [(503, "giosg_unavailable")]


def test_a_giosg_in_trouble_is_asked_no_more_often(giosg: SimulatedGiosg, functions: Functions, clock: Clock) -> None:
    ask(functions)
    giosg.requests.clear()
    giosg.faults.add(Fault(kind="answer", status=403, times=None))
    clock.advance(seconds=11)

    for _visitor in range(5):
        assert ask_in_a_new_container(functions).status == 200

    assert len(giosg.requests) == 1
