"""Everything about a visitor erased: what can be at once, the rest from the queue.

From the first step on the visitor's tokens are worth nothing, and what is said later is not stored. An erasure is in
the queue before anything is erased, so that it is finished whatever becomes of who began it.
"""

from concurrent.futures import Executor
from datetime import timedelta

from botocore.exceptions import BotoCoreError, ClientError

from visitor_chat.domain.errors import TryAgain
from visitor_chat.realtime.push import Push
from visitor_chat.runtime import telemetry
from visitor_chat.runtime.clock import Clock, HasTime, always
from visitor_chat.store.chats import Listing
from visitor_chat.store.store import Store
from visitor_chat.store.tables import batched
from visitor_chat.sync.repair_queue import RepairQueue

CHATS_AT_ONCE = 8
LONGEST_REQUEST = timedelta(seconds=8)
FOLLOW_UP_SECONDS = 60
"""Until the queue goes on with an erasure: longer than a request works on it."""


class Eraser:
    """Erases visitors. What was erased may be erased again, by several at once."""

    def __init__(self, store: Store, *, threads: Executor) -> None:
        self._store = store
        self._threads = threads

    def erase(self, visitor_id: str, *, has_time: HasTime = always) -> None:
        """Erase everything about a visitor, also what has expired; raise TryAgain when time is up before."""
        self.mark(visitor_id)
        self.go_on(visitor_id, has_time=has_time)

    def mark(self, visitor_id: str) -> None:
        """Make a visitor's tokens useless, and have what comes later not stored."""
        self._store.visitors.mark_erased(visitor_id)

    def go_on(self, visitor_id: str, *, has_time: HasTime) -> None:
        """Erase what there is of a visitor who is marked as erased.

        The sessions go last, so that the visitor's own token can finish an erasure that broke off.
        """
        store = self._store
        aside = (store.credentials.forget, store.known_people.forget, store.held_messages.erase)
        told = (store.connections.forget_all, store.push_subscriptions.erase)
        begun = [self._threads.submit(forget, visitor_id) for forget in (*aside, *told)]
        for forgetting in begun:
            forgetting.result()
        for listings in batched(self._store.chats.listings_of(visitor_id), CHATS_AT_ONCE):
            self._remove(listings, has_time)
        self._store.visitors.close_sessions(visitor_id)

    def _remove(self, listings: list[Listing], has_time: HasTime) -> None:
        removed = self._threads.map(lambda listing: self._store.remove_chat(listing, has_time=has_time), listings)
        if not all(list(removed)) or not has_time():
            raise TryAgain("not all about a visitor could be erased in the time that there was")


class Erasures:
    """Takes visitors' requests for an erasure: as much as a request has time for at once, the rest from the queue."""

    def __init__(self, eraser: Eraser, repair_queue: RepairQueue, push: Push, *, clock: Clock) -> None:
        self._eraser = eraser
        self._repair_queue = repair_queue
        self._push = push
        self._clock = clock

    def take(self, visitor_id: str) -> None:
        """Erase a visitor, from now on or at once; raise what kept it from being done if nobody goes on with it."""
        deadline = self._clock() + LONGEST_REQUEST
        self._eraser.mark(visitor_id)
        is_queued = self._is_queued(visitor_id)
        try:
            self._push.close_all(visitor_id)
            self._eraser.go_on(visitor_id, has_time=lambda: self._clock() < deadline)
        except Exception as error:
            if not is_queued:
                raise
            telemetry.outcome("erasure goes on from the queue", level="warning", reason=telemetry.describe(error))

    def _is_queued(self, visitor_id: str) -> bool:
        try:
            self._repair_queue.request_erasure(visitor_id, delay_seconds=FOLLOW_UP_SECONDS)
        except (BotoCoreError, ClientError) as error:
            telemetry.outcome("erasure not queued", level="warning", reason=telemetry.describe(error))
            return False
        return True
