"""Messages, in the order in which their changes were committed."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import NamedTuple

from visitor_chat.domain.records import Chat, StoredMessage
from visitor_chat.runtime import telemetry
from visitor_chat.runtime.clock import Clock, HasTime, always, to_epoch_seconds
from visitor_chat.store.dynamodb_values import Record
from visitor_chat.store.tables import Key, Tables, Write, batched

CHANGES_INDEX = "changes"
ERASED_AT_ONCE = 500
"""Messages of a chat that are read before they are deleted."""
OUTLIVES_CHAT = timedelta(days=2)
"""Messages live longer than their chat, so that a chat that can be read never lacks its tail."""


class Sent(NamedTuple):
    """What became of a claim."""

    message_id: str
    text_hash: str


class Changes(NamedTuple):
    """A page of messages in the order of their last change; `seq` is the place to go on from."""

    messages: list[StoredMessage]
    seq: int
    has_more: bool


def message_key(chat_id: str, message_id: str) -> Key:
    return {"chat_id": chat_id, "record": f"message#{message_id}"}


def _sent_key(chat_id: str, claim_id: str) -> Key:
    return {"chat_id": chat_id, "record": f"sent#{claim_id}"}


def _messages_of(chat_id: str) -> Mapping[str, str]:
    """Return the values of the condition that finds a chat's messages."""
    return {"chat_id": chat_id, "message": "message#"}


