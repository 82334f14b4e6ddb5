"""Who sends a push message, signed for one push service.

https://www.rfc-editor.org/rfc/rfc8292
"""

import base64
from datetime import datetime, timedelta

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from web_push.encryption import public_bytes

LIFETIME = timedelta(hours=12)
"""At most 24 hours (section 2); half of that, so that a clock that is wrong does no harm."""


class Sender:
    """Signs for push services with the key that subscriptions were made for."""

    def __init__(self, secret_scalar: int, *, contact: str) -> None:
        """Take the private key, and a `mailto:` or `https:` address under which the sender can be reached."""
        self._key = ec.derive_private_key(secret_scalar, ec.SECP256R1())
        self._contact = contact
        self.public_key = _text(public_bytes(self._key))

    def authorization(self, service: str, now: datetime) -> str:
        """Return the header `Authorization` for a push service, which is named by its origin."""
        claims = {"aud": service, "exp": int((now + LIFETIME).timestamp()), "sub": self._contact}
        return f"vapid t={jwt.encode(claims, self._key, algorithm='ES256')}, k={self.public_key}"


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
