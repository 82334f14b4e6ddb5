"""What several invocations must agree on.

The journal of an Idempotency-Key, whose turn it is to ask Giosg, and how often something was asked for.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from visitor_chat.runtime.clock import Clock, to_epoch_seconds, to_text
from visitor_chat.store.dynamodb_values import Record
from visitor_chat.store.tables import Key, Tables, Write, setting

JOURNAL_LIFETIME = timedelta(hours=24)
AVAILABILITY_LIFETIME = timedelta(days=1)


def start_key(scope_hash: str) -> Key:
    return {"id": f"start#{scope_hash}"}


def availability_key(room_id: str) -> Key:
    return {"id": f"availability#{room_id}"}


def ticket_key(ticket_hash: str) -> Key:
    return {"id": f"ticket#{ticket_hash}"}


def held_delivery_key() -> Key:
    return {"id": "held_delivery"}


def counter_key(subject_hash: str) -> Key:
    return {"id": f"quota#{subject_hash}"}


def salt_key(day: int) -> Key:
    return {"id": f"quota#salt#{day}"}


class Coordination:
    """The coordination table."""

    def __init__(self, tables: Tables, table: str, *, clock: Clock) -> None:
        self.table = table
        self._tables = tables
        self._clock = clock

    def read(self, key: Key) -> Record | None:
        (record,) = self.read_many([key])
        return record

    def read_many(self, keys: Sequence[Key]) -> list[Record | None]:
        """Read at most 100 entries at once."""
        return self._tables.read([(self.table, key) for key in keys])

    def begin(self, key: Key, *, until: datetime, lifetime: timedelta, facts: dict[str, Any]) -> Record | None:
        """Make an entry and hold it until an instant; None when there is one already."""
        now = self._clock()
        record = {**key, **facts, "leased_until": to_text(until), "expires_at": to_epoch_seconds(now + lifetime)}
        written = self._tables.write_if(
            Write(
                kind="Put",
                table=self.table,
                item=record,
                if_absent=True,
            ),
        )
        return None if written is None else record

    def take_over(self, key: Key, *, until: datetime, lifetime: timedelta | None = None) -> Record | None:
        """Hold an entry whose last holder is done or dead, with all it knows; None while another holds it.

        `lifetime` is how long it lives from now on; without, it ends when it was to end.
        """
        now = self._clock()
        changes: Record = {"leased_until": to_text(until)}
        changes |= {"expires_at": to_epoch_seconds(now + lifetime)} if lifetime else {}
        return self._tables.write_if(
            Write(
                kind="Update",
                table=self.table,
                key=key,
                update=setting(changes),
                condition="#leased_until <= :now",
                values=changes | {"now": to_text(now)},
            ),
        )

    def record(self, key: Key, **facts: Any) -> None:
        """Add facts to an entry that this invocation holds."""
        self._tables.write(
            Write(
                kind="Update",
                table=self.table,
                key=key,
                update=setting(facts),
                condition="attribute_exists(#id)",
                values=facts,
            ),
        )

    def release(self, key: Key) -> None:
        """Let the next caller take the entry at once."""
        self.record(key, leased_until=to_text(self._clock()))

    def count(self, key: Key, *, most: int, expires_at: int) -> bool:
        """Add one to a counter that lives until then (epoch seconds); False, and nothing added, when it is full."""
        written = self._tables.write_if(
            Write(
                kind="Update",
                table=self.table,
                key=key,
                update="SET #expires_at = :expires_at ADD #used :one",
                condition="#used < :most",
                if_absent=True,
                values={"expires_at": expires_at, "one": 1, "most": most},
            ),
        )
        return written is not None

    def consume(self, key: Key) -> Record | None:
        """Take an entry out; None when it is not there, past its lifetime, or taken already: one caller gets it."""
        return self._tables.write_if(
            Write(
                kind="Delete",
                table=self.table,
                key=key,
                condition="attribute_exists(#id)",
            ),
        )
