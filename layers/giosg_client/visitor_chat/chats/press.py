"""Buttons that agents, bots and rules have offered: which one a visitor presses."""

from dataclasses import replace
from typing import Any

from visitor_chat.domain.errors import ActionNotFound
from visitor_chat.domain.records import Press, StoredMessage
from visitor_chat.domain.validation import one_form
from visitor_chat.store.messages import Messages

_OFFERING = frozenset({"user", "rule"})
_BUTTON = "button"


def find_button(messages: Messages, chat_id: str, press: Press) -> Press:
    """Return the press with the button's ids as Giosg spells them, and its label and value; raise ActionNotFound."""
    message = messages.find(chat_id, press.message_id)
    found = _button(message, press) if message is not None else None
    if found is None:
        raise ActionNotFound("no message of this chat offers it")
    attachment_id, button = found
    return replace(
        press,
        attachment_id=attachment_id,
        action_id=button["id"],
        text=button.get("text"),
        value=button.get("value"),
    )


def _button(message: StoredMessage, press: Press) -> tuple[str, dict[str, Any]] | None:
    """Return a button and its attachment's id, None when a visitor was not offered it."""
    if message.is_removed or message.seq is None or message.content.get("sender_type") not in _OFFERING:
        return None
    return next(
        (
            (attachment["id"], action)
            for attachment in message.content.get("attachments") or []
            if _is(attachment, press.attachment_id)
            for action in attachment.get("actions") or []
            if _is(action, press.action_id) and action.get("type") == _BUTTON
        ),
        None,
    )


def _is(offered: dict[str, Any], identifier: str) -> bool:
    return one_form(offered.get("id") or "") == one_form(identifier)
