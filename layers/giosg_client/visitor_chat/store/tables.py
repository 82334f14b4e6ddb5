"""DynamoDB as this store uses it: strong batch reads, conditional writes, transactions.

Every item has a time to live, and DynamoDB deletes it some days after that
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ttl-expired-items.html). Here is the one rule for the
days between: an item whose `expires_at` has come is gone. No read finds it, a condition holds of items that live, and
what must not be there may be there expired. Only erasing looks for whatever there is.

Expressions name every attribute `#attribute` and every value `:value`, so that no reserved word is ever met
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html).
"""

import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import field
from functools import partial
from itertools import islice
from typing import Any, Literal, TypeVar

from botocore.exceptions import ClientError

from giosg_client.frozen import Frozen, frozen
from visitor_chat.runtime import clock
from visitor_chat.runtime.clock import Clock, to_epoch_seconds
from visitor_chat.store.dynamodb_values import Record, from_item, to_item

Key = Mapping[str, str | int]
Value = TypeVar("Value")
_ATTRIBUTE = re.compile(r"#(\w+)")
MOST_IN_A_BATCH = 100
"""https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html"""
LONGEST_READ_PAUSES_SECONDS = (0.05, 0.1, 0.2, 0.4)
"""Before a batch's unprocessed keys are asked for again; AWS advises to back off exponentially (the same page)."""
MOST_DELETED_AT_ONCE = 25
"""https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html"""
CONFLICT_PAUSES_SECONDS = (0.02, 0.05, 0.1)
_CONFLICTS = frozenset({"ConditionalCheckFailed", "TransactionConflict"})


class ConditionFailed(Exception):
    """A conditional write found another state than it expected; nothing was written."""


class Unprocessed(Exception):
    """The tables stayed too busy for all of a batch."""


@frozen
class Write(Frozen):
    """One write: alone or as a part of a transaction. `names` adds attribute names that are not known in advance.

    `condition` must hold of the item as it lives. With `if_absent` there may also be none; without a condition, there
    must be none.
    """

    kind: Literal["Put", "Update", "Delete", "ConditionCheck"]
    table: str
    key: Key | None = None
    item: Record | None = None
    update: str | None = None
    condition: str | None = None
    if_absent: bool = False
    values: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    def parameters(self, now: int) -> dict[str, Any]:
        """Return the parameters in the form that single operations and transactions share; `now` in epoch seconds."""
        condition = self._condition()
        expressions = {"UpdateExpression": self.update, "ConditionExpression": condition}
        parameters: dict[str, Any] = {"TableName": self.table}
        parameters |= {name: text for name, text in expressions.items() if text}
        if self.key is not None:
            parameters["Key"] = to_item(self.key)
        if self.item is not None:
            parameters["Item"] = to_item(self.item)
        values = {**self.values, "now_epoch": now} if condition else self.values
        return parameters | _placeholders(" ".join(filter(None, expressions.values())), values, self.names)

    def _condition(self) -> str | None:
        if self.condition is None:
            return _ABSENT if self.if_absent else None
        living = f"{_LIVES} AND ({self.condition})"
        return f"{_ABSENT} OR ({living})" if self.if_absent else living


_LIVES = "#expires_at > :now_epoch"
_ABSENT = "attribute_not_exists(#expires_at) OR #expires_at <= :now_epoch"


