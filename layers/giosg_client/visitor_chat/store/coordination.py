"""What several invocations must agree on.

The journal of an Idempotency-Key, whose turn it is to ask Giosg, and how often something was asked for.
"""

from datetime import datetime, timedelta
from typing import Any

from visitor_chat.clock import Clock, to_epoch_seconds, to_text
from visitor_chat.store.attributes import Record
from visitor_chat.store.tables import ConditionFailed, Key, Tables, Write, setting

JOURNAL_LIFETIME = timedelta(hours=24)
AVAILABILITY_LIFETIME = timedelta(days=1)


def start_key(scope_hash: str) -> Key:
    return {"id": f"start#{scope_hash}"}


AVAILABILITY_KEY: Key = {"id": "availability"}


def ticket_key(ticket_hash: str) -> Key:
    return {"id": f"ticket#{ticket_hash}"}


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
        """Read an entry; one past its lifetime is gone, whether or not DynamoDB has deleted it yet."""
        (record,) = self._tables.read([(self.table, key)])
        is_alive = record is not None and record["expires_at"] > to_epoch_seconds(self._clock())
        return record if is_alive else None

    def begin(self, key: Key, *, until: datetime, lifetime: timedelta, facts: dict[str, Any]) -> Record | None:
        """Make an entry and hold it until an instant; None when there is one already."""
        now = self._clock()
        record = {**key, **facts, "leased_until": to_text(until), "expires_at": to_epoch_seconds(now + lifetime)}
        try:
            self._tables.write(
                Write(
                    kind="Put",
                    table=self.table,
                    item=record,
                    condition="attribute_not_exists(#id) OR #expires_at <= :now",
                    values={"now": to_epoch_seconds(now)},
                ),
            )
        except ConditionFailed:
            return None
        return record

    def take_over(self, key: Key, *, until: datetime) -> Record | None:
        """Hold an entry whose last holder is done or dead, with all it knows; None while another holds it."""
        try:
            return self._tables.write(
                Write(
                    kind="Update",
                    table=self.table,
                    key=key,
                    update="SET #leased_until = :until",
                    condition="#leased_until <= :now",
                    values={"until": to_text(until), "now": to_text(self._clock())},
                ),
            )
        except ConditionFailed:
            return None

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
        try:
            self._tables.write(
                Write(
                    kind="Update",
                    table=self.table,
                    key=key,
                    update="SET #expires_at = :expires_at ADD #used :one",
                    condition="attribute_not_exists(#used) OR #used < :most",
                    values={"expires_at": expires_at, "one": 1, "most": most},
                ),
            )
        except ConditionFailed:
            return False
        return True

    def consume(self, key: Key) -> Record | None:
        """Take an entry out; None when it is not there, past its lifetime, or taken already: one caller gets it."""
        try:
            return self._tables.write(
                Write(
                    kind="Delete",
                    table=self.table,
                    key=key,
                    condition="#expires_at > :now",
                    values={"now": to_epoch_seconds(self._clock())},
                ),
            )
        except ConditionFailed:
            return None
