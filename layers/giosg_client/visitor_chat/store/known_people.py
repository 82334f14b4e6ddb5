"""Which visitor a known person is, and what their company says of them."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from giosg_client.frozen import Frozen, frozen
from visitor_chat.runtime.clock import Clock, to_epoch_seconds
from visitor_chat.store.tables import Key, Tables, Write

PERSON = "person"


@frozen
class KnownVisitor(Frozen):
    """A visitor who is a known person; the subject of their tokens is kept only as a hash."""

    visitor_id: str
    subject_hash: str
    name: str | None
    variables: Mapping[str, str]


def _person_key(subject_hash: str) -> Key:
    return {"visitor_id": f"known#{subject_hash}", "record": PERSON}


def _known_key(visitor_id: str) -> Key:
    return {"visitor_id": visitor_id, "record": "known"}


class KnownPeople:
    """The known visitors in the visitors table."""

    def __init__(self, tables: Tables, table: str, *, clock: Clock, retention: timedelta) -> None:
        self.table = table
        self._tables = tables
        self._clock = clock
        self._retention = retention

    def find_visitor_id(self, subject_hash: str) -> str | None:
        (record,) = self._tables.read([(self.table, _person_key(subject_hash))])
        return str(record["known_visitor_id"]) if record else None

    def find(self, visitor_id: str) -> KnownVisitor | None:
        (record,) = self._tables.read([(self.table, _known_key(visitor_id))])
        if record is None:
            return None
        return KnownVisitor(
            visitor_id=visitor_id,
            subject_hash=record["subject_hash"],
            name=record["name"],
            variables=record["variables"],
        )

    def bind(self, known: KnownVisitor, *, instead_of: str | None, guards: Sequence[Write]) -> None:
        """Make this visitor the person's, in the place of the one given; raise ConditionFailed when another has it.

        A visitor who is somebody else already stays who they are.
        """
        expires_at = to_epoch_seconds(self._clock() + self._retention)
        self._tables.transact(
            Write(
                kind="Put",
                table=self.table,
                item={
                    **_person_key(known.subject_hash),
                    "known_visitor_id": known.visitor_id,
                    "expires_at": expires_at,
                },
                condition="#known_visitor_id = :before",
                if_absent=True,
                values={"before": instead_of or ""},
            ),
            Write(
                kind="Put",
                table=self.table,
                item={
                    **_known_key(known.visitor_id),
                    "subject_hash": known.subject_hash,
                    "name": known.name,
                    "variables": dict(known.variables),
                    "expires_at": expires_at,
                },
                condition="#subject_hash = :subject_hash",
                if_absent=True,
                values={"subject_hash": known.subject_hash},
            ),
            *guards,
        )

    def forget(self, visitor_id: str) -> None:
        """Forget who a visitor is."""
        (record,) = self._tables.read_even_expired([(self.table, _known_key(visitor_id))])
        if record is None:
            return
        self._tables.delete_all(self.table, [_person_key(record["subject_hash"]), _known_key(visitor_id)])
