"""Giosg's notifications, made up: https://docs.giosg.com/api_reference/giosg_live/giosg_real_time_api."""

import uuid
from typing import Any

from local.giosg import SimulatedGiosg

ELSEWHERE = "99999999-7d3a-4f6e-9a41-2c88d0f7e513"
SOME_CHAT = "6e0b7c34-1f29-4a85-b3d7-50c2e8a9f416"
SOME_MESSAGE = "b85d13fa-92c7-4e60-a1f4-7d09c3be2865"

Json = dict[str, Any]


def channel(giosg: SimulatedGiosg, chat_id: str | None = None, *, organization_id: str | None = None) -> str:
    """Return the channel of all chats, or of one chat's messages."""
    chats = f"/api/v5/orgs/{organization_id or giosg.organization_id}/owned_chats"
    return f"{chats}/{chat_id}/messages" if chat_id else chats


def of_chat(giosg: SimulatedGiosg, action: str, chat_id: str, resource: Json | None = None, **other: Any) -> Json:
    """Make a notification about a chat."""
    body = {"action": action, "channel": channel(giosg), "resource_id": chat_id, **other}
    return body if resource is None else body | {"resource": {"id": chat_id, **resource}}


def of_message(
    giosg: SimulatedGiosg,
    action: str,
    chat_id: str,
    message_id: str,
    resource: Json | None = None,
    **other: Any,
) -> Json:
    """Make a notification about a message."""
    body = {"action": action, "channel": channel(giosg, chat_id), "resource_id": message_id, **other}
    return body if resource is None else body | {"resource": {"id": message_id, "chat_id": chat_id, **resource}}


def whole_message(giosg: SimulatedGiosg, text: str | None, **other: Any) -> Json:
    """Return a message's fields, as when it was added by an agent."""
    return {
        "room_id": giosg.room_id,
        "type": "msg",
        "created_at": "2030-01-01T10:00:00.000Z",
        "updated_at": None,
        "sender_type": "user",
        "sender_id": str(uuid.uuid4()),
        "sender_name": "Internal Ingrid",
        "sender_public_name": "Inka",
        "message": text,
        "attachments": [],
        **other,
    }


def about_an_unknown_chat(
    giosg: SimulatedGiosg, kind: str, *, action: str = "added", organization_id: str | None = None
) -> Json:
    """Make a notification for a webhook (`chats` or `messages`) that says nothing of the chat's room."""
    of_chats = of_chat(giosg, action, SOME_CHAT, {})
    made = of_chats if kind == "chats" else of_message(giosg, action, SOME_CHAT, SOME_MESSAGE, {})
    chat_id = SOME_CHAT if kind == "messages" else None
    return made | {"channel": channel(giosg, chat_id, organization_id=organization_id)}
