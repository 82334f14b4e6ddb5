"""Chats, and whose they are."""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from enum import Enum

from visitor_chat.clock import Clock, to_epoch_seconds, to_text
from visitor_chat.records import Chat
from visitor_chat.store.attributes import Record
from visitor_chat.store.chat_items import (
    LISTING_OUTLIVES_CHAT,
    chat_key,
    listing_item,
    listing_key,
    to_chat,
    to_record,
)
from visitor_chat.store.tables import ConditionFailed, Key, Tables, Write, setting

OPEN_SHARDS = 4
"""Partitions of the sparse index: each carries 1,000 writes a second, which is 300,000 syncs in 5 minutes."""
FOREIGN_LIFETIME = timedelta(hours=1)
REOPENED_SYNC = timedelta(minutes=1)
"""Until a chat that should be at rest is looked at once more; what has come late may not have come alone."""


class Marker(Enum):
    """What stands in a chat's place: it was removed or erased, or it is known not to be of one of our visitors."""

    REMOVED = "removed"
    FOREIGN = "foreign"


def open_shard(chat_id: str) -> str:
    return f"shard#{zlib.crc32(chat_id.encode()) % OPEN_SHARDS}"


class Chats:
    """The chats table."""

    def __init__(self, tables: Tables, table: str, *, clock: Clock, retention: timedelta) -> None:
        self.table = table
        self._tables = tables
        self._clock = clock
        self._retention = retention

    def read_key(self, chat_id: str) -> tuple[str, Key]:
        return self.table, chat_key(chat_id)

    def decode(self, record: Record | None) -> Chat | Marker | None:
        """Turn an item into a chat or a marker; one past its lifetime is gone, deleted by DynamoDB yet or not."""
        if record is None or record["expires_at"] <= to_epoch_seconds(self._clock()):
            return None
        return Marker(record["marker"]) if "marker" in record else to_chat(record)

    def find(self, chat_id: str) -> Chat | Marker | None:
        (record,) = self._tables.read([self.read_key(chat_id)])
        return self.decode(record)

    def of_visitor(self, visitor_id: str, *, before: str | None, limit: int) -> tuple[list[Chat], str | None]:
        """List a visitor's chats, newest first, and the place to go on from (None at the end)."""
        chat_ids, place = self.ids_of_visitor(visitor_id, before=before, limit=limit)
        records = self._tables.read([self.read_key(chat_id) for chat_id in chat_ids]) if chat_ids else []
        return self.decode_all(records), place

    def ids_of_visitor(self, visitor_id: str, *, before: str | None, limit: int) -> tuple[list[str], str | None]:
        """List the ids of a visitor's chats, newest first; some may be gone by now."""
        condition = "#pk = :pk" + (" AND #sk < :before" if before else "")
        values = {"pk": f"visitor#{visitor_id}"} | ({"before": before} if before else {})
        page = self._tables.query(self.table, condition, values, limit=limit + 1, newest_first=True)
        has_more = page.has_more or len(page.records) > limit
        listed = page.records[:limit]
        return [record["chat_id"] for record in listed], listed[-1]["sk"] if has_more and listed else None

    def decode_all(self, records: Iterable[Record | None]) -> list[Chat]:
        """Give those that are chats, and not gone."""
        return [chat for record in records if isinstance(chat := self.decode(record), Chat)]

    def all_of_visitor(self, visitor_id: str) -> Iterator[Chat]:
        """Read every chat of a visitor; each may be removed before the next is read."""
        values = {"pk": f"visitor#{visitor_id}"}
        for listing in self._tables.partition(self.table, "#pk = :pk", values):
            if isinstance(chat := self.find(listing["chat_id"]), Chat):
                yield chat

    def open(self, chat: Chat, *, sync_due_at: datetime, guards: Sequence[Write]) -> None:
        """Store a chat that was not known, with its place in the visitor's list; raise ConditionFailed if it was.

        `guards` are checked in the same transaction.
        """
        listed_until = self._clock() + self._retention + LISTING_OUTLIVES_CHAT
        item = to_record(chat) | {
            "listed_until": to_text(listed_until),
            "claims": {},
            "open_shard": open_shard(chat.id),
            "sync_due_at": to_text(sync_due_at),
        }
        self._tables.transact(
            Write(
                kind="Put",
                table=self.table,
                item=item | {"expires_at": self._expiry()},
                condition="attribute_not_exists(#pk) OR #marker = :foreign",
                values={"foreign": Marker.FOREIGN.value},
            ),
            Write(kind="Put", table=self.table, item=listing_item(chat, listed_until)),
            *guards,
        )

    def change(self, before: Chat, after: Chat) -> None:
        """Store what has changed of a chat itself; raise ConditionFailed when `before` is not the latest."""
        self._tables.write(self.changing(before, after))

    def take_as_started(self, chat: Chat, start: str) -> Chat | None:
        """Note which start has made a chat that a webhook had stored before; None when it is another one's."""
        if chat.started_by is not None:
            return chat if chat.started_by == start else None
        try:
            record = self._tables.write(
                Write(
                    kind="Update",
                    table=self.table,
                    key=chat_key(chat.id),
                    update="SET #started_by = :start",
                    condition="attribute_exists(#seq) AND attribute_not_exists(#started_by)",
                    values={"start": start},
                ),
            )
        except ConditionFailed:
            return None
        return to_chat(record)

    def changing(self, before: Chat, after: Chat) -> Write:
        """Give the write that moves a chat from one state to the next, for use in a transaction.

        What is said in a chat prolongs its life, together with that of its messages; what becomes of the chat itself
        does not. An ended chat in which something changes all the same is compared with Giosg once more.
        """
        state = {name: value for name, value in to_record(after).items() if name in _CHANGEABLE}
        if after.tail_seq != before.tail_seq and not before.is_ended:
            state["expires_at"] = self._expiry()
        done = [claim_id for claim_id in before.claims if claim_id not in after.claims]
        removed = ", ".join(f"#claims.#claim_{number}" for number in range(len(done)))
        return Write(
            kind="Update",
            table=self.table,
            key=chat_key(before.id),
            update=setting(state) + (_REOPENED if before.is_ended else "") + (f" REMOVE {removed}" if removed else ""),
            condition="#seq = :known_seq",
            values=state | {"known_seq": before.seq} | (self._reopened(before.id) if before.is_ended else {}),
            names={f"claim_{number}": claim_id for number, claim_id in enumerate(done)},
        )

    def _reopened(self, chat_id: str) -> Record:
        return {"shard": open_shard(chat_id), "soon": to_text(self._clock() + REOPENED_SYNC)}

    def still(self, chat: Chat) -> Write:
        """Give the part of a transaction that fails when the chat is gone."""
        return Write(
            kind="ConditionCheck",
            table=self.table,
            key=chat_key(chat.id),
            condition="attribute_exists(#seq)",
        )

    def remove(self, chat: Chat) -> None:
        """Leave a marker in the chat's place and take it off the visitor's list.

        The marker is among the open chats until the removal is confirmed, so that one that broke off is finished.
        """
        listing = listing_key(chat.visitor_id, chat.created_at, chat.id)
        soon = {"open_shard": open_shard(chat.id), "sync_due_at": to_text(self._clock() + REOPENED_SYNC)}
        marker = self._marker(chat.id, Marker.REMOVED, self._expiry()) | soon
        self._tables.transact(
            Write(kind="Put", table=self.table, item=marker),
            Write(kind="Delete", table=self.table, key=listing),
        )

    def confirm_removal(self, chat_id: str) -> None:
        """Note that nothing is left of a removed chat but its marker."""
        try:
            self._tables.write(
                Write(
                    kind="Update",
                    table=self.table,
                    key=chat_key(chat_id),
                    update="REMOVE #open_shard, #sync_due_at",
                    condition="#marker = :removed",
                    values={"removed": Marker.REMOVED.value},
                ),
            )
        except ConditionFailed:
            return

    def mark_foreign(self, chat_id: str) -> None:
        """Remember for a while that a chat of our room is nobody's of ours."""
        expires_at = to_epoch_seconds(self._clock() + FOREIGN_LIFETIME)
        try:
            self._tables.write(
                Write(
                    kind="Put",
                    table=self.table,
                    item=self._marker(chat_id, Marker.FOREIGN, expires_at),
                    condition="attribute_not_exists(#pk) OR #marker = :foreign",
                    values={"foreign": Marker.FOREIGN.value},
                ),
            )
        except ConditionFailed:
            return

    @staticmethod
    def _marker(chat_id: str, marker: Marker, expires_at: int) -> Record:
        return {**chat_key(chat_id), "marker": marker.value, "expires_at": expires_at}

    def _expiry(self) -> int:
        return to_epoch_seconds(self._clock() + self._retention)


_CHANGEABLE = frozenset(
    {
        "visitor_name",
        "updated_at",
        "ended_at",
        "last_message_at",
        "is_ended",
        "has_visitor_message",
        "has_agent",
        "seq",
        "tail_id",
        "tail_seq",
    },
)


_REOPENED = ", #open_shard = if_not_exists(#open_shard, :shard), #sync_due_at = if_not_exists(#sync_due_at, :soon)"
