"""Contention: what becomes of many messages that arrive at once for one chat.

    PYTHONPATH=layers/giosg_client python -m bench.contention [--runs 3]

Functions and tables run in one process under simulated time (`tests/toolkit/crowd.py`), with as many consumers of the
repair queue as the template allows.
"""

import argparse
from dataclasses import dataclass

from tests.toolkit.crowd import Rush, rush

from bench.quiet import quiet
from bench.tables import percentile, print_table

CROWDS = (1, 5, 20, 40, 100)
HEADINGS = (
    "messages at once",
    "commits tried for each",
    "refused",
    "queued",
    "answer p50 s",
    "last answer s",
    "all stored s",
)


@dataclass(frozen=True, slots=True)
class Row:
    """What several runs with so many messages have in common."""

    count: int
    rushes: list[Rush]

    def cells(self) -> tuple[object, ...]:
        answered = [each for rush in self.rushes for each in rush.answered_seconds]
        return (
            self.count,
            self._mean("attempts", of=self.count),
            self._mean("refused"),
            self._mean("queued"),
            f"{percentile(answered, 50):.2f}",
            f"{max(answered):.2f}",
            f"{max(rush.stored_seconds for rush in self.rushes):.2f}",
        )

    def _mean(self, figure: str, *, of: int = 1) -> str:
        return f"{sum(getattr(rush, figure) for rush in self.rushes) / len(self.rushes) / of:.1f}"


def main() -> None:
    arguments = argparse.ArgumentParser(description="Measure webhooks of one chat that arrive at once")
    arguments.add_argument("--runs", type=int, default=3)
    chosen = arguments.parse_args()
    with quiet():
        rows = [Row(count, [rush(count, seed) for seed in range(chosen.runs)]).cells() for count in CROWDS]
    print_table(HEADINGS, rows)


if __name__ == "__main__":
    main()
