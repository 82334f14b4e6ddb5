"""Identity tokens as the company's backend signs them, and as others try to."""

import time
from typing import Any

import jwt
from tests.aws import IDENTITY_SECRET


def signed(subject: str = "customer-7", key: str = IDENTITY_SECRET, **claims: Any) -> str:
    """Sign a token for a person; a claim that is None is left out."""
    standard = {"sub": subject, "aud": "visitor-chat", "exp": int(time.time()) + 600}
    return jwt.encode({name: value for name, value in (standard | claims).items() if value is not None}, key)
