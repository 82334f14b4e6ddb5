"""Visitor tokens: `<visitor id>.<session id>.<secret>`, all three unguessable together, only the secret's hash stored.

The ids in a token let one batch read fetch the session along with whatever the request is about.
"""

import hashlib
import hmac
import re
import secrets
from datetime import timedelta

from giosg_client.frozen import Frozen, frozen
from visitor_chat.domain.errors import InvalidVisitorToken
from visitor_chat.domain.records import Session, Visitor
from visitor_chat.runtime.clock import Clock
from visitor_chat.store.store import Context, Store

SECRET_BYTES = 32
_TOKEN = re.compile(r"(?P<visitor>[0-9a-f]{32})\.(?P<session>[0-9a-f]{16})\.(?P<secret>[A-Za-z0-9_-]{43})")


@frozen
class Token(Frozen):
    """A token's parts. The secret stays out of `repr`."""

    visitor_id: str
    session_id: str
    secret_hash: str


def parse_token(authorization: str | None) -> Token:
    """Read an `Authorization` header; raise InvalidVisitorToken for anything but `Bearer <visitor token>`."""
    scheme, _, credential = (authorization or "").partition(" ")
    match = _TOKEN.fullmatch(credential.strip())
    if scheme.lower() != "bearer" or match is None:
        raise InvalidVisitorToken("missing or malformed")
    return Token(visitor_id=match["visitor"], session_id=match["session"], secret_hash=_hash(match["secret"]))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


class Sessions:
    """Opens sessions and tells whose a token is. A session dies after `idle` without use, or with its visitor."""

    def __init__(self, store: Store, *, clock: Clock, idle: timedelta) -> None:
        self._store = store
        self._clock = clock
        self._idle = idle

    def open(self, visitor_id: str) -> str:
        """Open a session and give its token, which is shown this once."""
        session_id, secret = secrets.token_hex(8), secrets.token_urlsafe(SECRET_BYTES)
        self._store.visitors.open_session(
            Session(
                visitor_id=visitor_id,
                session_id=session_id,
                secret_hash=_hash(secret),
                expires_at=self._clock() + self._idle,
            ),
        )
        return f"{visitor_id}.{session_id}.{secret}"

    def authenticate(self, token: Token, context: Context, *, allow_erased: bool = False) -> Visitor:
        """Return the visitor whose token it is; raise InvalidVisitorToken, saying no more than that.

        `allow_erased` lets an erasure that broke off be finished with the token that began it.
        """
        visitor, session = context.visitor, context.session
        known_hash = session.secret_hash if session else ""
        is_ours = hmac.compare_digest(known_hash.encode(), token.secret_hash.encode())
        if visitor is None or session is None or not is_ours or session.expires_at <= self._clock():
            raise InvalidVisitorToken("unknown or expired")
        if visitor.is_erased and not allow_erased:
            raise InvalidVisitorToken("erased")
        self._prolong(session)
        self._store.visitors.prolong(visitor)
        return visitor

    def _prolong(self, session: Session) -> None:
        """Keep a used session alive, with at most one write in a tenth of its idle time."""
        expires_at = self._clock() + self._idle
        if expires_at - session.expires_at > self._idle / 10:
            self._store.visitors.prolong_session(session, expires_at)
