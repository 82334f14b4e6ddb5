"""CPU of a warm invocation, by function: what is left of it when Giosg and the tables answer at once.

Run `python -m bench.warm [--invocations 30] [FUNCTION ...]`.
"""

import argparse
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench import pythons, stored
from bench.cold_start import Bench, Subject, names
from bench.cpu_time import spent_until_rest_ms
from bench.function_process import running
from bench.runtime_api import FunctionFailed
from bench.scenario import Event, Scenario, scenario
from bench.tables import percentile, print_table

WARM_UPS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Warm:
    """What invocations of a warm function cost."""

    cpu_ms: list[float]
    aws_calls: float
    log_bytes: float


def measure(subject: Subject, scene: Scenario, *, invocations: int) -> Warm:
    """Run a function over events; each is made while the function waits for it, so that making it costs nothing."""
    events = (scene.event(subject.event_of) for _ in range(WARM_UPS + invocations))
    with tempfile.NamedTemporaryFile() as file:
        return _measure(subject, events, scene, Path(file.name))


def _measure(subject: Subject, events: Iterable[tuple[Event, int | None]], scene: Scenario, log: Path) -> Warm:
    spent: list[float] = []
    calls = written = 0
    with running(subject.package, log=log) as api:
        for number, (event, status) in enumerate(events):
            if number == WARM_UPS:
                calls, written = scene.stub.operations.total(), log.stat().st_size
            before = spent_until_rest_ms(api.process_id)
            answer = api.invoke(event)
            spent.append(spent_until_rest_ms(api.process_id) - before)
            if status is not None and (answer or {}).get("statusCode") != status:
                raise FunctionFailed(f"{subject.package.folder.name} answered {answer}")
    measured = spent[WARM_UPS:]
    return Warm(
        cpu_ms=measured,
        aws_calls=(scene.stub.operations.total() - calls) / len(measured),
        log_bytes=(log.stat().st_size - written) / len(measured),
    )


def print_warm(found: Mapping[str, Warm]) -> None:
    hello = percentile(found["hello world"].cpu_ms, 50)
    print_table(
        ["warm invocation", "CPU p50 ms", "p95 ms", "times hello world", "AWS calls", "bytes logged"],
        [
            (
                name,
                f"{(middle := percentile(warm.cpu_ms, 50)):.1f}",
                f"{percentile(warm.cpu_ms, 95):.1f}",
                f"{middle / hello:.1f}",
                f"{warm.aws_calls:.1f}",
                round(warm.log_bytes),
            )
            for name, warm in found.items()
        ],
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description="Measure the CPU time of warm invocations")
    arguments.add_argument("functions", nargs="*", default=names())
    arguments.add_argument("--invocations", type=int, default=30)
    chosen = arguments.parse_args()
    try:
        python = pythons.lambdas_python()
    except pythons.Missing as missing:
        print(f"Warm invocations are not measured: there is no {missing} here.")
        return
    with tempfile.TemporaryDirectory() as made, stored.quick_tables(), scenario() as scene:
        bench = Bench(python, Path(made), scene)
        usual = bench.usual(pythons.compiled_copy(python))
        subjects = {"hello world": bench.hello(), "usual composition, a message sent": usual}
        subjects |= {name: bench.function(name) for name in chosen.functions}
        print_warm(
            {name: measure(each, scene, invocations=chosen.invocations) for name, each in subjects.items()},
        )


if __name__ == "__main__":
    main()
