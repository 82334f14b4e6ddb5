"""The calculator of costs: its sums, and that the documentation shows what it says."""

from typing import Any

import pytest
from bench import cost
from bench.consumption import BUDGET, USAGE, Visits, idle, of_act, of_visits, total


def month(messages: float, **other: Any) -> Visits:
    return Visits(messages=messages, **(USAGE["visits"] | other))


def dollars(messages: float, **other: Any) -> dict[str, float]:
    return cost.bill(of_visits(month(messages, **other)))


def test_the_documentation_shows_what_the_calculator_says() -> None:
    text = cost.DOCUMENT.read_text()

    assert cost.documented(text) == text, "python -m bench.cost --write brings docs/cost.md up to date"


def test_the_documentation_names_the_prices_region_and_day() -> None:
    text = " ".join(cost.DOCUMENT.read_text().split())

    assert f"{cost.PRICES['region']}, {cost.PRICES['date']:%-d %B %Y}" in text


def test_a_month_without_visits_costs_only_what_stands_idle() -> None:
    assert not any(of_visits(month(0)).values())
    assert sum(cost.bill(idle()).values()) > 0


def test_twice_the_messages_are_twice_the_writes() -> None:
    assert dollars(2_000)["DynamoDB: writes"] == pytest.approx(2 * dollars(1_000)["DynamoDB: writes"])


def test_an_act_costs_what_its_budget_says() -> None:
    sent = cost.bill(of_act("send"))

    assert sent["DynamoDB: writes"] == pytest.approx(BUDGET["send"]["write_units"] * 0.705 / 1e6)
    assert sent["DynamoDB: reads"] == pytest.approx(BUDGET["send"]["read_units"] * 0.1415 / 1e6)
    assert sent["API Gateway: HTTP requests"] == pytest.approx(1.11 / 1e6)


def test_longer_visits_cost_more_pings() -> None:
    short, long = (month(1_000, socket_minutes=minutes).acts()["ping"] for minutes in (5, 10))

    assert long - short == pytest.approx(100 * 5 * 2)


def test_an_idle_month_has_one_sweep_a_minute_that_writes_nothing() -> None:
    used = idle()

    assert used["lambda_requests"] == 43_200
    assert used["write_units"] == 0
    assert used["read_units"] > 0


def test_whatever_is_used_has_a_price() -> None:
    used = total((of_visits(month(1_000)), 1), (idle(), 1))
    billed = {name for names in cost.ITEMS.values() for name in names}

    assert used.keys() <= billed <= cost.PRICES.keys()
