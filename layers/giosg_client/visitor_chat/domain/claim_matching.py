"""Which attempt to send has become which message, where only text and time can tell."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from visitor_chat.domain.merging import MessageEvent
from visitor_chat.domain.records import Chat, Claim
from visitor_chat.domain.validation import one_form
from visitor_chat.runtime.clock import from_text

CLOCK_TOLERANCE = timedelta(minutes=2)
"""How far Giosg's clock and ours may differ when a message is matched with the attempt to send it."""
HALF = 16
"""Hexadecimal digits of each half of a text's hash."""


def text_hash(text: str) -> str:
    """Hash a text in two halves, its words and the text just as it is: only if both are equal, it is the same text."""
    return _digest(" ".join(text.split())) + _digest(text)


def are_alike(one_hash: str, other_hash: str) -> bool:
    """Tell by their hashes whether texts differ in white space at most, which Giosg may tidy up."""
    return one_hash[:HALF] == other_hash[:HALF]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:HALF]


def press_text(message_id: str, attachment_id: str, action_id: str) -> str:
    """Return what stands for the text of a press; no text that a visitor sends has a NUL."""
    return "\0".join(["press", *map(one_form, (message_id, attachment_id, action_id))])


SAID_BY = (
    "sender_type",
    "type",
    "message",
    "response_to_message_id",
    "response_to_attachment_id",
    "response_to_action_id",
)
"""The fields of a message that tell what a visitor has said with it."""


def said(content: Mapping[str, Any]) -> str | None:
    """Return what a visitor has said with a message, a text or a press; None for anything else."""
    if content.get("sender_type") not in {"visitor", None} or content.get("type") not in {"msg", "action", None}:
        return None
    if content.get("type") != "action":
        return content.get("message") or None
    pressed = [content.get(f"response_to_{part}_id") for part in ("message", "attachment", "action")]
    return press_text(*pressed) if all(pressed) else None  # type: ignore[arg-type] # all of them are there


def find_claim(chat: Chat, event: MessageEvent) -> str | None:
    """Find the one attempt that must have made this message of the visitor's; None when it is not certain."""
    content = event.content
    if event.claim_id or content.get("sender_type") != "visitor" or content.get("type") is None:
        return event.claim_id
    text, created_at = said(content), content.get("created_at")
    if not text or not created_at:
        return None
    matches = [claim for claim in chat.claims.values() if could_be(claim, text=text, created_at=from_text(created_at))]
    return matches[0].claim_id if len(matches) == 1 else None


def could_be(claim: Claim, *, text: str, created_at: datetime | None) -> bool:
    """Tell whether a message of this text and time, if that is known, may be what a claim has become."""
    is_old = created_at is not None and created_at < claim.started_at - CLOCK_TOLERANCE
    return are_alike(claim.text_hash, text_hash(text)) and not is_old
