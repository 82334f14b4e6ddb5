"""DynamoDB as this store uses it: strong batch reads, conditional writes, transactions.

Expressions name every attribute `#attribute` and every value `:value`, so that no reserved word is ever met
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html).
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any, Literal

from botocore.exceptions import ClientError

from giosg_client.frozen import Frozen, frozen
from visitor_chat import clock
from visitor_chat.store.attributes import Record, from_item, to_item

Key = Mapping[str, str | int]
_ATTRIBUTE = re.compile(r"#(\w+)")
MOST_IN_A_BATCH = 100
"""https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html"""
CONFLICT_PAUSES_SECONDS = (0.02, 0.05, 0.1)
_CONFLICTS = frozenset({"ConditionalCheckFailed", "TransactionConflict"})


class ConditionFailed(Exception):
    """A conditional write found another state than it expected; nothing was written."""


class UnprocessedReads(Exception):
    """The table stayed too busy to answer a batch of reads."""


@frozen
class Write(Frozen):
    """One write: alone or as a part of a transaction. `names` adds attribute names that are not known in advance."""

    kind: Literal["Put", "Update", "Delete", "ConditionCheck"]
    table: str
    key: Key | None = None
    item: Record | None = None
    update: str | None = None
    condition: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    def parameters(self) -> dict[str, Any]:
        """Give the parameters in the form that single operations and transactions share."""
        expressions = {"UpdateExpression": self.update, "ConditionExpression": self.condition}
        parameters: dict[str, Any] = {"TableName": self.table}
        parameters |= {name: text for name, text in expressions.items() if text}
        if self.key is not None:
            parameters["Key"] = to_item(self.key)
        if self.item is not None:
            parameters["Item"] = to_item(self.item)
        return parameters | _placeholders(" ".join(expressions[e] or "" for e in expressions), self.values, self.names)


def _placeholders(expression: str, values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    attribute_names = {f"#{name}": names.get(name, name) for name in _ATTRIBUTE.findall(expression)}
    attribute_values = {f":{name}": value for name, value in to_item(values).items()}
    placeholders: dict[str, Any] = {}
    if attribute_names:
        placeholders["ExpressionAttributeNames"] = attribute_names
    if attribute_values:
        placeholders["ExpressionAttributeValues"] = attribute_values
    return placeholders


def setting(values: Mapping[str, Any]) -> str:
    """Give the update that sets attributes, empty for none."""
    return "SET " + ", ".join(f"#{name} = :{name}" for name in values) if values else ""


@frozen
class Page(Frozen):
    """What a bounded query found, in key order, and whether more follows."""

    records: list[Record]
    has_more: bool


class Tables:
    """The verbs that the store needs of DynamoDB; `client` is a low-level client that may be shared by threads."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def read(self, keys: Sequence[tuple[str, Key]]) -> list[Record | None]:
        """Read items of any tables in one round trip for each 100, strongly consistent, in the order asked for."""
        if len(keys) > MOST_IN_A_BATCH:
            return self.read(keys[:MOST_IN_A_BATCH]) + self.read(keys[MOST_IN_A_BATCH:])
        wanted: dict[str, Any] = {}
        for table, key in keys:
            entry = wanted.setdefault(table, {"Keys": [], "ConsistentRead": True})
            if (item := to_item(key)) not in entry["Keys"]:
                entry["Keys"].append(item)
        found = self._read_all(wanted)
        return [self._pick(found.get(table, []), key) for table, key in keys]

    def _read_all(self, wanted: dict[str, Any]) -> dict[str, list[Record]]:
        found: dict[str, list[Record]] = {}
        for _attempt in range(5):
            answer = self._client.batch_get_item(RequestItems=wanted)
            for table, items in answer["Responses"].items():
                found.setdefault(table, []).extend(from_item(item) for item in items)
            wanted = answer.get("UnprocessedKeys") or {}
            if not wanted:
                return found
        raise UnprocessedReads

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
        """Read at most `limit` items of one partition in key order."""
        parameters: dict[str, Any] = {"IndexName": index} if index else {}
        answer = self._client.query(
            TableName=table,
            KeyConditionExpression=condition,
            ConsistentRead=consistent,
            ScanIndexForward=not newest_first,
            Limit=limit,
            **_placeholders(condition, values, {}),
            **parameters,
        )
        records = [from_item(item) for item in answer["Items"]]
        return Page(records=records, has_more="LastEvaluatedKey" in answer)

    def partition(self, table: str, condition: str, values: Mapping[str, Any]) -> Iterator[Record]:
        """Read a whole partition, page by page."""
        start: dict[str, Any] = {}
        while True:
            answer = self._client.query(
                TableName=table,
                KeyConditionExpression=condition,
                ConsistentRead=True,
                **_placeholders(condition, values, {}),
                **start,
            )
            yield from (from_item(item) for item in answer["Items"])
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
            answer = _undisturbed(lambda: operation(**write.parameters(), ReturnValues=wanted))
        except ClientError as error:
            raise _translated(error) from error
        return from_item(answer.get("Attributes", {}))

    def transact(self, *writes: Write) -> None:
        """Do all writes or none (at most 100); raise ConditionFailed."""
        try:
            self._client.transact_write_items(
                TransactItems=[{write.kind: write.parameters()} for write in writes],
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
