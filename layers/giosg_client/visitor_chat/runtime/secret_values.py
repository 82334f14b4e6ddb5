"""Values from Secrets Manager, kept for a while."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from visitor_chat.runtime.clock import Clock

KEPT_FOR = timedelta(minutes=5)


class SecretValue:
    """One secret, read when it is first asked for and again when it is old."""

    def __init__(self, client: Callable[[], Any], arn: str, *, clock: Clock) -> None:
        self._client = client
        self._arn = arn
        self._clock = clock
        self._value = ""
        self._read_at: datetime | None = None

    def get(self, *, max_age: timedelta = KEPT_FOR) -> str:
        """Return the value, read from Secrets Manager if what is known is older than `max_age`."""
        if self._read_at is None or self._clock() - self._read_at >= max_age:
            self._value = self._client().get_secret_value(SecretId=self._arn)["SecretString"]
            self._read_at = self._clock()
        return self._value
