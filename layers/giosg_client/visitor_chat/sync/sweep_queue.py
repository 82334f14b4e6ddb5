"""The queue of open chats whose turn it is to be compared with Giosg."""

import json
from collections.abc import Callable
from typing import Any


class SweepQueue:
    """Takes chats, many in a message. Whatever it loses is due still."""

    def __init__(self, client: Callable[[], Any], queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def put(self, chat_ids: list[str]) -> None:
        """Have these chats compared by one consumer."""
        self._client().send_message(QueueUrl=self._queue_url, MessageBody=json.dumps({"due_chat_ids": chat_ids}))
