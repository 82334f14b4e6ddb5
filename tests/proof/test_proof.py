"""Whatever goes wrong, the stored chats end up as Giosg has them, and every reader has seen every message.

PROOF_EVENTS sets how many faults there are at least, in all parts together (default 2500); PROOF_SEED sets where the
made-up runs begin. A failing run is shrunk and printed as a plan; with PROOF_SHRINK=no as it was met.
"""

import os
import sys
import time
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from tests.proof.checking import check
from tests.proof.healing import heal
from tests.proof.made_up import plans
from tests.proof.plan import Plan
from tests.proof.run import Run
from tests.toolkit.simulation import Stack

EVENTS = int(os.environ.get("PROOF_EVENTS", "2500"))
SEED = int(os.environ.get("PROOF_SEED", "1"))
PHASES = (Phase.generate,) if os.environ.get("PROOF_SHRINK") == "no" else (Phase.generate, Phase.shrink)
PARTS = 4
RUNS_AT_A_TIME = 6


def play(stack: Stack, plan: Plan) -> None:
    run = Run(stack, plan)
    try:
        run.play()
        heal(run)
        check(run)
    finally:
        stack.scheduler.abandon()


def _prove(stack: Stack, start: str) -> None:
    """Make up some runs and play them; a plan that fails is shrunk, and can be played again as it is printed."""

    def run_goes_well(plan: Plan) -> None:
        play(stack, plan)

    some_runs = settings(
        max_examples=RUNS_AT_A_TIME,
        deadline=None,
        database=None,
        phases=PHASES,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )(given(plan=plans)(run_goes_well))
    try:
        seed(start)(some_runs)()
    except Exception as error:
        error.add_note(f"PROOF_SEED={SEED}")
        raise


@pytest.mark.parametrize("part", range(PARTS))
def test_the_stack_agrees_with_giosg_whatever_went_wrong(
    part: int, stack: Stack, capfd: pytest.CaptureFixture[str]
) -> None:
    began_at, counts, runs = time.monotonic(), stack.faults.counts, 0
    counts.clear()
    while counts.total() < EVENTS / PARTS:
        _prove(stack, f"{SEED} {part} {runs}")
        runs += RUNS_AT_A_TIME
    with capfd.disabled():
        _report(part, runs, counts, seconds=time.monotonic() - began_at)


def _report(part: int, runs: int, counts: Counter[str], *, seconds: float) -> None:
    kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items()))
    told = f"{counts.total()} faults in {runs} runs, {seconds:.0f} s, PROOF_SEED={SEED}"
    sys.stderr.write(f"\nproof {part}: {told}: {kinds}\n")
