"""What an event means for a message and its chat: pure functions, and the only place of these rules.

An event is what Giosg said of a message, however it reached us: a webhook (any order, any number of times), the answer
to a call of ours, or a look at the whole chat. The rules make the order irrelevant:

- `added` tells all of a message once; a repeat changes nothing, unless it carries a later `updated_at`.
- `changed` tells some fields. Before `added` it is kept unseen, and wins over `added` then. With `updated_at` on both
  sides the later one wins; without, the one that came last does, and the caller asks Giosg when that is in doubt.
- `removed` is final, also before `added`, and takes every personal field along. A purge is final for what it erased.
- A chat's end, its agent and its visitor's first message are facts that only ever become true.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from visitor_chat.clock import from_text
from visitor_chat.records import Chat, Claim, MessageContent, StoredMessage

CLOCK_TOLERANCE = timedelta(minutes=2)
"""How far Giosg's clock and ours may differ when a message is matched with the attempt to send it."""

PUBLIC_TYPES: Mapping[str, str] = {
    "msg": "message",
    "autosuggest": "message",
    "system": "message",
    "join": "join",
    "leave": "leave",
    "action": "action",
    "call_request": "call_request",
    "call_ended": "call_ended",
}
"""Giosg's message types that a visitor may see, and what they are called outside. All others are ignored."""

_NOTICES = frozenset({"join", "leave"})
_PERSONAL = ("message", "response_text", "sender_public_name", "sender_avatar_url", "attachments")
_REQUIRED = ("type", "created_at", "sender_type")


class Action(Enum):
    """What an event says of its message. FOUND is a look at Giosg itself, and rules over what was pieced together."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    FOUND = "found"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEvent:
    """One thing said of one message; `claim_id` is given when it is known which attempt to send made it."""

    action: Action
    chat_id: str
    message_id: str
    content: MessageContent
    claim_id: str | None = None


def text_hash(text: str) -> str:
    """Hash a text so that two are alike if they differ in white space only, which a platform may tidy up."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:32]


def is_complete(content: MessageContent) -> bool:
    return all(content.get(name) is not None for name in _REQUIRED)


def is_public(content: MessageContent) -> bool:
    """Tell whether a visitor may see a message of this type; automatic texts are nothing without a text."""
    if content.get("type") == "system" and not content.get("message") and not content.get("attachments"):
        return content.get("sensitive_data_purged_at") is not None
    return content.get("type") in PUBLIC_TYPES


def merge_message(stored: StoredMessage | None, event: MessageEvent) -> StoredMessage | None:
    """Give the message as it is after an event, or None when nothing changes. `seq` is the committer's to set."""
    known = stored or StoredMessage(chat_id=event.chat_id, id=event.message_id, content={}, version=0)
    merged = _merge(known, event)
    if merged == stored or (stored is None and merged == known):
        return None
    return replace(merged, version=known.version + 1)


def _merge(known: StoredMessage, event: MessageEvent) -> StoredMessage:
    if known.is_removed:
        return known
    if event.action is Action.REMOVED:
        return replace(known, is_removed=True, content=_without_personal(known.content))
    content = _merge_content(known.content, event)
    return replace(
        known,
        content=content,
        is_changed=known.is_changed or (event.action is Action.CHANGED and content != known.content),
        claim_id=known.claim_id or event.claim_id,
    )


def _merge_content(known: MessageContent, event: MessageEvent) -> MessageContent:
    incoming = dict(event.content)
    if event.action is Action.FOUND:
        merged = incoming
    elif event.action is Action.ADDED:
        merged = _fill(known, incoming)
    else:
        merged = dict(known) if _is_older(incoming, known) else {**known, **incoming}
    purged_at = known.get("sensitive_data_purged_at") or merged.get("sensitive_data_purged_at")
    return _without_personal(merged) | {"sensitive_data_purged_at": purged_at} if purged_at else merged


