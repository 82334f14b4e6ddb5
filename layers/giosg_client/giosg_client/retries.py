"""When a call is made again."""

import random

from giosg_client.errors import GiosgError, GiosgServerError, GiosgTimeout, GiosgUnavailable, GiosgUnreachable
from giosg_client.frozen import Frozen, frozen


@frozen
class RetryPolicy(Frozen):
    """How patient a client is.

    Attributes:
        attempts: How often a call is made at most, the first time included.
        backoff_seconds: The wait before the second attempt, give or take a half; it doubles with each further one.
        longest_wait_seconds: A `Retry-After` beyond this is left to the caller.
    """

    attempts: int = 2
    backoff_seconds: float = 0.2
    longest_wait_seconds: float = 2.0


def seconds_before_retry(policy: RetryPolicy, error: GiosgError, *, attempts_made: int) -> float | None:
    """Return how long to wait before the next attempt, None when there is to be none."""
    if attempts_made >= policy.attempts or not _is_safe_to_repeat(error):
        return None
    jitter = random.uniform(0.5, 1.5)  # noqa: S311 - it spreads load, it protects nothing
    wait_seconds = policy.backoff_seconds * 2.0 ** (attempts_made - 1) * jitter
    asked_seconds = (error.retry_after_seconds or 0.0) if isinstance(error, GiosgUnavailable) else 0.0
    if asked_seconds > policy.longest_wait_seconds:
        return None
    return max(wait_seconds, asked_seconds)


def _is_safe_to_repeat(error: GiosgError) -> bool:
    """Tell whether a repeat can do no harm.

    What was never sent can always be sent. Once something was sent only reading is repeated: Giosg has no idempotency
    keys, so that a second POST may be a second message.
    """
    if isinstance(error, GiosgUnreachable):
        return True
    return error.method == "GET" and isinstance(error, GiosgTimeout | GiosgServerError | GiosgUnavailable)
