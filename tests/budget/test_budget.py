"""What each act costs in the tables and at Giosg, against the budget that is kept beside."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.budget.acts import ACTS, KNOWN_ACTS, Acts, KnownActs
from tests.budget.meter import Meter, running_meter
from tests.template import folder, resources

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


def test_every_function_has_a_budget() -> None:
    measured = {each["function"] for each in BUDGET.values()}

    assert measured == {folder(each) for each in resources("AWS::Serverless::Function").values()} - {SERVES_FILES_ALONE}
    assert BUDGET.keys() == {*ACTS, *KNOWN_ACTS}
