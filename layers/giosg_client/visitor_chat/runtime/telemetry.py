"""What the stack tells of itself: one log line for each outcome, and counts of what matters.

A line holds only what is passed here by name: ids, codes, counts and times. Names, texts, tokens, secrets, query
strings and bodies have no place in it, and neither has the message of an exception that is not ours.
"""

import logging
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from visitor_chat.runtime.settings import InvalidSetting, read_log_level

_LEVEL = "DEBUG" if read_log_level() == "DEBUG" else "INFO"
"""What Lambda is told, too (`ApplicationLogLevel`): never above INFO, or it drops metrics."""
# The place would be `outcome` below, in every line. Lambda reads the level only of lines whose time is as in RFC 3339.
logger = Logger(log_uncaught_exceptions=False, location=None, use_rfc3339=True, level=_LEVEL)
metrics = Metrics(namespace="VisitorChat")

SECONDS = MetricUnit.Seconds
MILLISECONDS = MetricUnit.Milliseconds

FIELDS = frozenset(
    {
        "call",
        "chat_id",
        "code",
        "cold_start",
        "corrected",
        "done",
        "due",
        "duration_ms",
        "events",
        "failed",
        "giosg",
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
        "sockets",
        "status",
        "trace_id",
        "visitor_id",
    }
)
"""What a line may hold; anything else is left out of it."""

_facts: ContextVar[dict[str, Any]] = ContextVar("facts")
"""What is known of the work at hand; each piece of work has its own, in every thread that takes part in it."""
_counting = threading.Lock()
"""Threads count too, also while another sends the counts."""


@contextmanager
def invocation(trace: str | None = None, *, is_first: bool = False) -> Iterator[None]:
    """Keep what is noted from here on to this invocation, the first of its process or not, and send its counts."""
    try:
        with work(trace):
            if is_first:
                note(cold_start=True)
                count("ColdStarts")
            yield
    finally:
        _send_counts()


@contextmanager
def work(trace: str | None = None) -> Iterator[None]:
    """Keep what is noted from here on to this piece of work.

    It knows nothing of the one around it but the trace, unless it has its own.
    """
    token = _facts.set({"trace_id": trace} if trace else traced())
    try:
        yield
    finally:
        _facts.reset(token)


def traced() -> dict[str, str]:
    """Return the trace of the work at hand, under its name, for what comes of this work elsewhere; nothing if none."""
    facts = _facts.get({})
    return {"trace_id": facts["trace_id"]} if "trace_id" in facts else {}


def note(**facts: Any) -> None:
    """Add ids to the line that this work will write."""
    _facts.get({}).update(_allowed(facts))


def has_noted(name: str) -> bool:
    return name in _facts.get({})


def took(call: str, milliseconds: int) -> None:
    """Add to the time that this work has spent on a call to Giosg."""
    with _counting:
        spent = _facts.get({}).setdefault("giosg", {})
        spent[call] = spent.get(call, 0) + milliseconds


def count(name: str, amount: float = 1, *, unit: MetricUnit = MetricUnit.Count) -> None:
    """Add to a metric; it leaves with the end of the invocation, outside of which nothing is counted."""
    if _facts.get(None) is None:
        return
    with _counting:
        metrics.add_metric(name=name, unit=unit, value=amount)


def outcome(event: str, *, level: str = "info", **facts: Any) -> None:
    """Write the line of an outcome, unless it is less severe than what is logged; `event` is a constant."""
    if logging.getLevelName(level.upper()) >= _least_severity():
        getattr(logger, level)(event, extra=_facts.get({}) | _allowed(facts))


@cache
def _least_severity() -> int:
    """Return it as a number.

    Powertools would obey the level that Lambda has been told, which is INFO throughout: above it Lambda drops metrics.
    """
    severity: int = logging.getLevelName(read_log_level())
    return severity


def _allowed(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: fact for name, fact in facts.items() if name in FIELDS}


def _send_counts() -> None:
    with _counting:
        if metrics.metric_set:
            metrics.flush_metrics()


def describe(error: BaseException) -> str:
    """Return where an error that is not ours came from, without its message, which may hold anything."""
    if isinstance(error, InvalidSetting):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    places = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__} at {places}"
