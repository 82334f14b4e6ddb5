"""Frames to a visitor's open sockets, right after what they tell of was committed.

A push is a hint: it may fail, and must neither fail nor hold up what it tells of. Clients learn of what they missed by
reading from their cursor, which they compare with the ones in each pong.
"""

import json
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from giosg_client.frozen import Frozen, frozen
from visitor_chat import cursors, telemetry
from visitor_chat.records import Chat, StoredMessage
from visitor_chat.store import Connections
from visitor_chat.store.connections import MOST_CONNECTIONS
from visitor_chat.views import chat_view, message_view

LONGEST_PUSH_SECONDS = 1.5
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


def chat_frame(chat: Chat) -> Frame:
    return {"event": "chat", "chat": chat_view(chat), "next": cursors.of_chat(chat.id, chat.seq)}


def removed_frame(chat: Chat) -> Frame:
    return {"event": "chat_removed", "chat_id": chat.id}


@frozen
class Audience(Frozen):
    """A visitor who is to be told something, and their sockets, which are being looked up."""

    visitor_id: str
    connection_ids: Future[list[str]]


class Push:
    """Sends frames to sockets; `client` makes API Gateway's client for them when it is first needed."""

    def __init__(
        self, connections: Callable[[], Connections], client: Callable[[], Any], *, threads: Callable[[], Executor]
    ) -> None:
        self._connections = connections
        self._client = client
        self._threads = threads
        self._senders = ThreadPoolExecutor(max_workers=8)

    def audience(self, visitor_id: str) -> Audience:
        """Begin to look up a visitor's sockets, beside the commit of what they will be told.

        A socket that opens in that very moment may be missed; its client pings at once, and its pong tells.
        """
        return Audience(visitor_id=visitor_id, connection_ids=self._threads().submit(self._find, visitor_id))

    def _find(self, visitor_id: str) -> list[str]:
        try:
            return self._connections().of_visitor(visitor_id)
        except (BotoCoreError, ClientError) as error:
            telemetry.outcome("push failed", level="warning", reason=telemetry.describe(error))
            return []

    def tell(self, audience: Audience, *frames: Frame) -> None:
        """Send frames, in order, to each of a visitor's sockets; what cannot be sent is left to the cursors."""
        connection_ids = audience.connection_ids.result()
        if connection_ids:
            self._fan_out(audience.visitor_id, connection_ids, frames)

    def _fan_out(self, visitor_id: str, connection_ids: list[str], frames: tuple[Frame, ...]) -> None:
        texts = [_encode(frame) for frame in frames]
        self._client()
        sent: list[Future[None]] = [
            self._senders.submit(self._send_all, visitor_id, connection_id, texts) for connection_id in connection_ids
        ]
        finished = wait(sent, timeout=LONGEST_PUSH_SECONDS)
        telemetry.count("FramesPushed", len(finished.done) * len(frames))
        if finished.not_done:
            telemetry.count("PushesLate", len(finished.not_done))

    def to_connection(self, visitor_id: str, connection_id: str, frame: Frame) -> None:
        """Send a frame to one socket."""
        self._send_all(visitor_id, connection_id, [_encode(frame)])

    def close_all(self, visitor_id: str) -> None:
        """Close a visitor's sockets, as far as that is possible, and forget them."""
        self._close(visitor_id, self._connections().of_visitor(visitor_id))
        self._connections().forget_presence(visitor_id)

    def close_oldest(self, visitor_id: str, *, but: str) -> None:
        """Make room for another socket of a visitor's, which may be open already."""
        oldest = self._connections().oldest_of_visitor(visitor_id, beyond=MOST_CONNECTIONS - 1, but=but)
        self._close(visitor_id, oldest)

    def _close(self, visitor_id: str, connection_ids: list[str]) -> None:
        for connection_id in connection_ids:
            try:
                self._client().delete_connection(ConnectionId=connection_id)
            except (BotoCoreError, ClientError) as error:
                telemetry.outcome("close failed", level="warning", reason=telemetry.describe(error))
            self._connections().close(visitor_id, connection_id)

    def _send_all(self, visitor_id: str, connection_id: str, texts: list[bytes]) -> None:
        try:
            for text in texts:
                self._send(connection_id, text)
        except ClientError as error:
            self._give_up(visitor_id, connection_id, error)
        except BotoCoreError as error:
            telemetry.outcome("push failed", level="warning", reason=telemetry.describe(error))

    def _send(self, connection_id: str, text: bytes) -> None:
        """Send one frame; a throttled one is sent again, once."""
        try:
            self._client().post_to_connection(ConnectionId=connection_id, Data=text)
        except ClientError as error:
            if _code(error) not in _THROTTLED:
                raise
            self._client().post_to_connection(ConnectionId=connection_id, Data=text)

    def _give_up(self, visitor_id: str, connection_id: str, error: ClientError) -> None:
        if _code(error) in _GONE:
            self._connections().close(visitor_id, connection_id)
        else:
            telemetry.outcome("push failed", level="warning", reason=f"{telemetry.describe(error)} {_code(error)}")


def _encode(frame: Frame) -> bytes:
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode()


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
