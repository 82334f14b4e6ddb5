"""Two thousand bodies for each webhook, made by breaking good ones: nothing fails, and nothing is misled."""

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from local.giosg import SimulatedGiosg
from tests.aws import Functions, deployed
from tests.toolkit import notifications
from tests.toolkit.clock import Clock
from tests.toolkit.visitors import Chatting, start

BODIES = 2000
HOSTILE: list[Any] = [
    None,
    True,
    -1,
    10**400,
    1e308,
    "",
    " ",
    "\x00",
    "\ud800",
    "../../users/me",
    "%2f..%2f",
    "\u202e\u2066",
    "<script>alert(1)</script>",
    "{{7*7}}${7*7}",
    "'; DROP TABLE messages; --",
    "/api/v5/orgs//owned_chats",
    "x" * 4000,
    [],
    {},
    [[[[[[[[]]]]]]]],
    {"id": {"S": "x"}},
    "9999-12-31T23:59:59.999Z",
    "0000-00-00",
]


@pytest.fixture(scope="module")
def world(clock: Clock) -> Iterator[tuple[SimulatedGiosg, Functions, Chatting]]:
    with SimulatedGiosg(clock=clock) as giosg, deployed(giosg) as functions:
        yield giosg, functions, start(functions, visitor_name="Aino", message="Hello")


def good(giosg: SimulatedGiosg, kind: str, chatting: Chatting) -> list[dict[str, Any]]:
    """Return notifications that are as they should be: of this chat, of an unknown one, of another organisation's."""
    message = notifications.whole_message(giosg, "Good morning")
    of_messages = [
        notifications.of_message(giosg, action, chatting.chat_id, notifications.SOME_MESSAGE, message)
        for action in ("added", "changed")
    ]
    of_chats = [notifications.of_chat(giosg, "changed", chatting.chat_id, {"updated_at": "2030-01-01T10:00:00.000Z"})]
    mine = of_messages if kind == "messages" else of_chats
    foreign = [
        notifications.about_an_unknown_chat(giosg, kind, organization_id=notifications.ELSEWHERE),
        notifications.about_an_unknown_chat(giosg, kind),
    ]
    return [*mine, *foreign]


def broken(notification: dict[str, Any], chance: random.Random) -> bytes:
    """Break a notification in one to three places, and sometimes its bytes too."""
    document: dict[str, Any] = json.loads(json.dumps(notification))
    for _ in range(chance.randint(1, 3)):
        place = chance.choice([document, document.get("resource")])
        if isinstance(place, dict) and place:
            name = chance.choice(list(place))
            if chance.random() < 0.3:
                del place[name]
            else:
                place[name] = chance.choice(HOSTILE)
    raw = bytearray(json.dumps(document).encode())
    if chance.random() < 0.3:
        raw[chance.randrange(len(raw))] = chance.randrange(256)
    if chance.random() < 0.1:
        del raw[chance.randrange(len(raw)) :]
    return bytes(raw)


@pytest.mark.parametrize("kind", ["chats", "messages"])
def test_no_broken_body_is_a_failure(world: tuple[SimulatedGiosg, Functions, Chatting], kind: str) -> None:
    giosg, functions, chatting = world
    chance = random.Random(kind)  # noqa: S311 - the same bodies each time
    sources = good(giosg, kind, chatting)

    statuses = {functions.webhook(kind, broken(chance.choice(sources), chance)).status for _ in range(BODIES)}

    assert statuses == {204, 400}
    assert chatting.read(limit="200").status == 200
    assert chatting.chat().json["visitor_name"] == "Aino"
