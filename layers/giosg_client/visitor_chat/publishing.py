"""The tables' changes as small public events, for integrations: ids and kinds, never a name or a text.

docs/events.md describes them for those who use them. A change may be published more than once, with the same `id`; the
changes of one chat are published in the order in which they were committed.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from giosg_client.frozen import Frozen, frozen
from visitor_chat import telemetry
from visitor_chat.store.attributes import Record, from_item
from visitor_chat.store.chats import Marker
from visitor_chat.views import message_sender_type, message_type

SOURCE = "visitor-chat"
VERSION = 1
MOST_ENTRIES = 10
"""https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html"""


@frozen
class ChangeEvent(Frozen):
    """One event: what kind of change it was, and the ids of what changed."""

    kind: str
    detail: Mapping[str, Any]


class NotPublished(Exception):
    """The bus did not take every event; the stream delivers the batch again."""


class Publishing:
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


def of_record(record: Mapping[str, Any]) -> ChangeEvent | None:
    """Say what a stream's record means; None for what no visitor can see, and for items that expired."""
    images = record["dynamodb"]
    if record["eventName"] == "REMOVE" or "NewImage" not in images:
        return None
    before, after = from_item(images.get("OldImage", {})), from_item(images["NewImage"])
    kind = _message_kind(before, after) if "record" in after else _chat_kind(before, after)
    if kind is None:
        return None
    ids = _message_ids(after) if "record" in after else _chat_ids(before | after)
    return ChangeEvent(kind=kind, detail={"version": VERSION, "id": record["eventID"]} | ids)


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
