"""Instants as this stack writes them: aware UTC datetimes inside, ISO 8601 with milliseconds outside.

The text form sorts as the instants do, so it serves as a sort key too.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]
HasTime = Callable[[], bool]
"""Tells whether there is time to begin something else."""


def always() -> bool:
    return True


def now() -> datetime:
    return datetime.now(UTC)


def sleep(seconds: float) -> None:
    time.sleep(seconds)


def to_text(instant: datetime) -> str:
    """Format as `2030-01-01T10:00:05.120Z`."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_text(text: str) -> datetime:
    return datetime.fromisoformat(text)


def to_epoch_seconds(instant: datetime) -> int:
    """Whole seconds since 1970, the unit of DynamoDB's time to live."""
    return int(instant.timestamp())


def days(count: int) -> timedelta:
    return timedelta(days=count)
