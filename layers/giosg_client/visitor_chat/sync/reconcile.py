"""One chat made equal to what Giosg holds: the repair of everything that webhooks did not bring, or brought wrongly.

It may be done at any time, any number of times, beside webhooks of the same chat: what was committed after the look at
Giosg began is left as it is, and looked at again the next time.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from giosg_client.client import GiosgClient
from giosg_client.errors import GiosgBadResponse, GiosgNotFound
from giosg_client.frozen import Frozen, frozen
from giosg_client.models import Chat as GiosgChat
from giosg_client.models import Membership, Message
from visitor_chat.domain import claim_matching, merging, message_events
from visitor_chat.domain.errors import TryAgain
from visitor_chat.domain.records import Chat, Claim, StoredMessage, Visitor
from visitor_chat.domain.rooms import Rooms
from visitor_chat.domain.views import UNNAMED_CLAIM
from visitor_chat.runtime.clock import Clock, from_text, to_epoch_seconds
from visitor_chat.store.chats import Marker
from visitor_chat.store.store import Store
from visitor_chat.store.tables import ConditionFailed
from visitor_chat.sync.commit import Committer

INTERVAL = timedelta(minutes=4)
"""From one look at an open chat to its next turn, while something happens in it: with the way through the queue it is
five minutes to the next look."""
_INTERVALS = ((timedelta(hours=1), INTERVAL), (timedelta(days=1), timedelta(minutes=8)))
"""How long nothing may have happened in a chat for it to be looked at so often, within ten minutes."""
LONGEST_INTERVAL = timedelta(minutes=55)
"""Of chats that were silent for longer, for a look within the hour."""
LONGEST_DOUBT = timedelta(minutes=10)
"""Since somebody has last tried to send a message: what Giosg does not know by then, it was never given."""
IN_TRANSIT = timedelta(seconds=45)
"""How long a webhook, or Giosg's own list, may lag behind: younger differences mean nothing yet."""
LEFT_OUT_PATIENCE = timedelta(hours=1)
"""How long after its end a chat is compared again whose list at Giosg has items that cannot be read."""


@frozen
class Synced(Frozen):
    """What a look at Giosg has changed. `missed` counts messages that no webhook had brought."""

    chat: Chat | Marker | None
    missed: int = 0
    corrected: int = 0


@frozen
class Found(Frozen):
    """A chat's messages as far as Giosg's list could be read, the oldest first; `failure` is what ended it too soon."""

    messages: dict[str, Message]
    is_whole: bool
    failure: GiosgBadResponse | None = None

    def missing_of(self, stored: Mapping[str, StoredMessage]) -> list[StoredMessage]:
        """Return the stored messages that Giosg has no longer, if that can be told."""
        if self.failure is not None or not self.is_whole:
            return []
        return [each for each in stored.values() if each.id not in self.messages and not each.is_removed]

    def may_have(self, claim: Claim) -> bool:
        """Tell whether Giosg may have the message that an attempt has become."""
        if self.failure is not None or not self.is_whole:
            return True
        return any(
            claim_matching.could_be(claim, text=each.message or "", created_at=each.created_at)
            for each in self.messages.values()
        )


