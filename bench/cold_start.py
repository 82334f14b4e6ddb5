"""Cold starts, counted: the instructions of a fresh process until its function has answered the first event.

Run `python -m bench.cold_start [FUNCTION ...]`.
"""

import argparse
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.template import folder, resources

from bench import pythons
from bench.function_process import Package, instructions
from bench.scenario import Scenario, scenario
from bench.tables import print_table

FUNCTIONS = pythons.ROOT / "functions"
USUAL = pythons.ROOT / "bench/usual"
HELLO = 'def handler(event, context):\n    return {"statusCode": 200}\n'


def names() -> list[str]:
    return sorted({folder(function) for function in resources("AWS::Serverless::Function").values()})


def compositions(python: Path, place: Path, scene: Scenario) -> Iterator[tuple[str, float]]:
    """Count what our functions are compared with."""
    client = pythons.runtime_client(python)
    hello = place / "hello"
    hello.mkdir()
    (hello / "app.py").write_text(HELLO)
    event, _status = scene.event("get_health")
    alone = Package(python=python, folder=hello, path=(client,), variables=scene.variables)
    yield "hello world", instructions(alone, event, status=200)
    for name, packages in (
        ("usual composition, compiled", pythons.compiled_copy(python)),
        ("usual composition", pythons.usual_packages()),
    ):
        event, status = scene.event("send_message")
        usual = Package(python=python, folder=USUAL, path=(client, packages), variables=scene.variables)
        yield name, instructions(usual, event, status=status)


def counted(chosen: list[str], python: Path, place: Path, scene: Scenario) -> Iterator[tuple[str, float]]:
    layer = pythons.packaged_layer(place / "layer")
    path = (layer, pythons.runtime_client(python))
    for name in chosen:
        event, status = scene.event(name)
        package = Package(python=python, folder=FUNCTIONS / name, path=path, variables=scene.variables)
        yield name, instructions(package, event, status=status)


def usable_python() -> Path:
    if shutil.which("valgrind") is None:
        raise pythons.Missing("valgrind")
    return pythons.lambdas_python()


def main() -> None:
    arguments = argparse.ArgumentParser(description="Count the instructions of cold starts")
    arguments.add_argument("functions", nargs="*", default=[name for name in names() if name != "web_page"])
    chosen = arguments.parse_args().functions
    try:
        python = usable_python()
    except pythons.Missing as missing:
        print(f"Cold starts are not counted: there is no {missing} here.")
        return
    with tempfile.TemporaryDirectory() as made, scenario() as scene:
        others = dict(compositions(python, Path(made), scene))
        ours = dict(counted(chosen, python, Path(made), scene))
    usual = others["usual composition"]
    rows = [(name, round(count), f"{usual / count:.1f}") for name, count in (ours | others).items()]
    print_table(["start to first answer", "million instructions", "usual composition is times this"], rows)


if __name__ == "__main__":
    main()
