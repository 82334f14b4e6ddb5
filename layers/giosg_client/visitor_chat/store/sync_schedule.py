"""When each open chat is to be compared with Giosg."""

from datetime import datetime, timedelta
from typing import NamedTuple

from visitor_chat.domain.records import Chat
from visitor_chat.runtime.clock import Clock, from_text, to_text
from visitor_chat.store.chat_items import LISTING_OUTLIVES_CHAT, chat_key, listing_item
from visitor_chat.store.tables import ConditionFailed, Tables, Write, setting

OPEN_CHATS_INDEX = "open_chats"


class Due(NamedTuple):
    """An open chat and when its turn came; these sort the most overdue first."""

    due_at: datetime
    chat_id: str


class SyncSchedule:
    """The open chats in the chats table, in the order in which their turns come."""

    def __init__(self, tables: Tables, table: str, *, clock: Clock, retention: timedelta) -> None:
        self._tables = tables
        self._table = table
        self._clock = clock
        self._retention = retention

    def mark_synced(self, chat: Chat, *, due_at: datetime | None, is_at_rest: bool) -> None:
        """Say when a chat is to be compared with Giosg next; None when it is known to have ended, and all is here.

        One that `is_at_rest` is not any more when it has changed since it was read: it keeps the turn that it has.
        Every open chat passes here again and again, so this is also where its place in the list is kept alive.
        """
        listed_until = self._clock() + self._retention + LISTING_OUTLIVES_CHAT
        is_relisted = chat.listed_until is None or listed_until - chat.listed_until > LISTING_OUTLIVES_CHAT * 5 / 7
        changes = {"sync_due_at": to_text(due_at)} if due_at else {}
        changes |= {"listed_until": to_text(listed_until)} if is_relisted else {}
        synced = Write(
            kind="Update",
            table=self._table,
            key=chat_key(chat.id),
            update=setting(changes) + ("" if due_at else " REMOVE #open_shard, #sync_due_at"),
            condition="#seq = :known_seq" if is_at_rest else "attribute_exists(#seq)",
            values=changes | ({"known_seq": chat.seq} if is_at_rest else {}),
        )
        try:
            if is_relisted:
                listing = Write(kind="Put", table=self._table, item=listing_item(chat, listed_until))
                self._tables.transact(synced, listing)
            else:
                self._tables.write(synced)
        except ConditionFailed:
            return

    def postpone(self, chat_id: str, due_at: datetime) -> None:
        """Let a chat whose comparison has failed wait for another turn, behind those that may succeed."""
        self._tables.write_if(
            Write(
                kind="Update",
                table=self._table,
                key=chat_key(chat_id),
                update="SET #sync_due_at = :due_at",
                condition="attribute_exists(#open_shard)",
                values={"due_at": to_text(due_at)},
            ),
        )

    def drop_expired(self, chat_id: str) -> None:
        """Delete what has expired of a chat that nobody revives, so that it is due no longer."""
        (record,) = self._tables.read_even_expired([(self._table, chat_key(chat_id))])
        if record is not None and not self._tables.is_alive(record):
            self._tables.write_if(Write(kind="Delete", table=self._table, key=chat_key(chat_id), if_absent=True))

    def due(self, shard: int, *, by: datetime, limit: int) -> list[Due]:
        """List open chats whose turn comes until then, the most overdue first."""
        page = self._tables.query(
            self._table,
            "#open_shard = :shard AND #sync_due_at <= :by",
            {"shard": f"shard#{shard}", "by": to_text(by)},
            limit=limit,
            index=OPEN_CHATS_INDEX,
            consistent=False,
        )
        return [Due(from_text(each["sync_due_at"]), each["pk"].removeprefix("chat#")) for each in page.records]
