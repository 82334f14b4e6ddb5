"""Frames to a visitor's open sockets, right after what they tell of was committed.

A push is a hint: it may fail, and must neither fail nor hold up what it tells of. Clients learn of what they missed by
reading from their cursor, which they compare with the ones in each pong.
"""

import json
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future, wait
from datetime import timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from giosg_client.frozen import Frozen, frozen
from visitor_chat.domain import cursors
from visitor_chat.domain.records import Chat, HeldMessage, StoredMessage
from visitor_chat.domain.rooms import Rooms
from visitor_chat.domain.views import chat_view, held_view, message_view
from visitor_chat.runtime import telemetry
from visitor_chat.runtime.clock import Clock
from visitor_chat.store.connections import MOST_CONNECTIONS, Connection, Connections

LONGEST_PUSH_SECONDS = 1.5
LARGEST_FRAME_BYTES = 32 * 1024
"""What API Gateway carries in one piece
(https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html).
"""
OPENING = timedelta(seconds=60)
"""A socket that API Gateway does not know, and that is younger, may be one whose `$connect` has not answered yet
(https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html).
"""
OPENING_PAUSE_SECONDS = 0.2
_GONE = frozenset({"GoneException", "410"})
_THROTTLED = frozenset({"LimitExceededException", "TooManyRequestsException", "ThrottlingException", "429"})

Frame = dict[str, Any]


def message_frame(chat: Chat, message: StoredMessage) -> Frame:
    """Tell of a change that was just committed; a client whose cursor is not `after` has missed one before it."""
    return {
        "event": "message",
        "chat_id": chat.id,
        "message": message_view(message),
        "after": cursors.of_chat(chat.id, chat.seq - 1),
        "next": cursors.of_chat(chat.id, chat.seq),
    }


def chat_frame(chat: Chat, rooms: Rooms) -> Frame:
    return {"event": "chat", "chat": chat_view(chat, rooms), "next": cursors.of_chat(chat.id, chat.seq)}


def held_frame(held: HeldMessage, rooms: Rooms) -> Frame:
    return {"event": "held_message", "held_message": held_view(held, rooms)}


def removed_frame(chat: Chat) -> Frame:
    return {"event": "chat_removed", "chat_id": chat.id}


def _changed_frame(chat_id: str) -> Frame:
    """Tell of a change that no frame can carry: a client reads it."""
    return {"event": "changed", "chat_id": chat_id}


@frozen
class Audience(Frozen):
    """A visitor who is to be told something, and their sockets, which are being looked up."""

    visitor_id: str
    connections: Future[list[Connection]]


class Push:
    """Sends frames to sockets; `client` makes API Gateway's client for them when it is first needed."""

    def __init__(
        self,
        connections: Connections,
        client: Callable[[], Any],
        *,
        clock: Clock,
        sleep: Callable[[float], None],
        threads: Executor,
        senders: Executor,
    ) -> None:
        self._connections = connections
        self._client = client
        self._clock = clock
        self._sleep = sleep
        self._threads = threads
        self._senders = senders

    def audience(self, visitor_id: str) -> Audience:
        """Begin to look up a visitor's sockets, beside the commit of what they will be told.

        A socket that opens in that very moment may be missed; its client pings at once, and its pong tells.
        """
        return Audience(visitor_id=visitor_id, connections=self._threads.submit(self._find, visitor_id))

    def _find(self, visitor_id: str) -> list[Connection]:
        try:
            return self._connections.of_visitor(visitor_id)
        except (BotoCoreError, ClientError) as error:
            _log("push failed", error)
            return []

    def tell(self, audience: Audience, *frames: Frame) -> None:
        """Send frames, in order, to each of a visitor's sockets; what cannot be sent is left to the cursors."""
        connections = audience.connections.result()
        if connections:
            self._fan_out(audience.visitor_id, connections, frames)

    def _fan_out(self, visitor_id: str, connections: list[Connection], frames: tuple[Frame, ...]) -> None:
        telemetry.note(sockets=len(connections))
        texts = [_encode(frame) for frame in frames]
        self._client()
        sent: list[Future[None]] = [
            self._senders.submit(self._send_all, visitor_id, connection, texts) for connection in connections
        ]
        finished = wait(sent, timeout=LONGEST_PUSH_SECONDS)
        telemetry.count("FramesPushed", len(finished.done) * len(frames))
        if finished.not_done:
            telemetry.count("PushesLate", len(finished.not_done))

    def to_connection(self, connection_id: str, frame: Frame) -> None:
        """Send a frame to a socket that has just been heard of; if it is gone by now, API Gateway says so elsewhere."""
        try:
            self._send(connection_id, _encode(frame), may_be_opening=False)
        except (BotoCoreError, ClientError) as error:
            _log("push failed", error)

    def close_unknown(self, connection_id: str) -> None:
        """Close a socket that nothing would ever be sent to: its client comes again."""
        self._disconnect(connection_id)

    def close_all(self, visitor_id: str) -> None:
        """Close a visitor's sockets, as far as that is possible, and forget them."""
        self._close(visitor_id, (each.id for each in self._connections.of_visitor(visitor_id)))
        self._connections.forget_presence(visitor_id)

    def close_oldest(self, visitor_id: str, *, but: str) -> None:
        """Make room for another socket of a visitor's, which may be open already."""
        oldest = self._connections.oldest_of_visitor(visitor_id, beyond=MOST_CONNECTIONS - 1, but=but)
        self._close(visitor_id, oldest)

    def _close(self, visitor_id: str, connection_ids: Iterable[str]) -> None:
        for connection_id in connection_ids:
            self._disconnect(connection_id)
            self._connections.close(visitor_id, connection_id)

    def _disconnect(self, connection_id: str) -> None:
        try:
            self._client().delete_connection(ConnectionId=connection_id)
        except (BotoCoreError, ClientError) as error:
            _log("close failed", error)

    def _send_all(self, visitor_id: str, connection: Connection, texts: list[bytes]) -> None:
        is_opening = self._clock() - connection.opened_at < OPENING
        try:
            for text in texts:
                self._send(connection.id, text, may_be_opening=is_opening)
        except ClientError as error:
            if _code(error) in _GONE and not is_opening:
                self._connections.close(visitor_id, connection.id)
            else:
                _log("push failed", error)
        except BotoCoreError as error:
            _log("push failed", error)

    def _send(self, connection_id: str, text: bytes, *, may_be_opening: bool) -> None:
        """Send one frame; one that is throttled, or whose socket may be open in a moment, is sent again, once."""
        try:
            self._client().post_to_connection(ConnectionId=connection_id, Data=text)
        except ClientError as error:
            if _code(error) in _GONE and may_be_opening:
                self._sleep(OPENING_PAUSE_SECONDS)
            elif _code(error) not in _THROTTLED:
                raise
            self._client().post_to_connection(ConnectionId=connection_id, Data=text)


def _log(event: str, error: Exception) -> None:
    code = f" {_code(error)}" if isinstance(error, ClientError) else ""
    telemetry.outcome(event, level="warning", reason=f"{telemetry.describe(error)}{code}")


def _encode(frame: Frame) -> bytes:
    """Return a frame as it is sent: a message that is too large for one is only told of."""
    text = _json(frame)
    is_told_of = len(text) > LARGEST_FRAME_BYTES and frame["event"] == "message"
    return _json(_changed_frame(frame["chat_id"])) if is_told_of else text


def _json(frame: Frame) -> bytes:
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode()


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
