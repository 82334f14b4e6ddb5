"""What an event means for a message and its chat: pure functions, and the only place of these rules.

An event is what Giosg said of a message, however it reached us: a webhook (any order, any number of times), the answer
to a call of ours, or a look at the whole chat. The rules make the order irrelevant:

- `added` tells all of a message once; a repeat changes nothing, unless it carries a later `updated_at`.
- `changed` tells some fields. Before `added` it is kept unseen, and wins over `added` then. With `updated_at` on both
  sides the later one wins; without, the one that came last does, and the caller asks Giosg when that is in doubt.
- `removed` is final, also before `added`, and takes every personal field along. A purge is final for what it erased.
- What a whole message does not tell, or not in a form that can be read, stays as it is known; and what it cannot do
  without (when, who, what kind) is then taken to be what is likely. Odd fields have the caller ask Giosg as well.
- A chat's end, its agent and its visitor's first message are facts that only ever become true.
"""

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import datetime
from enum import Enum
from typing import Any

from giosg_client.frozen import Frozen, frozen
from visitor_chat.domain.records import Chat, MessageContent, StoredMessage
from visitor_chat.runtime.clock import from_text

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
_PERSONAL = ("message", "response_text", "response_value", "sender_public_name", "sender_avatar_url", "attachments")
MOST_UNANSWERED = 20
"""Times that are kept of what a visitor has said since the last answer; the first and the newest, if there are more."""
_REQUIRED = ("type", "created_at", "sender_type")
_AGENT_COUNTS = ("user_message_count", "user_member_count")


class Action(Enum):
    """What an event says of its message. FOUND is a look at Giosg itself, and rules over what was pieced together."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    FOUND = "found"


@frozen
class MessageEvent(Frozen):
    """One thing said of one message; `claim_id` names the attempt to send that made it, if that is known.

    `as_of` is the chat's `seq` before Giosg was looked at: what was stored later may be newer than what was found.
    `likely` is what to take for what a whole message does not tell, `is_odd` that a visitor may miss what was not told.
    """

    action: Action
    chat_id: str
    message_id: str
    content: MessageContent
    claim_id: str | None = None
    as_of: int | None = None
    likely: MessageContent = field(default_factory=dict)
    is_odd: bool = False

    @property
    def whole(self) -> MessageContent:
        """What a message is that nothing else is known of."""
        return {**self.likely, **self.content}

    @property
    def is_usable(self) -> bool:
        """Whether it tells anything that matters to visitors."""
        if self.action is Action.REMOVED:
            return True
        return bool(self.content) if self.action is Action.CHANGED else is_complete(self.whole)


def is_complete(content: MessageContent) -> bool:
    return all(content.get(name) is not None for name in _REQUIRED)


def is_public(content: MessageContent) -> bool:
    """Tell whether a visitor may see a message of this type; automatic texts are nothing without a text."""
    if content.get("type") == "system" and not content.get("message") and not content.get("attachments"):
        return content.get("sensitive_data_purged_at") is not None
    return content.get("type") in PUBLIC_TYPES


def erases(event: MessageEvent) -> bool:
    """Tell whether what was said is to be kept no longer."""
    return event.action is Action.REMOVED or bool(event.content.get("sensitive_data_purged_at"))


def said_at(event: MessageEvent) -> datetime | None:
    """Return when something was said for visitors to see; None for all that is no new message."""
    whole = event.whole
    is_said = event.action in {Action.ADDED, Action.FOUND} and is_complete(whole) and is_public(whole)
    return from_text(whole["created_at"]) if is_said and whole["type"] not in _NOTICES else None


def is_internal(event: MessageEvent) -> bool:
    """Tell whether a message is of a kind that is not for visitors, from its beginning."""
    return event.action is Action.ADDED and event.is_usable and not is_public(event.whole)


def merge_message(stored: StoredMessage | None, event: MessageEvent) -> StoredMessage | None:
    """Return the message as it is after an event, or None when nothing changes. `seq` is the committer's to set."""
    known = stored or StoredMessage(chat_id=event.chat_id, id=event.message_id, content={}, version=0)
    merged = _merge(known, event)
    if merged == stored or (stored is None and merged == known):
        return None
    return replace(merged, version=known.version + 1)


