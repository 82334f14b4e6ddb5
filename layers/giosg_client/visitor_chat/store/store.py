"""The tables and everything that is known about their keys; the store as a whole, and the reads that span tables.

visitors (visitor_id, record)
    `visitor`            name, variables, is_erased; for each room that was entered `told#<room id>`, hashes of what
                         agents there were told, by key; retention
    `known`              subject_hash, name, variables: the known person who this visitor is; retention
    `known#<hash>`, `person`
                         known_visitor_id: the visitor who is that person; retention
    `session#<id>`       secret_hash, idle_until; idle time
    `push`               subscriptions: for each browser that is told with the page closed, by its id, endpoint, keys
                         and language; version; told_at, told_of: when it was last told, and of what; retention
credentials (visitor_id)
                         visitor_secret_id, access_token, renew_at, renewing_until; retention
chats (pk, sk)
    `chat#<id>`, `chat`  the chat's state, seq, tail_id, tail_seq, claims, started_by; open_shard and sync_due_at
                         until its end is confirmed; retention
    `chat#<id>`, `chat`  instead of all that, a marker: `removed` (retention) or `foreign` (an hour)
    `held#<visitor id>`, `<client message id>`
                         message, room_id, variables, status, attempt, chat_id; held_queue and held_at while it waits;
                         retention
    `held#<visitor id>`, `count`
                         waiting: how many of them wait; retention
    `held_by#<hash>`, `visitor`
                         visitor_id: who was made for a held message that came without a token; retention
    `visitor#<id>`, `<created at>#<chat id>`
                         chat_id: the visitor's chats, in order of creation; retention
messages (chat_id, record)
    `message#<id>`       visitor_id, content, version, claim_id, is_removed; seq and sequence once a visitor
                         may see it; retention + 2 days
    `sent#<claim id>`    message_id, text_hash: the message that this claim became; retention + 2 days
coordination (id)
    `start#<hash>`       the journal of one Idempotency-Key; 24 hours
    `availability#<room id>`
                         the room's last known answer, and who may ask next; a day
    `held_delivery`      who delivers held messages; a minute
    `ticket#<hash>`      visitor_id, session_id: one socket may be opened, once; a minute
    `quota#<hash>`       used: how often something was asked for; the quota's window, at most 10 minutes
    `quota#salt#<day>`   salt of the hashes above; a day
connections (pk, sk)
    `visitor#<id>`, `connection#<id>`
                         an open socket of this visitor; 3 hours
    `visitor#<id>`, `presence`
                         shown_at: when Giosg was last told that the visitor is here; 3 hours
    `connection#<id>`, `owner`
                         visitor_id; 3 hours

What stands last is how long an item lives after the last activity: every item has a time to live, `expires_at`, in
epoch seconds, and is gone from then on, deleted by DynamoDB yet or not (`tables` holds that rule).
Index `changes` on messages (chat_id, seq) is what visitors read; index `open_chats` on chats (open_shard, sync_due_at)
holds the chats whose end has not been confirmed, and nothing else.
A chat's place in its visitor's list outlives the chat and its messages, so that an erasure finds all of them. A chat
that comes to life again after it has expired goes on from a `seq` that it cannot have had before: the epoch's second.

Which access needs what
    authenticate a request             one batch read: visitor, session, and with them the chat, credentials, claim
    list a visitor's chats             one query, then the batch read above with the chats in it
    read what is new in a chat         the chat, then one query of `changes`
    apply a webhook                    one batch read: chat and message; one transaction, or nothing for a repeat
    push to a visitor's sockets        one query of `connections`, beside the commit of what they are told
    send                               the batch read above; two transactions: a claim on the chat, and its outcome
    end                                the batch read above; one update

Why a reader who follows cursors misses nothing
    A cursor is a `seq`. Every visible change of a chat is one transaction that moves the chat from `seq` n to n + 1
    *if it is n*, and writes n + 1 into the message. So the numbers are given in the order of the commits, by the
    chat's item alone: no clock is involved, and of two concurrent webhooks one must read again.
    Reads outside of a transaction can see the chat's new number a moment before the message that belongs to it
    (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-isolation).
    Two rules close that gap. Each transaction also checks the message of the one before (`tail_id`, `tail_seq`), which
    cannot succeed while that one is still being applied: everything before the tail is readable. And a reader who was
    told `seq` n looks only at messages up to n, and stops short of the tail if the tail itself cannot be seen yet.
    A message that changes moves to its new number, and is met there by everyone whose cursor is older.
    For the same reason a claim is made in a transaction with a check that it has not become a message: a reader may
    see the chat without the claim a moment before `sent#` is there.
"""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import Any, NamedTuple

