"""What happens once, while Lambda initialises a function: with a whole processor, and before any request waits for it.

Elsewhere, in tests and tools, nothing of this happens. Into a snapshot (SnapStart) goes the code alone: whatever is
connected, secret or random would be one and the same in every function that starts from it
(https://docs.aws.amazon.com/lambda/latest/dg/snapstart-best-practices.html).
"""

import gc
import os
from collections.abc import Callable
from itertools import count
from pathlib import Path

from visitor_chat.runtime import regex_cache

Step = Callable[[], object]
_invocations = count()


def is_in_lambda() -> bool:
    """Return whether this is a function, and neither a test nor a tool.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    """
    return "AWS_LAMBDA_FUNCTION_NAME" in os.environ


def is_for_a_snapshot() -> bool:
    """Return whether many functions will start from what is initialised here."""
    return os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start"


def begin() -> None:
    """Prepare for the imports; the package itself calls it before anything else is imported.

    The collector would look through what the imports make time and again, and find nothing.
    """
    if is_in_lambda():
        gc.disable()
        regex_cache.load(Path(__file__).parent)


def warm_up(*steps: Step) -> None:
    """Take steps ahead of the first request, and end the initialisation; a function calls it last.

    What is alive now will live on, so the collector need not look at it again.
    """
    if not is_in_lambda():
        return
    if not is_for_a_snapshot():
        _take(steps)
    gc.freeze()
    gc.enable()


def is_first_invocation() -> bool:
    """Return whether no event has come to this function since it was initialised; asked once for each."""
    return next(_invocations) == 0 and is_in_lambda()


def _take(steps: tuple[Step, ...]) -> None:
    """Take one step after the other, up to one that fails: the first request will meet what is wrong, and tell of it.

    Lambda waits ten seconds for all of them together, and what cannot be reached takes its time.
    """
    try:
        for step in steps:
            step()
    except Exception as error:  # noqa: BLE001 - a function that starts cold is better than one that does not start
        from visitor_chat.runtime import telemetry  # noqa: PLC0415 - not every function imports it

        telemetry.outcome("warm-up failed", level="warning", reason=telemetry.describe(error))
