"""What moto does not do: transactions whose items become readable one after the other.

DynamoDB's transactions are serializable among each other, but other reads may see one item of a transaction before the
rest of it, and a write that touches an item of a transaction under way is refused with a conflict
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-isolation).
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from tests.aws import REGION

from visitor_chat import wiring

KEYS = {"MessagesTable": ("chat_id", "record"), "ChatsTable": ("pk", "sk")}
Item = Mapping[str, Any]
Place = tuple[str, str, str]


class InFlight:
    """Keeps items of one kind unreadable from the transaction that writes them until `settle`."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._before: dict[Place, Item | None] = {}
        self._hidden: dict[Place, Item] = {}
        self.conflicts = 0

    @property
    def is_hiding(self) -> bool:
        return bool(self._hidden)

    def settle(self) -> None:
        """Let the items be readable, and hide no more."""
        for (table, _hash, _range), item in self._hidden.items():
            _backend().put_item(table, dict(item))
        self._hidden.clear()
        self._kind = "nothing"

    def before(self, event_name: str, request: Any, **_rest: Any) -> None:
        """Refuse a write that touches a hidden item; note what a transaction is about to replace."""
        operation = event_name.rsplit(".", 1)[1]
        places = list(_places(operation, json.loads(request.body)))
        if any(place in self._hidden for place in places):
            self.conflicts += 1
            raise _conflict(operation)
        self._before = {}
        for place in places:
            if operation == "TransactWriteItems" and place[2].startswith(self._kind):
                self._before[place] = _read(place)

    def after(self, http_response: Any, **_rest: Any) -> None:
        """Take back, for readers, what the transaction has written."""
        if http_response.status_code != 200:
            return
        for place, before in self._before.items():
            written = _read(place)
            if written is not None and written != before:
                self._hidden[place] = written
                _replace(place, before)


def _places(operation: str, parameters: Item) -> Iterator[Place]:
    if operation == "TransactWriteItems":
        writes = [write for entry in parameters["TransactItems"] for write in entry.values()]
    else:
        writes = [parameters]
    for write in writes:
        key = write.get("Key") or write["Item"]
        if (names := KEYS.get(write["TableName"])) is not None:
            yield write["TableName"], key[names[0]]["S"], key[names[1]]["S"]


def _backend() -> Any:
    return dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION]


def _key(place: Place) -> dict[str, Any]:
    table, partition, record = place
    return dict(zip(KEYS[table], ({"S": partition}, {"S": record}), strict=True))


def _read(place: Place) -> Item | None:
    item = _backend().get_item(place[0], _key(place))
    return item.to_json()["Attributes"] if item else None


def _replace(place: Place, item: Item | None) -> None:
    if item is None:
        _backend().delete_item(place[0], _key(place))
    else:
        _backend().put_item(place[0], dict(item))


def _conflict(operation: str) -> ClientError:
    if operation != "TransactWriteItems":
        return ClientError({"Error": {"Code": "TransactionConflictException"}}, operation)
    answer: Any = {
        "Error": {"Code": "TransactionCanceledException"},
        "CancellationReasons": [{"Code": "TransactionConflict"}],
    }
    return ClientError(answer, operation)


WRITES = ("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems")


@contextmanager
def hiding(kind: str) -> Iterator[InFlight]:
    """Hide the items whose sort key begins so, as soon as a transaction writes one."""
    in_flight, hooks = InFlight(kind), wiring.aws("dynamodb").meta.events
    for operation in WRITES:
        hooks.register_first(f"before-send.dynamodb.{operation}", in_flight.before, unique_id=f"in-flight-{operation}")
    hooks.register("after-call.dynamodb.TransactWriteItems", in_flight.after, unique_id="in-flight")
    yield in_flight
    in_flight.settle()
    for operation in WRITES:
        hooks.unregister(f"before-send.dynamodb.{operation}", unique_id=f"in-flight-{operation}")
    hooks.unregister("after-call.dynamodb.TransactWriteItems", unique_id="in-flight")
