"""What a visitor's WebSocket says: the answer to a ping, and the presence that Giosg is told of."""

from collections.abc import Callable
from concurrent.futures import Executor
from datetime import timedelta

from botocore.exceptions import BotoCoreError, ClientError

from giosg_client.client import GiosgClient
from giosg_client.errors import GiosgError
from visitor_chat.domain import cursors
from visitor_chat.domain.errors import VisitorChatError
from visitor_chat.domain.records import Chat, Credentials
from visitor_chat.domain.rooms import Rooms
from visitor_chat.giosg.visitor_tokens import VisitorTokens
from visitor_chat.realtime.push import Frame, Push
from visitor_chat.runtime import telemetry
from visitor_chat.runtime.clock import Clock
from visitor_chat.store.store import Store

LOOK_INTERVAL = timedelta(seconds=45)
"""Clients ping once a minute, give or take: each of their pings is due, and those of several tabs are not."""
SOCKET_PRESENCE_SECONDS = 150
"""Two pings and a little: a visitor whose socket is gone stops being present soon after."""
ENDED_LATELY = timedelta(hours=1)
MOST_CURSORS = 20
_ANSWERABLE = frozenset({"waiting", "active"})


class Sockets:
    """What becomes of a socket from its opening to its end."""

    def __init__(
        self,
        store: Store,
        push: Push,
        giosg: GiosgClient,
        visitor_tokens: VisitorTokens,
        *,
        rooms: Rooms,
        request_comparison: Callable[[str], None],
        clock: Clock,
        threads: Executor,
    ) -> None:
        self._store = store
        self._push = push
        self._threads = threads
        self._giosg = giosg
        self._visitor_tokens = visitor_tokens
        self._rooms = rooms
        self._request_comparison = request_comparison
        self._clock = clock

    def answer_ping(self, connection_id: str) -> None:
        """Tell a client its newest cursors, and Giosg that its visitor is here; close a socket that nobody knows of."""
        visitor_id = self._store.connections.owner(connection_id)
        if visitor_id is None:
            self._push.close_unknown(connection_id)
            return
        telemetry.note(visitor_id=visitor_id)
        presence_turn = self._threads.submit(
            self._store.connections.take_presence_turn, visitor_id, every=LOOK_INTERVAL
        )
        chats, _place = self._store.chats.of_visitor(visitor_id, before=None, limit=MOST_CURSORS)
        self._push.to_connection(connection_id, self._pong(chats))
        if presence_turn.result():
            self._compare(chats)
            self._show_present(visitor_id, chats)

    def _compare(self, chats: list[Chat]) -> None:
        """Have the chats in which an answer may come compared with Giosg: who is there does not wait for the sweep."""
        for chat in chats:
            if chat.status in _ANSWERABLE:
                try:
                    self._request_comparison(chat.id)
                except (BotoCoreError, ClientError) as error:
                    telemetry.outcome("comparison not requested", level="warning", reason=telemetry.describe(error))

    def _pong(self, chats: list[Chat]) -> Frame:
        current = [chat for chat in chats if self._is_current(chat)]
        return {"event": "pong", "cursors": {chat.id: cursors.of_chat(chat.id, chat.seq) for chat in current}}

    def _is_current(self, chat: Chat) -> bool:
        return not chat.is_ended or self._clock() - (chat.ended_at or chat.updated_at) < ENDED_LATELY

    def _show_present(self, visitor_id: str, chats: list[Chat]) -> None:
        """Keep the visitor present in each room in which they have an open chat."""
        room_ids = {room.id for chat in chats if not chat.is_ended and (room := self._rooms.with_id(chat.room_id))}
        credentials = self._store.credentials.find(visitor_id) if room_ids else None
        if credentials is not None:
            for room_id in sorted(room_ids):
                self._show_present_in(room_id, credentials)

    def _show_present_in(self, room_id: str, credentials: Credentials) -> None:
        """Refresh the presence, which lapses by itself: it is worth no failure."""
        try:
            self._visitor_tokens.call(
                credentials,
                lambda token: self._giosg.refresh_presence(
                    room_id,
                    credentials.visitor_id,
                    access_token=token,
                    presence_expires_in_seconds=SOCKET_PRESENCE_SECONDS,
                ),
            )
        except (GiosgError, VisitorChatError) as error:
            telemetry.outcome("presence failed", level="warning", reason=str(error))
