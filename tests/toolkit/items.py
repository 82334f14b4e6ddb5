"""moto's items, compared, found, copied and written out without the detours: what they are, and say, is moto's own."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from moto.dynamodb import responses
from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import Table
from moto.dynamodb.models.utilities import bytesize, dynamo_to_dict

MOST_BYTES = 405_000
"""As moto has it."""


OF_INDEX = 6
"""Where `Table.query` has the name of an index, after the partition's key."""
OF_BYTES = {"B", "BS"}
PLAIN = {str, int, float, bool, type(None)}


@contextmanager
def quick_items() -> Iterator[None]:
    """Let items be made, copied and written out at once."""
    query, same = Table.query, DynamoType.__eq__

    def query_partition(table: Any, key: Any, *asked: Any, **rest: Any) -> Any:
        """Look, without an index, at one partition instead of the whole table."""
        if asked[OF_INDEX] is not None:
            return query(table, key, *asked, **rest)
        whole = table.items
        table.items = {key: whole[key]} if key in whole else {}
        try:
            return query(table, key, *asked, **rest)
        finally:
            table.items = whole

    def is_same(value: Any, other: Any) -> bool:
        return value.value == other.value if value.type == other.type == "S" else bool(same(value, other))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Table, "query", query_partition)
        patch.setattr(Table, "all_items", _sorted_items)
        patch.setattr(DynamoType, "__eq__", is_same)
        patch.setattr(DynamoType, "__ne__", lambda value, other: not is_same(value, other))
        patch.setattr(DynamoType, "__hash__", lambda value: hash(_comparable(value)))
        patch.setattr(DynamoType, "size", _size)
        patch.setattr(Item, "__init__", _make)
        patch.setattr(Item, "__deepcopy__", _copy_item)
        patch.setattr(DynamoType, "__deepcopy__", lambda value, _memo: copied(value))
        patch.setattr(DynamoType, "to_regular_json", _written)
        patch.setattr(responses, "dynamo_to_dict", plain)
        yield


def _sorted_items(table: Any) -> list[Any]:
    items = table.items.values()
    found = [item for partition in items for item in partition.values()] if table.range_key_attr else list(items)
    return sorted(found, key=lambda item: (_comparable(item.hash_key), item.range_key and _comparable(item.range_key)))


def _comparable(value: Any) -> Any:
    return value.value if value.type == "S" else value.cast_value


def _size(value: Any) -> int:
    """Do what moto does."""
    inside = value.value
    if isinstance(inside, dict):
        return sum(bytesize(name) + _size(each) for name, each in inside.items())
    if isinstance(inside, list):
        return sum(_size(each) if isinstance(each, DynamoType) else bytesize(each) for each in inside)
    return 1 if isinstance(inside, bool) else bytesize(str(inside) if value.type == "N" else inside)


def _make(item: Any, hash_key: Any, range_key: Any, attrs: dict[str, Any]) -> None:
    """Do what moto does, and measure an item once instead of with each of its attributes."""
    item.hash_key, item.range_key, item.attrs = hash_key, range_key, LimitedSizeDict()
    dict.update(item.attrs, {name: DynamoType(value) for name, value in attrs.items()})
    if sum(bytesize(name) + value.size() for name, value in item.attrs.items()) > MOST_BYTES:
        raise ItemSizeTooLarge


def _copy_item(item: Any, _memo: Any) -> Any:
    twin: Any = Item.__new__(Item)
    twin.hash_key, twin.range_key = item.hash_key, item.range_key
    twin.attrs = LimitedSizeDict()
    dict.update(twin.attrs, {name: copied(value) for name, value in item.attrs.items()})
    return twin


def copied(value: Any) -> Any:
    """Return a copy of a value and of all that is in it."""
    if not isinstance(value, DynamoType):
        return value
    twin = DynamoType.__new__(DynamoType)
    twin.type, inside = value.type, value.value
    if isinstance(inside, dict):
        twin.value = {name: copied(each) for name, each in inside.items()}
    else:
        twin.value = [copied(each) for each in inside] if isinstance(inside, list) else inside
    return twin


def _written(value: Any) -> dict[str, Any]:
    inside = value.value
    if isinstance(inside, dict):
        inside = {name: _written(each) if isinstance(each, DynamoType) else each for name, each in inside.items()}
    elif isinstance(inside, list):
        inside = [_written(each) if isinstance(each, DynamoType) else each for each in inside]
    elif value.type == "B" and isinstance(inside, str):
        inside = base64.b64decode(inside)
    return {value.type: inside}


def plain(answer: Any) -> Any:
    """Do what moto's `dynamo_to_dict` does."""
    kind = type(answer)
    if kind is dict:
        return {name: plain(each) for name, each in answer.items()}
    if kind is list:
        return [plain(each) for each in answer]
    if kind is DynamoType and answer.type not in OF_BYTES:
        return {answer.type: plain(answer.value)}
    if kind is Item:
        return plain(answer.to_json())
    return answer if kind in PLAIN else dynamo_to_dict(answer)
