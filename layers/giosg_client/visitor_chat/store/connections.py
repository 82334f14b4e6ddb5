"""Open sockets, and whose they are."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from visitor_chat.runtime.clock import Clock, to_epoch_seconds, to_text
from visitor_chat.store.dynamodb_values import Record
from visitor_chat.store.tables import Key, Tables, Write

LONGEST_CONNECTION = timedelta(hours=3)
"""API Gateway closes a socket after two hours
(https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html).
"""
MOST_CONNECTIONS = 20
"""Sockets of one visitor; a new one beyond them takes the place of the oldest."""


class Connection(NamedTuple):
    """A socket, and when it was about to be opened."""

    id: str
    opened_at: datetime


def _of_visitor(visitor_id: str, connection_id: str) -> Key:
    return {"pk": f"visitor#{visitor_id}", "sk": f"connection#{connection_id}"}


def _owner_of(connection_id: str) -> Key:
    return {"pk": f"connection#{connection_id}", "sk": "owner"}


def _presence_of(visitor_id: str) -> Key:
    return {"pk": f"visitor#{visitor_id}", "sk": "presence"}


class Connections:
    """The connections table."""

    def __init__(self, tables: Tables, table: str, *, clock: Clock) -> None:
        self.table = table
        self._tables = tables
        self._clock = clock

    def open(self, visitor_id: str, connection_id: str) -> None:
        """Store a socket; of the two items one finds it by its visitor, the other tells whose it is."""
        self._tables.transact(
            self._put({**_of_visitor(visitor_id, connection_id), "connection_id": connection_id}),
            self._put({**_owner_of(connection_id), "visitor_id": visitor_id}),
        )

    def owner(self, connection_id: str) -> str | None:
        """Return the visitor whose socket it is."""
        (record,) = self._tables.read([(self.table, _owner_of(connection_id))])
        return record["visitor_id"] if record else None

    def oldest_of_visitor(self, visitor_id: str, *, beyond: int, but: str) -> list[str]:
        """List the sockets that a visitor has beyond so many, one left out, the oldest first."""
        records = self._tables.partition(
            self.table,
            "#pk = :pk AND begins_with(#sk, :connection)",
            {"pk": f"visitor#{visitor_id}", "connection": "connection#"},
        )
        others = [record for record in records if record["connection_id"] != but]
        by_age = sorted(others, key=lambda record: record["expires_at"])
        return [record["connection_id"] for record in by_age[: max(0, len(by_age) - beyond)]]

    def of_visitor(self, visitor_id: str) -> list[Connection]:
        """List a visitor's open sockets, as far as they are known to be open."""
        page = self._tables.query(
            self.table,
            "#pk = :pk AND begins_with(#sk, :connection)",
            {"pk": f"visitor#{visitor_id}", "connection": "connection#"},
            limit=2 * MOST_CONNECTIONS,
        )
        return [_to_connection(record) for record in page.records]

    def close(self, visitor_id: str, connection_id: str) -> None:
        """Forget a socket: first whose it is, so that one that is half forgotten is closed by its next ping."""
        for key in (_owner_of(connection_id), _of_visitor(visitor_id, connection_id)):
            self._tables.write(Write(kind="Delete", table=self.table, key=key))

    def close_of_anybody(self, connection_id: str) -> None:
        """Forget a socket, whosever it is."""
        owner = self._tables.write(Write(kind="Delete", table=self.table, key=_owner_of(connection_id)))
        if owner:
            key = _of_visitor(owner["visitor_id"], connection_id)
            self._tables.write(Write(kind="Delete", table=self.table, key=key))

    def forget_all(self, visitor_id: str) -> None:
        """Forget every socket of a visitor, and when they were last shown as present, whatever has expired."""
        found = self._tables.partition_even_expired(self.table, "#pk = :pk", {"pk": f"visitor#{visitor_id}"})
        keys: list[Key] = []
        for record in found:
            keys.append({"pk": record["pk"], "sk": record["sk"]})
            if "connection_id" in record:
                keys.append(_owner_of(record["connection_id"]))
        self._tables.delete_all(self.table, keys)

    def forget_presence(self, visitor_id: str) -> None:
        """Forget when a visitor was last shown as present."""
        self._tables.write(Write(kind="Delete", table=self.table, key=_presence_of(visitor_id)))

    def take_presence_turn(self, visitor_id: str, *, every: timedelta) -> bool:
        """Tell whether it is time to show the visitor as present again; at most one caller is told so each time."""
        now = self._clock()
        written = self._tables.write_if(
            Write(
                kind="Update",
                table=self.table,
                key=_presence_of(visitor_id),
                update="SET #shown_at = :now, #expires_at = :expires_at",
                condition="#shown_at <= :before",
                if_absent=True,
                values={
                    "now": to_text(now),
                    "before": to_text(now - every),
                    "expires_at": self._expiry(now),
                },
            ),
        )
        return written is not None

    def _put(self, item: Record) -> Write:
        return Write(kind="Put", table=self.table, item=item | {"expires_at": self._expiry(self._clock())})

    @staticmethod
    def _expiry(now: datetime) -> int:
        return to_epoch_seconds(now + LONGEST_CONNECTION)


def _to_connection(record: Record) -> Connection:
    opened_at = datetime.fromtimestamp(record["expires_at"], UTC) - LONGEST_CONNECTION
    return Connection(id=record["connection_id"], opened_at=opened_at)
