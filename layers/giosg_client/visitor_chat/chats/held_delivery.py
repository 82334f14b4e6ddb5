"""How held messages become chats, as soon as agents are online in their rooms.

A message is first marked as being delivered, from when on it cannot be taken back, and then starts a chat as its
visitor would, under an idempotency key of its own: whatever fails on the way, the next run goes on from there.
"""

from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import Executor
from dataclasses import replace
from datetime import timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from giosg_client.errors import GiosgError
from giosg_client.frozen import Frozen, frozen
from visitor_chat.auth.quotas import nothing_to_wait_for
from visitor_chat.chats.start import ChatStarter, Started
from visitor_chat.domain.errors import (
    ChatEnded,
    ChatNotFound,
    InvalidVisitorToken,
    NoAgentsOnline,
    TooManyRequests,
    TryAgain,
    VisitorChatError,
)
from visitor_chat.domain.records import Credentials, HeldMessage, HeldStatus, StartRequest, Visitor
from visitor_chat.domain.rooms import Room, Rooms
from visitor_chat.giosg.availability import RoomStatus
from visitor_chat.realtime.push import Push, held_frame
from visitor_chat.runtime import telemetry
from visitor_chat.runtime.clock import Clock
from visitor_chat.store.coordination import JOURNAL_LIFETIME, held_delivery_key
from visitor_chat.store.store import Store
from visitor_chat.store.tables import ConditionFailed, Unprocessed

MOST_IN_A_RUN = 1000
RUN_LEASE = timedelta(seconds=50)
"""Two runs must not deliver at the same time, or agents get twice as many at once; shorter than from run to run."""
RETRY_AFTER = timedelta(seconds=45)
"""What failed is behind all others then, and comes with the next run."""
RESERVE_MILLISECONDS = 12_000
_LOST = (ChatEnded, ChatNotFound)
"""The chat is gone, and the message was not said in it: it needs another."""
_FAILURES = (GiosgError, VisitorChatError, BotoCoreError, ClientError, ConditionFailed, Unprocessed)


@frozen
class Result(Frozen):
    """What a run has done with those that waited."""

    waiting: int
    delivered: int = 0
    expired: int = 0
    failed: int = 0