from giosg_client.frozen import Frozen, frozen
from visitor_chat.domain.records import Chat, Claim, Credentials, Session, StoredMessage, Visitor
from visitor_chat.runtime.clock import Clock, HasTime, always
from visitor_chat.runtime.settings import Settings
from visitor_chat.store.chats import Chats, Listing, Marker
from visitor_chat.store.claims import Claims
from visitor_chat.store.connections import Connections
from visitor_chat.store.coordination import Coordination
from visitor_chat.store.credentials import CredentialsStore, credentials_key, to_credentials
from visitor_chat.store.dynamodb_values import Record
from visitor_chat.store.held_messages import HeldMessages
from visitor_chat.store.known_people import KnownPeople
from visitor_chat.store.messages import Messages, Sent
from visitor_chat.store.push_subscriptions import PushSubscriptions
from visitor_chat.store.sync_schedule import SyncSchedule
from visitor_chat.store.tables import Tables
from visitor_chat.store.visitors import Visitors, session_key, to_session, to_visitor, visitor_key


@frozen
class Context(Frozen):
    """Everything that a visitor's request is judged by, as it was in one read."""

    visitor: Visitor | None
    session: Session | None
    chat: Chat | Marker | None = None
    chats: Sequence[Chat] = ()
    sent: Sent | None = None
    credentials: Credentials | None = None


class ChatAndMessage(NamedTuple):
    """A chat and one message of it, as they live.

    `was_ours`: the chat is there, perhaps expired. `has_remains`: so is the message.
    """

    chat: Chat | Marker | None
    message: StoredMessage | None
    was_ours: bool
    has_remains: bool


