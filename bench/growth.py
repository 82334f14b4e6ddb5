"""Growth: what a call costs when little is stored, and when much is.

Run `python -m bench.growth [--calls 10]`.
"""

import argparse
import tempfile
from dataclasses import dataclass, fields
from pathlib import Path

from tests import aws
from tests.budget.capacity import Capacity

from bench import pythons, stored
from bench.aws_stub import AwsStub, serving
from bench.cold_start import FUNCTIONS
from bench.cpu_time import spent_until_rest_ms
from bench.function_process import Package, running
from bench.growing import MakeEvent, Prepare, all_calls
from bench.scenario import scenario
from bench.tables import percentile, print_table

WARM_UPS = 3
REFUSED = 300


@dataclass(frozen=True, slots=True)
class Cost:
    """What a call costs: the middle of several calls."""

    table_calls: float
    read_units: float
    write_units: float
    kilobytes: float
    cpu_ms: float


class MeteredStub(AwsStub):
    """Counts what goes to the tables and comes from them, and what DynamoDB would charge for it."""

    def __init__(self, region: str) -> None:
        super().__init__(region)
        self.bytes = 0
        self.capacity = Capacity()
        hooks = self.clients["dynamodb"].meta.events
        hooks.register_first("before-send.*", self.capacity.begin)
        hooks.register_last("before-send.*", self.capacity.written)
        hooks.register("after-call.dynamodb.Query", self.capacity.queried)

    def answer(self, target: str, body: bytes) -> tuple[int, bytes]:
        status, answer = super().answer(target, body)
        self.bytes += len(body) + len(answer)
        return status, answer

    def counters(self) -> tuple[float, ...]:
        return (self.operations.total(), self.capacity.read_units, self.capacity.write_units, self.bytes / 1024)


@dataclass(frozen=True, slots=True)
class Bench:
    """Where functions run, each in a process of its own."""

    python: Path
    layer: Path
    calls: int

    def cost(self, prepare: Prepare) -> Cost:
        """Set a stack up, get the data ready, and call."""
        with scenario() as scene, serving(MeteredStub(aws.REGION)) as stub:
            function, make = prepare(scene)
            package = Package(
                python=self.python,
                folder=FUNCTIONS / function,
                path=(self.layer, pythons.runtime_client(self.python)),
                variables={**scene.variables, "AWS_ENDPOINT_URL": stub.url, "SOCKET_ENDPOINT": stub.url},
            )
            return self._middle(package, make, stub)

    def _middle(self, package: Package, make: MakeEvent, stub: MeteredStub) -> Cost:
        counted: list[tuple[float, ...]] = []
        with running(package) as api:
            for _number in range(WARM_UPS + self.calls):
                event = make()
                before = (*stub.counters(), spent_until_rest_ms(api.process_id))
                answer = api.invoke(event)
                if (answer or {}).get("statusCode", 200) >= REFUSED:
                    raise RuntimeError(f"{package.folder.name} answered {answer}")
                after = (*stub.counters()[:4], spent_until_rest_ms(api.process_id))
                counted.append(tuple(late - early for early, late in zip(before, after, strict=True)))
        return Cost(*(percentile(each, 50) for each in zip(*counted[WARM_UPS:], strict=True)))


def shown(few: float, many: float) -> str:
    return f"{few:.4g}" if few == many else f"{few:.4g} to {many:.4g}"


def main() -> None:
    arguments = argparse.ArgumentParser(description="Measure what calls cost by how much is stored")
    arguments.add_argument("--calls", type=int, default=10)
    chosen = arguments.parse_args()
    try:
        python = pythons.lambdas_python()
    except pythons.Missing as missing:
        print(f"Growth is not measured: there is no {missing} here.")
        return
    table = []
    with tempfile.TemporaryDirectory() as made, stored.quick_tables():
        bench = Bench(python, pythons.packaged_layer(Path(made) / "layer"), chosen.calls)
        for call in all_calls():
            costs = bench.cost(call.on_little), bench.cost(call.on_much)
            pairs = [tuple(getattr(cost, each.name) for cost in costs) for each in fields(Cost)]
            growth = max(late / early for early, late in pairs[:-1] if early)
            table.append((call.name, call.data, *(shown(*pair) for pair in pairs), f"{growth:.2f}"))
    print_table(
        ["call", "data", "table calls", "read units", "write units", "KB", "CPU p50 ms", "growth"],
        table,
    )


if __name__ == "__main__":
    main()
