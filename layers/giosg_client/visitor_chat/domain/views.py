"""Chats and messages as visitors see them: the one place where stored fields become public ones."""

from typing import Any

from visitor_chat.domain.merging import PUBLIC_TYPES
from visitor_chat.domain.records import Chat, HeldMessage, HeldStatus, MessageContent, StoredMessage, Visitor
from visitor_chat.domain.rooms import Rooms
from visitor_chat.runtime.clock import to_text

_SENDER_TYPES = {"user": "agent", "visitor": "visitor", "rule": "system"}
UNNAMED_CLAIM = "~"
"""Prefix of the claims that this stack makes for messages sent without a `client_message_id`."""


def chat_view(chat: Chat, rooms: Rooms) -> dict[str, Any]:
    return {
        "id": chat.id,
        "room": rooms.name_of(chat.room_id),
        "status": chat.status,
        "visitor_name": chat.visitor_name,
        "created_at": to_text(chat.created_at),
        "updated_at": to_text(chat.updated_at),
        "ended_at": chat.ended_at and to_text(chat.ended_at),
        "last_message_at": chat.last_message_at and to_text(chat.last_message_at),
        "waiting_since": chat.waiting_since and to_text(chat.waiting_since),
    }


def held_view(held: HeldMessage, rooms: Rooms) -> dict[str, Any]:
    """Show a held message; one that is being delivered waits as far as anybody can see."""
    return {
        "id": held.id,
        "room": rooms.name_of(held.room_id),
        "message": held.message,
        "status": HeldStatus.HELD.value if held.status is HeldStatus.DELIVERING else held.status.value,
        "created_at": to_text(held.created_at),
        "expires_at": to_text(held.expires_at),
        "chat_id": held.chat_id,
    }


def visitor_view(visitor: Visitor) -> dict[str, Any]:
    return {"id": visitor.id, "name": visitor.name}


def message_view(message: StoredMessage) -> dict[str, Any]:
    """Show a message; what an agent's button press said is its text, and an unknown kind of sender is the system."""
    content = message.content
    return {
        "id": message.id,
        "chat_id": message.chat_id,
        "type": message_type(content),
        "sender_type": message_sender_type(content),
        "sender_name": content.get("sender_public_name"),
        "sender_avatar_url": content.get("sender_avatar_url"),
        "message": content.get("message") or content.get("response_text"),
        "attachments": content.get("attachments") or [],
        "action": _action_view(content) if message_type(content) == "action" else None,
        "created_at": content["created_at"],
        "sequence": message.sequence,
        "client_message_id": _client_message_id(message),
        "is_removed": message.is_removed,
    }


def _action_view(content: MessageContent) -> dict[str, Any]:
    """Show which button of which message was pressed."""
    return {
        "message_id": content.get("response_to_message_id"),
        "attachment_id": content.get("response_to_attachment_id"),
        "action_id": content.get("response_to_action_id"),
        "text": content.get("response_text"),
        "value": content.get("response_value"),
    }


def message_type(content: MessageContent) -> str:
    return PUBLIC_TYPES.get(content["type"], content["type"])


def message_sender_type(content: MessageContent) -> str:
    return _SENDER_TYPES.get(content["sender_type"], "system")


def _client_message_id(message: StoredMessage) -> str | None:
    is_named = message.claim_id is not None and not message.claim_id.startswith(UNNAMED_CLAIM)
    return message.claim_id if is_named else None
