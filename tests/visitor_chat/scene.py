"""A visitor's chat on the whole stack, as the tests of its parts need it."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, NamedTuple

from botocore.exceptions import ClientError
from local.giosg import SimulatedGiosg
from local.giosg.webhooks.notifications import Notification
from tests.aws import Context, Functions
from tests.toolkit.clock import Clock
from tests.toolkit.visitors import Chatting, start
from tests.toolkit.webhooks import answers_to

from visitor_chat import wiring
from visitor_chat.domain.records import Chat, StoredMessage
from visitor_chat.store.chats import OPEN_SHARDS
from visitor_chat.store.dynamodb_values import Record, from_item


class Scene(NamedTuple):
    """The stack, the Giosg that it talks to, and the time on both sides."""

    giosg: SimulatedGiosg
    functions: Functions
    clock: Clock

    def start(self, message: str = "Hello?", **body: Any) -> Chatting:
        """Let a visitor start a chat."""
        return start(self.functions, message=message, **body)

    def deliver(self, *notifications: Notification) -> list[int]:
        """Deliver webhooks, all that are under way if none are named; give the answers."""
        return answers_to(notifications or self.giosg.webhooks.take(), self.functions)

    def webhooks(self, action: str) -> list[Notification]:
        """Take the webhooks under way, and give those of messages with this action."""
        return [each for each in self.giosg.webhooks.take("messages") if each.body["action"] == action]

    def texts(self, chatting: Chatting) -> list[str | None]:
        return [message.content.get("message") for message in self.stored(chatting)]

    def sent_to_giosg(self, chatting: Chatting, text: str) -> int:
        """Count the visitor's messages with this text at Giosg."""
        messages = self.giosg.messages(chatting.chat_id)
        return sum(each["message"] == text and each["sender_type"] == "visitor" for each in messages)

    def stored(self, chatting: Chatting) -> list[StoredMessage]:
        """Return the stored messages of a chat that visitors see, in the order of their last change."""
        found = [message for message in wiring.store().messages.all_of(chatting.chat_id) if message.seq is not None]
        return sorted(found, key=lambda message: message.seq or 0)

    def chat(self, chatting: Chatting) -> Chat:
        chat = wiring.store().chats.find(chatting.chat_id)
        assert isinstance(chat, Chat)
        return chat

    @contextmanager
    def breaking(self, operation: str, error: BaseException, *, about: str = "", times: int = 1) -> Iterator[None]:
        """Let the next calls of DynamoDB fail, without being done, whose parameters say something."""
        left = [times]

        def fail(request: Any, **_rest: Any) -> None:
            if about in request.body.decode() and left[0]:
                left[0] -= 1
                raise error

        hooks, name = wiring.aws("dynamodb").meta.events, f"before-send.dynamodb.{operation}"
        hooks.register_first(name, fail, unique_id="breaking")
        yield
        hooks.unregister(name, unique_id="breaking")
        assert left[0] < times, f"nobody called {operation}"

    @contextmanager
    def meanwhile(self, operation: str, act: Callable[[], Any]) -> Iterator[None]:
        """Let something happen before the next such call of DynamoDB, and after all that was read for it."""
        left = [act]

        def happen(**_request: Any) -> None:
            if left:
                left.pop()()

        hooks, name = wiring.aws("dynamodb").meta.events, f"before-send.dynamodb.{operation}"
        hooks.register_first(name, happen, unique_id="meanwhile")
        yield
        hooks.unregister(name, unique_id="meanwhile")
        assert not left, f"nobody called {operation}"

    def sweep(self, *, remaining_milliseconds: int = 60_000) -> dict[str, int]:
        """Hand over what is due, and let the queue's consumers compare it; return what was said of the handing over."""
        handed_over = wiring.sweep().hand_over()
        sqs, url = wiring.aws("sqs"), wiring.settings().sweep_queue_url
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            records = [{"messageId": each["MessageId"], "body": each["Body"]} for each in messages]
            wiring.repairs().take(records, Context(remaining_milliseconds=remaining_milliseconds))
        return handed_over

    def is_due(self, chatting: Chatting, **within: float) -> bool:
        """Tell whether a chat will be compared with Giosg within a time."""
        turns, by = wiring.store().sync_schedule, self.clock() + timedelta(**within)
        due = {entry.chat_id for shard in range(OPEN_SHARDS) for entry in turns.due(shard, by=by, limit=400)}
        return chatting.chat_id in due

    def records(self, table: str) -> list[Record]:
        """Read a whole table."""
        items = wiring.aws("dynamodb").scan(TableName=table, ConsistentRead=True)["Items"]
        return [from_item(item) for item in items]


@contextmanager
def noted_queue() -> Iterator[list[str]]:
    """Note the bodies of the messages that go into a queue one by one; while they are `["full"]` it takes nothing."""
    bodies: list[str] = []

    def note(request: Any, **_rest: Any) -> None:
        if bodies == ["full"]:
            raise ClientError({"Error": {"Code": "ServiceUnavailable"}}, "SendMessage")
        bodies.append(json.loads(request.body)["MessageBody"])

    hooks = wiring.aws("sqs").meta.events
    hooks.register_first("before-send.sqs.SendMessage", note, unique_id="noted")
    try:
        yield bodies
    finally:
        hooks.unregister("before-send.sqs.SendMessage", unique_id="noted")
