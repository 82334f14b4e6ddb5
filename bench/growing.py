"""Calls on little data and on much: how each is got ready, and what makes its events."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from tests import aws
from tests.toolkit import notifications
from tests.toolkit.visitors import Chatting

from bench import stored
from bench.scenario import Event, Scenario
from visitor_chat.domain import cursors

FEW_MESSAGES, MANY_MESSAGES = 10, 10_000
FEW_CHATS, MANY_CHATS = 1, 1_000
FEW_STORED, MANY_STORED = 1, 100_000
NEW, PAGE, DUE = 5, 10, 5

MakeEvent = Callable[[], Event]
Prepare = Callable[[Scenario], tuple[str, MakeEvent]]
"""Gets data ready; gives the function to call, and what makes an event for each call."""


class Growing(NamedTuple):
    """A call, and what grows below it."""

    name: str
    data: str
    on_little: Prepare
    on_much: Prepare


def reading(count: int, **query: Any) -> Prepare:
    """Read in a chat of so many messages; `new` reads what comes after all but so many."""

    def prepare(scene: Scenario) -> tuple[str, MakeEvent]:
        chat = long_chat(scene, count)
        new = query.get("new")
        asked = {"limit": str(PAGE)} if new is None else {"after": cursors.of_chat(chat.chat_id, count - new)}
        return "list_messages", lambda: aws.http_event("GET", chat.messages_path, token=chat.token, query=asked)

    return prepare


def telling(count: int) -> Prepare:
    """Take webhooks of new messages in a chat of so many."""

    def prepare(scene: Scenario) -> tuple[str, MakeEvent]:
        chat = long_chat(scene, count)

        def make() -> Event:
            said = notifications.whole_message(scene.giosg, "Good morning!")
            body = notifications.of_message(scene.giosg, "added", chat.chat_id, str(uuid.uuid4()), said)
            return aws.webhook_event("messages", body)

        return "webhook_messages", make

    return prepare


def sending(count: int) -> Prepare:
    """Send into a chat of so many messages."""

    def prepare(scene: Scenario) -> tuple[str, MakeEvent]:
        chat = long_chat(scene, count)

        def make() -> Event:
            body = {"message": "Is anybody there?", "client_message_id": str(uuid.uuid4())}
            return aws.http_event("POST", chat.messages_path, token=chat.token, body=body)

        return "send_message", make

    return prepare


def long_chat(scene: Scenario, count: int) -> Chatting:
    chat = scene.chat()
    stored.messages(chat, count)
    return chat


def listing(count: int) -> Prepare:
    """List the newest chats of a visitor who has so many."""

    def prepare(scene: Scenario) -> tuple[str, MakeEvent]:
        chat = loyal_visitor(scene, count)
        return "get_chats", lambda: aws.http_event("GET", "/chats", token=chat.token, query={"limit": "1"})

    return prepare


def starting(count: int) -> Prepare:
    """Start another chat for visitors who have so many; nobody may have many that are open."""

    def prepare(scene: Scenario) -> tuple[str, MakeEvent]:
        def make() -> Event:
            return aws.http_event("POST", "/chats", token=loyal_visitor(scene, count).token, body={})

        return "start_chat", make

    return prepare


def loyal_visitor(scene: Scenario, count: int) -> Chatting:
    chat = scene.chat()
    stored.chats(chat.visitor_id, count - 1, is_open=False)
    return chat


def sweeping(count: int, *, is_open: bool) -> Prepare:
    """Sweep beside so many chats that are open and were compared just now; or have ended, with a few that are due."""

    def prepare(scene: Scenario) -> tuple[str, MakeEvent]:
        stored.chats("0" * 32, count, is_open=is_open)
        chats = [scene.chat(message="Hello?") for _ in range(0 if is_open else DUE)]

        def make() -> Event:
            for chat in chats:
                stored.due(chat)
            return {}

        return "sync_chats", make

    return prepare


def all_calls() -> Iterator[Growing]:
    data = f"{FEW_MESSAGES} to {MANY_MESSAGES:,} messages"
    for name, make in (("message webhook", telling), ("send", sending)):
        yield Growing(name, data, make(FEW_MESSAGES), make(MANY_MESSAGES))
    for name, query in (
        ("read, nothing new", {"new": 0}),
        (f"read {NEW} new messages", {"new": NEW}),
        (f"read the first {PAGE} messages", {}),
    ):
        yield Growing(name, data, reading(FEW_MESSAGES, **query), reading(MANY_MESSAGES, **query))
    data = f"{FEW_CHATS} to {MANY_CHATS:,} chats"
    for name, make in (("list a visitor's newest chat", listing), ("start, known visitor", starting)):
        yield Growing(name, data, make(FEW_CHATS), make(MANY_CHATS))
    for name, is_open in ((f"sweep, {DUE} chats due", False), ("sweep, nothing due", True)):
        data = f"{FEW_STORED} to {MANY_STORED:,} {'open' if is_open else 'ended'} chats"
        little, much = (sweeping(count, is_open=is_open) for count in (FEW_STORED, MANY_STORED))
        yield Growing(name, data, little, much)
