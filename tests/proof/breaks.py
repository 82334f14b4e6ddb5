"""Breaks the rules of `breaks.toml` one at a time, each in a copy of the product, and says which the tests notice.

Run `python -m tests.proof.breaks [WORDS OF A NAME ...]`; exits with 1 when something goes unnoticed.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
AT_A_TIME = 2
NEEDED = ("functions", "layers", "local", "operations", "tests", "web")
PROOF = "tests/proof/test_proof.py"


class Break(NamedTuple):
    """A change of one place that breaks a rule, and the tests that must fail then."""

    name: str
    file: str
    old: str
    new: str
    tests: str = PROOF


class Noticed(NamedTuple):
    """What came of a break: the test that failed, or none."""

    broken: Break
    by: str | None
    seconds: float


def breaks() -> list[Break]:
    listed: list[Any] = tomllib.loads((Path(__file__).parent / "breaks.toml").read_text())["break"]
    return [Break(**each) for each in listed]


def attempt(broken: Break) -> Noticed:
    """Run the tests against a copy with one rule broken; the first that fails is enough."""
    began_at = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="broken-") as made:
        copy = Path(made)
        _copy(copy)
        target = copy / broken.file
        target.write_text(target.read_text().replace(broken.old, broken.new))
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", broken.tests]
        variables = os.environ | {"PROOF_SHRINK": "no"}
        ran = subprocess.run(command, cwd=copy, env=variables, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603 (our own)
    return Noticed(broken, _failure(ran.stdout), time.monotonic() - began_at)


def _copy(folder: Path) -> None:
    for path in ROOT.iterdir():
        if path.name in NEEDED:
            shutil.copytree(path, folder / path.name, ignore=shutil.ignore_patterns("__pycache__"))
        elif path.is_file():
            shutil.copy(path, folder)


def _failure(output: str) -> str | None:
    """Return the first failure that a run tells of; a copy that cannot even be imported shows nothing."""
    failed = [line.removeprefix("FAILED ") for line in output.splitlines() if line.startswith("FAILED ")]
    return failed[0] if failed else None


def attempts(chosen: list[Break]) -> Iterator[Noticed]:
    with ThreadPoolExecutor(AT_A_TIME) as threads:
        yield from threads.map(attempt, chosen)


def main() -> int:
    words = sys.argv[1:]
    chosen = [each for each in breaks() if all(word in each.name for word in words)]
    unnoticed = 0
    for noticed in attempts(chosen):
        unnoticed += noticed.by is None
        print(f"{noticed.by or 'UNNOTICED'}\n    {noticed.broken.name} ({noticed.seconds:.0f} s)", flush=True)
    print(f"{len(chosen) - unnoticed} of {len(chosen)} breaks noticed")
    return int(unnoticed > 0)


if __name__ == "__main__":
    sys.exit(main())