class Store:
    """All tables, each behind the verbs of its part; a function must be given only those that it uses."""

    def __init__(self, client: Any, settings: Settings, *, clock: Clock, threads: Executor) -> None:
        self._tables = Tables(client, clock=clock, threads=threads)
        self._settings = settings
        self._clock = clock
        self.retention = timedelta(days=settings.retention_days)
        """How long what was said is kept; who and what belongs to it, from the last activity on."""

    @cached_property
    def visitors(self) -> Visitors:
        table = self._settings.visitors_table
        return Visitors(self._tables, table, clock=self._clock, retention=self.retention)

    @cached_property
    def known_people(self) -> KnownPeople:
        return KnownPeople(self._tables, self._settings.visitors_table, clock=self._clock, retention=self.retention)

    @cached_property
    def credentials(self) -> CredentialsStore:
        table = self._settings.credentials_table
        return CredentialsStore(self._tables, table, clock=self._clock, retention=self.retention)

    @cached_property
    def chats(self) -> Chats:
        table = self._settings.chats_table
        return Chats(self._tables, table, clock=self._clock, retention=self.retention)

    @cached_property
    def claims(self) -> Claims:
        return Claims(self._tables, self._settings.chats_table, clock=self._clock)

    @cached_property
    def sync_schedule(self) -> SyncSchedule:
        return SyncSchedule(self._tables, self._settings.chats_table, clock=self._clock, retention=self.retention)

    @cached_property
    def messages(self) -> Messages:
        table = self._settings.messages_table
        return Messages(self._tables, table, clock=self._clock, retention=self.retention)

    @cached_property
    def held_messages(self) -> HeldMessages:
        table = self._settings.chats_table
        return HeldMessages(self._tables, table, clock=self._clock, retention=self.retention)

    @cached_property
    def push_subscriptions(self) -> PushSubscriptions:
        table = self._settings.visitors_table
        return PushSubscriptions(self._tables, table, clock=self._clock, retention=self.retention)

    @cached_property
    def coordination(self) -> Coordination:
        return Coordination(self._tables, self._settings.coordination_table, clock=self._clock)

    @cached_property
    def connections(self) -> Connections:
        return Connections(self._tables, self._settings.connections_table, clock=self._clock)

    def context(
        self,
        visitor_id: str,
        session_id: str | None,
        *,
        chat_id: str | None = None,
        claim_id: str | None = None,
        with_credentials: bool = False,
        chat_ids: Sequence[str] = (),
    ) -> Context:
        """Read in one round trip who is asking, and what the request is about."""
        keys = {"visitor": (self.visitors.table, visitor_key(visitor_id))}
        if session_id:
            keys["session"] = (self.visitors.table, session_key(visitor_id, session_id))
        if chat_id:
            keys["chat"] = self.chats.read_key(chat_id)
        if chat_id and claim_id:
            keys["sent"] = self.messages.read_sent_key(chat_id, claim_id)
        if with_credentials:
            keys["credentials"] = (self.credentials.table, credentials_key(visitor_id))
        listed = [self.chats.read_key(chat_id) for chat_id in chat_ids]
        records = self._tables.read([*keys.values(), *listed])
        found = dict(zip(keys, records, strict=False))
        return Context(
            visitor=to_visitor(record) if (record := found["visitor"]) else None,
            session=to_session(record) if (record := found.get("session")) else None,
            chat=self.chats.decode(record) if (record := found.get("chat")) else None,
            chats=self.chats.decode_all(records[len(keys) :]) if listed else (),
            sent=self.messages.decode_sent(record) if (record := found.get("sent")) else None,
            credentials=to_credentials(record) if (record := found.get("credentials")) else None,
        )

    def chat_and_sent(self, chat_id: str, claim_id: str) -> tuple[Chat | Marker | None, Sent | None]:
        """Read a chat and what became of a claim in it, in one round trip."""
        chat, sent = self._tables.read([self.chats.read_key(chat_id), self.messages.read_sent_key(chat_id, claim_id)])
        return self.chats.decode(chat), self.messages.decode_sent(sent)

    def chat_and_message(self, chat_id: str, message_id: str) -> ChatAndMessage:
        """Read a chat and one message of it, in one round trip, and see what there is of them that has expired."""
        chat, message = self._tables.read_even_expired(
            [self.chats.read_key(chat_id), self.messages.read_key(chat_id, message_id)],
        )
        return ChatAndMessage(
            chat=self.chats.decode(self._living(chat)),
            message=self.messages.decode(self._living(message)),
            was_ours=chat is not None and "marker" not in chat,
            has_remains=message is not None,
        )

    def _living(self, record: Record | None) -> Record | None:
        return record if record is not None and self._tables.is_alive(record) else None

    def commit(self, chat: Chat, after: Chat, message: StoredMessage | None, changed: StoredMessage) -> None:
        """Store a visible change of a message and of its chat together; raise ConditionFailed to read again.

        A claim that the chat no longer holds has become this message.
        """
        writes = [self.chats.update_if_unchanged(chat, after), self.messages.put(chat, message, changed)]
        if chat.tail_id is not None and chat.tail_id != changed.id:
            writes.append(self.messages.check_tail(chat))
        for claim_id, claim in chat.claims.items():
            if claim_id not in after.claims:
                sent = Sent(message_id=changed.id, text_hash=claim.text_hash)
                writes.append(self.messages.put_sent(chat.id, claim_id, sent))
        self._tables.transact(*writes)

    def claim(self, chat: Chat, claim: Claim) -> Chat:
        """Announce a message that is about to be sent; raise ConditionFailed if it was, or the chat has ended."""
        self._tables.transact(
            self.claims.claiming(chat, claim),
            self.messages.check_unsent(chat.id, claim.claim_id),
        )
        return replace(chat, claims={**chat.claims, claim.claim_id: claim})

    def keep_unseen(self, chat: Chat, message: StoredMessage | None, changed: StoredMessage) -> None:
        """Store what is known of a message that no visitor may see yet; raise ConditionFailed to read again."""
        self._tables.transact(self.chats.require_exists(chat), self.messages.put(chat, message, changed))

    def remove_chat(self, listing: Listing, *, has_time: HasTime = always) -> bool:
        """Remove a chat with all its messages, whatever has expired of them; what arrives later for it is ignored.

        False when time is up before everything is erased: then the chat is due, and the rest is found with it.
        """
        self.chats.remove(listing)
        return self._finish_removal(listing, has_time)

    def finish_removal(self, chat_id: str) -> None:
        """Erase what is left of a chat in whose place there is a marker already."""
        listing = self.chats.listing_of_removed(chat_id)
        if listing is not None:
            self._finish_removal(listing, always)

    def remove_remains(self, chat_id: str) -> bool:
        """Remove the messages of a chat that is not there itself any more; False when there are none."""
        visitor_id = self.messages.visitor_of(chat_id)
        if visitor_id is None:
            return False
        listed = next((each for each in self.chats.listings_of(visitor_id) if each.chat_id == chat_id), None)
        if listed is not None:
            return self.remove_chat(listed)
        return self.messages.erase(chat_id)

    def _finish_removal(self, listing: Listing, has_time: HasTime) -> bool:
        is_erased = self.messages.erase(listing.chat_id, has_time=has_time)
        if is_erased:
            self.chats.confirm_removal(listing)
        return is_erased
