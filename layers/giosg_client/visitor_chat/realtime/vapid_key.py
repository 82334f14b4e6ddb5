"""The key by which push services know this stack (VAPID, https://www.rfc-editor.org/rfc/rfc8292).

It is derived from a secret that CloudFormation generates: 48 bytes of a digest of it, reduced, which is what RFC 9380's
hash_to_field does with its own digest (https://www.rfc-editor.org/rfc/rfc9380#section-5.2), and FIPS 186-5, A.2.1, with
random bits. 128 bits more than the order has leave no bias. Another secret is another key, and ends all subscriptions.
"""

import hashlib
from collections.abc import Callable
from functools import lru_cache

from visitor_chat.domain import p256
from visitor_chat.domain.errors import PushIsOff
from visitor_chat.domain.push_services import to_base64url

PURPOSE = b"visitor-chat VAPID P-256 v1\0"
"""What else might be derived from the same secret will begin in another way."""
DIGEST_BYTES = 48


def secret_scalar(secret: str) -> int:
    """Return the private key that a secret stands for, from 1 to the curve's order - 1."""
    digest = hashlib.sha512(PURPOSE + secret.encode()).digest()[:DIGEST_BYTES]
    return int.from_bytes(digest) % (p256.ORDER - 1) + 1


@lru_cache(maxsize=1)
def public_key(secret: str) -> str:
    """Return the public key as browsers take it: an uncompressed point in base64url."""
    return to_base64url(p256.public_key(secret_scalar(secret)))


class NoVapidKey:
    """The key of a stack that sends no push messages."""

    def public(self) -> str:
        """Raise PushIsOff."""
        raise PushIsOff("WebPush is off")

    def secret_scalar(self) -> int:
        """Raise PushIsOff."""
        raise PushIsOff("WebPush is off")


class VapidKey:
    """The key, read when it is asked for."""

    def __init__(self, secret: Callable[[], str]) -> None:
        self._secret = secret

    def public(self) -> str:
        return public_key(self._secret())

    def secret_scalar(self) -> int:
        return secret_scalar(self._secret())
