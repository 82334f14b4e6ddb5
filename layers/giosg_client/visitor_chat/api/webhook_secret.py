"""The secret in the webhooks' URLs: two are valid at a time, so that one can be rotated."""

import hmac
import json
from datetime import timedelta

from visitor_chat.domain.errors import WebhookForbidden
from visitor_chat.runtime.secret_values import KEPT_FOR, SecretValue

SHORTEST_REREAD = timedelta(seconds=10)
"""A wrong secret may be a new one that is not known here yet; but not more often than this."""


class WebhookSecret:
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