class HeldDelivery:
    """Delivers held messages, `most_in_a_room` of each room in a run."""

    def __init__(
        self,
        store: Store,
        chat_starter: ChatStarter,
        push: Push,
        *,
        rooms: Rooms,
        room_status: RoomStatus,
        most_in_a_room: int,
        clock: Clock,
        threads: Executor,
    ) -> None:
        self._store = store
        self._chat_starter = chat_starter
        self._push = push
        self._rooms = rooms
        self._room_status = room_status
        self._most_in_a_room = most_in_a_room
        self._clock = clock
        self._threads = threads

    def run(self, context: Any) -> Result:
        """Deliver what can be delivered now, the oldest first; nothing held costs one query."""
        waiting = self._store.held_messages.waiting(limit=MOST_IN_A_RUN)
        if not waiting or not self._is_our_turn():
            return Result(waiting=len(waiting))
        expired = sum(self._expire(each) for each in waiting if self._is_over(each))
        chosen = self._choose([each for each in waiting if not self._is_over(each)])
        done = list(self._threads.map(lambda held: self._deliver_in_turn(held, context), chosen))
        result = Result(waiting=len(waiting), delivered=done.count(True), expired=expired, failed=done.count(False))
        telemetry.count("HeldMessagesWaiting", result.waiting - result.delivered - result.expired)
        return result

    def _is_our_turn(self) -> bool:
        """Take the turn of this minute."""
        coordination, key, until = self._store.coordination, held_delivery_key(), self._clock() + RUN_LEASE
        if coordination.take_over(key, until=until) is not None:
            return True
        return coordination.begin(key, until=until, lifetime=RUN_LEASE, facts={}) is not None

    def _is_over(self, held: HeldMessage) -> bool:
        return held.status is HeldStatus.HELD and held.expires_at <= self._clock()

    def _expire(self, held: HeldMessage) -> bool:
        if not self._store.held_messages.expire(held):
            return False
        telemetry.outcome("held message expired", visitor_id=held.visitor_id, resource_id=held.id)
        telemetry.count("HeldMessagesExpired")
        self._tell(replace(held, status=HeldStatus.EXPIRED))
        return True

    def _choose(self, waiting: Iterable[HeldMessage]) -> list[tuple[HeldMessage, Room]]:
        """Return those whose room is online, and those whose delivery was begun, for each room as many as may be."""
        now, by_room = self._clock(), defaultdict(list)
        for held in waiting:
            if held.due_at <= now and (room := self._rooms.with_id(held.room_id)) is not None:
                by_room[room].append(held)
        known = self._room_status.of_all(by_room, threads=self._threads)
        chosen: list[tuple[HeldMessage, Room]] = []
        for room, entries in by_room.items():
            state = known[room]
            is_online = state is not None and state.is_online
            ready = [each for each in entries if is_online or each.status is HeldStatus.DELIVERING]
            chosen += [(each, room) for each in ready[: self._most_in_a_room]]
        return chosen

    def _deliver_in_turn(self, entry: tuple[HeldMessage, Room], context: Any) -> bool | None:
        """Deliver one message if there is time; tell whether it was."""
        held, room = entry
        if context.get_remaining_time_in_millis() < RESERVE_MILLISECONDS:
            return None
        with telemetry.work():
            telemetry.note(visitor_id=held.visitor_id, resource_id=held.id)
            try:
                return self._deliver(held, room)
            except _FAILURES as error:
                self._put_off(held, error)
                return False

    def _deliver(self, held: HeldMessage, room: Room) -> bool | None:
        if not self._store.held_messages.begin_delivery(held):
            return None
        try:
            chat_id = self._start(held, room).chat.id
        except InvalidVisitorToken:
            return None  # erased, and what was held with it
        if not self._store.held_messages.finish(held, chat_id=chat_id):
            return None  # another run has, or the next one will
        telemetry.outcome("held message delivered", chat_id=chat_id)
        telemetry.count("HeldMessagesDelivered")
        self._tell(replace(held, status=HeldStatus.DELIVERED, chat_id=chat_id, message=None))
        return True

    def _start(self, held: HeldMessage, room: Room) -> Started:
        context = self._store.context(held.visitor_id, None, with_credentials=True)
        if context.visitor is None or context.visitor.is_erased or context.credentials is None:
            raise InvalidVisitorToken("the visitor was erased")
        lifetime = max(held.expires_at - self._clock(), timedelta()) + JOURNAL_LIFETIME
        request = _request(held, room, context.visitor, context.credentials)
        try:
            return self._chat_starter.start(request, nothing_to_wait_for, remembered_for=lifetime)
        except NoAgentsOnline:
            if self._chat_starter.has_begun(request):
                raise TryAgain("its chat was made before the room closed") from None
            raise

    def _put_off(self, held: HeldMessage, error: Exception) -> None:
        """Let a message wait on; whether it is waiting or under way depends on what may have been done at Giosg."""
        reason = str(error) if isinstance(error, GiosgError | VisitorChatError) else telemetry.describe(error)
        telemetry.outcome("held message not delivered", level="warning", reason=reason)
        telemetry.count("HeldMessagesFailed")
        if isinstance(error, _LOST):
            self._store.held_messages.put_back(held, due_at=self._clock(), attempt=held.attempt + 1)
        elif isinstance(error, NoAgentsOnline):
            self._store.held_messages.put_back(held, due_at=held.due_at, attempt=held.attempt)
        elif isinstance(error, TooManyRequests):
            self._store.held_messages.put_back(held, due_at=self._clock() + RETRY_AFTER, attempt=held.attempt)
        else:
            self._store.held_messages.postpone(held, due_at=self._clock() + RETRY_AFTER)

    def _tell(self, held: HeldMessage) -> None:
        self._push.tell(self._push.audience(held.visitor_id), held_frame(held, self._rooms))


def _request(held: HeldMessage, room: Room, visitor: Visitor, credentials: Credentials) -> StartRequest:
    """Return the start that a message is, the same one for each try of an attempt."""
    return StartRequest(
        visitor=visitor,
        credentials=credentials,
        room=room,
        visitor_name=None,
        message=held.message,
        client_message_id=held.id,
        variables=held.variables,
        idempotency_key=f"held {held.id} {held.attempt}",
    )
