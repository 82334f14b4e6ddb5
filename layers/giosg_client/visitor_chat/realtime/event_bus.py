"""The tables' changes as small public events, for integrations: ids and kinds, never a name or a text.

docs/events.md describes them for those who use them. A change may be published more than once, with the same `id`; the
changes of one chat are published in the order in which they were committed.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from giosg_client.frozen import Frozen, frozen
from visitor_chat.domain.records import HeldStatus
from visitor_chat.domain.views import message_sender_type, message_type
from visitor_chat.runtime import telemetry
from visitor_chat.store.chats import Marker
from visitor_chat.store.dynamodb_values import Record, from_item

SOURCE = "visitor-chat"
VERSION = 1
_COUNTED = {"chat.started": "ChatsStarted", "chat.ended": "ChatsEnded"}
_HELD_OUTCOMES = frozenset({HeldStatus.DELIVERED.value, HeldStatus.EXPIRED.value})
MOST_ENTRIES = 10
"""https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html"""


@frozen
class ChangeEvent(Frozen):
    """One event: what kind of change it was, and the ids of what changed."""

    kind: str
    detail: Mapping[str, Any]


class NotPublished(Exception):
    """The bus did not take every event; the stream delivers the batch again."""


class EventBus:
    """Puts events on the bus."""

    def __init__(self, client: Callable[[], Any], bus_name: str) -> None:
        self._client = client
        self._bus_name = bus_name

    def publish(self, records: Iterable[Mapping[str, Any]]) -> int:
        """Publish what a batch of a stream's records says, in order; give the number of events.

        Raise NotPublished when the bus refuses one: those before it may come again.
        """
        found = [event for record in records if (event := of_record(record)) is not None]
        for start in range(0, len(found), MOST_ENTRIES):
            self._put(found[start : start + MOST_ENTRIES])
        telemetry.count("EventsPublished", len(found))
        for event in found:
            _tell(event)
        return len(found)

    def _put(self, found: list[ChangeEvent]) -> None:
        entries = [
            {
                "EventBusName": self._bus_name,
                "Source": SOURCE,
                "DetailType": event.kind,
                "Detail": json.dumps(event.detail),
            }
            for event in found
        ]
        if self._client().put_events(Entries=entries)["FailedEntryCount"]:
            raise NotPublished("the bus refused some of the events")


def _tell(event: ChangeEvent) -> None:
    if event.kind in _COUNTED:
        telemetry.count(_COUNTED[event.kind])
    with telemetry.work(event.detail.get("trace_id")):
        telemetry.outcome("event", level="debug", kind=event.kind, **event.detail)


def of_record(record: Mapping[str, Any]) -> ChangeEvent | None:
    """Say what a stream's record means; None for what no visitor can see, and for items that expired."""
    images = record["dynamodb"]
    if record["eventName"] == "REMOVE" or "NewImage" not in images:
        return None
    before, after = from_item(images.get("OldImage", {})), from_item(images["NewImage"])
    kind_of, ids_of = _reader(after)
    had_expired = before.get("expires_at", 0) <= images.get("ApproximateCreationDateTime", 0)
    kind = kind_of({} if had_expired and not _is_gone(after) else before, after)
    if kind is None:
        return None
    ids = ids_of(before | after)
    trace = {"trace_id": after["trace_id"]} if "trace_id" in after else {}
    return ChangeEvent(kind=kind, detail={"version": VERSION, "id": record["eventID"]} | ids | trace)


def _is_gone(after: Record) -> bool:
    """Tell whether what stands here now says that something was removed, which matters however old that was."""
    return "marker" in after or bool(after.get("is_removed"))


def _reader(after: Record) -> tuple[Callable[[Record, Record], str | None], Callable[[Record], dict[str, Any]]]:
    """Return what tells the kind of a change, and the ids of what changed, by the table and the key of its item."""
    if "record" in after:
        return _message_kind, _message_ids
    return (_held_kind, _held_ids) if after["pk"].startswith("held#") else (_chat_kind, _chat_ids)


def _message_kind(before: Record, after: Record) -> str | None:
    if not after["record"].startswith("message#") or "seq" not in after:
        return None
    if after["is_removed"]:
        return None if before.get("is_removed") else "chat.message.removed"
    if "seq" not in before:
        return "chat.message.added"
    return None if before["content"] == after["content"] else "chat.message.changed"


def _message_ids(after: Record) -> dict[str, Any]:
    return {
        "chat_id": after["chat_id"],
        "visitor_id": after["visitor_id"],
        "message_id": after["record"].removeprefix("message#"),
        "type": message_type(after["content"]),
        "sender_type": message_sender_type(after["content"]),
    }


def _chat_kind(before: Record, after: Record) -> str | None:
    if after["sk"] != "chat" or after.get("marker") == Marker.FOREIGN.value:
        return None
    if "marker" in after:
        return "chat.removed" if "seq" in before else None
    if "seq" not in before:
        return "chat.started"
    if after["is_ended"] and not before["is_ended"]:
        return "chat.ended"
    return "chat.answered" if after["has_agent"] and not before["has_agent"] else None


def _chat_ids(after: Record) -> dict[str, Any]:
    return {"chat_id": after["pk"].removeprefix("chat#"), "visitor_id": after["visitor_id"]}


def _held_kind(before: Record, after: Record) -> str | None:
    status = after.get("status")
    has_changed = status != before.get("status")
    return f"held_message.{status}" if has_changed and status in _HELD_OUTCOMES else None


def _held_ids(after: Record) -> dict[str, Any]:
    return {"held_message_id": after["sk"], "visitor_id": after["visitor_id"], "chat_id": after.get("chat_id")}