class Reconciler:
    """Makes stored chats equal to Giosg's."""

    def __init__(self, store: Store, committer: Committer, giosg: GiosgClient, *, rooms: Rooms, clock: Clock) -> None:
        self._store = store
        self._committer = committer
        self._giosg = giosg
        self._rooms = rooms
        self._clock = clock

    def sync(self, chat_id: str, *, due_by: datetime | None = None) -> Synced:
        """Make a chat equal to Giosg's; one that is not known yet is adopted if its visitor is ours.

        With `due_by` one is left as it is that has been looked at meanwhile, and whose next turn comes only later.
        """
        chat = self._store.chats.find(chat_id)
        if isinstance(chat, Chat) and due_by is not None and not chat.is_due(by=due_by):
            return Synced(chat=chat)
        if chat is None and (chat := self.adopt(chat_id)) is None:
            self._store.sync_schedule.drop_expired(chat_id)
        if chat is Marker.REMOVED:
            self._committer.remove_chat(chat_id)
        return self._compare(chat) if isinstance(chat, Chat) else Synced(chat=chat)

    def adopt(self, chat_id: str, *, said_at: datetime | None = None) -> Chat | Marker | None:
        """Store a chat whose visitor is ours and whose room is; None when Giosg does not have it, or cannot say.

        One in which nothing was said for as long as chats are kept has expired, and stays so until something is said.
        `said_at` is when something was said that the caller knows of.
        """
        members = self._giosg.list_owned_memberships(chat_id)
        try:
            visitor = self._visitor_among(members)
            giosg_chat = self._giosg.get_owned_chat(chat_id) if visitor else None
            if visitor is not None and giosg_chat is not None and self._is_ours(giosg_chat):
                return self._open(giosg_chat, visitor) if self._is_alive(giosg_chat, said_at) else None
        except GiosgNotFound:
            return None
        if members.left_out:
            return None
        self._store.chats.mark_foreign(chat_id)
        return Marker.FOREIGN

    def _is_ours(self, giosg_chat: GiosgChat) -> bool:
        """Tell whether a chat of a visitor of ours is in one of our rooms, as far as Giosg says."""
        return giosg_chat.room_id is None or self._rooms.has(giosg_chat.room_id)

    def _is_alive(self, giosg_chat: GiosgChat, said_at: datetime | None) -> bool:
        """Tell whether something has happened in a chat within the time for which chats are kept."""
        if any(self._is_kept(instant) for instant in (giosg_chat.created_at or self._clock(), said_at)):
            return True
        if giosg_chat.is_ended:
            return False
        messages = self._look(giosg_chat.id).messages.values()
        events = (message_events.found(each, giosg_chat.id, as_of=0, received_at=self._clock()) for each in messages)
        return any(self._is_kept(merging.said_at(event)) for event in events)

    def _is_kept(self, instant: datetime | None) -> bool:
        return instant is not None and instant > self._clock() - self._store.retention

    def _visitor_among(self, members: Iterable[Membership]) -> Visitor | None:
        """Map a chat to its visitor, which only its memberships name."""
        for member in members:
            visitor = self._store.visitors.find(member.member_id) if member.is_visitor else None
            if visitor is not None and not visitor.is_erased:
                return visitor
        return None

    def _open(self, giosg_chat: GiosgChat, visitor: Visitor) -> Chat | Marker | None:
        """Store a chat. Its places go on from a number that no place had that it may have had before it expired."""
        created_at = giosg_chat.created_at or self._clock()
        chat = Chat(
            id=giosg_chat.id,
            visitor_id=visitor.id,
            visitor_name=visitor.name,
            created_at=created_at,
            updated_at=giosg_chat.updated_at or created_at,
            room_id=giosg_chat.room_id,
            seq=to_epoch_seconds(self._clock()),
        )
        try:
            guards = [self._store.visitors.check_not_erased(visitor.id)]
            self._committer.open_chat(chat, sync_due_at=self._clock() + INTERVAL, guards=guards)
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
        except GiosgNotFound:
            self._committer.remove_chat(chat.id)
            return Synced(chat=Marker.REMOVED, corrected=1)
        found = self._look(chat.id)
        stored = {message.id: message for message in self._store.messages.all_of(chat.id)}
        missed, corrected = self._apply_found(chat, found.messages, stored, looked_at)
        self._forget_claims(chat, found, looked_at)
        gone = found.missing_of(stored)
        removed = self._apply_gone(chat, gone, looked_at)
        applied = self._committer.apply_chat(chat.id, message_events.chat_facts(giosg_chat), known=chat)
        if found.failure is not None:
            raise found.failure
        is_settled = removed == len(gone) and _has_settled(giosg_chat, looked_at, is_certain=found.is_whole)
        interval = INTERVAL if missed or corrected or removed or applied.is_changed else interval_of(chat, looked_at)
        self._store.sync_schedule.mark_synced(
            chat,
            due_at=None if is_settled else looked_at + interval,
            is_at_rest=is_settled or interval > INTERVAL,
        )
        return Synced(chat=applied.chat, missed=missed, corrected=corrected + removed)

    def _look(self, chat_id: str) -> Found:
        """Read a chat's messages at Giosg, as far as they can be read."""
        listing = self._giosg.list_owned_messages(chat_id)
        messages: list[Message] = []
        failure = None
        try:
            messages.extend(listing)
        except GiosgBadResponse as error:
            failure = error
        in_order = {message.id: message for message in _oldest_first(messages)}
        return Found(messages=in_order, is_whole=not listing.left_out, failure=failure)

    def _apply_found(
        self, chat: Chat, messages: dict[str, Message], stored: dict[str, StoredMessage], looked_at: datetime
    ) -> tuple[int, int]:
        missed = corrected = 0
        for message in messages.values():
            event = message_events.found(message, chat.id, as_of=chat.seq, received_at=looked_at)
            known = stored.get(message.id)
            if known is None and message.created_at is not None and not self._is_kept(message.created_at):
                continue
            if not merging.is_public(event.whole) and (known is None or known.seq is None):
                continue
            if merging.merge_message(known, event) is not None and self._committer.apply_message(event).is_changed:
                is_missed = known is None and (message.created_at or looked_at) < looked_at - IN_TRANSIT
                missed, corrected = missed + is_missed, corrected + (known is not None)
        return missed, corrected

    def _forget_claims(self, chat: Chat, found: Found, looked_at: datetime) -> None:
        """Forget sends that were left long ago with an unknown outcome, and have come to nothing.

        Whoever repeats one sends it then. One that may be a message of Giosg's is kept for its sender to settle, unless
        it has no id that could be repeated.
        """
        left = [claim for claim in chat.claims.values() if claim.leased_until < looked_at - LONGEST_DOUBT]
        for claim in left:
            if claim.claim_id.startswith(UNNAMED_CLAIM) or not found.may_have(claim):
                self._store.claims.forget(chat, claim)

    def _apply_gone(self, chat: Chat, gone: list[StoredMessage], looked_at: datetime) -> int:
        """Remove what Giosg has no longer; what is too new to be judged is left for the next time."""
        old = [each for each in gone if each.seq is None or _is_old(each, chat, looked_at)]
        for message in old:
            if message.seq is None:
                self._store.messages.forget(message)
            else:
                self._committer.apply_message(message_events.removed(chat.id, message.id))
        return len(old)


