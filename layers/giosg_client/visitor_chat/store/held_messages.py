"""Messages that wait until agents are there, in the chats table.

A visitor's held messages are a partition, each under its `client_message_id`, which is also its id; an item beside them
counts those that wait. What waits, and nothing else, is in the sparse index `held_messages`.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from visitor_chat.domain.records import HeldMessage, HeldStatus
from visitor_chat.runtime.clock import Clock, from_text, to_epoch_seconds, to_text
from visitor_chat.store.dynamodb_values import Record
from visitor_chat.store.tables import ConditionFailed, Key, Tables, Write, setting

HELD_INDEX = "held_messages"
MOST_HELD = 3
"""Messages of one visitor that may wait at a time."""
MOST_LISTED = 100
_QUEUE = "held"
"""The one partition of the index: messages are held at the pace at which visitors write, not at that of webhooks."""
_COUNT = "count"
_WAITING = frozenset({HeldStatus.HELD, HeldStatus.DELIVERING})


def held_key(visitor_id: str, held_id: str) -> Key:
    return {"pk": f"held#{visitor_id}", "sk": held_id}


def _holder_key(held_id: str) -> Key:
    """Return the key of who holds a message that came without a token; whoever knows the id may have it."""
    return {"pk": f"held_by#{hashlib.sha256(held_id.encode()).hexdigest()}", "sk": "visitor"}


class HeldMessages:
    """The held messages of all visitors."""

    def __init__(self, tables: Tables, table: str, *, clock: Clock, retention: timedelta) -> None:
        self.table = table
        self._tables = tables
        self._clock = clock
        self._retention = retention

    def find(self, visitor_id: str, held_id: str) -> HeldMessage | None:
        (record,) = self._tables.read([(self.table, held_key(visitor_id, held_id))])
        return _to_held(record) if record else None

    def find_and_count(self, visitor_id: str, held_id: str) -> tuple[HeldMessage | None, int]:
        """Return a message, and how many of its visitor's wait."""
        record, count = self._tables.read([(self.table, held_key(visitor_id, name)) for name in (held_id, _COUNT)])
        return _to_held(record) if record else None, int(count["waiting"]) if count else 0

    def find_holder(self, held_id: str) -> str | None:
        """Return the visitor who was made for a message that came without a token."""
        (record,) = self._tables.read([(self.table, _holder_key(held_id))])
        return str(record["visitor_id"]) if record else None

    def of_visitor(self, visitor_id: str) -> list[HeldMessage]:
        """Return a visitor's held messages, newest first, 100 at most."""
        held = [_to_held(record) for record in self._partition(visitor_id) if record["sk"] != _COUNT]
        return sorted(held, key=lambda each: each.created_at, reverse=True)[:MOST_LISTED]

    def waiting(self, *, limit: int) -> list[HeldMessage]:
        """Return what waits, in the order in which it is to be delivered: one query for each megabyte.

        The index follows the table with a short delay, so what is done with an entry must depend on its status.
        """
        found = self._tables.partition(self.table, "#held_queue = :queue", {"queue": _QUEUE}, index=HELD_INDEX)
        return [_to_held(record) for record in islice(found, limit)]

    def hold(self, held: HeldMessage, *, is_of_new_visitor: bool, guards: Sequence[Write]) -> None:
        """Store a message; raise ConditionFailed when it was stored, when too many wait, or when a guard fails."""
        holder = {**_holder_key(held.id), "visitor_id": held.visitor_id, "expires_at": self._expiry()}
        self._tables.transact(
            Write(
                kind="Put",
                table=self.table,
                item=self._item(held) | {"has_holder": is_of_new_visitor},
                if_absent=True,
            ),
            Write(
                kind="Update",
                table=self.table,
                key=held_key(held.visitor_id, _COUNT),
                update="SET #expires_at = :expires_at ADD #waiting :one",
                condition="#waiting < :most",
                if_absent=True,
                values={"expires_at": self._expiry(), "one": 1, "most": MOST_HELD},
            ),
            *([Write(kind="Put", table=self.table, item=holder)] if is_of_new_visitor else []),
            *guards,
        )

    def begin_delivery(self, held: HeldMessage) -> bool:
        """Note that a message is being delivered, from when on it cannot be taken back; False when it does not wait."""
        return self._update(held, HeldStatus.DELIVERING, while_in=_WAITING)

    def put_back(self, held: HeldMessage, *, due_at: datetime, attempt: int) -> bool:
        """Let a message wait until then: of its delivery nothing was done at Giosg."""
        return self._update(
            held, HeldStatus.HELD, while_in={HeldStatus.DELIVERING}, held_at=to_text(due_at), attempt=attempt
        )

    def postpone(self, held: HeldMessage, *, due_at: datetime) -> bool:
        """Let a delivery whose outcome is unknown go on at that time."""
        return self._update(held, HeldStatus.DELIVERING, while_in={HeldStatus.DELIVERING}, held_at=to_text(due_at))

    def finish(self, held: HeldMessage, *, chat_id: str) -> bool:
        """Note which chat a message has begun, where its text is from now on; False when it is not being delivered."""
        gone: dict[str, Any] = {"message": None, "variables": {}}
        return self._leave(held, HeldStatus.DELIVERED, while_in={HeldStatus.DELIVERING}, chat_id=chat_id, **gone)

    def expire(self, held: HeldMessage) -> bool:
        """Note that a message waited in vain; False when it does not wait any more, or is being delivered."""
        return self._leave(held, HeldStatus.EXPIRED, while_in={HeldStatus.HELD})

    def withdraw(self, held: HeldMessage) -> bool:
        """Take a message back and erase its text; False when it does not wait any more, or is being delivered."""
        return self._leave(held, HeldStatus.WITHDRAWN, while_in={HeldStatus.HELD}, message=None, variables={})

    def erase(self, visitor_id: str) -> None:
        """Delete all held messages of a visitor."""
        whatever = self._tables.partition_even_expired(self.table, "#pk = :pk", {"pk": f"held#{visitor_id}"})
        keys: list[Key] = []
        for record in whatever:
            keys.append({"pk": record["pk"], "sk": record["sk"]})
            if record.get("has_holder"):
                keys.append(_holder_key(record["sk"]))
        self._tables.delete_all(self.table, keys)

    def _partition(self, visitor_id: str) -> list[Record]:
        return list(self._tables.partition(self.table, "#pk = :pk", {"pk": f"held#{visitor_id}"}))

    def _update(
        self, held: HeldMessage, status: HeldStatus, *, while_in: set[HeldStatus] | frozenset[HeldStatus], **facts: Any
    ) -> bool:
        return self._tables.write_if(self._change(held, status, while_in=while_in, **facts)) is not None

    def _leave(self, held: HeldMessage, status: HeldStatus, *, while_in: set[HeldStatus], **facts: Any) -> bool:
        """Take a message out of those that wait, and count it no longer."""
        uncount = Write(
            kind="Update",
            table=self.table,
            key=held_key(held.visitor_id, _COUNT),
            update="ADD #waiting :one_less",
            condition="attribute_exists(#waiting)",
            values={"one_less": -1},
        )
        change = self._change(held, status, while_in=while_in, remove=("held_queue", "held_at"), **facts)
        try:
            self._tables.transact(change, uncount)
        except ConditionFailed:
            return False
        return True

    def _change(
        self,
        held: HeldMessage,
        status: HeldStatus,
        *,
        while_in: set[HeldStatus] | frozenset[HeldStatus],
        remove: Sequence[str] = (),
        **facts: Any,
    ) -> Write:
        values = {"status": status.value, "expires_at": self._expiry()} | facts
        states = {f"state_{number}": state.value for number, state in enumerate(sorted(while_in))}
        removed = f" REMOVE {', '.join(f'#{name}' for name in remove)}" if remove else ""
        return Write(
            kind="Update",
            table=self.table,
            key=held_key(held.visitor_id, held.id),
            update=setting(values) + removed,
            condition=f"#status IN ({', '.join(f':{name}' for name in states)})",
            values=values | states,
        )

    def _item(self, held: HeldMessage) -> Record:
        return {
            **held_key(held.visitor_id, held.id),
            "visitor_id": held.visitor_id,
            "room_id": held.room_id,
            "message": held.message,
            "text_hash": held.text_hash,
            "variables": dict(held.variables),
            "status": held.status.value,
            "created_at": to_text(held.created_at),
            "held_until": to_text(held.expires_at),
            "attempt": held.attempt,
            "held_queue": _QUEUE,
            "held_at": to_text(held.due_at),
            "expires_at": self._expiry(),
        }

    def _expiry(self) -> int:
        return to_epoch_seconds(self._clock() + self._retention)


def _to_held(record: Record) -> HeldMessage:
    return HeldMessage(
        id=record["sk"],
        visitor_id=record["visitor_id"],
        room_id=record["room_id"],
        message=record["message"],
        text_hash=record["text_hash"],
        variables=record["variables"],
        status=HeldStatus(record["status"]),
        created_at=from_text(record["created_at"]),
        expires_at=from_text(record["held_until"]),
        due_at=from_text(record.get("held_at") or record["created_at"]),
        chat_id=record.get("chat_id"),
        attempt=record["attempt"],
    )
