"""Throttled tables, counted also where the SDK asks again with success: `ThrottledTablesAlarm` watches the count."""

from collections.abc import Mapping
from typing import Any

from visitor_chat.runtime import telemetry

_CODES = frozenset({"ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"})
_REASONS = frozenset({"ProvisionedThroughputExceeded", "ThrottlingError"})
"""https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html"""


def watch(client: Any) -> None:
    """Look at each answer that a client of DynamoDB gets, before anybody asks again."""
    client.meta.events.register("needs-retry.dynamodb", _notice, unique_id="throttling")


def _notice(response: tuple[Any, Mapping[str, Any]] | None, **_rest: Any) -> None:
    if response is not None and is_throttled(response[1]):
        telemetry.count("TablesThrottled")


def is_throttled(answer: Mapping[str, Any]) -> bool:
    """Tell whether a table was too busy for all, or a part, of what it was asked."""
    if answer.get("Error", {}).get("Code") in _CODES or answer.get("UnprocessedKeys"):
        return True
    return any(reason.get("Code") in _REASONS for reason in answer.get("CancellationReasons", ()))
