"""The queue of chats that must be compared with Giosg soon: what could not be settled at once is settled from there."""

import json
from collections.abc import Callable
from typing import Any


class Repairs:
    """Asks for a chat to be synced. A chat may be in the queue any number of times: syncing twice does no harm."""

    def __init__(self, client: Callable[[], Any], queue_url: Callable[[], str]) -> None:
        self._client = client
        self._queue_url = queue_url

    def request(self, chat_id: str, *, delay_seconds: int = 0) -> None:
        """Put a chat into the queue, to be looked at after a delay of at most 900 s."""
        self._client().send_message(
            QueueUrl=self._queue_url(),
            MessageBody=json.dumps({"chat_id": chat_id}),
            DelaySeconds=delay_seconds,
        )
