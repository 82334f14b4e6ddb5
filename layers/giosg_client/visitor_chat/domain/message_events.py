"""Giosg's messages as the events that `merging` understands."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from itertools import accumulate
from typing import Any

from giosg_client.models import Chat, Message, message_changes
from giosg_client.webhooks import Notification
from visitor_chat.domain import merging
from visitor_chat.domain.merging import Action, MessageEvent
from visitor_chat.domain.records import MessageContent, Press
from visitor_chat.runtime.clock import to_text

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
    "response_value",
    "response_to_message_id",
    "response_to_attachment_id",
    "response_to_action_id",
)
"""The fields that are stored. The agent's internal name is not even read by `giosg_client`."""

_UNTOLD: Mapping[str, Any] = {
    "updated_at": None,
    "sender_public_name": None,
    "sender_avatar_url": None,
    "message": None,
    "is_encrypted": False,
    "sensitive_data_purged_at": None,
    "attachments": [],
    "response_text": None,
    "response_value": None,
    "response_to_message_id": None,
    "response_to_attachment_id": None,
    "response_to_action_id": None,
}
"""What the fields are that a whole message need not have."""

_CHAT_FACTS = ("is_ended", "ended_at", "is_waiting", "updated_at", "user_message_count", "user_member_count")
_VISIBLE = frozenset({"type", "created_at", "sender_type", "message", "attachments", "sensitive_data_purged_at"})
"""What a visitor would miss if it could not be read."""

LONGEST_TEXT = 10_000
"""Five times what Giosg documents."""
_LONGEST: Mapping[str, int] = {
    "type": 100,
    "sender_type": 100,
    "sender_public_name": 500,
    "response_text": 2000,
    "response_value": 2000,
    "response_to_message_id": 100,
    "response_to_attachment_id": 200,
    "response_to_action_id": 200,
}
LARGEST_ATTACHMENTS_BYTES = 100_000
"""With all texts of four bytes a character, a message stays below 200 KB: the index holds all of it as well, and both
together may have 400 KB (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html)."""


def chat_facts(chat: Chat) -> Mapping[str, Any]:
    """Return what `merging.merge_chat` asks of a whole chat."""
    return {name: getattr(chat, name) for name in (*_CHAT_FACTS, "visitor_message_count")}


def sent(
    message: Message, chat_id: str, *, claim_id: str, text: str, press: Press | None, received_at: datetime
) -> MessageEvent:
    """Return the event of a message that a visitor of ours has sent with this text, or by pressing a button."""
    likely = {"sender_type": "visitor", "created_at": to_text(received_at)}
    likely |= {"type": "msg", "message": text} if press is None else _pressed(press)
    return replace(_event(Action.ADDED, message, chat_id, likely), claim_id=claim_id)


def _pressed(press: Press) -> MessageContent:
    return {
        "type": "action",
        "response_text": press.text,
        "response_value": press.value,
        "response_to_message_id": press.message_id,
        "response_to_attachment_id": press.attachment_id,
        "response_to_action_id": press.action_id,
    }


def found(message: Message, chat_id: str, *, as_of: int, received_at: datetime) -> MessageEvent:
    """Return the event of a whole message that Giosg held when the chat's `seq` was `as_of`, or a little later."""
    return replace(_event(Action.FOUND, message, chat_id, _likely(message, received_at)), as_of=as_of)


def removed(chat_id: str, message_id: str) -> MessageEvent:
    return MessageEvent(action=Action.REMOVED, chat_id=chat_id, message_id=message_id, content={})


def of_notification(notification: Notification, *, received_at: datetime) -> MessageEvent:
    """Return the event that a message's webhook tells whose action we know.

    The ids are those of the channel and of the notification, whatever the resource says.
    """
    chat_id, message_id = notification.chat_id or "", notification.resource_id
    action = Action(notification.action)
    if action is Action.REMOVED:
        return removed(chat_id, message_id)
    if notification.resource is None:
        return MessageEvent(action=action, chat_id=chat_id, message_id=message_id, content={}, is_odd=True)
    if action is Action.ADDED:
        message = Message.from_json({**notification.resource, "id": message_id})
        return _event(action, message, chat_id, _likely(message, received_at))
    values, odd = message_changes(notification.resource)
    content = _content(values)
    return MessageEvent(
        action=action, chat_id=chat_id, message_id=message_id, content=content, is_odd=not odd.isdisjoint(_VISIBLE)
    )


def _likely(message: Message, received_at: datetime) -> MessageContent:
    """Return what a message is taken to be where it does not say: something said just now, by the system.

    One that has nothing to show must say of what kind it is.
    """
    kind = {"type": "msg"} if message.message or message.attachments else {}
    return kind | {"sender_type": "rule", "created_at": to_text(received_at)}


def _event(action: Action, message: Message, chat_id: str, likely: MessageContent) -> MessageEvent:
    content = _content({name: getattr(message, name) for name in message.told})
    is_odd = not message.odd.isdisjoint(_VISIBLE) or not merging.is_complete(content)
    return MessageEvent(
        action=action,
        chat_id=chat_id,
        message_id=message.id,
        content=content,
        likely={**_UNTOLD, **likely},
        is_odd=is_odd,
    )


def _content(values: Mapping[str, Any]) -> MessageContent:
    content = {name: _to_json(values[name], _LONGEST.get(name, LONGEST_TEXT)) for name in _KEPT if name in values}
    if content.get("attachments"):
        content["attachments"] = _fitting(content["attachments"])
    return content


def _fitting(attachments: list[Any]) -> list[Any]:
    """Keep the first attachments that a table's item can hold."""
    sizes = accumulate(len(json.dumps(each)) for each in attachments)
    return [each for each, size in zip(attachments, sizes, strict=True) if size <= LARGEST_ATTACHMENTS_BYTES]


def _to_json(value: Any, longest: int) -> Any:
    if isinstance(value, str):
        return value[:longest]
    if isinstance(value, datetime):
        return to_text(value)
    if isinstance(value, tuple | list):
        return [_to_json(each, longest) for each in value]
    if is_dataclass(value):
        return {each.name: _to_json(getattr(value, each.name), longest) for each in fields(value)}
    return value
