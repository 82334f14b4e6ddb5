"""Chats, and whose they are."""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import NamedTuple

from visitor_chat.domain.records import Chat
from visitor_chat.runtime import telemetry
from visitor_chat.runtime.clock import Clock, to_epoch_seconds, to_text
from visitor_chat.store.chat_items import LISTING_OUTLIVES_CHAT, chat_key, listing_item, listing_key, to_chat, to_record
from visitor_chat.store.dynamodb_values import Record
from visitor_chat.store.tables import Key, Tables, Write, setting

OPEN_SHARDS = 4
"""Partitions of the sparse index: each carries 1,000 writes a second, which is 300,000 syncs in 5 minutes."""
FOREIGN_LIFETIME = timedelta(hours=1)
REOPENED_SYNC = timedelta(minutes=1)
"""Until a chat that should be at rest is looked at once more; what has come late may not have come alone."""


class Marker(Enum):
    """What stands in a chat's place: it was removed or erased, or it is known not to be of one of our visitors."""

    REMOVED = "removed"
    FOREIGN = "foreign"


class Listing(NamedTuple):
    """A chat's place in its visitor's list."""

    chat_id: str
    key: Key


def listing_of(chat: Chat) -> Listing:
    return Listing(chat_id=chat.id, key=listing_key(chat.visitor_id, chat.created_at, chat.id))


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
        """Turn an item into a chat or a marker."""
        if record is None:
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
        """Return those that are chats, and not gone."""
        return [chat for record in records if isinstance(chat := self.decode(record), Chat)]

    def find_even_expired(self, chat_id: str) -> Chat | Marker | None:
        """Return what stands in a chat's place, whether or not its time has come."""
        (record,) = self._tables.read_even_expired([self.read_key(chat_id)])
        return self.decode(record)

    def listings_of(self, visitor_id: str) -> Iterator[Listing]:
        """Read the places of every chat in a visitor's list, whatever has expired of them."""
        values = {"pk": f"visitor#{visitor_id}"}
        for record in self._tables.partition_even_expired(self.table, "#pk = :pk", values):
            yield Listing(chat_id=record["chat_id"], key={"pk": record["pk"], "sk": record["sk"]})

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
            **telemetry.traced(),
        }
        self._tables.transact(
            Write(
                kind="Put",
                table=self.table,
                item=item | {"expires_at": self._expiry()},
                condition="#marker = :foreign",
                if_absent=True,
                values={"foreign": Marker.FOREIGN.value},
            ),
            Write(kind="Put", table=self.table, item=listing_item(chat, listed_until)),
            *guards,
        )

    def change(self, before: Chat, after: Chat) -> None:
        """Store what has changed of a chat itself; raise ConditionFailed when `before` is not the latest."""
        self._tables.write(self.update_if_unchanged(before, after))

    def take_as_started(self, chat: Chat, start: str) -> Chat | None:
        """Note which start has made a chat that a webhook had stored before; None when it is another one's."""
        if chat.started_by is not None:
            return chat if chat.started_by == start else None
        record = self._tables.write_if(
            Write(
                kind="Update",
                table=self.table,
                key=chat_key(chat.id),
                update="SET #started_by = :start",
                condition="attribute_exists(#seq) AND attribute_not_exists(#started_by)",
                values={"start": start},
            ),
        )
        return to_chat(record) if record is not None else None

    def update_if_unchanged(self, before: Chat, after: Chat) -> Write:
        """Return the write that moves a chat from one state to the next, for use in a transaction.

        What is said in a chat prolongs its life, together with that of its messages; what becomes of the chat itself
        does not. An ended chat in which something changes all the same is compared with Giosg once more.
        """
        state = {name: value for name, value in to_record(after).items() if name in _CHANGEABLE} | telemetry.traced()
        if after.tail_seq != before.tail_seq and not before.is_ended:
            state["expires_at"] = self._expiry()
            if self._clock() - before.updated_at > SILENCE:
                soon = self._clock() + AFTER_SILENCE
                state["sync_due_at"] = to_text(min(before.sync_due_at or soon, soon))
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

    def require_exists(self, chat: Chat) -> Write:
        """Return the part of a transaction that fails when the chat is gone."""
        return Write(
            kind="ConditionCheck",
            table=self.table,
            key=chat_key(chat.id),
            condition="attribute_exists(#seq)",
        )

    def remove(self, listing: Listing) -> None:
        """Leave a marker in the chat's place, whatever is there.

        The marker is among the open chats until the removal is confirmed, and knows the chat's place in the visitor's
        list: so one that broke off is finished, and found by whoever erases the visitor.
        """
        chat_id = listing.chat_id
        soon = {"open_shard": open_shard(chat_id), "sync_due_at": to_text(self._clock() + REOPENED_SYNC)}
        marker = self._marker(chat_id, Marker.REMOVED, self._expiry()) | soon | {"listing": dict(listing.key)}
        self._tables.write(Write(kind="Put", table=self.table, item=marker))

    def listing_of_removed(self, chat_id: str) -> Listing | None:
        """Return the place in the list of a chat whose removal is not confirmed."""
        (record,) = self._tables.read_even_expired([self.read_key(chat_id)])
        return Listing(chat_id=chat_id, key=record["listing"]) if record and "listing" in record else None

    def confirm_removal(self, listing: Listing) -> None:
        """Take a removed chat off the visitor's list, and note that nothing is left of it but its marker."""
        self._tables.write(Write(kind="Delete", table=self.table, key=listing.key))
        self._tables.write_if(
            Write(
                kind="Update",
                table=self.table,
                key=chat_key(listing.chat_id),
                update="REMOVE #open_shard, #sync_due_at, #listing",
                condition="#marker = :removed",
                values={"removed": Marker.REMOVED.value},
            ),
        )

    def mark_foreign(self, chat_id: str) -> None:
        """Remember for a while that a chat of our room is nobody's of ours."""
        expires_at = to_epoch_seconds(self._clock() + FOREIGN_LIFETIME)
        self._tables.write_if(
            Write(
                kind="Put",
                table=self.table,
                item=self._marker(chat_id, Marker.FOREIGN, expires_at),
                condition="#marker = :foreign",
                if_absent=True,
                values={"foreign": Marker.FOREIGN.value},
            ),
        )

    @staticmethod
    def _marker(chat_id: str, marker: Marker, expires_at: int) -> Record:
        return {**chat_key(chat_id), "marker": marker.value, "expires_at": expires_at, **telemetry.traced()}

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
        "answered_at",
        "unanswered",
        "seq",
        "tail_id",
        "tail_seq",
    },
)


SILENCE = timedelta(hours=1)
AFTER_SILENCE = timedelta(minutes=4)
"""A chat that was seldom compared is compared soon again once something is said in it."""
_REOPENED = ", #open_shard = if_not_exists(#open_shard, :shard), #sync_due_at = if_not_exists(#sync_due_at, :soon)"
