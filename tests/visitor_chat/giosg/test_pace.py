"""Calls begin at even intervals, whoever makes them."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from tests.toolkit.clock import Clock

from visitor_chat.giosg.pace import Pace


def turns(pace: Pace, clock: Clock, count: int) -> list[datetime]:
    """Wait so often, and return when each wait was over."""
    times = []
    for _turn in range(count):
        pace.wait()
        times.append(clock())
    return times


@pytest.mark.parametrize("calls_per_second", [0.5, 20])
def test_no_second_has_more_calls_than_it_may_have(calls_per_second: float) -> None:
    clock = Clock()

    made = turns(Pace(calls_per_second, clock=clock, sleep=clock.sleep), clock, 50)

    gaps = {later - earlier for earlier, later in pairwise(made)}
    assert gaps == {timedelta(seconds=1 / calls_per_second)}


def test_who_comes_in_the_place_of_another_keeps_its_pace() -> None:
    clock = Clock()
    turns(Pace(10, clock=clock, sleep=clock.sleep), clock, 1)
    before = clock()

    (first,) = turns(Pace(10, clock=clock, sleep=clock.sleep), clock, 1)

    assert first - before == timedelta(seconds=0.1)


def test_what_was_not_used_is_not_made_up_for() -> None:
    clock = Clock()
    pace = Pace(10, clock=clock, sleep=clock.sleep)
    clock.advance(seconds=60)

    first, second = turns(pace, clock, 2)

    assert second - first == timedelta(seconds=0.1)
