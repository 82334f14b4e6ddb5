"""What each act costs in the tables and at Giosg, against the budget that is kept beside."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.budget.acts import ACTS, KNOWN_ACTS, PUSH_ACTS, ROOM_ACTS, Acts, KnownActs, PushActs, RoomActs
from tests.budget.meter import Meter, running_meter
from tests.template import functions_by_folder
from tests.toolkit.push_service import PushService

BUDGET: dict[str, Any] = tomllib.loads((Path(__file__).parent / "budget.toml").read_text())
SERVES_FILES_ALONE = "web_page"


@pytest.fixture(scope="class")
def meter() -> Iterator[Meter]:
    with running_meter() as meter:
        yield meter


@pytest.fixture(scope="class")
def known_meter() -> Iterator[Meter]:
    with running_meter(KNOWN_USERS="on") as meter:
        yield meter


@pytest.fixture(scope="class")
def room_meter() -> Iterator[Meter]:
    with running_meter({"sales": "5e1f0a86-93c4-4b7d-8a2e-6d40c7b915f3"}) as meter:
        yield meter


@pytest.fixture(scope="class")
def push_meter() -> Iterator[Meter]:
    with PushService() as service, running_meter(WEB_PUSH="on", PUSH_SERVICES=service.origin) as meter:
        service.answers.append((201, {}))
        yield meter


class TestByDefault:
    @pytest.mark.parametrize("name", ACTS)
    def test_an_act_costs_what_its_budget_says(self, meter: Meter, name: str) -> None:
        meter.begin()
        invocation = meter.do(lambda: ACTS[name](Acts(meter)))

        assert meter.cost(invocation) == BUDGET[name]


class TestWithKnownUsers:
    @pytest.mark.parametrize("name", KNOWN_ACTS)
    def test_an_act_costs_what_its_budget_says(self, known_meter: Meter, name: str) -> None:
        known_meter.begin()
        invocation = known_meter.do(lambda: KNOWN_ACTS[name](KnownActs(known_meter)))

        assert known_meter.cost(invocation) == BUDGET[name]


class TestWithTwoRooms:
    @pytest.mark.parametrize("name", ROOM_ACTS)
    def test_an_act_costs_what_its_budget_says(self, room_meter: Meter, name: str) -> None:
        room_meter.begin()
        invocation = room_meter.do(lambda: ROOM_ACTS[name](RoomActs(room_meter)))

        assert room_meter.cost(invocation) == BUDGET[name]

    @pytest.mark.parametrize(
        "name", ["availability", "start new visitor with a message", "send", "message webhook of another room"]
    )
    def test_what_names_no_room_costs_as_much_as_with_one(self, room_meter: Meter, name: str) -> None:
        room_meter.begin()
        invocation = room_meter.do(lambda: ACTS[name](Acts(room_meter)))

        assert room_meter.cost(invocation) == BUDGET[name]


class TestWithPushMessages:
    @pytest.mark.parametrize("name", PUSH_ACTS)
    def test_an_act_costs_what_its_budget_says(self, push_meter: Meter, name: str) -> None:
        push_meter.begin()
        invocation = push_meter.do(lambda: PUSH_ACTS[name](PushActs(push_meter)))

        assert push_meter.cost(invocation) == BUDGET[name]

    @pytest.mark.parametrize("name", ["send", "message webhook", "chat webhook"])
    def test_what_comes_before_an_answer_is_told_costs_no_more(self, push_meter: Meter, name: str) -> None:
        push_meter.begin()
        invocation = push_meter.do(lambda: ACTS[name](Acts(push_meter)))

        assert push_meter.cost(invocation) == BUDGET[name]


def test_every_function_has_a_budget() -> None:
    measured = {each["function"] for each in BUDGET.values()}

    assert measured == functions_by_folder().keys() - {SERVES_FILES_ALONE}
    assert BUDGET.keys() == {*ACTS, *ROOM_ACTS, *KNOWN_ACTS, *PUSH_ACTS}
