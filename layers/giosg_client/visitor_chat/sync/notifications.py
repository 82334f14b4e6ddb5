"""What Giosg's webhooks mean for us.

Giosg tells of every chat of the whole organisation, so nearly all of it is foreign: a notification of an unknown chat
costs one read, and nothing else. Only one of our own room is looked up at Giosg, through its memberships. A chat that
is known is ours, whatever room it has been moved to.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from giosg_client.errors import GiosgError
from giosg_client.models import chat_changes
from giosg_client.webhooks import Kind, Notification
from visitor_chat.domain import merging, message_events
from visitor_chat.domain.errors import TryAgain
from visitor_chat.domain.merging import Action, MessageEvent
from visitor_chat.domain.records import Chat
from visitor_chat.domain.rooms import Rooms
from visitor_chat.runtime import telemetry
from visitor_chat.runtime.clock import Clock
from visitor_chat.store.store import Store
from visitor_chat.sync.commit import ATTEMPTS, Applied, Committer
from visitor_chat.sync.reconcile import Reconciler
from visitor_chat.sync.repair_queue import RepairQueue

ACTIONS = frozenset({Action.ADDED.value, Action.CHANGED.value, Action.REMOVED.value})
HURRIED_ATTEMPTS = 5
"""To commit, while Giosg waits for the answer: half a second at most. Then few at a time go on from the queue."""
DOUBT_DELAY_SECONDS = 5
"""A part is given this long to be joined by the rest before Giosg is asked."""


class Outcome(StrEnum):
    """What became of a notification; each is an answer of 204."""

    STORED = "stored"
    REPEATED = "repeated"
    FOREIGN = "foreign"
    IGNORED = "ignored"
    UNUSABLE = "unusable"
    QUEUED = "queued"


class ChatNews(NamedTuple):
    """What is said of a chat itself. `is_odd`: perhaps it has ended, but that could not be read."""

    facts: Mapping[str, Any]
    is_odd: bool


class Notifications:
    """Takes in notifications. Whatever it returns, what is to be kept has been written."""

    def __init__(
        self,
        store: Store,
        committer: Committer,
        reconciler: Reconciler,
        repair_queue: RepairQueue,
        *,
        organization_id: str,
        rooms: Rooms,
        clock: Clock,
    ) -> None:
        self._store = store
        self._committer = committer
        self._reconciler = reconciler
        self._repair_queue = repair_queue
        self._organization_id = organization_id
        self._rooms = rooms
        self._clock = clock

    def take_chat(self, notification: Notification) -> Outcome:
        """Take in what was said of a chat."""
        return self._taken_or_queued(notification, self._take_chat)

    def take_message(self, notification: Notification) -> Outcome:
        """Take in what was said of a message."""
        return self._taken_or_queued(notification, self._take_message)

    def take_queued(self, notification: Notification) -> Outcome:
        """Take in what was handed to the queue; raise TryAgain when it cannot be now either."""
        take = self._take_chat if notification.kind == "chat" else self._take_message
        return take(notification, ATTEMPTS)

    def _taken_or_queued(self, notification: Notification, take: Callable[[Notification, int], Outcome]) -> Outcome:
        """Take a notification in, or hand it to the queue when too many others change the same chat at once."""
        try:
            return take(notification, HURRIED_ATTEMPTS)
        except TryAgain as error:
            self._repair_queue.hand_over(notification)
            return _because(Outcome.QUEUED, str(error))

    def _take_chat(self, notification: Notification, attempts: int) -> Outcome:
        if (refusal := self._refusal(notification, "chat")) is not None:
            return refusal
        if notification.action == "removed":
            return self._remove_chat(notification.resource_id)
        return self._apply_chat(notification, _chat_news(notification), attempts)

    def _remove_chat(self, chat_id: str) -> Outcome:
        is_removed = self._committer.remove_chat(chat_id)
        return Outcome.STORED if is_removed else _because(Outcome.FOREIGN, "unknown chat")

    def _apply_chat(self, notification: Notification, news: ChatNews, attempts: int) -> Outcome:
        chat_id = notification.resource_id
        applied = self._committer.apply_chat(chat_id, news.facts, attempts=attempts)
        if applied.chat is None and self._rooms.has(notification.room_id):
            return self._adopt(chat_id, lambda: self._committer.apply_chat(chat_id, news.facts))
        return self._settled(chat_id, applied, is_doubtful=news.is_odd, is_usable=bool(news.facts))

    def _take_message(self, notification: Notification, attempts: int) -> Outcome:
        if (refusal := self._refusal(notification, "message")) is not None:
            return refusal
        event = message_events.of_notification(notification, received_at=self._clock())
        if merging.is_internal(event):
            return _because(Outcome.IGNORED, "not for visitors")
        return self._apply_message(notification, event, attempts)

    def _apply_message(self, notification: Notification, event: MessageEvent, attempts: int) -> Outcome:
        applied = self._committer.apply_message(event, attempts=attempts)
        if applied.chat is None and (applied.was_ours or self._rooms.has(notification.room_id)):
            said_at = merging.said_at(event)
            return self._adopt(event.chat_id, lambda: self._committer.apply_message(event), said_at=said_at)
        return self._settled(event.chat_id, applied, is_doubtful=applied.is_doubtful, is_usable=event.is_usable)

    def _refusal(self, notification: Notification, kind: Kind) -> Outcome | None:
        """Say why a notification is none of our business; None when it is."""
        if notification.kind != kind:
            return _because(Outcome.IGNORED, "another list")
        if notification.action not in ACTIONS:
            return _because(Outcome.IGNORED, "unknown action")
        if notification.organization_id != self._organization_id:
            return _because(Outcome.FOREIGN, "another organisation")
        return _because(Outcome.FOREIGN, "a room that is not ours") if self._is_elsewhere(notification) else None

    def _is_elsewhere(self, notification: Notification) -> bool:
        """Tell whether it is of a room that is not ours, and of no chat that we know."""
        if notification.room_id is None or self._rooms.has(notification.room_id):
            return False
        return not isinstance(self._store.chats.find(notification.chat_id or ""), Chat)

    def _settled(self, chat_id: str, applied: Applied, *, is_doubtful: bool, is_usable: bool) -> Outcome:
        """Say what became of it, and have the chat compared with Giosg where that is not certain."""
        if not isinstance(applied.chat, Chat):
            return _because(Outcome.FOREIGN, "unknown chat")
        if is_doubtful:
            self._repair_queue.request(chat_id, delay_seconds=DOUBT_DELAY_SECONDS)
        if not is_usable:
            return _because(Outcome.UNUSABLE, "odd fields") if is_doubtful else _because(Outcome.IGNORED, "no news")
        return Outcome.STORED if applied.is_changed else Outcome.REPEATED

    def _adopt(self, chat_id: str, apply: Callable[[], Applied], *, said_at: datetime | None = None) -> Outcome:
        """Learn of a chat that was not started here, whose start has not been stored yet, or that has expired."""
        try:
            chat = self._reconciler.adopt(chat_id, said_at=said_at)
        except GiosgError as error:
            self._repair_queue.request(chat_id)
            return _because(Outcome.QUEUED, str(error))
        if not isinstance(chat, Chat):
            return _because(Outcome.FOREIGN, "not of a visitor of ours")
        self._repair_queue.request(chat_id, delay_seconds=DOUBT_DELAY_SECONDS)
        return Outcome.STORED if apply().is_changed else Outcome.REPEATED


def _chat_news(notification: Notification) -> ChatNews:
    """Read what is said of a chat; what is not of the documented type is as good as not said."""
    if notification.resource is None:
        return ChatNews({}, is_odd=True)
    facts = chat_changes(notification.resource).values
    is_end_told = facts.get("is_ended") is not None
    is_odd = not is_end_told and ("is_ended" in notification.resource or facts.get("ended_at") is not None)
    return ChatNews(facts, is_odd=is_odd)


def _because(outcome: Outcome, reason: str) -> Outcome:
    """Note why something is not stored, for the line that will tell of it."""
    telemetry.note(reason=reason)
    return outcome
