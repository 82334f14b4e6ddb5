"""Of many open chats each is compared in time, and Giosg sees no more calls than it is to."""

from datetime import timedelta

import pytest
from tests.template import template
from tests.toolkit.sweeping import PROMISES, Seen, World

from visitor_chat.sync.sweep import CONSUMERS, PERIOD

CHATS, ACTIVE, CALLS_PER_SECOND = 20_000, 400, 20
"""A fifth of 100,000 chats, 2,000 of them active, at 100 calls a second: `bench.sweep` has the whole."""
MINUTES = 65


@pytest.fixture(scope="module")
def seen() -> Seen:
    world = World(chats=CHATS, active=ACTIVE, calls_per_second=CALLS_PER_SECOND)
    world.run(MINUTES)
    return world.seen


def test_each_chat_is_compared_as_soon_as_is_promised(seen: Seen) -> None:
    assert seen.latest == {}
    assert {promise for _silence, promise in PROMISES} == seen.compared.keys()
    assert seen.compared[timedelta(hours=1)] > CHATS - 2 * ACTIVE


def test_giosg_sees_no_second_with_more_calls_than_it_is_to(seen: Seen) -> None:
    assert seen.busiest_second <= CALLS_PER_SECOND


def test_a_chat_is_handed_over_no_more_often_than_it_is_compared(seen: Seen) -> None:
    assert seen.compared.total() <= seen.handed_over <= seen.compared.total() * 1.02


def test_what_fails_or_is_lost_comes_again_within_minutes_and_holds_up_nothing() -> None:
    world = World(chats=3_000, active=60, calls_per_second=5, failing=0.02)

    world.run(MINUTES)

    assert max(world.seen.latest.values()) < timedelta(minutes=6)
    assert world.seen.compared.total() > 3_000


def test_more_chats_than_there_are_calls_for_are_compared_late_but_all() -> None:
    world = World(chats=8_000, active=160, calls_per_second=5)

    world.run(90)

    assert world.seen.compared[timedelta(hours=1)] > 8_000 - 4 * 160
    assert world.seen.latest
    assert world.seen.busiest_second <= 5


def test_the_template_says_the_same_of_the_sweep() -> None:
    resources = template()["Resources"]
    mapping = resources["SweepQueueToSyncChats"]["Properties"]
    queue = resources["SweepQueue"]["Properties"]

    assert mapping["ScalingConfig"]["MaximumConcurrency"] == CONSUMERS
    assert mapping["BatchSize"] == 1
    assert queue["MessageRetentionPeriod"] == PERIOD.total_seconds()
    assert queue["VisibilityTimeout"] >= resources["SyncChatsFunction"]["Properties"]["Timeout"]
    assert resources["SyncChatsFunction"]["Properties"]["Events"]["Due"]["Properties"]["Schedule"] == "rate(1 minute)"
