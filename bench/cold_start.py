"""Cold starts, counted: the instructions of a fresh process until its function has answered the first event.

Run `python -m bench.cold_start [--quick] [FUNCTION ...]`.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.template import functions_by_folder, properties, references

from bench import levers, pythons
from bench.function_process import Package, Start, instructions, start
from bench.scenario import Scenario, scenario
from bench.tables import print_table

FUNCTIONS = pythons.ROOT / "functions"
USUAL = pythons.ROOT / "bench/usual"
HELLO = 'def handler(event, context):\n    return {"statusCode": 200}\n'
DAEMON = {"AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000"}
"""Traces are sent there by UDP, which nobody has to receive."""
LIBRARIES = {"WebPushArmLayer", "WebPushIntelLayer"}
AT_A_TIME = 2
STARTS = 11
WITH_LEVERS = ("send_message", "webhook_messages")


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that starts: a package, and the function whose event it is given."""

    package: Package
    event_of: str

    def count(self, scene: Scenario) -> float:
        return instructions(self.package, lambda: scene.event(self.event_of))

    def start(self, scene: Scenario) -> Start:
        return start(self.package, lambda: scene.event(self.event_of))


class Bench:
    """Everything that is compared, built in a folder."""

    def __init__(self, python: Path, place: Path, scene: Scenario) -> None:
        self._python = python
        self._place = place
        self._scene = scene
        self._client = pythons.runtime_client(python)
        self._layer = pythons.packaged_layer(place / "layer")
        self._page = pythons.packaged_page(place / "page")

    def hello(self) -> Subject:
        hello = self._place / "hello"
        hello.mkdir(exist_ok=True)
        (hello / "app.py").write_text(HELLO)
        return Subject(self._package(hello, []), "get_health")

    def usual(self, packages: Path) -> Subject:
        return Subject(self._package(USUAL, [packages], **DAEMON), "send_message")

    def function(self, name: str) -> Subject:
        built = pythons.packaged_function(name, self._place / "functions")
        path = [self._layer, *([self._libraries] if has_libraries(name) else []), self._page]
        return Subject(self._package(built, path, **self._scene.switched_on(name)), name)

    @cached_property
    def _libraries(self) -> Path:
        return pythons.packaged_libraries(self._place / "libraries")

    def compositions(self) -> dict[str, Subject]:
        """Return what our functions are compared with, the slowest first."""
        return {
            "usual composition": self.usual(pythons.usual_packages()),
            "usual composition, compiled": self.usual(pythons.compiled_copy(self._python)),
            "hello world": self.hello(),
        }

    def without_levers(self, name: str) -> dict[str, Subject]:
        workshop = levers.Workshop(self._python, self._place)
        packages = levers.switched_off(self.function(name).package, workshop)
        return {lever: Subject(package, name) for lever, package in packages.items()}

    def counts(self, subjects: Mapping[str, Subject]) -> dict[str, float]:
        """Count instructions, of several processes at a time: counting is not disturbed by what else runs."""
        with ThreadPoolExecutor(AT_A_TIME) as threads:
            return dict(zip(subjects, threads.map(self._count, subjects, subjects.values()), strict=True))

    def _count(self, name: str, subject: Subject) -> float:
        """Count, and say so at once: all of it takes minutes."""
        counted = subject.count(self._scene)
        print(f"{name}: {counted:.0f}", file=sys.stderr)
        return counted

    def starts(self, subjects: Mapping[str, Subject]) -> dict[str, list[Start]]:
        """Take times, in turns, so that what else this machine does meets all of them."""
        taken: dict[str, list[Start]] = {name: [] for name in subjects}
        for _turn in range(STARTS):
            for name, subject in subjects.items():
                taken[name].append(subject.start(self._scene))
        return taken

    def _package(self, folder: Path, path: list[Path], **variables: str) -> Package:
        every = {**self._scene.variables, **variables}
        return Package(python=self._python, folder=folder, path=(*path, self._client), variables=every)


def names() -> list[str]:
    return sorted(functions_by_folder())


def has_libraries(name: str) -> bool:
    """Tell whether a function has the layer of compiled libraries, of which there is one for each processor."""
    return bool(references(properties(functions_by_folder()[name]).get("Layers")) & LIBRARIES)


def print_functions(counts: Mapping[str, float]) -> None:
    usual = counts["usual composition"]
    rows = [(name, round(count), f"{usual / count:.1f}") for name, count in counts.items()]
    print_table(["start to first answer", "million instructions", "times fewer"], rows)


def print_levers(bench: Bench, counts: Mapping[str, float]) -> None:
    without = {name: bench.counts(bench.without_levers(name)) for name in WITH_LEVERS}
    print_table(["each lever switched off alone", *WITH_LEVERS], lever_rows(counts, without))


def lever_rows(counts: Mapping[str, float], without: Mapping[str, Mapping[str, float]]) -> Iterator[list[object]]:
    yield ["none", *(round(counts[name]) for name in WITH_LEVERS)]
    for lever in without[WITH_LEVERS[0]]:
        yield [lever, *(f"{without[name][lever] - counts[name]:+.0f}" for name in WITH_LEVERS)]


def print_times(bench: Bench) -> None:
    subjects = {"hello world": bench.hello(), "send_message": bench.function("send_message")}
    subjects["send_message without first steps"] = bench.without_levers("send_message")[levers.FIRST_STEPS]
    taken = bench.starts(subjects | bench.compositions())
    headings = ["median of fresh processes", "initialisation ms", "first answer ms", "together ms", "peak memory MB"]
    print_table(headings, [(name, *medians(starts)) for name, starts in taken.items()])


def medians(starts: Iterable[Start]) -> list[int]:
    every = list(starts)
    shown = [
        [each.initialisation for each in every],
        [each.first_answer for each in every],
        [each.initialisation + each.first_answer for each in every],
        [each.memory for each in every],
    ]
    return [round(statistics.median(values)) for values in shown]


def usable_python() -> Path:
    if shutil.which("valgrind") is None:
        raise pythons.Missing("valgrind")
    return pythons.lambdas_python()


def main() -> None:
    parser = argparse.ArgumentParser(description="Count the instructions of cold starts")
    parser.add_argument("functions", nargs="*", default=names())
    parser.add_argument("--quick", action="store_true", help="leave out the levers and the times")
    arguments = parser.parse_args()
    try:
        python = usable_python()
    except pythons.Missing as missing:
        print(f"Cold starts are not counted: there is no {missing} here.")
        return
    with tempfile.TemporaryDirectory() as made, scenario() as scene:
        bench = Bench(python, Path(made), scene)
        counts = bench.counts(bench.compositions() | {name: bench.function(name) for name in arguments.functions})
        print_functions(counts)
        if not arguments.quick:
            print_levers(bench, counts)
            print_times(bench)


if __name__ == "__main__":
    main()