def _merge(known: StoredMessage, event: MessageEvent) -> StoredMessage:
    if known.is_removed:
        return _account_for(known, event)
    if event.action is Action.REMOVED:
        return replace(known, is_removed=True, content=_without_personal(known.content))
    if event.as_of is not None and known.seq is not None and known.seq > event.as_of:
        return known
    content = _merge_content(known.content, event)
    return replace(
        known,
        content=content,
        is_changed=known.is_changed or _may_be_overtaken(known.content, content, event),
        claim_id=known.claim_id or event.claim_id,
    )


def _account_for(removed: StoredMessage, event: MessageEvent) -> StoredMessage:
    """Note which attempt to send has made a message that was removed before that was known."""
    if event.claim_id is None or removed.claim_id is not None:
        return removed
    content = removed.content if is_complete(removed.content) else _without_personal(event.whole)
    return replace(removed, claim_id=event.claim_id, content=content)


def _may_be_overtaken(known: MessageContent, content: MessageContent, event: MessageEvent) -> bool:
    """Tell whether a `changed` that comes from now on may be older than this content, which was not the first."""
    if event.action is Action.FOUND:
        return content != known
    return event.action is Action.CHANGED and bool(event.content)


def _merge_content(known: MessageContent, event: MessageEvent) -> MessageContent:
    untold = {name: value if known.get(name) is None else known[name] for name, value in event.likely.items()}
    incoming = untold | dict(event.content)
    if event.action is Action.ADDED:
        merged = _fill(known, incoming)
    elif event.action is Action.CHANGED and _is_older(incoming, known):
        merged = dict(known)
    else:
        merged = {**known, **incoming}
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
    """Tell whether only Giosg can say what is true: odd fields, a part without the rest, changes that name no order.

    A repeat is as doubtful as what it repeats, for the doubt may have been lost on the way to being settled.
    """
    if _is_final(stored, event):
        return False
    if event.is_odd or event.action is not Action.CHANGED or not event.content:
        return event.is_odd
    if stored is None or not is_complete(stored.content):
        return True
    return stored.is_changed and not _is_older(stored.content, event.content)


def _is_final(stored: StoredMessage | None, event: MessageEvent) -> bool:
    is_purged = stored is not None and is_complete(stored.content) and event.content.get("sensitive_data_purged_at")
    return bool(is_purged) or (stored is not None and stored.is_removed)


def with_message(chat: Chat, message: StoredMessage) -> Chat:
    """Return the chat as it is once a message that visitors see is committed at its next place."""
    content, seq = message.content, chat.seq + 1
    created_at = from_text(content["created_at"])
    is_said = content["type"] not in _NOTICES
    last = max(chat.last_message_at or created_at, created_at) if is_said else chat.last_message_at
    is_agents = content["sender_type"] == "user" and content["type"] in {"msg", "join"}
    answered_at, unanswered = _waiting(chat, message, created_at)
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
        answered_at=answered_at,
        unanswered=unanswered,
        visitor_name=None if content.get("sensitive_data_purged_at") else chat.visitor_name,
    )


def _waiting(chat: Chat, message: StoredMessage, created_at: datetime) -> tuple[datetime | None, tuple[datetime, ...]]:
    """Return when an agent has answered last, and when the visitor has said something since, in whatever order it came.

    An answer is something said: an agent who has joined has not answered yet.
    """
    content, answered_at, times = message.content, chat.answered_at, set(chat.unanswered)
    is_said = content["type"] in {"msg", "action"}
    if content["sender_type"] == "visitor" and is_said:
        times = times - {created_at} if message.is_removed else times | {created_at}
    if content["sender_type"] == "user" and is_said and not message.is_removed:
        answered_at = max(answered_at or created_at, created_at)
    since = sorted(each for each in times if answered_at is None or each > answered_at)
    return answered_at, tuple(since[:1] + since[1:][1 - MOST_UNANSWERED :])


def in_place(message: StoredMessage, chat: Chat) -> StoredMessage:
    """Return a message at the chat's newest place; the first one that it has is its `sequence`."""
    return replace(message, seq=chat.seq, sequence=chat.seq if message.sequence is None else message.sequence)


def merge_chat(chat: Chat, facts: Mapping[str, Any]) -> Chat | None:
    """Return the chat as it is after what Giosg said of it, or None when nothing changes that a visitor can see.

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
