"""What DynamoDB charges for an operation, by its documented rules: moto makes its own figures up.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html

An index pays for each entry that is written, moved (twice) or deleted in it. A transaction pays double, here with its
indexes, of which the documentation does not say it: the figures are rather too high than too low.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from tests.aws import REGION
from tests.template import resources

READ_UNIT_BYTES = 4096
WRITE_UNIT_BYTES = 1024
OVERHEAD_BYTES = 3
"""Of a list or a map; each of its elements has one byte more."""

Item = Mapping[str, Any]


class Place(NamedTuple):
    """Where an item is, or may be."""

    table: str
    key: Item

    def item(self) -> Item | None:
        found = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].get_item(self.table, dict(self.key))
        return found.to_json()["Attributes"] if found else None


class Capacity:
    """Adds up the units of operations; to be told of each before and after it is done."""

    def __init__(self) -> None:
        self.read_units = 0.0
        self.write_units = 0
        self._request: Any = {}
        self._before: list[tuple[Place, Item | None]] = []
        self._copies = 1

    def clear(self) -> None:
        self.read_units, self.write_units = 0.0, 0

    def begin(self, event_name: str, request: Any, **_rest: Any) -> None:
        """Note what is about to be replaced; a hook of botocore's."""
        operation = event_name.rsplit(".", 1)[1]
        self._request = json.loads(request.body)
        self._copies = 2 if operation == "TransactWriteItems" else 1
        self._before = [(place, place.item()) for place in _written(operation, self._request)]
        if operation == "BatchGetItem":
            self.read_units += sum(_batch_units(*entry) for entry in self._request["RequestItems"].items())

    def written(self, **_rest: Any) -> None:
        """Charge for what was written; a hook of botocore's."""
        for place, before in self._before:
            self.write_units += self._copies * _write_units(place, before, place.item())
        self._before = []

    def queried(self, parsed: Any, **_rest: Any) -> None:
        """Charge for what a query has found; a hook of botocore's."""
        size = sum(size_of(item) for item in parsed["Items"])
        self.read_units += _read_units(size, is_consistent=self._request.get("ConsistentRead", False))


def _written(operation: str, request: Any) -> Iterator[Place]:
    """Return the items that an operation writes, or checks for a transaction, which costs the same."""
    if operation == "TransactWriteItems":
        writes = [write for each in request["TransactItems"] for write in each.values()]
    elif operation == "BatchWriteItem":
        batches = request["RequestItems"].items()
        writes = [
            {"TableName": table, **write} for table, asked in batches for each in asked for write in each.values()
        ]
    else:
        writes = [request] if operation in {"PutItem", "UpdateItem", "DeleteItem"} else []
    for write in writes:
        names = _key_names(_table(write["TableName"]))
        item = write.get("Key") or write["Item"]
        yield Place(write["TableName"], {name: item[name] for name in names})


def _batch_units(table: str, wanted: Any) -> float:
    """Charge for each item of a batch by itself, also for one that does not exist."""
    sizes = [size_of(Place(table, key).item() or {}) for key in wanted["Keys"]]
    return sum(_read_units(size, is_consistent=wanted.get("ConsistentRead", False)) for size in sizes)


def _read_units(size: int, *, is_consistent: bool) -> float:
    return _units(size, READ_UNIT_BYTES) * (1.0 if is_consistent else 0.5)


def _units(size: int, unit_bytes: int) -> int:
    return max(1, -(-size // unit_bytes))


def _write_units(place: Place, before: Item | None, after: Item | None) -> int:
    units = _units(max(size_of(before or {}), size_of(after or {})), WRITE_UNIT_BYTES)
    table = _table(place.table)
    indexes = [*table.get("LocalSecondaryIndexes", []), *table.get("GlobalSecondaryIndexes", [])]
    return units + sum(
        _index_units(index, _entry(table, index, before), _entry(table, index, after)) for index in indexes
    )


def _index_units(index: Any, before: Item | None, after: Item | None) -> int:
    """Charge for an entry's change in place once, for one that moves twice."""
    if before == after:
        return 0
    is_in_place = before and after and all(before[name] == after[name] for name in _key_names(index))
    entries = [max(before or {}, after or {}, key=size_of)] if is_in_place else [before, after]
    return sum(_units(size_of(entry), WRITE_UNIT_BYTES) for entry in entries if entry)


def _entry(table: Any, index: Any, item: Item | None) -> Item | None:
    """Return what an index holds of an item, None for one that lacks its key."""
    if item is None or not all(name in item for name in _key_names(index)):
        return None
    names = item.keys() if index["Projection"]["ProjectionType"] == "ALL" else {*_key_names(table), *_key_names(index)}
    return {name: item[name] for name in names}


def _table(name: str) -> Any:
    return resources("AWS::DynamoDB::Table")[name]["Properties"]


def _key_names(schema: Any) -> list[str]:
    return [key["AttributeName"] for key in schema["KeySchema"]]


def size_of(item: Item) -> int:
    """Return an item's size in bytes: names and values in UTF-8."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(attribute: Mapping[str, Any]) -> int:
    ((kind, value),) = attribute.items()
    match kind:
        case "S":
            return len(value.encode())
        case "N":
            return (len(value.strip("-").strip("0")) + 1) // 2 + 1
        case "L":
            return OVERHEAD_BYTES + sum(1 + _value_size(each) for each in value)
        case "M":
            return OVERHEAD_BYTES + sum(1 + size_of({name: each}) for name, each in value.items())
    return 1
