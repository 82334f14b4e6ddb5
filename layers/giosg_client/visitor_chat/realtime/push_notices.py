"""Who is told of what with the page closed: visitors who have agreed, and have no open socket.

An event of the bus becomes an order for each of the visitor's browsers, in a queue, so that one slow push service
holds up nobody else and each order is tried again by itself. Several answers within a minute are one notice.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from giosg_client.frozen import Frozen, frozen
from visitor_chat.runtime import telemetry
from visitor_chat.runtime.clock import Clock, from_text, to_text
from visitor_chat.store.store import Store

ONE_NOTICE_A = timedelta(minutes=1)
WORTH = timedelta(days=1)
"""How long after the answer a browser that was off is still told: whoever comes back later sees it in the chat."""
DELIVERED = "held_message.delivered"
LONGEST_POSTPONEMENT_SECONDS = 43_000
"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html"""


@frozen
class PushOrder(Frozen):
    """One browser to be told of one thing, until it is not worth while any more. `message_id` is that of an answer."""

    kind: str
    visitor_id: str
    chat_id: str
    message_id: str | None
    subscription_id: str
    until: datetime


class PushQueue:
    """The queue that events come from the bus into, and that orders are put into."""

    def __init__(self, client: Callable[[], Any], queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def put(self, order: PushOrder) -> None:
        body = {
            "kind": order.kind,
            "visitor_id": order.visitor_id,
            "chat_id": order.chat_id,
            "message_id": order.message_id,
            "subscription_id": order.subscription_id,
            "until": to_text(order.until),
        }
        self._client().send_message(QueueUrl=self._queue_url, MessageBody=json.dumps({"order": body}))

    def postpone(self, receipt: str, *, seconds: float) -> None:
        """Let a message that was received come again after so long."""
        self._client().change_message_visibility(
            QueueUrl=self._queue_url,
            ReceiptHandle=receipt,
            VisibilityTimeout=min(int(seconds), LONGEST_POSTPONEMENT_SECONDS),
        )


def to_order(body: Mapping[str, Any]) -> PushOrder:
    return PushOrder(**{**body, "until": from_text(body["until"])})


class PushNotices:
    """Decides whom an event is to be told to."""

    def __init__(self, store: Store, queue: PushQueue, *, clock: Clock) -> None:
        self._store = store
        self._queue = queue
        self._clock = clock

    def announce(self, kind: str, detail: Mapping[str, Any]) -> int:
        """Order a notice for each browser of a visitor who is away; return how many."""
        visitor_id = detail["visitor_id"]
        telemetry.note(visitor_id=visitor_id, chat_id=detail["chat_id"], message_id=detail.get("message_id"))
        if self._store.connections.of_visitor(visitor_id):
            return 0
        turn = self._store.push_subscriptions.take_turn(visitor_id, event_id=detail["id"], every=ONE_NOTICE_A)
        for subscription_id in turn:
            self._queue.put(self._order(kind, detail, subscription_id))
        return len(turn)

    def _order(self, kind: str, detail: Mapping[str, Any], subscription_id: str) -> PushOrder:
        return PushOrder(
            kind=kind,
            visitor_id=detail["visitor_id"],
            chat_id=detail["chat_id"],
            message_id=detail.get("message_id"),
            subscription_id=subscription_id,
            until=self._clock() + WORTH,
        )
