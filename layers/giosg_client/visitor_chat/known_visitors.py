"""Visitors whom the company's own backend vouches for: the same person is the same visitor on every device.

The backend signs a short-lived token (JWT, HS256), which is exchanged for a visitor token. A person's first exchange
makes a visitor, or takes the anonymous one who is chatting already: then all their earlier sessions end, since whoever
began them need not be this person. Names and variables in the token come from the backend; no browser replaces them.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from giosg_client.client import GiosgClient
from giosg_client.frozen import Frozen, frozen
from visitor_chat.access import Access
from visitor_chat.arriving import PRESENCE_SECONDS, USERNAME
from visitor_chat.clock import Clock, to_epoch_seconds
from visitor_chat.errors import InvalidIdentityToken, InvalidRequest, TryAgain
from visitor_chat.inputs import Fields
from visitor_chat.journals import StartRequest
from visitor_chat.records import Visitor
from visitor_chat.store import ConditionFailed, Store
from visitor_chat.store.known import KnownVisitor

LONGEST_LIFE = timedelta(hours=1)
CLOCK_TOLERANCE = timedelta(seconds=60)
LONGEST_SUBJECT = 255
SHORTEST_KEY_BYTES = 32
ATTEMPTS = 3


@frozen
class Identity(Frozen):
    """Who somebody is, as the backend says it."""

    subject_hash: str
    name: str | None
    variables: Mapping[str, str]


class Identities:
    """Reads identity tokens. `keys` gives the JSON of the valid keys, `current` and perhaps `previous`."""

    def __init__(self, keys: Callable[[], str], *, audience: str, clock: Clock) -> None:
        self._keys = keys
        self._audience = audience
        self._clock = clock

    def read(self, token: str) -> Identity:
        """Give whose token it is; raise InvalidIdentityToken, saying no more than that."""
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


class KnownVisitors:
    """Keeps who is who."""

    def __init__(
        self, store: Store, giosg: Callable[[], GiosgClient], access: Callable[[], Access], *, is_on: bool
    ) -> None:
        self._store = store
        self._giosg = giosg
        self._access = access
        self._is_on = is_on

    def visitor_of(self, identity: Identity, anonymous: Visitor | None) -> tuple[Visitor, bool]:
        """Give the person's visitor, and whether it is the anonymous one, joined just now."""
        for _attempt in range(ATTEMPTS):
            try:
                return self._find_or_bind(identity, anonymous)
            except ConditionFailed:
                continue
        raise TryAgain("other requests are binding the same person")

    def _find_or_bind(self, identity: Identity, anonymous: Visitor | None) -> tuple[Visitor, bool]:
        known_id = self._store.known.find_visitor_id(identity.subject_hash)
        if known_id is not None and (visitor := self._update(known_id, identity)) is not None:
            return visitor, False
        visitor_id = self._unclaimed(anonymous)
        is_joined = anonymous is not None and anonymous.id == visitor_id
        return self._bind(visitor_id, identity, instead_of=known_id), is_joined

    def _update(self, visitor_id: str, identity: Identity) -> Visitor | None:
        """Bring what is known up to date; None when the visitor is gone."""
        visitor = self._store.visitors.find(visitor_id)
        if visitor is None or visitor.is_erased or self._store.credentials.find(visitor_id) is None:
            return None
        return self._bind(visitor_id, identity, instead_of=visitor_id)

    def _unclaimed(self, anonymous: Visitor | None) -> str:
        """Give the visitor who becomes this person: the anonymous one, unless that is somebody already."""
        if anonymous is not None and self._store.known.find(anonymous.id) is None:
            return anonymous.id
        return self._introduce()

    def _introduce(self) -> str:
        """Make a visitor who has entered the room, as all have who may start a chat with a token."""
        credentials = self._access().introduce()
        visitor_id = credentials.visitor_id
        self._giosg().create_room_visitor(
            visitor_id, access_token=credentials.access_token, presence_expires_in_seconds=PRESENCE_SECONDS
        )
        self._store.credentials.keep(credentials)
        self._store.visitors.remember(visitor_id, name=None)
        return visitor_id

    def _bind(self, visitor_id: str, identity: Identity, *, instead_of: str | None) -> Visitor:
        known = KnownVisitor(
            visitor_id=visitor_id,
            subject_hash=identity.subject_hash,
            name=identity.name,
            variables=identity.variables,
        )
        guard = self._store.visitors.check_not_erased(visitor_id)
        self._store.known.bind(known, instead_of=instead_of, guards=[guard])
        return self._store.visitors.remember(visitor_id, name=identity.name)

    def is_known(self, visitor_id: str) -> bool:
        return self._is_on and self._store.known.find(visitor_id) is not None

    def protect(self, request: StartRequest) -> StartRequest:
        """Put what the backend says of a known visitor in the place of what the browser says."""
        known = self._store.known.find(request.visitor.id) if self._is_on and request.visitor else None
        if known is None:
            return request
        own = set(known.variables) | ({USERNAME} if known.name else set())
        others = {key: value for key, value in request.variables.items() if key not in own}
        return replace(
            request, visitor_name=known.name or request.visitor_name, variables=others | dict(known.variables)
        )
