"""Chats and messages as visitors see them: the one place where stored fields become public ones."""

from typing import Any

from visitor_chat.clock import to_text
from visitor_chat.merging import PUBLIC_TYPES
from visitor_chat.records import Chat, MessageContent, StoredMessage, Visitor

_SENDER_TYPES = {"user": "agent", "visitor": "visitor", "rule": "system"}
UNNAMED_CLAIM = "~"
"""Prefix of the claims that this stack makes for messages sent without a `client_message_id`."""


def chat_view(chat: Chat) -> dict[str, Any]:
    return {
        "id": chat.id,
        "status": chat.status,
        "visitor_name": chat.visitor_name,
        "created_at": to_text(chat.created_at),
        "updated_at": to_text(chat.updated_at),
        "ended_at": chat.ended_at and to_text(chat.ended_at),
        "last_message_at": chat.last_message_at and to_text(chat.last_message_at),
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
        "created_at": content["created_at"],
        "client_message_id": _client_message_id(message),
        "is_removed": message.is_removed,
    }


def message_type(content: MessageContent) -> str:
    return PUBLIC_TYPES.get(content["type"], content["type"])


def message_sender_type(content: MessageContent) -> str:
    return _SENDER_TYPES.get(content["sender_type"], "system")


def _client_message_id(message: StoredMessage) -> str | None:
    is_named = message.claim_id is not None and not message.claim_id.startswith(UNNAMED_CLAIM)
    return message.claim_id if is_named else None
