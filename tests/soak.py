"""Runs all tests but the proof again and again while every processor is busy with something else.

    python -m tests.soak --times 10 --pytest "python -m pytest -n 3" -- -x tests/functions

What depends on time, or on which thread comes first, fails sooner here. Whatever follows `--` is pytest's.
"""

import argparse
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

BUSY = "while True: pass"
WITHOUT_PROOF = ["tests", "--ignore", "tests/proof", "-m", "not long"]
NO_FAILURE = 0


@contextmanager
def busy_processors() -> Iterator[int]:
    """Keep as many programs busy as there are processors; return how many."""
    programs = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(os.cpu_count() or 1)]
    try:
        yield len(programs)
    finally:
        for program in programs:
            program.kill()
            program.wait()


def run_tests(command: Sequence[str]) -> bool:
    return subprocess.run(command, check=False).returncode == NO_FAILURE


def main() -> int:
    arguments = argparse.ArgumentParser(description="Run the tests again and again on a busy machine")
    arguments.add_argument("--times", type=int, default=10)
    arguments.add_argument("--pytest", default=f"{sys.executable} -m pytest", help="the command that runs them")
    arguments.add_argument("flags", nargs="*", help="pytest's own; all tests but the proof if there are none")
    given = arguments.parse_args()
    command = [*shlex.split(given.pytest), "--quiet", *(given.flags or WITHOUT_PROOF)]
    with busy_processors() as programs:
        print(f"{programs} programs keep the processors busy")
        for number in range(1, given.times + 1):
            began_at = time.monotonic()
            passed = run_tests(command)
            seconds = time.monotonic() - began_at
            print(f"run {number} of {given.times}: {'passed' if passed else 'FAILED'} in {seconds:.0f} s", flush=True)
            if not passed:
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
