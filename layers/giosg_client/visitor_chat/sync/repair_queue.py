"""The queue of what cannot be settled at once.

Chats to be compared with Giosg, visitors to be erased, and notifications for chats that too many are changing.
"""

import json
from collections.abc import Callable
from typing import Any

from giosg_client.webhooks import Notification
from visitor_chat.runtime import telemetry


class RepairQueue:
    """Asks for something to be done soon. It may be in the queue any number of times: doing it twice does no harm."""

    def __init__(self, client: Callable[[], Any], queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def request(self, chat_id: str, *, delay_seconds: int = 0) -> None:
        """Have a chat compared with Giosg, after a delay of at most 900 s."""
        self._send({"chat_id": chat_id}, delay_seconds)

    def request_erasure(self, visitor_id: str, *, delay_seconds: int) -> None:
        """Have everything about a visitor erased, after a delay of at most 900 s."""
        self._send({"erase_visitor_id": visitor_id}, delay_seconds)

    def hand_over(self, notification: Notification) -> None:
        """Have a notification taken in soon, by few at a time."""
        named = {name: getattr(notification, name) for name in ("action", "channel", "resource_id")}
        resource = None if notification.resource is None else dict(notification.resource)
        self._send({"notification": {**named, "resource": resource}})

    def _send(self, body: dict[str, Any], delay_seconds: int = 0) -> None:
        text = json.dumps(body | telemetry.traced())
        self._client().send_message(QueueUrl=self._queue_url, MessageBody=text, DelaySeconds=delay_seconds)
