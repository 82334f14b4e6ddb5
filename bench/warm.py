"""CPU of a warm invocation, by function: what is left of it when Giosg and the tables answer at once.

Run `python -m bench.warm [--invocations 50] [FUNCTION ...]`.
"""

import argparse
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.template import folder, resources

from bench import pythons, stored
from bench.cold_start import FUNCTIONS, HELLO, USUAL
from bench.cpu_time import spent_until_rest_ms
from bench.function_process import Package, running
from bench.scenario import Event, Scenario, scenario
from bench.tables import percentile, print_table

WARM_UPS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Warm:
    """What invocations of a warm function cost."""

    cpu_ms: list[float]
    aws_calls: float
    log_bytes: float


def names() -> list[str]:
    return sorted({folder(function) for function in resources("AWS::Serverless::Function").values()})


def measure(package: Package, events: Iterable[tuple[Event, int | None]], scene: Scenario) -> Warm:
    """Run a function over events; each is made while the function waits for it, so that making it costs nothing."""
    with tempfile.NamedTemporaryFile() as log, running(package, log=Path(log.name)) as api:
        spent: list[float] = []
        calls = written = 0
        for number, (event, status) in enumerate(events):
            if number == WARM_UPS:
                calls, written = scene.stub.operations.total(), Path(log.name).stat().st_size
            before = spent_until_rest_ms(api.process_id)
            answer = api.invoke(event)
            if status is not None and (answer or {}).get("statusCode") != status:
                raise RuntimeError(f"{package.folder.name} answered {answer}")
            spent.append(spent_until_rest_ms(api.process_id) - before)
        measured = spent[WARM_UPS:]
        return Warm(
            cpu_ms=measured,
            aws_calls=(scene.stub.operations.total() - calls) / len(measured),
            log_bytes=(Path(log.name).stat().st_size - written) / len(measured),
        )


def events_of(function: str, scene: Scenario, *, invocations: int) -> Iterable[tuple[Event, int | None]]:
    return (scene.event(function) for _ in range(WARM_UPS + invocations))


def packages(chosen: list[str], python: Path, place: Path, scene: Scenario) -> dict[str, tuple[Package, str]]:
    """Give what is run, by its name in the table, and the function whose events it gets."""
    client = pythons.runtime_client(python)
    path = (pythons.packaged_layer(place / "layer"), client)
    hello, usual = place / "hello", (client, pythons.compiled_copy(python))
    hello.mkdir()
    (hello / "app.py").write_text(HELLO)
    folders = [("hello world", hello, (client,), "get_health"), ("usual composition", USUAL, usual, "send_message")]
    folders += [(name, FUNCTIONS / name, path, name) for name in chosen]
    return {
        name: (Package(python=python, folder=where, path=paths, variables=scene.variables), function)
        for name, where, paths, function in folders
    }


def main() -> None:
    arguments = argparse.ArgumentParser(description="Measure the CPU time of warm invocations")
    arguments.add_argument("functions", nargs="*", default=[name for name in names() if name != "web_page"])
    arguments.add_argument("--invocations", type=int, default=50)
    chosen = arguments.parse_args()
    try:
        python = pythons.lambdas_python()
    except pythons.Missing as missing:
        print(f"Warm invocations are not measured: there is no {missing} here.")
        return
    with tempfile.TemporaryDirectory() as made, stored.quick_tables(), scenario() as scene:
        found = {
            name: measure(package, events_of(function, scene, invocations=chosen.invocations), scene)
            for name, (package, function) in packages(chosen.functions, python, Path(made), scene).items()
        }
    hello = percentile(found["hello world"].cpu_ms, 50)
    print_table(
        ["warm invocation", "CPU p50 ms", "p95 ms", "times hello world", "AWS calls", "bytes logged"],
        [
            (
                name,
                f"{percentile(warm.cpu_ms, 50):.2f}",
                f"{percentile(warm.cpu_ms, 95):.2f}",
                f"{percentile(warm.cpu_ms, 50) / hello:.1f}",
                f"{warm.aws_calls:.1f}",
                round(warm.log_bytes),
            )
            for name, warm in found.items()
        ],
    )


if __name__ == "__main__":
    main()