def _placeholders(expression: str, values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    attribute_names = {f"#{name}": names.get(name, name) for name in _ATTRIBUTE.findall(expression)}
    attribute_values = {f":{name}": value for name, value in to_item(values).items()}
    placeholders: dict[str, Any] = {}
    if attribute_names:
        placeholders["ExpressionAttributeNames"] = attribute_names
    if attribute_values:
        placeholders["ExpressionAttributeValues"] = attribute_values
    return placeholders


def batched(items: Iterable[Value], size: int) -> Iterator[list[Value]]:
    """Cut into lists of at most this size; Python's own is not in 3.11."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def setting(values: Mapping[str, Any]) -> str:
    """Return the update that sets attributes, empty for none."""
    return "SET " + ", ".join(f"#{name} = :{name}" for name in values) if values else ""


@frozen
class Page(Frozen):
    """What a bounded query found, in key order, and whether more follows."""

    records: list[Record]
    has_more: bool


class Tables:
    """The verbs that the store needs of DynamoDB; `client` is a low-level client that `threads` may share."""

    def __init__(
        self, client: Any, *, clock: Clock, threads: Executor, jitter: Callable[[], float] = random.random
    ) -> None:
        self._client = client
        self._clock = clock
        self._threads = threads
        self._jitter = jitter

    @property
    def _now(self) -> int:
        return to_epoch_seconds(self._clock())

    def is_alive(self, record: Record) -> bool:
        """Tell whether an item's time has not come."""
        return bool(record["expires_at"] > self._now)

    def read(self, keys: Sequence[tuple[str, Key]]) -> list[Record | None]:
        """Read items of any tables in one round trip for each 100, strongly consistent, in the order asked for."""
        records = self.read_even_expired(keys)
        return [record if record is not None and self.is_alive(record) else None for record in records]

    def read_even_expired(self, keys: Sequence[tuple[str, Key]]) -> list[Record | None]:
        """Read items whether or not their time has come."""
        if len(keys) > MOST_IN_A_BATCH:
            return self.read_even_expired(keys[:MOST_IN_A_BATCH]) + self.read_even_expired(keys[MOST_IN_A_BATCH:])
        wanted: dict[str, Any] = {}
        for table, key in keys:
            entry = wanted.setdefault(table, {"Keys": [], "ConsistentRead": True})
            if (item := to_item(key)) not in entry["Keys"]:
                entry["Keys"].append(item)
        found = self._read_all(wanted)
        return [self._pick(found.get(table, []), key) for table, key in keys]

    def _read_all(self, wanted: dict[str, Any]) -> dict[str, list[Record]]:
        found: dict[str, list[Record]] = {}
        for longest_pause_seconds in (*LONGEST_READ_PAUSES_SECONDS, None):
            answer = self._client.batch_get_item(RequestItems=wanted)
            for table, items in answer["Responses"].items():
                found.setdefault(table, []).extend(from_item(item) for item in items)
            wanted = answer.get("UnprocessedKeys") or {}
            if not wanted:
                return found
            if longest_pause_seconds:
                clock.sleep(longest_pause_seconds * self._jitter())
        raise Unprocessed

    @staticmethod
    def _pick(records: list[Record], key: Key) -> Record | None:
        return next((record for record in records if key.items() <= record.items()), None)

    def query(
        self,
        table: str,
        condition: str,
        values: Mapping[str, Any],
        *,
        limit: int,
        index: str | None = None,
        newest_first: bool = False,
        consistent: bool = True,
    ) -> Page:
        """Read at most `limit` items of one partition in key order: one round trip, or more while all have expired."""
        asked: dict[str, Any] = {"IndexName": index} if index else {}
        asked |= {"ConsistentRead": consistent, "ScanIndexForward": not newest_first, "Limit": limit}
        for answer in self._pages(table, condition, values, asked):
            records = [record for record in map(from_item, answer["Items"]) if self._lives_in(record, index)]
            if records or "LastEvaluatedKey" not in answer:
                return Page(records=records, has_more="LastEvaluatedKey" in answer)
        return Page(records=[], has_more=False)

    def _lives_in(self, record: Record, index: str | None) -> bool:
        """Tell whether an item lives, as far as can be seen: an index of keys alone does not say."""
        return (index is not None and "expires_at" not in record) or self.is_alive(record)

    def partition(
        self, table: str, condition: str, values: Mapping[str, Any], *, index: str | None = None
    ) -> Iterator[Record]:
        """Read a whole partition, page by page; an index follows its table with a short delay."""
        return (
            each for each in self.partition_even_expired(table, condition, values, index=index) if self.is_alive(each)
        )

    def partition_even_expired(
        self, table: str, condition: str, values: Mapping[str, Any], *, index: str | None = None
    ) -> Iterator[Record]:
        """Read a whole partition, whether or not the items' time has come."""
        asked: dict[str, Any] = {"IndexName": index} if index else {"ConsistentRead": True}
        for answer in self._pages(table, condition, values, asked):
            yield from map(from_item, answer["Items"])

    def _pages(
        self, table: str, condition: str, values: Mapping[str, Any], asked: Mapping[str, Any]
    ) -> Iterator[Mapping[str, Any]]:
        start: dict[str, Any] = {}
        while True:
            answer = self._client.query(
                TableName=table,
                KeyConditionExpression=condition,
                **_placeholders(condition, values, {}),
                **asked,
                **start,
            )
            yield answer
            if "LastEvaluatedKey" not in answer:
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def write(self, write: Write) -> Record:
        """Do one write, and return the item as an update has left it, or a deletion has found it; else nothing.

        Raise ConditionFailed.
        """
        operations = {
            "Put": self._client.put_item,
            "Update": self._client.update_item,
            "Delete": self._client.delete_item,
        }
        wanted = {"Update": "ALL_NEW", "Delete": "ALL_OLD"}.get(write.kind, "NONE")
        operation = operations[write.kind]
        try:
            answer = _undisturbed(lambda: operation(**write.parameters(self._now), ReturnValues=wanted))
        except ClientError as error:
            raise _translated(error) from error
        return from_item(answer.get("Attributes", {}))

    def write_if(self, write: Write) -> Record | None:
        """Do one write unless its condition fails: then give None."""
        try:
            return self.write(write)
        except ConditionFailed:
            return None

    def delete_all(self, table: str, keys: Iterable[Key]) -> None:
        """Delete items, whatever is in them, 25 in a round trip, and several of those side by side."""
        batches = batched((to_item(key) for key in keys), MOST_DELETED_AT_ONCE)
        deletions = [{table: [{"DeleteRequest": {"Key": key}} for key in batch]} for batch in batches]
        for _done in self._threads.map(self._delete, deletions):
            pass

    def _delete(self, wanted: dict[str, Any]) -> None:
        for longest_pause_seconds in (*LONGEST_READ_PAUSES_SECONDS, None):
            answer = _undisturbed(partial(self._client.batch_write_item, RequestItems=wanted))
            wanted = answer.get("UnprocessedItems") or {}
            if not wanted:
                return
            if longest_pause_seconds:
                clock.sleep(longest_pause_seconds * self._jitter())
        raise Unprocessed

    def transact(self, *writes: Write) -> None:
        """Do all writes or none (at most 100); raise ConditionFailed."""
        try:
            self._client.transact_write_items(
                TransactItems=[{write.kind: write.parameters(self._now)} for write in writes],
            )
        except ClientError as error:
            raise _translated(error) from error


def _undisturbed(operation: Callable[[], Any]) -> Any:
    """Do a write again while a transaction holds its item, which is over in a moment; the SDK does not.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling
    """
    for pause_seconds in CONFLICT_PAUSES_SECONDS:
        try:
            return operation()
        except ClientError as error:
            if error.response["Error"].get("Code") != "TransactionConflictException":
                raise
            clock.sleep(pause_seconds)
    return operation()


def _translated(error: ClientError) -> Exception:
    """Tell "another state than expected" from every other failure, by code."""
    code = error.response.get("Error", {}).get("Code")
    if code == "ConditionalCheckFailedException":
        return ConditionFailed()
    reasons = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])}
    if code == "TransactionCanceledException" and reasons <= _CONFLICTS | {"None"}:
        return ConditionFailed()
    return error
