"""How the chat of a start is made at Giosg, and stored: one for each start, however often that is tried.

Giosg knows no idempotency keys, so an attempt that broke off is followed by a look for what it has made. A chat is
stored with the name of its start, so that two starts of one visitor never take the same chat for theirs.
"""

from datetime import datetime, timedelta

from giosg_client.client import GiosgClient
from giosg_client.errors import GiosgError, GiosgNotFound, GiosgRefused
from giosg_client.frozen import Frozen, frozen
from giosg_client.models import Chat as GiosgChat
from visitor_chat.domain.errors import ChatNotFound, InvalidVisitorToken, TryAgain
from visitor_chat.domain.records import Chat, Credentials, Visitor
from visitor_chat.domain.rooms import Room
from visitor_chat.giosg.availability import RoomStatus
from visitor_chat.giosg.visitor_tokens import VisitorTokens
from visitor_chat.runtime.clock import Clock
from visitor_chat.store.chats import Marker
from visitor_chat.store.store import Store
from visitor_chat.store.tables import ConditionFailed
from visitor_chat.sync.commit import Committer

ATTEMPTS = 4
CLOCK_TOLERANCE = timedelta(minutes=2)
FIRST_SYNC = timedelta(minutes=4)


@frozen
class Attempt(Frozen):
    """A start that wants its chat: its name, the room, who starts, and when it was first tried."""

    name: str
    room: Room
    visitor: Visitor
    credentials: Credentials
    began_at: datetime


class ChatOpener:
    """Makes chats."""

    def __init__(
        self,
        store: Store,
        committer: Committer,
        giosg: GiosgClient,
        visitor_tokens: VisitorTokens,
        room_status: RoomStatus,
        *,
        chat_type: str,
        clock: Clock,
    ) -> None:
        self._store = store
        self._committer = committer
        self._giosg = giosg
        self._visitor_tokens = visitor_tokens
        self._room_status = room_status
        self._chat_type = chat_type
        self._clock = clock

    def open(self, attempt: Attempt, begun: GiosgChat | None) -> Chat:
        """Make a chat, unless an earlier attempt has begun one, and store it; raise what kept it from being done."""
        for _attempt in range(ATTEMPTS):
            chat = self._store_chat(begun or self._create(attempt), attempt)
            if chat is not None:
                return chat
            begun = self.find_begun(attempt)
        raise TryAgain("the visitor starts too many chats at once")

    def find_begun(self, attempt: Attempt) -> GiosgChat | None:
        """Find the chat that an earlier attempt of this start has made: stored as its own, or empty and nobody's."""
        earliest = attempt.began_at - CLOCK_TOLERANCE
        recent = [each for each in self._list(attempt) if (each.created_at or earliest) >= earliest]
        stored = {each.id: self._store.chats.find(each.id) for each in recent}
        own = [each for each in recent if _is_started_by(stored[each.id], attempt.name)]
        free = [each for each in recent if _is_empty(each) and _is_free(stored[each.id])]
        return min(own or free, key=lambda each: (each.created_at or earliest, each.id), default=None)

    def _list(self, attempt: Attempt) -> list[GiosgChat]:
        """List the visitor's chats in the room; one who has not entered it yet is unknown there, and has none."""
        room_id, credentials = attempt.room.id, attempt.credentials
        try:
            return self._visitor_tokens.call(
                credentials,
                lambda token: list(self._giosg.list_visitor_chats(room_id, credentials.visitor_id, access_token=token)),
            )
        except GiosgNotFound:
            return []

    def _create(self, attempt: Attempt) -> GiosgChat:
        room_id, visitor_id = attempt.room.id, attempt.visitor.id
        try:
            return self._visitor_tokens.call(
                attempt.credentials,
                lambda token: self._giosg.create_chat(
                    room_id, visitor_id, access_token=token, chat_type=self._chat_type
                ),
            )
        except GiosgRefused as refusal:
            self._room_status.explain(attempt.room, refusal)
            raise
        except GiosgError as error:
            begun = self.find_begun(attempt) if error.is_ambiguous else None
            if begun is None:
                raise
            return begun

    def _store_chat(self, giosg_chat: GiosgChat, attempt: Attempt) -> Chat | None:
        """Store the chat as this start's; None when it has become another's, or could not be stored just now."""
        created_at = giosg_chat.created_at or self._clock()
        chat = Chat(
            id=giosg_chat.id,
            visitor_id=attempt.visitor.id,
            visitor_name=attempt.visitor.name,
            created_at=created_at,
            updated_at=giosg_chat.updated_at or created_at,
            room_id=attempt.room.id,
            started_by=attempt.name,
        )
        try:
            guards = [self._store.visitors.check_not_erased(attempt.visitor.id)]
            self._committer.open_chat(chat, sync_due_at=self._clock() + FIRST_SYNC, guards=guards)
        except ConditionFailed:
            return self._already_stored(chat.id, attempt)
        return chat

    def _already_stored(self, chat_id: str, attempt: Attempt) -> Chat | None:
        """Return the chat as this start's if it is, or if only a webhook, which was faster, has stored it."""
        stored = self._store.chats.find(chat_id)
        if stored is Marker.REMOVED:
            raise ChatNotFound("the chat was removed while it was started")
        if isinstance(stored, Chat):
            return self._store.chats.take_as_started(stored, attempt.name)
        visitor = self._store.visitors.find(attempt.visitor.id)
        if visitor is None or visitor.is_erased:
            raise InvalidVisitorToken("the visitor was erased while the chat was started")
        return None


def _is_started_by(stored: Chat | Marker | None, name: str) -> bool:
    return isinstance(stored, Chat) and stored.started_by == name


def _is_empty(chat: GiosgChat) -> bool:
    return not chat.is_ended and not chat.visitor_message_count


def _is_free(stored: Chat | Marker | None) -> bool:
    """Tell whether a chat is not the result of another start, and not gone; a webhook may have stored it already."""
    return stored.started_by is None if isinstance(stored, Chat) else stored is not Marker.REMOVED
