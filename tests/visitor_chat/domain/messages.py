"""A message of Giosg's, and what can be said of it."""

from datetime import UTC, datetime
from typing import Any

from visitor_chat.domain import merging
from visitor_chat.domain.merging import Action, MessageEvent
from visitor_chat.domain.records import Chat, StoredMessage

CHAT_ID, MESSAGE_ID = "6e0b7c34-1f29-4a85-b3d7-50c2e8a9f416", "b85d13fa-92c7-4e60-a1f4-7d09c3be2865"
SAID_AT = "2030-01-01T10:02:11.004Z"
WHOLE: dict[str, Any] = {
    "type": "msg",
    "created_at": SAID_AT,
    "updated_at": None,
    "sender_type": "user",
    "sender_public_name": "Customer care",
    "sender_avatar_url": "https://cdn.example.test/a.jpg",
    "message": "text 0",
    "is_encrypted": False,
    "sensitive_data_purged_at": None,
    "attachments": [],
    "response_text": None,
}
PURGE = {"message": None, "sensitive_data_purged_at": "2030-02-01T00:00:00.000Z"}


def event(action: Action, content: dict[str, Any] | None = None, **details: Any) -> MessageEvent:
    return MessageEvent(action=action, chat_id=CHAT_ID, message_id=MESSAGE_ID, content=content or {}, **details)


ADDED = event(Action.ADDED, WHOLE)
REMOVED = event(Action.REMOVED)


def changed(text: str, **more: Any) -> MessageEvent:
    return event(Action.CHANGED, {"message": text} | more)


def merged(*events: MessageEvent) -> StoredMessage | None:
    """Apply events to a message that was not known."""
    stored: StoredMessage | None = None
    for each in events:
        stored = merging.merge_message(stored, each) or stored
    return stored


def known(*events: MessageEvent) -> StoredMessage:
    stored = merged(*events)
    assert stored is not None
    return stored


CHAT = Chat(
    id=CHAT_ID,
    visitor_id="0f3c9a7be1d24c58a6b0d94e7712cc31",
    visitor_name="Aino",
    created_at=datetime(2030, 1, 1, tzinfo=UTC),
    updated_at=datetime(2030, 1, 1, tzinfo=UTC),
)
