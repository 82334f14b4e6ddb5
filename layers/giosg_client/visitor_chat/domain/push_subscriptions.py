"""Browsers that are told of answers with the page closed."""

import hashlib

from giosg_client.frozen import Frozen, frozen


@frozen
class PushSubscription(Frozen):
    """A browser's subscription: where it is told, the keys that only it can read, both in base64url, and a language."""

    endpoint: str
    browser_key: str
    auth_secret: str
    language: str

    @property
    def id(self) -> str:
        return subscription_id(self.endpoint)


def subscription_id(endpoint: str) -> str:
    """Return the name of a subscription; its endpoint is a secret that nobody needs to see."""
    return hashlib.sha256(endpoint.encode("utf-8", "replace")).hexdigest()[:32]
