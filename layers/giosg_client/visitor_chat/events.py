"""Giosg's messages as the events that `merging` understands."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from itertools import accumulate
from typing import Any

from giosg_client.models import Chat, Message, message_changes
from giosg_client.webhooks import Notification
from visitor_chat.clock import to_text
from visitor_chat.merging import Action, MessageEvent
from visitor_chat.records import MessageContent

_KEPT = (
    "type",
    "created_at",
    "updated_at",
    "sender_type",
    "sender_public_name",
    "sender_avatar_url",
    "message",
    "is_encrypted",
    "sensitive_data_purged_at",
    "attachments",
    "response_text",
)
"""The fields that are stored. The agent's internal name is not even read by `giosg_client`."""


_CHAT_FACTS = ("is_ended", "ended_at", "is_waiting", "updated_at", "user_message_count", "user_member_count")


LONGEST_TEXT = 20_000
"""Ten times what Giosg documents, so that whatever comes fits into a table's item."""
LARGEST_ATTACHMENTS_BYTES = 150_000


def chat_facts(chat: Chat) -> Mapping[str, Any]:
    """Give what `merging.merge_chat` asks of a whole chat."""
    return {name: getattr(chat, name) for name in (*_CHAT_FACTS, "visitor_message_count")}


def added(message: Message, *, claim_id: str | None = None) -> MessageEvent:
    """Give the event of a whole message, as an answer or a webhook tells it."""
    return _event(Action.ADDED, message, claim_id)


def found(message: Message, *, as_of: int) -> MessageEvent:
    """Give the event of a whole message that Giosg held when the chat's `seq` was `as_of`, or a little later."""
    return replace(_event(Action.FOUND, message, None), as_of=as_of)


def removed(chat_id: str, message_id: str) -> MessageEvent:
    return MessageEvent(action=Action.REMOVED, chat_id=chat_id, message_id=message_id, content={})


def of_notification(notification: Notification) -> MessageEvent | None:
    """Give the event that a message's webhook tells, None for an action that we do not know.

    Raise InvalidWebhook when a field that we use has another type than Giosg documents. The ids are those of the
    channel and of the notification, whatever the resource says.
    """
    resource, content = notification.resource or {}, None
    match notification.action:
        case "added":
            content = _whole(Message.from_json(resource))
        case "changed":
            content = _content(message_changes(resource))
        case "removed":
            content = {}
    if content is None:
        return None
    return MessageEvent(
        action=Action(notification.action),
        chat_id=notification.chat_id or "",
        message_id=notification.resource_id,
        content=content,
    )


def _event(action: Action, message: Message, claim_id: str | None) -> MessageEvent:
    return MessageEvent(
        action=action, chat_id=message.chat_id, message_id=message.id, content=_whole(message), claim_id=claim_id
    )


def _whole(message: Message) -> MessageContent:
    return _content({name: getattr(message, name) for name in _KEPT})


def _content(values: Mapping[str, Any]) -> MessageContent:
    content = {name: _to_json(value) for name, value in values.items() if name in _KEPT}
    if content.get("attachments"):
        content["attachments"] = _fitting(content["attachments"])
    return content


def _fitting(attachments: list[Any]) -> list[Any]:
    """Keep the first attachments that a table's item can hold (400 KB with everything else)."""
    sizes = accumulate(len(json.dumps(each)) for each in attachments)
    return [each for each, size in zip(attachments, sizes, strict=True) if size <= LARGEST_ATTACHMENTS_BYTES]


def _to_json(value: Any) -> Any:
    if isinstance(value, str):
        return value[:LONGEST_TEXT]
    if isinstance(value, datetime):
        return to_text(value)
    if isinstance(value, tuple | list):
        return [_to_json(each) for each in value]
    if is_dataclass(value):
        return {each.name: _to_json(getattr(value, each.name)) for each in fields(value)}
    return value
