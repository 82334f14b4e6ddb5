"""Browsers that are told of answers with the page closed, in the visitors table: one item for each visitor.

The item also says when its visitor was last told, so that the one write that decides whether it is time again also
reads whom to tell.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from visitor_chat.domain.push_subscriptions import PushSubscription
from visitor_chat.runtime.clock import Clock, to_epoch_seconds, to_text
from visitor_chat.store.dynamodb_values import Record
from visitor_chat.store.tables import ConditionFailed, Key, Tables, Write

MOST_SUBSCRIPTIONS = 5
"""Browsers of one visitor; a new one beyond them takes the place of the one that was last heard of first."""
ATTEMPTS = 5
_Subscriptions = dict[str, dict[str, Any]]


def _push_key(visitor_id: str) -> Key:
    return {"visitor_id": visitor_id, "record": "push"}


class PushSubscriptions:
    """The subscriptions of all visitors."""

    def __init__(self, tables: Tables, table: str, *, clock: Clock, retention: timedelta) -> None:
        self.table = table
        self._tables = tables
        self._clock = clock
        self._retention = retention

    def find(self, visitor_id: str, wanted_id: str) -> PushSubscription | None:
        known = self._read(visitor_id).get("subscriptions", {}).get(wanted_id)
        return _to_subscription(known) if known else None

    def add(self, visitor_id: str, subscription: PushSubscription, *, guards: Sequence[Write]) -> None:
        """Store a subscription, or what is new about it; raise ConditionFailed when a guard fails."""
        entry = {
            "endpoint": subscription.endpoint,
            "browser_key": subscription.browser_key,
            "auth_secret": subscription.auth_secret,
            "language": subscription.language,
            "heard_at": to_text(self._clock()),
        }
        self._change(visitor_id, lambda known: _newest({**known, subscription.id: entry}), guards)

    def remove(self, visitor_id: str, removed_id: str) -> None:
        """Forget a subscription; one that is not there stays so."""
        self._change(visitor_id, lambda known: {name: each for name, each in known.items() if name != removed_id}, ())

    def _change(
        self, visitor_id: str, change: Callable[[_Subscriptions], _Subscriptions], guards: Sequence[Write]
    ) -> None:
        """Read, change, and write if nobody else has written: a visitor has a few browsers, seldom two at a time."""
        for attempt in range(1, ATTEMPTS + 1):
            before = self._read(visitor_id)
            known = before.get("subscriptions", {})
            if (changed := change(known)) == known:
                return
            write = self._writing(visitor_id, before, changed)
            try:
                self._tables.transact(write, *guards)
            except ConditionFailed:
                if attempt == ATTEMPTS:
                    raise
            else:
                return

    def _writing(self, visitor_id: str, before: Record, subscriptions: _Subscriptions) -> Write:
        version = before.get("version", 0)
        return Write(
            kind="Update",
            table=self.table,
            key=_push_key(visitor_id),
            update="SET #subscriptions = :subscriptions, #version = :next, #expires_at = :expires_at",
            condition="#version = :version" if before else None,
            if_absent=not before,
            values={
                "subscriptions": subscriptions,
                "next": version + 1,
                "expires_at": to_epoch_seconds(self._clock() + self._retention),
                **({"version": version} if before else {}),
            },
        )

    def take_turn(self, visitor_id: str, *, event_id: str, every: timedelta) -> list[str]:
        """Return the ids of the subscriptions to tell now; none while the visitor was told of something else lately.

        Whoever comes again with the same event goes on with the turn that it took.
        """
        now = self._clock()
        record = self._tables.write_if(
            Write(
                kind="Update",
                table=self.table,
                key=_push_key(visitor_id),
                update="SET #told_at = :now, #told_of = :event_id",
                condition="size(#subscriptions) > :none AND"
                " (attribute_not_exists(#told_at) OR #told_at <= :before OR #told_of = :event_id)",
                values={"now": to_text(now), "before": to_text(now - every), "event_id": event_id, "none": 0},
            ),
        )
        return sorted(record["subscriptions"]) if record else []

    def erase(self, visitor_id: str) -> None:
        self._tables.delete_all(self.table, [_push_key(visitor_id)])

    def _read(self, visitor_id: str) -> Record:
        (record,) = self._tables.read([(self.table, _push_key(visitor_id))])
        return record or {}


def _newest(subscriptions: _Subscriptions) -> _Subscriptions:
    by_age = sorted(subscriptions.items(), key=lambda item: item[1]["heard_at"])
    return dict(by_age[-MOST_SUBSCRIPTIONS:])


def _to_subscription(entry: Mapping[str, Any]) -> PushSubscription:
    return PushSubscription(**{name: entry[name] for name in ("endpoint", "browser_key", "auth_secret", "language")})
