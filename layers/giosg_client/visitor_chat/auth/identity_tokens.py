"""Identity tokens (JWT, HS256): the company's backend says who somebody is, for an exchange against a visitor token."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from giosg_client.frozen import Frozen, frozen
from visitor_chat.domain.errors import InvalidIdentityToken, InvalidRequest
from visitor_chat.domain.validation import Fields
from visitor_chat.runtime.clock import Clock, to_epoch_seconds

LONGEST_LIFE = timedelta(hours=1)
CLOCK_TOLERANCE = timedelta(seconds=60)
LONGEST_SUBJECT = 255
SHORTEST_KEY_BYTES = 32


@frozen
class Identity(Frozen):
    """Who somebody is, as the backend says it."""

    subject_hash: str
    name: str | None
    variables: Mapping[str, str]


class NoIdentityTokens:
    """Refuses every token, for a stack without known users."""

    def read(self, _token: str) -> Identity:
        raise InvalidIdentityToken("this stack has no known users")


class IdentityTokens:
    """Reads identity tokens. `keys` gives the JSON of the valid keys, `current` and perhaps `previous`."""

    def __init__(self, keys: Callable[[], str], *, audience: str, clock: Clock) -> None:
        self._keys = keys
        self._audience = audience
        self._clock = clock

    def read(self, token: str) -> Identity:
        """Return whose token it is; raise InvalidIdentityToken, saying no more than that."""
        claims = self._claims(token)
        fields = Fields({"subject": claims["sub"], "name": claims.get("name"), "variables": claims.get("variables")})
        subject = fields.text("subject", longest=LONGEST_SUBJECT, is_required=True)
        identity = Identity(
            subject_hash=hashlib.sha256(json.dumps([self._audience, subject]).encode()).hexdigest(),
            name=fields.name("name"),
            variables=fields.texts("variables"),
        )
        try:
            fields.check()
        except InvalidRequest as error:
            raise InvalidIdentityToken("its claims are not usable") from error
        return identity

    def _claims(self, token: str) -> dict[str, Any]:
        for key in filter(None, json.loads(self._keys()).values()):
            if len(key) >= SHORTEST_KEY_BYTES and (claims := self._verified(token, key)) is not None:
                return claims
        raise InvalidIdentityToken("no key fits, or it has expired")

    def _verified(self, token: str, key: str) -> dict[str, Any] | None:
        import jwt  # noqa: PLC0415 - 18 ms that only who uses known visitors shall pay

        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=["HS256"],
                audience=self._audience,
                leeway=CLOCK_TOLERANCE,
                options={"require": ["sub", "exp", "aud"]},
            )
            latest = self._clock() + LONGEST_LIFE + CLOCK_TOLERANCE
            return claims if int(claims["exp"]) <= to_epoch_seconds(latest) else None
        except (jwt.PyJWTError, ArithmeticError, TypeError, ValueError, RecursionError):
            return None
