"""How a visitor takes back what they have left while nobody was there: it is taken back or delivered, never both."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from giosg_client.identifiers import is_uuid
from visitor_chat.domain.errors import AlreadyDelivered, HeldMessageNotFound, TryAgain
from visitor_chat.domain.records import HeldMessage, HeldStatus
from visitor_chat.domain.rooms import Rooms
from visitor_chat.realtime.push import Push, held_frame
from visitor_chat.runtime.clock import Clock
from visitor_chat.store.store import Store

LONGEST_WAIT_FOR_DELIVERY = timedelta(seconds=5)
POLL_SECONDS = 0.2


class MessageWithdrawer:
    """Takes held messages back."""

    def __init__(
        self, store: Store, push: Push, *, rooms: Rooms, clock: Clock, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._store = store
        self._push = push
        self._rooms = rooms
        self._clock = clock
        self._sleep = sleep

    def withdraw(self, visitor_id: str, held_id: str) -> None:
        """Take a message back; raise HeldMessageNotFound, AlreadyDelivered, or TryAgain while it is being delivered."""
        deadline = self._clock() + LONGEST_WAIT_FOR_DELIVERY
        while True:
            held = self._store.held_messages.find(visitor_id, held_id) if is_uuid(held_id) else None
            if held is None:
                raise HeldMessageNotFound("not a held message of this visitor")
            if self._is_withdrawn(held):
                return
            if held.status is HeldStatus.DELIVERED:
                raise AlreadyDelivered("the message has begun a chat")
            if self._clock() >= deadline:
                raise TryAgain("the message is being delivered")
            self._sleep(POLL_SECONDS)

    def _is_withdrawn(self, held: HeldMessage) -> bool:
        """Take a message back if it waits; one that has expired, or was taken back, is delivered no more anyway."""
        if held.status in {HeldStatus.WITHDRAWN, HeldStatus.EXPIRED}:
            return True
        if held.status is not HeldStatus.HELD or not self._store.held_messages.withdraw(held):
            return False
        withdrawn = replace(held, status=HeldStatus.WITHDRAWN, message=None)
        self._push.tell(self._push.audience(held.visitor_id), held_frame(withdrawn, self._rooms))
        return True
