"""Message webhooks per second and core: our function beside a plain Django view with SQLite.

Run `python -m bench.throughput [--webhooks 500] [--rounds 3]`.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests import aws
from tests.toolkit import notifications

from bench import pythons
from bench.aws_stub import CannedStub, serving
from bench.function_process import VALGRIND
from bench.scenario import Scenario, scenario
from bench.tables import percentile, print_table

VIEWS = pythons.ROOT / "bench/webhook_views"
WARM_UPS = 20
COUNTED = 20
_COLLECTED = re.compile(r"Collected : (\d+)")


def events(scene: Scenario, chat_id: str, *, webhooks: int) -> list[str]:
    """Make notifications of new messages of agents', each in the event that API Gateway makes of it."""

    def event(number: int) -> str:
        resource = notifications.whole_message(scene.giosg, f"Message {number}")
        body = notifications.of_message(scene.giosg, "added", chat_id, str(uuid.uuid4()), resource)
        return json.dumps(aws.webhook_event("messages", body))

    return [event(number) for number in range(webhooks)]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A module that answers webhooks, and what it needs."""

    name: str
    module: str
    path: tuple[Path, ...]
    variables: Mapping[str, str]

    def spent_ms(self, python: Path, lines: list[str]) -> list[float]:
        """Return the CPU time of each webhook, the first ones not."""
        spent, _said = self._run([str(python)], lines)
        return spent[WARM_UPS:]

    def million_instructions(self, python: Path, lines: list[str]) -> float:
        """Count the instructions of one webhook: a longer run has that many more than a shorter one."""
        short, long = (
            int(_COLLECTED.findall(self._run([*VALGRIND, str(python)], lines[:count])[1])[-1])
            for count in (WARM_UPS, WARM_UPS + COUNTED)
        )
        return (long - short) / COUNTED / 1e6

    def _run(self, python: list[str], lines: list[str]) -> tuple[list[float], str]:
        """Answer events in a process of its own."""
        with tempfile.TemporaryDirectory() as made:
            given, result = Path(made) / "events", Path(made) / "result"
            given.write_text("\n".join(lines))
            environment = {
                "PATH": os.environ["PATH"],
                "PYTHONPATH": os.pathsep.join(str(folder) for folder in (VIEWS, *self.path)),
                "PYTHONDONTWRITEBYTECODE": "1",
                "PYTHONHASHSEED": "0",
                "DATABASE": str(Path(made) / "database"),
                **self.variables,
            }
            command = [*python, "-S", str(VIEWS / "loop.py"), self.module, str(given), str(result)]
            ran = subprocess.run(
                command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True
            )
            spent: list[float] = json.loads(result.read_text())
            return spent, ran.stderr


def views(python: Path, place: Path, variables: Mapping[str, str], *, url: str, chat_id: str) -> Iterator[View]:
    yield View(
        name="ours",
        module="ours",
        path=(pythons.packaged_layer(place / "layer"), pythons.ROOT / "functions/webhook_messages"),
        variables={**variables, "AWS_ENDPOINT_URL": url, "SOCKET_ENDPOINT": url},
    )
    yield View(
        name="Django and SQLite",
        module="django_view",
        path=(pythons.compiled_copy(python),),
        variables={**variables, "WEBHOOK_SECRET": aws.WEBHOOK_SECRET, "CHAT_ID": chat_id},
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description="Measure message webhooks beside Django's")
    arguments.add_argument("--webhooks", type=int, default=500)
    arguments.add_argument("--rounds", type=int, default=3)
    chosen = arguments.parse_args()
    try:
        python = pythons.lambdas_python()
    except pythons.Missing as missing:
        print(f"Webhooks are not measured: there is no {missing} here.")
        return
    with tempfile.TemporaryDirectory() as made, scenario() as scene, serving(CannedStub(aws.REGION)) as stub:
        chat_id = scene.chat().chat_id
        lines = events(scene, chat_id, webhooks=WARM_UPS + chosen.webhooks)
        both = list(views(python, Path(made), scene.variables, url=stub.url, chat_id=chat_id))
        spent: dict[str, list[float]] = {view.name: [] for view in both}
        for _round in range(chosen.rounds):
            for view in both:
                spent[view.name] += view.spent_ms(python, lines)
        has_valgrind = shutil.which("valgrind") is not None
        counts = {view.name: view.million_instructions(python, lines) for view in both if has_valgrind}
    print_views(spent, counts)


def print_views(spent: Mapping[str, list[float]], counts: Mapping[str, float]) -> None:
    times = {name: percentile(each, 50) for name, each in spent.items()}
    print_table(
        ["message webhook", "CPU p50 ms", "a second and core", "million instructions"],
        [
            (name, f"{each:.2f}", round(1000 / each), f"{counts[name]:.1f}" if counts else "no valgrind")
            for name, each in times.items()
        ],
    )
    for unit, (ours, theirs) in {"time": times.values(), "instructions": counts.values() or (0, 0)}.items():
        if theirs:
            print(f"\nBy {unit}, one core answers {ours / theirs:.1f} times as many with Django.")


if __name__ == "__main__":
    main()
