"""Visitors and their sessions."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from visitor_chat.domain.records import Session, Visitor
from visitor_chat.runtime.clock import Clock, from_text, to_epoch_seconds, to_text
from visitor_chat.store.dynamodb_values import Record
from visitor_chat.store.tables import ConditionFailed, Key, Tables, Write

_TOLD = "told#"
"""Prefix of the attributes that hold what agents of one room were told."""


def visitor_key(visitor_id: str) -> Key:
    return {"visitor_id": visitor_id, "record": "visitor"}


def session_key(visitor_id: str, session_id: str) -> Key:
    return {"visitor_id": visitor_id, "record": f"session#{session_id}"}


def to_visitor(record: Record) -> Visitor:
    return Visitor(
        id=record["visitor_id"],
        name=record.get("name"),
        variables=record.get("variables", {}),
        told={name.removeprefix(_TOLD): told for name, told in record.items() if name.startswith(_TOLD)},
        expires_at=datetime.fromtimestamp(record["expires_at"], UTC),
        is_erased=record["is_erased"],
    )


def to_session(record: Record) -> Session:
    return Session(
        visitor_id=record["visitor_id"],
        session_id=record["record"].removeprefix("session#"),
        secret_hash=record["secret_hash"],
        expires_at=from_text(record["idle_until"]),
    )


class Visitors:
    """The visitors table."""

    def __init__(self, tables: Tables, table: str, *, clock: Clock, retention: timedelta) -> None:
        self.table = table
        self._tables = tables
        self._clock = clock
        self._retention = retention

    def find(self, visitor_id: str) -> Visitor | None:
        (record,) = self._tables.read([(self.table, visitor_key(visitor_id))])
        return to_visitor(record) if record else None

    def introduce(self, visitor_id: str, *, name: str | None = None, room_id: str) -> Visitor:
        """Store a new visitor, who is entering a room; raise ConditionFailed when they were erased."""
        item: Record = {**visitor_key(visitor_id), "is_erased": False, "expires_at": self._expiry(), _told(room_id): {}}
        item |= {"name": name} if name else {}
        self._tables.write(
            Write(
                kind="Put",
                table=self.table,
                item=item,
                condition="#is_erased = :no",
                if_absent=True,
                values={"no": False},
            ),
        )
        return to_visitor(item)

    def remember(self, visitor_id: str, *, name: str | None = None, room_id: str | None = None) -> Visitor:
        """Keep a visitor, with a name that replaces the one known; raise ConditionFailed when they are gone or erased.

        `room_id` is a room that the visitor has entered.
        """
        update = "SET #expires_at = :expires_at" + (", #name = :name" if name else "")
        update += ", #told = if_not_exists(#told, :nothing)" if room_id else ""
        values: Record = {"expires_at": self._expiry(), "no": False}
        values |= ({"name": name} if name else {}) | ({"nothing": {}} if room_id else {})
        record = self._tables.write(
            Write(
                kind="Update",
                table=self.table,
                key=visitor_key(visitor_id),
                update=update,
                condition="#is_erased = :no",
                values=values,
                names={"told": _told(room_id)} if room_id else {},
            ),
        )
        return to_visitor(record)

    def note_told(
        self, visitor_id: str, *, variables: Mapping[str, str], room_id: str, hashes: Mapping[str, str]
    ) -> None:
        """Note what agents of a room know of a visitor; of one who is erased nothing is noted any more."""
        self._tables.write_if(
            Write(
                kind="Update",
                table=self.table,
                key=visitor_key(visitor_id),
                update="SET #variables = :variables, #told = :hashes",
                condition="#is_erased = :no",
                values={"variables": dict(variables), "hashes": dict(hashes), "no": False},
                names={"told": _told(room_id)},
            ),
        )

    def check_not_erased(self, visitor_id: str) -> Write:
        """Return the part of a transaction that fails once the visitor is erased, or was never known."""
        return Write(
            kind="ConditionCheck",
            table=self.table,
            key=visitor_key(visitor_id),
            condition="#is_erased = :no",
            values={"no": False},
        )

    def open_session(self, session: Session) -> None:
        self._tables.write(Write(kind="Put", table=self.table, item=_session_item(session)))

    def prolong(self, visitor: Visitor) -> None:
        """Keep a visitor alive, with at most one write in a tenth of the retention; one that is erased stays so."""
        if visitor.expires_at and self._clock() + self._retention - visitor.expires_at < self._retention / 10:
            return
        try:
            self.remember(visitor.id)
        except ConditionFailed:
            return

    def has_session(self, visitor_id: str, session_id: str) -> bool:
        """Tell whether a session has not ended, nor its visitor been erased."""
        keys = (session_key(visitor_id, session_id), visitor_key(visitor_id))
        session, visitor = self._tables.read([(self.table, key) for key in keys])
        return session is not None and visitor is not None and not to_visitor(visitor).is_erased

    def prolong_session(self, session: Session, expires_at: datetime) -> None:
        """Keep a used session alive; one that is gone stays gone."""
        self._tables.write_if(
            Write(
                kind="Update",
                table=self.table,
                key=session_key(session.visitor_id, session.session_id),
                update="SET #idle_until = :idle_until, #expires_at = :expires_at",
                condition="attribute_exists(#secret_hash)",
                values={"idle_until": to_text(expires_at), "expires_at": to_epoch_seconds(expires_at)},
            ),
        )

    def mark_erased(self, visitor_id: str) -> None:
        """Make every session of the visitor useless and forget the name, at once; what is left only says `erased`."""
        item = {
            **visitor_key(visitor_id),
            "is_erased": True,
            "expires_at": self._expiry(),
        }
        self._tables.write(Write(kind="Put", table=self.table, item=item))

    def close_sessions(self, visitor_id: str) -> None:
        condition = "#visitor_id = :visitor_id AND begins_with(#record, :session)"
        values = {"visitor_id": visitor_id, "session": "session#"}
        found = self._tables.partition_even_expired(self.table, condition, values)
        self._tables.delete_all(
            self.table, [{"visitor_id": visitor_id, "record": record["record"]} for record in found]
        )

    def _expiry(self) -> int:
        return to_epoch_seconds(self._clock() + self._retention)


def _told(room_id: str) -> str:
    return f"{_TOLD}{room_id}"


def _session_item(session: Session) -> Record:
    return {
        **session_key(session.visitor_id, session.session_id),
        "secret_hash": session.secret_hash,
        "idle_until": to_text(session.expires_at),
        "expires_at": to_epoch_seconds(session.expires_at),
    }
