"""The sweep: how many open chats are compared with Giosg in time, and what Giosg sees of it.

    PYTHONPATH=layers/giosg_client python -m bench.sweep [--chats 100000] [--active 2000] [--calls 100] [--minutes 90]

The stack's own rules under simulated time (`tests/toolkit/sweeping.py`).
"""

import argparse
from dataclasses import dataclass
from datetime import timedelta

from tests.toolkit.sweeping import PROMISES, Seen, World

from bench.tables import print_table

HEADINGS = (
    "",
    "calls a second, mean",
    "in the busiest second",
    "compared a minute",
    "queue messages a minute",
    *(f"late for {silence} at most" for silence in ("5 min", "10 min", "1 h")),
)


@dataclass(frozen=True, slots=True)
class Load:
    """How much there is, and how fast it may be done."""

    chats: int
    active: int
    calls_per_second: int
    minutes: int

    def world(self, *, failing: float = 0.0) -> World:
        return World(chats=self.chats, active=self.active, calls_per_second=self.calls_per_second, failing=failing)

    def in_order(self) -> tuple[object, ...]:
        world = self.world()
        world.run(self.minutes)
        return _row("all well", world.seen, self.minutes)

    def with_failures(self) -> tuple[object, ...]:
        world = self.world(failing=0.01)
        world.run(self.minutes)
        return _row("1% of comparisons fail, 1% of messages lost", world.seen, self.minutes)

    def minutes_after_an_outage(self) -> float:
        """Let nothing be compared for an hour, and return how long it takes until nothing is late any more."""
        world = self.world()
        world.run(60, is_sweeping=False)
        over_at = world.now
        world.run(self.minutes)
        return (world.seen.late_until - over_at).total_seconds() / 60


def _row(name: str, seen: Seen, minutes: int) -> tuple[object, ...]:
    return (
        name,
        f"{seen.calls.total() / minutes / 60:.0f}",
        seen.busiest_second,
        f"{seen.compared.total() / minutes:,.0f}",
        f"{seen.messages / minutes:.0f}",
        *(_shown(seen.latest[promise]) for _silence, promise in PROMISES),
    )


def _shown(late: timedelta) -> str:
    return f"{late.total_seconds() / 60:.1f} min" if late else "never"


def main() -> None:
    arguments = argparse.ArgumentParser(description="Simulate the sweep of many open chats")
    arguments.add_argument("--chats", type=int, default=100_000)
    arguments.add_argument("--active", type=int, default=2_000)
    arguments.add_argument("--calls", type=int, default=100)
    arguments.add_argument("--minutes", type=int, default=90)
    chosen = arguments.parse_args()
    load = Load(chosen.chats, chosen.active, chosen.calls, chosen.minutes)
    print_table(HEADINGS, [load.in_order(), load.with_failures()])
    print(f"\nAn hour without any is made up for within {load.minutes_after_an_outage():.0f} minutes.")


if __name__ == "__main__":
    main()
