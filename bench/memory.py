"""Memory sizes: what a function's own work takes with the share of a processor that goes with each, and what it costs.

Run `python -m bench.memory`.
"""

import statistics
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from bench import pythons, stored
from bench.cold_start import Bench, Subject
from bench.cpu_time import spent_until_rest_ms
from bench.function_process import running
from bench.scenario import Scenario, scenario
from bench.tables import print_table

SIZES_MB = (128, 256, 512, 1024, 1769)
WHOLE_PROCESSOR_MB = 1769
"""https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""
USD_PER_GB_SECOND = tomllib.loads(Path(__file__).with_name("prices.toml").read_text())["lambda_gb_seconds"]["usd"]
FUNCTIONS = ("send_message", "webhook_messages")
STARTS = 5
WARM_ANSWERS = 10
WAITING_MS = 100
HEADINGS = (
    "function",
    "MB",
    "initialisation ms",
    "first answer ms",
    "warm answer ms",
    "USD for a million warm ones",
    f"and for {WAITING_MS} ms of waiting in each",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Milliseconds of a whole processor."""

    initialisation: float
    first_answer: float
    warm_answer: float


def work(subject: Subject, scene: Scenario) -> Work:
    every = [_start(subject, scene) for _ in range(STARTS)]
    return Work(
        initialisation=statistics.median(taken[0] for taken in every),
        first_answer=statistics.median(taken[1] for taken in every),
        warm_answer=statistics.median(each for taken in every for each in taken[-WARM_ANSWERS:]),
    )


def _start(subject: Subject, scene: Scenario) -> list[float]:
    """Return the work of a fresh process: to be initialised, to answer first, and to answer once more, and more."""
    with running(subject.package) as api:
        api.wait_until_ready()
        spent = [spent_until_rest_ms(api.process_id)]
        for _answer in range(2 * WARM_ANSWERS):
            event, _status = scene.event(subject.event_of)
            api.invoke(event)
            spent.append(spent_until_rest_ms(api.process_id))
    return [spent[0], *(after - before for before, after in pairwise(spent))]


def rows(name: str, found: Work) -> Iterator[list[object]]:
    for size in SIZES_MB:
        share = size / WHOLE_PROCESSOR_MB
        warm_ms = found.warm_answer / share
        yield [
            name,
            size,
            round(found.initialisation / share),
            round(found.first_answer / share),
            f"{warm_ms:.1f}",
            f"{usd_for_a_million(warm_ms, size):.2f}",
            f"{usd_for_a_million(WAITING_MS, size):.2f}",
        ]


def usd_for_a_million(milliseconds: float, size_mb: int) -> float:
    usd: float = 1_000_000 * milliseconds / 1000 * size_mb / 1024 * USD_PER_GB_SECOND
    return usd


def main() -> None:
    try:
        python = pythons.lambdas_python()
    except pythons.Missing as missing:
        print(f"Memory sizes are not compared: there is no {missing} here.")
        return
    with tempfile.TemporaryDirectory() as made, stored.quick_tables(), scenario() as scene:
        bench = Bench(python, Path(made), scene)
        found = {name: work(bench.function(name), scene) for name in FUNCTIONS}
    print_table(HEADINGS, [row for name in FUNCTIONS for row in rows(name, found[name])])


if __name__ == "__main__":
    main()
