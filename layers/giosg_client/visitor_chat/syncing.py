"""One chat made equal to what Giosg holds: the repair of everything that webhooks did not bring, or brought wrongly.

It may be done at any time, any number of times, beside webhooks of the same chat: what was committed after the look at
Giosg began is left as it is, and looked at again the next time.
"""

from datetime import datetime, timedelta

from giosg_client.client import GiosgClient
from giosg_client.errors import GiosgNotFound
from giosg_client.frozen import Frozen, frozen
from giosg_client.models import Chat as GiosgChat
from giosg_client.models import Message
from visitor_chat import events, merging
from visitor_chat.clock import Clock, from_text
from visitor_chat.errors import TryAgain
from visitor_chat.ledger import Ledger
from visitor_chat.records import Chat, StoredMessage, Visitor
from visitor_chat.store import ConditionFailed, Marker, Store

INTERVAL = timedelta(minutes=5)
"""From one look at an open chat to the next, at most."""
IN_TRANSIT = timedelta(seconds=45)
"""How long a webhook, or Giosg's own list, may lag behind: younger differences mean nothing yet."""


@frozen
class Synced(Frozen):
    """What a look at Giosg has changed. `missed` counts messages that no webhook had brought."""

    chat: Chat | Marker | None
    missed: int = 0
    corrected: int = 0


class Syncing:
    """Makes stored chats equal to Giosg's."""

    def __init__(self, store: Store, ledger: Ledger, giosg: GiosgClient, *, room_id: str, clock: Clock) -> None:
        self._store = store
        self._ledger = ledger
        self._giosg = giosg
        self._room_id = room_id
        self._clock = clock

    def sync(self, chat_id: str) -> Synced:
        """Make a chat equal to Giosg's; one that is not known yet is adopted if its visitor is ours."""
        chat = self._store.chats.find(chat_id)
        if chat is None:
            chat = self.adopt(chat_id)
        if chat is Marker.REMOVED:
            self._ledger.remove_chat(chat_id)
        return self._compare(chat) if isinstance(chat, Chat) else Synced(chat=chat)

    def adopt(self, chat_id: str) -> Chat | Marker | None:
        """Store a chat whose visitor is ours and whose room is; None when Giosg does not have it."""
        try:
            visitor = self._visitor_of(chat_id)
            giosg_chat = self._giosg.get_owned_chat(chat_id) if visitor else None
        except GiosgNotFound:
            return None
        if visitor is None or giosg_chat is None or giosg_chat.room_id != self._room_id:
            self._store.chats.mark_foreign(chat_id)
            return Marker.FOREIGN
        return self._open(giosg_chat, visitor)

    def _visitor_of(self, chat_id: str) -> Visitor | None:
        """Map a chat to its visitor, which only its memberships name."""
        for member in self._giosg.list_owned_memberships(chat_id):
            visitor = self._store.visitors.find(member.member_id) if member.member_type == "visitor" else None
            if visitor is not None and not visitor.is_erased:
                return visitor
        return None

    def _open(self, giosg_chat: GiosgChat, visitor: Visitor) -> Chat | Marker | None:
        chat = Chat(
            id=giosg_chat.id,
            visitor_id=visitor.id,
            visitor_name=visitor.name,
            created_at=giosg_chat.created_at,
            updated_at=giosg_chat.updated_at or giosg_chat.created_at,
        )
        try:
            guards = [self._store.visitors.check_not_erased(visitor.id)]
            self._ledger.open_chat(chat, sync_due_at=self._clock() + INTERVAL, guards=guards)
        except ConditionFailed:
            return self._stored_meanwhile(chat.id)
        return chat

    def _stored_meanwhile(self, chat_id: str) -> Chat | Marker:
        stored = self._store.chats.find(chat_id)
        if stored is None:
            raise TryAgain("the chat could not be stored beside what else is done for its visitor")
        return stored

    def _compare(self, chat: Chat) -> Synced:
        looked_at = self._clock()
        try:
            giosg_chat = self._giosg.get_owned_chat(chat.id)
            messages = {message.id: message for message in self._giosg.list_owned_messages(chat.id)}
        except GiosgNotFound:
            self._ledger.remove_chat(chat.id)
            return Synced(chat=Marker.REMOVED, corrected=1)
        stored = {message.id: message for message in self._store.messages.all_of(chat.id)}
        missed, corrected = self._apply_found(chat, messages, stored, looked_at)
        gone = [each for each in stored.values() if each.id not in messages and not each.is_removed]
        removed = self._apply_gone(chat, gone, looked_at)
        applied = self._ledger.apply_chat(chat.id, events.chat_facts(giosg_chat), known=chat)
        is_settled = removed == len(gone) and _has_settled(giosg_chat, looked_at)
        self._store.turns.mark_synced(chat, due_at=None if is_settled else looked_at + INTERVAL)
        return Synced(chat=applied.chat, missed=missed, corrected=corrected + removed)

    def _apply_found(
        self, chat: Chat, messages: dict[str, Message], stored: dict[str, StoredMessage], looked_at: datetime
    ) -> tuple[int, int]:
        missed = corrected = 0
        for message in sorted(messages.values(), key=lambda each: (each.created_at, each.id)):
            event, known = events.found(message, as_of=chat.seq), stored.get(message.id)
            if not merging.is_public(event.content) and (known is None or known.seq is None):
                continue
            if merging.merge_message(known, event) is not None and self._ledger.apply_message(event).is_changed:
                is_missed = known is None and message.created_at < looked_at - IN_TRANSIT
                missed, corrected = missed + is_missed, corrected + (known is not None)
        return missed, corrected

    def _apply_gone(self, chat: Chat, gone: list[StoredMessage], looked_at: datetime) -> int:
        """Remove what Giosg has no longer; what is too new to be judged is left for the next time."""
        old = [each for each in gone if each.seq is None or _is_old(each, chat, looked_at)]
        for message in old:
            if message.seq is None:
                self._store.messages.forget(message)
            else:
                self._ledger.apply_message(events.removed(chat.id, message.id))
        return len(old)


def _is_old(message: StoredMessage, chat: Chat, looked_at: datetime) -> bool:
    """Tell whether Giosg must have known a message when it was asked, and it was not committed only afterwards."""
    return (message.seq or 0) <= chat.seq and from_text(message.content["created_at"]) < looked_at - IN_TRANSIT


def _has_settled(chat: GiosgChat, looked_at: datetime) -> bool:
    """Tell whether a chat has ended so long ago that nothing of it can be under way any more."""
    return chat.is_ended and (chat.ended_at is None or chat.ended_at < looked_at - IN_TRANSIT)
