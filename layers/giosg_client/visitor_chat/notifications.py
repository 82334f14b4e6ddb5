"""What Giosg's webhooks mean for us.

Giosg tells of every chat of the whole organisation, so nearly all of it is foreign: a notification that names another
room costs nothing at all, and one of an unknown chat costs one read. Only a chat of our own room that is not known yet
is looked up at Giosg, through its memberships.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from giosg_client.errors import GiosgError, InvalidWebhook
from giosg_client.models import chat_changes
from giosg_client.webhooks import Kind, Notification
from visitor_chat import events, merging
from visitor_chat.ledger import Applied, Ledger
from visitor_chat.merging import Action, MessageEvent
from visitor_chat.records import Chat
from visitor_chat.repairs import Repairs
from visitor_chat.store import Marker
from visitor_chat.syncing import Syncing

DOUBT_DELAY_SECONDS = 5
"""A part is given this long to be joined by the rest before Giosg is asked."""


class Outcome(StrEnum):
    """What became of a notification; each is an answer of 204."""

    STORED = "stored"
    REPEATED = "repeated"
    FOREIGN = "foreign"
    IGNORED = "ignored"
    QUEUED = "queued"


class Notifications:
    """Takes in notifications. Whatever it returns, what is to be kept has been written."""

    def __init__(
        self, ledger: Ledger, syncing: Syncing, repairs: Repairs, *, organization_id: str, room_id: str
    ) -> None:
        self._ledger = ledger
        self._syncing = syncing
        self._repairs = repairs
        self._organization_id = organization_id
        self._room_id = room_id

    def take_chat(self, notification: Notification) -> Outcome:
        """Take in what was said of a chat."""
        if (refusal := self._refusal(notification, "chat")) is not None:
            return refusal
        if notification.action == "removed":
            return Outcome.IGNORED if self._ledger.remove_chat(notification.resource_id) is None else Outcome.STORED
        if notification.action not in {"added", "changed"}:
            return Outcome.IGNORED
        return self._apply_chat(notification, _chat_facts(notification))

    def _apply_chat(self, notification: Notification, facts: Mapping[str, Any]) -> Outcome:
        applied = self._ledger.apply_chat(notification.resource_id, facts)
        if applied.chat is not None or notification.room_id != self._room_id:
            return _outcome(applied)
        return self._adopt(notification.resource_id, lambda: self._ledger.apply_chat(notification.resource_id, facts))

    def take_message(self, notification: Notification) -> Outcome:
        """Take in what was said of a message."""
        if (refusal := self._refusal(notification, "message")) is not None:
            return refusal
        event = _message_event(notification)
        if event is None:
            return Outcome.IGNORED
        return self._apply_message(notification, event)

    def _apply_message(self, notification: Notification, event: MessageEvent) -> Outcome:
        applied = self._ledger.apply_message(event)
        if applied.chat is None and notification.room_id == self._room_id:
            return self._adopt(event.chat_id, lambda: self._ledger.apply_message(event))
        if applied.is_doubtful:
            self._repairs.request(event.chat_id, delay_seconds=DOUBT_DELAY_SECONDS)
        return _outcome(applied)

    def _refusal(self, notification: Notification, kind: Kind) -> Outcome | None:
        if notification.kind != kind:
            return Outcome.IGNORED
        is_ours = notification.organization_id == self._organization_id
        is_elsewhere = notification.room_id not in {None, self._room_id}
        return None if is_ours and not is_elsewhere else Outcome.FOREIGN

    def _adopt(self, chat_id: str, apply: Any) -> Outcome:
        """Learn of a chat that was not started here, or whose start has not been stored yet."""
        try:
            chat = self._syncing.adopt(chat_id)
        except GiosgError:
            self._repairs.request(chat_id)
            return Outcome.QUEUED
        if not isinstance(chat, Chat):
            return Outcome.FOREIGN
        self._repairs.request(chat_id, delay_seconds=DOUBT_DELAY_SECONDS)
        return _outcome(apply())


def _chat_facts(notification: Notification) -> Mapping[str, Any]:
    """Read what is said of a chat; what is not of the documented type is as good as not said."""
    try:
        return chat_changes(notification.resource or {})
    except InvalidWebhook:
        return {}


def _message_event(notification: Notification) -> MessageEvent | None:
    try:
        event = events.of_notification(notification)
    except InvalidWebhook:
        return None
    is_internal = event is not None and event.action is Action.ADDED and not merging.is_public(event.content)
    return None if is_internal else event


def _outcome(applied: Applied) -> Outcome:
    if applied.chat is Marker.FOREIGN or applied.chat is None:
        return Outcome.FOREIGN
    return Outcome.STORED if applied.is_changed else Outcome.REPEATED
