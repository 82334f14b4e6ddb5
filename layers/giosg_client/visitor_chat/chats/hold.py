"""How a visitor leaves a message while nobody is there: once for each `client_message_id`."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from giosg_client.frozen import Frozen, frozen
from visitor_chat.auth.quotas import Permit
from visitor_chat.auth.sessions import Sessions
from visitor_chat.chats.start_journal import StartJournal, StartJournals
from visitor_chat.chats.visitor import VisitorEntry
from visitor_chat.domain.errors import (
    AgentsOnline,
    ClientMessageIdReused,
    IdempotencyKeyReused,
    InvalidVisitorToken,
    MessagesNotHeld,
    TooManyHeld,
    TryAgain,
)
from visitor_chat.domain.records import HeldMessage, HeldStatus, StartRequest, Visitor
from visitor_chat.domain.rooms import Rooms
from visitor_chat.giosg.availability import RoomStatus
from visitor_chat.realtime.push import Push, held_frame
from visitor_chat.runtime.clock import Clock
from visitor_chat.store.held_messages import MOST_HELD
from visitor_chat.store.store import Store
from visitor_chat.store.tables import ConditionFailed

ATTEMPTS = 4
"""Of storing a message beside other writes, which keep a transaction from being done, for a moment."""
PAUSE_SECONDS = 0.2


@frozen
class Held(Frozen):
    """A held message and its visitor; one who came without a token has a `visitor_token`."""

    message: HeldMessage
    visitor: Visitor
    visitor_token: str | None = None


class MessageHolder:
    """Holds messages until agents are online; `lifetime` is how long, nothing for a stack that holds none."""

    def __init__(
        self,
        store: Store,
        start_journals: StartJournals,
        visitor_entry: VisitorEntry,
        push: Push,
        *,
        rooms: Rooms,
        room_status: RoomStatus,
        sessions: Sessions,
        lifetime: timedelta,
        clock: Clock,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store
        self._start_journals = start_journals
        self._visitor_entry = visitor_entry
        self._push = push
        self._rooms = rooms
        self._room_status = room_status
        self._sessions = sessions
        self._lifetime = lifetime
        self._clock = clock
        self._sleep = sleep

    def hold(self, request: StartRequest, permit: Permit) -> tuple[Held, bool]:
        """Hold a message, and tell whether it was held before.

        Raise ClientMessageIdReused, AgentsOnline, MessagesNotHeld, TooManyHeld, or what kept a visitor from being made.
        """
        if (known := self._find(request)) is not None:
            return known, True
        if not self._lifetime:
            raise MessagesNotHeld("HeldMessageHours is 0")
        if self._room_status.availability(request.room).is_online:
            raise AgentsOnline("the room is online")
        permit()
        return self._hold_of_known(request) if request.visitor is not None else self._hold_of_new(request)

    def _find(self, request: StartRequest) -> Held | None:
        """Find what an earlier request has held, and a new token for a visitor who came without one."""
        held_id = request.client_message_id or ""
        if request.visitor is not None:
            held = self._store.held_messages.find(request.visitor.id, held_id)
            return Held(message=_same(held, request), visitor=request.visitor) if held else None
        visitor_id = self._store.held_messages.find_holder(held_id)
        held = self._store.held_messages.find(visitor_id, held_id) if visitor_id else None
        return self._of_new(held, request) if held else None

    def _of_new(self, held: HeldMessage, request: StartRequest) -> Held:
        """Return a held message with a token that works; raise InvalidVisitorToken if its visitor was erased."""
        same = _same(held, request)
        visitor = self._store.visitors.find(held.visitor_id)
        if visitor is None or visitor.is_erased:
            raise InvalidVisitorToken("the visitor was erased")
        return Held(message=same, visitor=visitor, visitor_token=self._sessions.open(visitor.id))

    def _hold_of_known(self, request: StartRequest) -> tuple[Held, bool]:
        visitor = request.visitor
        if visitor is None:
            raise InvalidVisitorToken("nobody holds this message")
        if request.visitor_name and request.visitor_name != visitor.name:
            visitor = self._store.visitors.remember(visitor.id, name=request.visitor_name)
        return self._store_for(visitor, request, is_new=False)

    def _hold_of_new(self, request: StartRequest) -> tuple[Held, bool]:
        """Make a visitor, once for all requests with the same id, and hold their message."""
        key = f"held {request.client_message_id}"
        text_alone = replace(
            request,
            room=self._rooms.default,
            idempotency_key=key,
            visitor_name=None,
            variables={},
            challenge_token=None,
        )
        try:
            journal = self._start_journals.open(text_alone)
        except IdempotencyKeyReused as other:
            raise ClientMessageIdReused("another text came with this client_message_id before") from other
        try:
            if (known := self._find(request)) is not None:
                return known, True
            held, is_repeat = self._store_for(self._visitor(request, journal), request, is_new=True)
        finally:
            journal.close(until=self._clock())
        return replace(held, visitor_token=self._sessions.open(held.visitor.id)), is_repeat

    def _visitor(self, request: StartRequest, journal: StartJournal) -> Visitor:
        known = self._store.visitors.find(journal.facts["visitor_id"]) if "visitor_id" in journal.facts else None
        if known is not None and not known.is_erased:
            return known
        return self._visitor_entry.introduce_while_offline(request, journal)[0]

    def _store_for(self, visitor: Visitor, request: StartRequest, *, is_new: bool) -> tuple[Held, bool]:
        held = self._new(visitor, request)
        audience = self._push.audience(visitor.id)
        for _attempt in range(ATTEMPTS):
            try:
                guards = [self._store.visitors.check_not_erased(visitor.id)]
                self._store.held_messages.hold(held, is_of_new_visitor=is_new, guards=guards)
            except ConditionFailed:
                if (stored := self._not_stored(held, request)) is not None:
                    return Held(message=stored, visitor=visitor), True
                self._sleep(PAUSE_SECONDS)
            else:
                self._push.tell(audience, held_frame(held, self._rooms))
                return Held(message=held, visitor=visitor), False
        raise TryAgain("the visitor holds too much at once")

    def _new(self, visitor: Visitor, request: StartRequest) -> HeldMessage:
        now, text = self._clock(), request.message or ""
        return HeldMessage(
            id=request.client_message_id or "",
            visitor_id=visitor.id,
            room_id=request.room.id,
            message=text,
            text_hash=_text_hash(text),
            variables=dict(request.variables),
            status=HeldStatus.HELD,
            created_at=now,
            expires_at=now + self._lifetime,
            due_at=now,
        )

    def _not_stored(self, held: HeldMessage, request: StartRequest) -> HeldMessage | None:
        """Return the message if it was held meanwhile, None if only something beside it was in the way.

        Raise what else kept it from being stored.
        """
        stored, waiting = self._store.held_messages.find_and_count(held.visitor_id, held.id)
        if stored is not None:
            return _same(stored, request)
        visitor = self._store.visitors.find(held.visitor_id)
        if visitor is None or visitor.is_erased:
            raise InvalidVisitorToken("the visitor was erased")
        if waiting >= MOST_HELD:
            raise TooManyHeld("as many messages wait as may")
        return None


def _same(held: HeldMessage, request: StartRequest) -> HeldMessage:
    """Return what an earlier request has held, with the text, which one that was delivered has in its chat alone."""
    if held.text_hash != _text_hash(request.message or ""):
        raise ClientMessageIdReused("another text came with this client_message_id before")
    return replace(held, message=request.message) if held.status is HeldStatus.DELIVERED else held


def _text_hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
