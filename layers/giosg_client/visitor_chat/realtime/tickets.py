"""Tickets for WebSockets: who may open one.

A page cannot send a token along when it opens a socket, so it fetches a ticket first: unguessable, good for one socket
within a minute, and kept only as a hash.
"""

import hashlib
import secrets
from datetime import timedelta
from urllib.parse import quote

from giosg_client.frozen import Frozen, frozen
from visitor_chat.runtime.clock import Clock
from visitor_chat.store.coordination import ticket_key
from visitor_chat.store.store import Store

TICKET_BYTES = 32
TICKET_LIFETIME = timedelta(seconds=60)


@frozen
class Ticket(Frozen):
    """The address that opens one socket, once."""

    url: str
    expires_in_seconds: int


@frozen
class Admission(Frozen):
    """Whose ticket it was, and from which session."""

    visitor_id: str
    session_id: str


class Tickets:
    """Issues tickets, and lets each in once."""

    def __init__(self, store: Store, *, clock: Clock, socket_url: str) -> None:
        self._store = store
        self._clock = clock
        self._socket_url = socket_url

    def issue(self, visitor_id: str, *, session_id: str) -> Ticket:
        """Make a ticket for a visitor, which is worth nothing once the session has ended."""
        secret = secrets.token_urlsafe(TICKET_BYTES)
        until = self._clock() + TICKET_LIFETIME
        key = ticket_key(_hash(secret))
        facts = {"visitor_id": visitor_id, "session_id": session_id}
        self._store.coordination.begin(key, until=until, lifetime=TICKET_LIFETIME, facts=facts)
        url = f"{self._socket_url}?ticket={quote(secret)}"
        return Ticket(url=url, expires_in_seconds=int(TICKET_LIFETIME.total_seconds()))

    def redeem(self, secret: str) -> Admission | None:
        """Return whose ticket it is, None for one that was never issued, is old, or was used."""
        entry = self._store.coordination.consume(ticket_key(_hash(secret)))
        return Admission(visitor_id=entry["visitor_id"], session_id=entry["session_id"]) if entry else None


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