class Messages:
    """The messages table."""

    def __init__(self, tables: Tables, table: str, *, clock: Clock, retention: timedelta) -> None:
        self.table = table
        self._tables = tables
        self._clock = clock
        self._lifetime = retention + OUTLIVES_CHAT

    def read_key(self, chat_id: str, message_id: str) -> tuple[str, Key]:
        return self.table, message_key(chat_id, message_id)

    def read_sent_key(self, chat_id: str, claim_id: str) -> tuple[str, Key]:
        return self.table, _sent_key(chat_id, claim_id)

    @staticmethod
    def decode(record: Record | None) -> StoredMessage | None:
        return _to_message(record) if record else None

    @staticmethod
    def decode_sent(record: Record | None) -> Sent | None:
        return Sent(message_id=record["message_id"], text_hash=record["text_hash"]) if record else None

    def find(self, chat_id: str, message_id: str) -> StoredMessage | None:
        (record,) = self._tables.read([self.read_key(chat_id, message_id)])
        return self.decode(record)

    def all_of(self, chat_id: str) -> Iterator[StoredMessage]:
        """Read every message of a chat, also those that no visitor may see."""
        condition = "#chat_id = :chat_id AND begins_with(#record, :message)"
        yield from map(_to_message, self._tables.partition(self.table, condition, _messages_of(chat_id)))

    def changes(self, chat: Chat, *, after: int, limit: int) -> Changes:
        """Read what changed in a chat after a place in its order; `chat` must have been read just before."""
        if after >= chat.seq:
            return Changes(messages=[], seq=after, has_more=False)
        page = self._tables.query(
            self.table,
            "#chat_id = :chat_id AND #seq BETWEEN :first AND :last",
            {"chat_id": chat.id, "first": after + 1, "last": chat.seq},
            limit=limit + 1,
            index=CHANGES_INDEX,
        )
        messages = [_to_message(record) for record in page.records[:limit]]
        if messages and (page.has_more or len(page.records) > limit):
            return Changes(messages=messages, seq=messages[-1].seq or after, has_more=True)
        if self._tail_is_readable(chat, messages, after=after):
            return Changes(messages=messages, seq=chat.seq, has_more=False)
        return Changes(messages=messages, seq=max(after, chat.tail_seq - 1), has_more=True)

    def _tail_is_readable(self, chat: Chat, messages: list[StoredMessage], *, after: int) -> bool:
        """Tell whether the last commit's message can be seen: it may have moved on, but it must not be behind."""
        if chat.tail_id is None or chat.tail_seq <= after:
            return True
        tail = next((each for each in messages if each.id == chat.tail_id), None)
        if _is_at(tail, chat.tail_seq):
            return True
        return _is_at(self.find(chat.id, chat.tail_id), chat.tail_seq)

    def put(self, chat: Chat, before: StoredMessage | None, after: StoredMessage) -> Write:
        """Return the write that stores a message of a chat in the place of just the version that was read."""
        item: Record = {
            **message_key(after.chat_id, after.id),
            "visitor_id": chat.visitor_id,
            "content": dict(after.content),
            "version": after.version,
            "is_removed": after.is_removed,
            "is_changed": after.is_changed,
            "claim_id": after.claim_id,
            "expires_at": self._expiry(),
            **telemetry.traced(),
        }
        if after.seq is not None:
            item |= {"seq": after.seq, "sequence": after.sequence}
        if before is None:
            return Write(kind="Put", table=self.table, item=item, if_absent=True)
        values = {"version": before.version}
        return Write(kind="Put", table=self.table, item=item, condition="#version = :version", values=values)

    def put_sent(self, chat_id: str, claim_id: str, sent: Sent) -> Write:
        """Return the write that records what became of a claim, once and for all."""
        item = {**_sent_key(chat_id, claim_id), **sent._asdict(), "expires_at": self._expiry()}
        return Write(kind="Put", table=self.table, item=item, if_absent=True)

    def check_unsent(self, chat_id: str, claim_id: str) -> Write:
        """Return the part of a transaction that fails when a claim has become a message, or is just becoming one."""
        key = _sent_key(chat_id, claim_id)
        return Write(kind="ConditionCheck", table=self.table, key=key, if_absent=True)

    def check_tail(self, chat: Chat) -> Write:
        """Return the part of a transaction that waits for the commit before it to be readable."""
        return Write(
            kind="ConditionCheck",
            table=self.table,
            key=message_key(chat.id, chat.tail_id or ""),
            condition="#seq >= :seq",
            values={"seq": chat.tail_seq},
        )

    def forget(self, message: StoredMessage) -> None:
        """Delete a part of a message that never became whole, unless it has changed since it was read."""
        self._tables.write_if(
            Write(
                kind="Delete",
                table=self.table,
                key=message_key(message.chat_id, message.id),
                condition="#version = :version",
                values={"version": message.version},
            ),
        )

    def erase_one(self, chat_id: str, message_id: str) -> None:
        """Delete what is stored of a message."""
        self._tables.write(Write(kind="Delete", table=self.table, key=message_key(chat_id, message_id)))

    def visitor_of(self, chat_id: str) -> str | None:
        """Return whose messages are stored of a chat, whatever has expired; None when there are none."""
        found = self._tables.partition_even_expired(
            self.table, "#chat_id = :chat_id AND begins_with(#record, :message)", _messages_of(chat_id)
        )
        return next((record["visitor_id"] for record in found), None)

    def erase(self, chat_id: str, *, has_time: HasTime = always) -> bool:
        """Delete everything that is stored of a chat's messages, whatever has expired; False when time is up before."""
        whatever = self._tables.partition_even_expired(self.table, "#chat_id = :chat_id", {"chat_id": chat_id})
        keys = ({"chat_id": chat_id, "record": record["record"]} for record in whatever)
        for page in batched(keys, ERASED_AT_ONCE):
            if not has_time():
                return False
            self._tables.delete_all(self.table, page)
        return True

    def _expiry(self) -> int:
        return to_epoch_seconds(self._clock() + self._lifetime)


def _is_at(message: StoredMessage | None, seq: int) -> bool:
    return message is not None and (message.seq or 0) >= seq


def _to_message(record: Record) -> StoredMessage:
    return StoredMessage(
        chat_id=record["chat_id"],
        id=record["record"].removeprefix("message#"),
        content=record["content"],
        seq=record.get("seq"),
        sequence=record.get("sequence", record.get("seq")),
        version=record["version"],
        is_removed=record["is_removed"],
        is_changed=record["is_changed"],
        claim_id=record["claim_id"],
    )
