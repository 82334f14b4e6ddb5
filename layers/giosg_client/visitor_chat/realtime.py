"""Sockets: who may open one, what it says, and what it tells Giosg.

A page cannot send a token along when it opens a socket, so it fetches a ticket first: unguessable, good for one socket
within a minute, and kept only as a hash.
"""

import hashlib
import secrets
from concurrent.futures import Executor
from datetime import timedelta
from urllib.parse import quote

from giosg_client.client import GiosgClient
from giosg_client.errors import GiosgError
from giosg_client.frozen import Frozen, frozen
from visitor_chat import cursors, telemetry
from visitor_chat.access import Access
from visitor_chat.clock import Clock
from visitor_chat.errors import VisitorChatError
from visitor_chat.push import Push
from visitor_chat.records import Chat
from visitor_chat.store import Store
from visitor_chat.store.coordination import ticket_key

TICKET_BYTES = 32
TICKET_LIFETIME = timedelta(seconds=60)
PRESENCE_INTERVAL = timedelta(seconds=60)
PRESENCE_SECONDS = 150
"""Two intervals and a little: a visitor whose socket is gone stops being present soon after."""
ENDED_LATELY = timedelta(hours=1)
MOST_CURSORS = 20


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
        """Give whose ticket it is, None for one that was never issued, is old, or was used."""
        entry = self._store.coordination.consume(ticket_key(_hash(secret)))
        return Admission(visitor_id=entry["visitor_id"], session_id=entry["session_id"]) if entry else None


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


class Sockets:
    """What becomes of a socket from its opening to its end."""

    def __init__(
        self, store: Store, push: Push, giosg: GiosgClient, access: Access, *, clock: Clock, threads: Executor
    ) -> None:
        self._store = store
        self._push = push
        self._threads = threads
        self._giosg = giosg
        self._access = access
        self._clock = clock

    def answer_ping(self, connection_id: str) -> None:
        """Tell a client its newest cursors, and Giosg that its visitor is here."""
        visitor_id = self._store.connections.owner(connection_id)
        if visitor_id is None:
            return
        telemetry.note(visitor_id=visitor_id)
        presence_turn = self._threads.submit(
            self._store.connections.take_presence_turn, visitor_id, every=PRESENCE_INTERVAL
        )
        frame = {"event": "pong", "cursors": self._cursors(visitor_id)}
        self._push.to_connection(visitor_id, connection_id, frame)
        if presence_turn.result():
            self._show_present(visitor_id)

    def _cursors(self, visitor_id: str) -> dict[str, str]:
        chats, _place = self._store.chats.of_visitor(visitor_id, before=None, limit=MOST_CURSORS)
        return {chat.id: cursors.of_chat(chat.id, chat.seq) for chat in chats if self._is_current(chat)}

    def _is_current(self, chat: Chat) -> bool:
        return not chat.is_ended or self._clock() - (chat.ended_at or chat.updated_at) < ENDED_LATELY

    def _show_present(self, visitor_id: str) -> None:
        """Keep the visitor present in the room; it lapses by itself, and is worth no failure."""
        credentials = self._store.credentials.find(visitor_id)
        if credentials is None:
            return
        try:
            self._access.call(
                credentials,
                lambda token: self._giosg.refresh_presence(
                    visitor_id, access_token=token, presence_expires_in_seconds=PRESENCE_SECONDS
                ),
            )
        except (GiosgError, VisitorChatError) as error:
            telemetry.outcome("presence failed", level="warning", reason=str(error))