def interval_of(chat: Chat, now: datetime) -> timedelta:
    """Return how long it is until a chat's next turn: the longer it has been silent, the longer."""
    silence = now - chat.updated_at
    return next((interval for longest, interval in _INTERVALS if silence < longest), LONGEST_INTERVAL)


def _oldest_first(listed: list[Message]) -> list[Message]:
    """Sort by time; those of one instant keep Giosg's order, which it lists either way round and does not document."""
    timed = [each.created_at for each in listed if each.created_at]
    is_newest_first = bool(timed) and timed[0] > timed[-1]
    untimed_last = datetime.max.replace(tzinfo=UTC)
    return sorted(reversed(listed) if is_newest_first else listed, key=lambda each: each.created_at or untimed_last)


def _is_old(message: StoredMessage, chat: Chat, looked_at: datetime) -> bool:
    """Tell whether Giosg must have known a message when it was asked, and it was not committed only afterwards."""
    return (message.seq or 0) <= chat.seq and from_text(message.content["created_at"]) < looked_at - IN_TRANSIT


def _has_settled(chat: GiosgChat, looked_at: datetime, *, is_certain: bool) -> bool:
    """Tell whether a chat has ended so long ago that nothing of it can be under way any more.

    What could not be read may become readable for as long.
    """
    patience = IN_TRANSIT if is_certain else LEFT_OUT_PATIENCE
    return bool(chat.is_ended) and (chat.ended_at is None or chat.ended_at < looked_at - patience)
