"""What the stack tells of itself: one log line for each outcome, and counts of what matters.

A line holds only what is passed here by name: ids, codes, counts and times. Names, texts, tokens, secrets, query
strings and bodies have no place in it, and neither has the message of an exception that is not ours.
"""

import threading
import traceback
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

logger = Logger(log_uncaught_exceptions=False, location=None)  # the place would be `outcome` below, in every line
metrics = Metrics(namespace="VisitorChat")

SECONDS = MetricUnit.Seconds

FIELDS = frozenset(
    {
        "chat_id",
        "code",
        "corrected",
        "done",
        "due",
        "duration_ms",
        "events",
        "failed",
        "is_sent",
        "kind",
        "message_id",
        "missed",
        "outcome",
        "reason",
        "records",
        "request_id",
        "resource_id",
        "route",
        "status",
        "visitor_id",
    }
)
"""What a line may hold; anything else is left out of it."""

_facts: dict[str, Any] = {}
_counting = threading.Lock()
"""Threads count too, also while another sends the counts."""


def note(**facts: Any) -> None:
    """Add ids to the line that this invocation will write."""
    _facts.update(_allowed(facts))


def count(name: str, amount: float = 1, *, unit: MetricUnit = MetricUnit.Count) -> None:
    """Add to a metric; it leaves with the end of the invocation."""
    with _counting:
        metrics.add_metric(name=name, unit=unit, value=amount)


def begin() -> None:
    """Forget what the invocation before has noted."""
    _facts.clear()


def outcome(event: str, *, level: str = "info", **facts: Any) -> None:
    """Write the line of an outcome; `event` is a constant."""
    getattr(logger, level)(event, extra=_facts | _allowed(facts))


def _allowed(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: fact for name, fact in facts.items() if name in FIELDS}


def finish() -> None:
    """Send the counts of this invocation."""
    with _counting:
        if metrics.metric_set:
            metrics.flush_metrics()


def describe(error: BaseException) -> str:
    """Say where an error that is not ours came from, without its message, which may hold anything."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    places = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__} at {places}"
