"""Visitors' credentials at Giosg, apart from all else so that few functions can read them."""

from datetime import datetime, timedelta

from visitor_chat.domain.records import Credentials
from visitor_chat.runtime.clock import Clock, from_text, to_epoch_seconds, to_text
from visitor_chat.store.dynamodb_values import Record
from visitor_chat.store.tables import Key, Tables, Write


def credentials_key(visitor_id: str) -> Key:
    return {"visitor_id": visitor_id}


def to_credentials(record: Record) -> Credentials:
    return Credentials(
        visitor_id=record["visitor_id"],
        visitor_secret_id=record["visitor_secret_id"],
        access_token=record["access_token"],
        renew_at=from_text(record["renew_at"]),
    )


class CredentialsStore:
    """The credentials table."""

    def __init__(self, tables: Tables, table: str, *, clock: Clock, retention: timedelta) -> None:
        self.table = table
        self._tables = tables
        self._clock = clock
        self._retention = retention

    def find(self, visitor_id: str) -> Credentials | None:
        (record,) = self._tables.read([(self.table, credentials_key(visitor_id))])
        return to_credentials(record) if record else None

    def keep(self, credentials: Credentials) -> None:
        """Store the credentials of a new visitor."""
        self._tables.write(self._put(credentials, condition=None))

    def renew(self, credentials: Credentials) -> None:
        """Store renewed credentials, which ends the renewal; raise ConditionFailed if the visitor's were erased."""
        self._tables.write(self._put(credentials, condition="attribute_exists(#visitor_id)"))

    def _put(self, credentials: Credentials, *, condition: str | None) -> Write:
        item = {
            **credentials_key(credentials.visitor_id),
            "visitor_secret_id": credentials.visitor_secret_id,
            "access_token": credentials.access_token,
            "renew_at": to_text(credentials.renew_at),
            "expires_at": to_epoch_seconds(self._clock() + self._retention),
        }
        return Write(kind="Put", table=self.table, item=item, condition=condition)

    def lease_renewal(self, rejected: Credentials, until: datetime) -> bool:
        """Claim the renewal of just this access token; False when another caller has it or has done it."""
        written = self._tables.write_if(
            Write(
                kind="Update",
                table=self.table,
                key=credentials_key(rejected.visitor_id),
                update="SET #renewing_until = :until",
                condition="#access_token = :rejected"
                " AND (attribute_not_exists(#renewing_until) OR #renewing_until < :now)",
                values={
                    "rejected": rejected.access_token,
                    "until": to_text(until),
                    "now": to_text(self._clock()),
                },
            ),
        )
        return written is not None

    def release_renewal(self, visitor_id: str) -> None:
        """Return a renewal that failed back, so that the next caller need not wait for the lease to run out."""
        self._tables.write_if(
            Write(
                kind="Update",
                table=self.table,
                key=credentials_key(visitor_id),
                update="REMOVE #renewing_until",
                condition="attribute_exists(#access_token)",
            ),
        )

    def forget(self, visitor_id: str) -> None:
        self._tables.write(Write(kind="Delete", table=self.table, key=credentials_key(visitor_id)))
