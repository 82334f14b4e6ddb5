"""What happens once, while Lambda initialises a function: with a whole processor, and before any request waits for it.

Elsewhere, in tests and tools, nothing of this happens. Into a snapshot (SnapStart) goes the code alone: whatever is
connected, secret or random would be one and the same in every function that starts from it
(https://docs.aws.amazon.com/lambda/latest/dg/snapstart-best-practices.html).
"""

import gc
from collections.abc import Callable
from pathlib import Path

from visitor_chat import expressions
from visitor_chat.settings import Settings

Step = Callable[[], object]


def begin() -> None:
    """Prepare for the imports; the package itself calls it before anything else is imported.

    The collector would look through what the imports make time and again, and find nothing.
    """
    if Settings().is_in_lambda:
        gc.disable()
        expressions.load(Path(__file__).parent)


def warm_up(*steps: Step) -> None:
    """Take steps ahead of the first request, and end the initialisation; a function calls it last.

    What is alive now will live on, so the collector need not look at it again.
    """
    settings = Settings()
    if not settings.is_in_lambda:
        return
    if not settings.is_for_a_snapshot:
        _take(steps)
    gc.freeze()
    gc.enable()


def _take(steps: tuple[Step, ...]) -> None:
    """Take one step after the other, up to one that fails: the first request will meet what is wrong, and tell of it.

    Lambda waits ten seconds for all of them together, and what cannot be reached takes its time.
    """
    try:
        for step in steps:
            step()
    except Exception as error:  # noqa: BLE001 - a function that starts cold is better than one that does not start
        from visitor_chat import telemetry  # noqa: PLC0415 - not every function imports it

        telemetry.outcome("warm-up failed", level="warning", reason=telemetry.describe(error))
