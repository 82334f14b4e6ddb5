"""Several rooms of one integration: each has its own agents, its own state, and its own facts about a visitor."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from local.giosg import SimulatedGiosg
from tests.local.giosg_caller import Caller

SALES = "7b1f0e64-52c9-4a0d-9d3e-6a8c41f2b975"


@pytest.fixture
def giosg() -> Iterator[SimulatedGiosg]:
    with SimulatedGiosg(rooms={"sales": SALES}) as running:
        yield running


@pytest.fixture
def caller(giosg: SimulatedGiosg) -> Iterator[Caller]:
    with Caller.new(giosg) as visitor:
        yield visitor


def room_of(caller: Caller, room_id: str) -> dict[str, Any]:
    """Return a room as the organisation sees it."""
    room: dict[str, Any] = caller.call_as_organization("GET", f"{caller.organization}/rooms/{room_id}").json()
    return room


def in_sales(caller: Caller) -> str:
    """Return the path of a visitor who has entered the sales room."""
    visitors = f"public/orgs/{caller.giosg.organization_id}/rooms/{SALES}/visitors"
    caller.call("POST", visitors, {"id": caller.id})
    return f"{visitors}/{caller.id}"


def control(giosg: SimulatedGiosg, method: str, path: str, body: Any) -> requests.Response:
    return requests.request(method, f"{giosg.base_url}/_sim/{path}", json=body, timeout=5)


def test_no_agent_serves_both_rooms(giosg: SimulatedGiosg) -> None:
    default, sales = ({agent.id for agent in giosg.agents_of(room_id)} for room_id in (giosg.room_id, SALES))

    assert default
    assert sales
    assert not default & sales


def test_a_room_is_offline_when_its_own_agents_are(giosg: SimulatedGiosg, caller: Caller) -> None:
    for agent in giosg.agents_of(SALES):
        agent.go_offline()

    assert [room_of(caller, room_id)["is_online"] for room_id in (giosg.room_id, SALES)] == [True, False]
    assert room_of(caller, SALES)["is_humans_online"] is False
    assert caller.call("POST", f"{in_sales(caller)}/chats").status_code == 403
    assert caller.create_chat().status_code == 201


def test_visitors_see_the_agents_of_their_room(giosg: SimulatedGiosg, caller: Caller) -> None:
    path = f"public/orgs/{giosg.organization_id}/rooms/{SALES}/online_users"

    names = [user["public_name"] for user in caller.call("GET", path).json()["results"]]

    assert names == ["Sanna, Sales", "Timo, Sales"]


def test_a_room_without_a_router_is_never_online(giosg: SimulatedGiosg, caller: Caller) -> None:
    control(giosg, "PUT", f"rooms/{SALES}", {"has_router": False})

    shown = room_of(caller, SALES)
    assert (shown["is_online"], shown["is_open"], shown["is_humans_online"]) == (False, True, True)


def test_what_is_known_of_a_visitor_belongs_to_one_room(giosg: SimulatedGiosg, caller: Caller) -> None:
    in_sales(caller)
    for room_id, name in ((giosg.room_id, "Aino"), (SALES, "A. Asiakas")):
        path = f"{caller.organization}/rooms/{room_id}/visitors/{caller.id}/variables"
        caller.call_as_organization("POST", path, {"key": "username", "value": name})

    assert giosg.variables(caller.id) == {"username": "Aino"}
    assert giosg.variables(caller.id, room_id=SALES) == {"username": "A. Asiakas"}


def test_agents_of_one_room_come_and_go_together(giosg: SimulatedGiosg, caller: Caller) -> None:
    control(giosg, "PUT", "agents", {"is_online": False, "room_id": giosg.room_id})

    assert [room_of(caller, room_id)["is_online"] for room_id in (giosg.room_id, SALES)] == [False, True]


def test_hours_and_waiting_times_are_a_rooms_own(giosg: SimulatedGiosg, caller: Caller) -> None:
    control(giosg, "PUT", f"rooms/{SALES}", {"is_open": False, "estimated_waiting_time": 90})

    sales, default = room_of(caller, SALES), room_of(caller, giosg.room_id)
    assert (sales["is_online"], sales["estimated_waiting_time"]) == (False, 90)
    assert (default["is_online"], default["estimated_waiting_time"]) == (True, None)


def test_a_room_that_does_not_exist_cannot_be_changed(giosg: SimulatedGiosg) -> None:
    assert control(giosg, "PUT", f"rooms/{'0' * 8}", {"is_open": False}).status_code == 404


def test_rooms_keep_their_agents_from_one_run_to_the_next(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    with SimulatedGiosg(rooms={"sales": SALES}, state_file=file) as first:
        before = [agent.id for agent in first.agents_of(SALES)]

    with SimulatedGiosg(rooms={"sales": SALES, "b2b": first.other_room_ids[0]}, state_file=file) as second:
        assert [agent.id for agent in second.agents_of(SALES)] == before
        assert second.other_room_ids == first.other_room_ids[1:]
