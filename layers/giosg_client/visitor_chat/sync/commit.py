"""How an event gets into the tables: read, merge, commit on the condition that nothing has changed, else again.

Every change of a stored chat goes through here, whoever learned of it: a webhook, an answer of Giosg's, a look at
Giosg. What a visitor can see of it is pushed to their sockets once it is committed, and only then.
"""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from giosg_client.frozen import Frozen, frozen
from visitor_chat.domain import claim_matching, merging
from visitor_chat.domain.errors import TryAgain
from visitor_chat.domain.merging import MessageEvent
from visitor_chat.domain.records import Chat, StoredMessage
from visitor_chat.domain.rooms import Rooms
from visitor_chat.realtime.push import Push, chat_frame, message_frame, removed_frame
from visitor_chat.store.chats import Marker, listing_of
from visitor_chat.store.store import Store
from visitor_chat.store.tables import ConditionFailed, Write

ATTEMPTS = 12
"""Of who has nobody to hand an event to. What so many in a row lose takes two seconds or so."""
FIRST_PAUSE_SECONDS = 0.01
LONGEST_PAUSE_SECONDS = 0.4

Result = TypeVar("Result")


@frozen
class Applied(Frozen):
    """What an event did. `is_visible`: a visitor can see the difference; `was_ours`: the chat has just expired."""

    chat: Chat | Marker | None
    message: StoredMessage | None = None
    was_ours: bool = False
    is_changed: bool = False
    is_visible: bool = False
    is_doubtful: bool = False


class Committer:
    """Applies events to the stored chats; any number of them may do so at the same time."""

    def __init__(
        self,
        store: Store,
        push: Push,
        *,
        rooms: Rooms,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._store = store
        self._push = push
        self._rooms = rooms
        self._sleep = sleep
        self._jitter = jitter

    def open_chat(self, chat: Chat, *, sync_due_at: datetime, guards: Sequence[Write]) -> None:
        """Store a chat that was not known; raise ConditionFailed if it was, or if a guard fails."""
        audience = self._push.audience(chat.visitor_id)
        self._store.chats.open(chat, sync_due_at=sync_due_at, guards=guards)
        self._push.tell(audience, chat_frame(chat, self._rooms))

    def apply_message(
        self, event: MessageEvent, *, claimed_in: Chat | None = None, attempts: int = ATTEMPTS
    ) -> Applied:
        """Apply what was said of a message; the answer comes after the durable write, or is TryAgain.

        `claimed_in` is the chat as the message's sender has claimed it there: unless it has changed since, it need not
        be read, and nor need the message, which only the sender knows of.
        """
        if claimed_in is not None:
            with suppress(ConditionFailed):
                return self._commit_message(event, claimed_in, None)
        return self._until_committed(lambda: self._apply_message(event), attempts)

    def apply_chat(
        self, chat_id: str, facts: Mapping[str, Any], *, known: Chat | None = None, attempts: int = ATTEMPTS
    ) -> Applied:
        """Apply what Giosg said of a chat itself (fields of `giosg_client.models.Chat`, some may be missing).

        `known` is the chat as the caller has read it: unless it has changed since, it need not be read again.
        """
        if known is not None:
            with suppress(ConditionFailed):
                return self._commit_chat(known, facts)
        return self._until_committed(lambda: self._apply_chat(chat_id, facts), attempts)

    def remove_chat(self, chat_id: str) -> bool:
        """Remove a chat and all its messages, whatever has expired of them; False when nothing was there."""
        return self._until_committed(lambda: self._remove_chat(chat_id), ATTEMPTS)

    def _remove_chat(self, chat_id: str) -> bool:
        chat = self._store.chats.find_even_expired(chat_id)
        if isinstance(chat, Chat):
            self._store.remove_chat(listing_of(chat))
            self._push.tell(self._push.audience(chat.visitor_id), removed_frame(chat))
            return True
        if chat is Marker.REMOVED:
            self._store.finish_removal(chat_id)
            return False
        return self._store.remove_remains(chat_id)

    def _until_committed(self, attempt: Callable[[], Result], attempts: int) -> Result:
        for number in range(attempts):
            try:
                return attempt()
            except ConditionFailed:
                longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**number)
                self._sleep(longest * self._jitter())
        raise TryAgain("the chat is being changed by too many at once")

    def _apply_chat(self, chat_id: str, facts: Mapping[str, Any]) -> Applied:
        chat = self._store.chats.find(chat_id)
        return self._commit_chat(chat, facts) if isinstance(chat, Chat) else Applied(chat=chat)

    def _commit_chat(self, chat: Chat, facts: Mapping[str, Any]) -> Applied:
        after = merging.merge_chat(chat, facts)
        if after is None:
            return Applied(chat=chat)
        audience = self._push.audience(chat.visitor_id)
        self._store.chats.change(chat, after)
        self._push.tell(audience, chat_frame(after, self._rooms))
        return Applied(chat=after, is_changed=True, is_visible=True)

    def _apply_message(self, event: MessageEvent) -> Applied:
        found = self._store.chat_and_message(event.chat_id, event.message_id)
        if isinstance(found.chat, Chat):
            return self._commit_message(event, found.chat, found.message)
        if found.has_remains and merging.erases(event):
            self._store.messages.erase_one(event.chat_id, event.message_id)
        return Applied(chat=found.chat, was_ours=found.was_ours)

    def _commit_message(self, event: MessageEvent, chat: Chat, message: StoredMessage | None) -> Applied:
        is_doubtful = merging.is_doubtful(message, event)
        event = replace(event, claim_id=claim_matching.find_claim(chat, event))
        merged = merging.merge_message(message, event)
        if merged is None:
            return Applied(chat=chat, message=message, is_doubtful=is_doubtful)
        if not self._is_seen(message, merged):
            self._store.keep_unseen(chat, message, merged)
            return Applied(chat=chat, message=merged, is_changed=True, is_doubtful=is_doubtful)
        after = merging.with_message(chat, merged)
        committed = merging.in_place(merged, after)
        audience = self._push.audience(chat.visitor_id)
        self._store.commit(chat, after, message, committed)
        status = [chat_frame(after, self._rooms)] if _has_turned(chat, after) else []
        self._push.tell(audience, message_frame(after, committed), *status)
        return Applied(chat=after, message=committed, is_changed=True, is_visible=True, is_doubtful=is_doubtful)

    @staticmethod
    def _is_seen(before: StoredMessage | None, after: StoredMessage) -> bool:
        """Tell whether visitors see, or have seen, this message: what they have seen or sent they see removed."""
        if before is not None and before.seq is not None:
            return True
        is_known_to_sender = after.claim_id is not None
        is_there = is_known_to_sender or not after.is_removed
        return is_there and merging.is_complete(after.content) and merging.is_public(after.content)


def _has_turned(before: Chat, after: Chat) -> bool:
    """Tell whether a message has changed what a chat is called, or whether its visitor waits."""
    return (before.status, before.waiting_since) != (after.status, after.waiting_since)