def _fill(known: MessageContent, incoming: dict[str, Any]) -> dict[str, Any]:
    if not known:
        return incoming
    if _is_older(known, incoming):
        return {**known, **incoming}
    return dict(known) if is_complete(known) else {**incoming, **known}


def _is_older(one: MessageContent, other: MessageContent) -> bool:
    """Tell whether one is known to be older than the other: both must say when they were updated."""
    mine, theirs = one.get("updated_at"), other.get("updated_at")
    return bool(mine and theirs and mine < theirs)


def _without_personal(content: MessageContent) -> dict[str, Any]:
    return {name: None if name in _PERSONAL else value for name, value in content.items()}


def is_doubtful(stored: StoredMessage | None, event: MessageEvent) -> bool:
    """Tell whether only Giosg can say what is true: a part without the rest, or changes that name no order."""
    if event.action is not Action.CHANGED:
        return False
    is_first = stored is None or not is_complete(stored.content)
    return is_first or (stored is not None and stored.is_changed and not event.content.get("updated_at"))


def find_claim(chat: Chat, event: MessageEvent) -> str | None:
    """Find the one attempt that must have made this message of the visitor's; None when it is not certain."""
    content = event.content
    if event.claim_id or content.get("sender_type") != "visitor" or content.get("type") != "msg":
        return event.claim_id
    text, created_at = content.get("message"), content.get("created_at")
    if not text or not created_at:
        return None
    matches = [claim for claim in chat.claims.values() if could_be(claim, text=text, created_at=from_text(created_at))]
    return matches[0].claim_id if len(matches) == 1 else None


def could_be(claim: Claim, *, text: str, created_at: datetime) -> bool:
    """Tell whether a message of this text and time may be what a claim has become."""
    return claim.text_hash == text_hash(text) and created_at >= claim.started_at - CLOCK_TOLERANCE


def with_message(chat: Chat, message: StoredMessage) -> Chat:
    """Give the chat as it is once a message that visitors see is committed at its next place."""
    content, seq = message.content, chat.seq + 1
    created_at = from_text(content["created_at"])
    is_said = content["type"] not in _NOTICES
    last = max(chat.last_message_at or created_at, created_at) if is_said else chat.last_message_at
    is_agents = content["sender_type"] == "user" and content["type"] in {"msg", "join"}
    claims = {claim_id: claim for claim_id, claim in chat.claims.items() if claim_id != message.claim_id}
    return replace(
        chat,
        seq=seq,
        tail_id=message.id,
        tail_seq=seq,
        claims=claims,
        updated_at=max(chat.updated_at, created_at),
        last_message_at=last,
        has_agent=chat.has_agent or is_agents,
        has_visitor_message=chat.has_visitor_message or (content["sender_type"] == "visitor" and is_said),
        visitor_name=None if content.get("sensitive_data_purged_at") else chat.visitor_name,
    )


def merge_chat(chat: Chat, facts: Mapping[str, Any]) -> Chat | None:
    """Give the chat as it is after what Giosg said of it, or None when nothing changes that a visitor can see.

    `facts` are fields of `giosg_client.models.Chat`, in its types; some may be missing.
    """
    is_ended = chat.is_ended or bool(facts.get("is_ended"))
    after = replace(
        chat,
        is_ended=is_ended,
        ended_at=chat.ended_at or (facts.get("ended_at") if is_ended else None),
        has_agent=chat.has_agent or any((facts.get(name) or 0) > 0 for name in _AGENT_COUNTS),
        has_visitor_message=chat.has_visitor_message
        or bool(facts.get("is_waiting"))
        or (facts.get("visitor_message_count") or 0) > 0,
    )
    if after == chat:
        return None
    return replace(after, seq=chat.seq + 1, updated_at=max(chat.updated_at, facts.get("updated_at") or chat.updated_at))


_AGENT_COUNTS = ("user_message_count", "user_member_count")
