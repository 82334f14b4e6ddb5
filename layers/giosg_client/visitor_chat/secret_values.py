"""Values from Secrets Manager, kept for a while: the API token, and the secrets that webhooks must show."""

import hmac
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from visitor_chat.clock import Clock
from visitor_chat.errors import WebhookForbidden

KEPT_FOR = timedelta(minutes=5)
SHORTEST_REREAD = timedelta(seconds=10)
"""A wrong secret may be a new one that is not known here yet; but not more often than this."""


class SecretValue:
    """One secret, read when it is first asked for and again when it is old."""

    def __init__(self, client: Callable[[], Any], arn: Callable[[], str], *, clock: Clock) -> None:
        self._client = client
        self._arn = arn
        self._clock = clock
        self._value = ""
        self._read_at: datetime | None = None

    def get(self, *, max_age: timedelta = KEPT_FOR) -> str:
        """Give the value, read from Secrets Manager if what is known is older than `max_age`."""
        if self._read_at is None or self._clock() - self._read_at >= max_age:
            self._value = self._client().get_secret_value(SecretId=self._arn())["SecretString"]
            self._read_at = self._clock()
        return self._value


class WebhookLock:
    """Lets a webhook in that shows one of the two secrets valid at a time."""

    def __init__(self, secret: SecretValue) -> None:
        self._secret = secret

    def check(self, shown: str | None) -> None:
        """Raise WebhookForbidden unless `shown` is a valid secret."""
        if not shown:
            raise WebhookForbidden("no secret")
        if not self._fits(shown, KEPT_FOR) and not self._fits(shown, SHORTEST_REREAD):
            raise WebhookForbidden("wrong secret")

    def _fits(self, shown: str, max_age: timedelta) -> bool:
        valid = json.loads(self._secret.get(max_age=max_age))
        matches = [_is_same(shown, valid.get(name)) for name in ("current", "previous")]
        return any(matches)


def _is_same(shown: str, secret: str | None) -> bool:
    """Compare in constant time, as bytes; an empty secret fits nothing."""
    return bool(secret) and hmac.compare_digest(shown.encode("utf-8", "replace"), (secret or "").encode())
