"""The store as a whole, and the reads that span tables."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import Any

from giosg_client.frozen import Frozen, frozen
from visitor_chat.clock import Clock
from visitor_chat.records import Chat, Claim, Credentials, Session, StoredMessage, Visitor
from visitor_chat.settings import Settings
from visitor_chat.store.chats import Chats, Marker
from visitor_chat.store.claims import Claims
from visitor_chat.store.connections import Connections
from visitor_chat.store.coordination import Coordination
from visitor_chat.store.credentials import CredentialsStore, credentials_key, to_credentials
from visitor_chat.store.known import Known
from visitor_chat.store.messages import Messages, Sent
from visitor_chat.store.tables import Tables
from visitor_chat.store.turns import Turns
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


class Store:
    """All tables, each behind the verbs of its part; a function must be given only those that it uses."""

    def __init__(self, client: Any, settings: Settings, *, clock: Clock) -> None:
        self._tables = Tables(client)
        self._settings = settings
        self._clock = clock
        self._retention = timedelta(days=settings.retention_days)

    @cached_property
    def visitors(self) -> Visitors:
        table = self._settings.visitors_table
        return Visitors(self._tables, table, clock=self._clock, retention=self._retention)

    @cached_property
    def known(self) -> Known:
        return Known(self._tables, self._settings.visitors_table, clock=self._clock, retention=self._retention)

    @cached_property
    def credentials(self) -> CredentialsStore:
        table = self._settings.credentials_table
        return CredentialsStore(self._tables, table, clock=self._clock, retention=self._retention)

    @cached_property
    def chats(self) -> Chats:
        table = self._settings.chats_table
        return Chats(self._tables, table, clock=self._clock, retention=self._retention)

    @cached_property
    def claims(self) -> Claims:
        return Claims(self._tables, self._settings.chats_table, clock=self._clock)

    @cached_property
    def turns(self) -> Turns:
        return Turns(self._tables, self._settings.chats_table, clock=self._clock, retention=self._retention)

    @cached_property
    def messages(self) -> Messages:
        table = self._settings.messages_table
        return Messages(self._tables, table, clock=self._clock, retention=self._retention)

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

    def chat_and_message(self, chat_id: str, message_id: str) -> tuple[Chat | Marker | None, StoredMessage | None]:
        """Read a chat and one message of it, in one round trip."""
        chat, message = self._tables.read(
            [self.chats.read_key(chat_id), self.messages.read_key(chat_id, message_id)],
        )
        return self.chats.decode(chat), self.messages.decode(message)

    def commit(self, chat: Chat, after: Chat, message: StoredMessage | None, changed: StoredMessage) -> None:
        """Store a visible change of a message and of its chat together; raise ConditionFailed to read again.

        A claim that the chat no longer holds has become this message.
        """
        writes = [self.chats.changing(chat, after), self.messages.put(chat, message, changed)]
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
        self._tables.transact(self.chats.still(chat), self.messages.put(chat, message, changed))

    def remove_chat(self, chat: Chat) -> None:
        """Remove a chat with all its messages; what arrives later for it is ignored."""
        self.chats.remove(chat)
        self.finish_removal(chat.id)

    def finish_removal(self, chat_id: str) -> None:
        """Erase the messages of a chat in whose place there is a marker already."""
        self.messages.erase(chat_id)
        self.chats.confirm_removal(chat_id)

    def erase_visitor(self, visitor_id: str) -> None:
        """Erase everything about a visitor, also what arrives later; what broke off may be done again.

        The sessions go last, so that the visitor's own token can finish an erasure that broke off.
        """
        self.visitors.mark_erased(visitor_id)
        self.credentials.forget(visitor_id)
        self.known.forget(visitor_id)
        for chat in self.chats.all_of_visitor(visitor_id):
            self.remove_chat(chat)
        self.visitors.close_sessions(visitor_id)
