"""Message webhooks per second and core: our function beside a plain Django view with SQLite, by CPU time.

Run `python -m bench.throughput [--webhooks 1000] [--rounds 3]`.
"""

import argparse
import json
import os
import subprocess
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests import aws
from tests.functions import notices

from bench import pythons
from bench.aws_stub import CannedStub, serving
from bench.scenario import Scenario, scenario
from bench.tables import percentile, print_table

VIEWS = pythons.ROOT / "bench/webhook_views"
WARM_UPS = 50


def events(scene: Scenario, chat_id: str, *, webhooks: int) -> Iterator[str]:
    """Make notifications of new messages of agents', each in the event that API Gateway makes of it."""
    for number in range(WARM_UPS + webhooks):
        resource = notices.whole_message(scene.giosg, f"Message {number}")
        body = notices.of_message(scene.giosg, "added", chat_id, str(uuid.uuid4()), resource)
        query = {"secret": aws.WEBHOOK_SECRET}
        yield json.dumps(aws.http_event("POST", "/giosg_webhooks/messages", body=body, query=query))


def measure(python: Path, view: str, path: list[Path], variables: Mapping[str, str], lines: str) -> list[float]:
    """Let a view answer all events in a process of its own; give the CPU milliseconds of each, the first ones not."""
    with tempfile.TemporaryDirectory() as made:
        given, result = Path(made) / "events", Path(made) / "result"
        given.write_text(lines)
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(str(folder) for folder in (VIEWS, *path)),
            "PYTHONDONTWRITEBYTECODE": "1",
            "DATABASE": str(Path(made) / "database"),
            **variables,
        }
        command = [str(python), "-S", str(VIEWS / "loop.py"), view, str(given), str(result)]
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        spent: list[float] = json.loads(result.read_text())
    return spent[WARM_UPS:]


def main() -> None:
    arguments = argparse.ArgumentParser(description="Measure the CPU time of message webhooks beside Django's")
    arguments.add_argument("--webhooks", type=int, default=1000)
    arguments.add_argument("--rounds", type=int, default=3)
    chosen = arguments.parse_args()
    try:
        python = pythons.lambdas_python()
    except pythons.Missing as missing:
        print(f"Webhooks are not measured: there is no {missing} here.")
        return
    with tempfile.TemporaryDirectory() as made, scenario() as scene, serving(CannedStub(aws.REGION)) as stub:
        chat_id = scene.chat().chat_id
        lines = "\n".join(events(scene, chat_id, webhooks=chosen.webhooks))
        layer, function = pythons.packaged_layer(Path(made) / "layer"), pythons.ROOT / "functions/webhook_messages"
        ours = {**scene.variables, "AWS_ENDPOINT_URL": stub.url, "SOCKET_ENDPOINT": stub.url}
        theirs = {**scene.variables, "WEBHOOK_SECRET": aws.WEBHOOK_SECRET, "CHAT_ID": chat_id}
        found: dict[str, list[float]] = {"ours": [], "Django and SQLite": []}
        for _round in range(chosen.rounds):
            found["ours"] += measure(python, "ours", [layer, function], ours, lines)
            packages = [pythons.compiled_copy(python)]
            found["Django and SQLite"] += measure(python, "django_view", packages, theirs, lines)
    own = percentile(found["ours"], 50)
    print_table(
        ["message webhook", "CPU p50 ms", "a second and core", "times ours"],
        [
            (name, f"{(middle := percentile(spent, 50)):.2f}", round(1000 / middle), f"{own / middle:.2f}")
            for name, spent in found.items()
        ],
    )


if __name__ == "__main__":
    main()
