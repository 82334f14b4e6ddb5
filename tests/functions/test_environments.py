"""Each function gets the variables that it needs, and no others."""

import os
from collections.abc import Callable, Iterator, Mapping

import boto3
import pytest
from local.giosg import SimulatedGiosg
from tests.aws import REGION, Functions
from tests.functions import notices
from tests.functions.acts import Chatting, start
from tests.functions.conftest import Clock, forget_the_room
from tests.security.identities import signed
from tests.template import environment, folder, resources, routes

from visitor_chat import settings as settings_module
from visitor_chat import wiring

pytestmark = pytest.mark.usefixtures("empty_tables")

WITHOUT_SETTINGS = {"get_health", "web_page"}
NAMES = {folder(function): name for name, function in resources("AWS::Serverless::Function").items()}
ANSWERING = sorted(set(routes().values()) - WITHOUT_SETTINGS)
SWITCHED_ON = {"QUOTAS": "on", "KNOWN_USERS": "on", "WEBHOOK_ADDRESS_CHECK": "enforce"}
"""What makes a function read whatever it may have to read."""


class Recorded(Mapping[str, str]):
    """A function's own environment, which notes what is read."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.read.add(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


@pytest.fixture
def chatting(functions: Functions) -> Chatting:
    return start(functions, visitor_name="Aino", message="Hello?")


@pytest.fixture
def own(chatting: Chatting, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Recorded]:
    """Put a new container into a function's own environment, days later, when the visitor has a socket open."""
    clock.advance(days=4)
    wiring.store().connections.open(chatting.started.json["visitor"]["id"], "a-connection")

    def confine(function: str) -> Recorded:
        variables = {name for name in environment(NAMES[function]) if not name.startswith("POWERTOOLS_")}
        recorded = Recorded({name: SWITCHED_ON.get(name, os.environ[name]) for name in variables})
        forget_the_room()
        monkeypatch.setattr(wiring, "settings", lambda: settings_module.Settings(recorded))
        return recorded

    return confine


@pytest.fixture
def acts(giosg: SimulatedGiosg, functions: Functions, chatting: Chatting) -> dict[str, Callable[[], object]]:
    """Have a function do everything that it can be asked for."""
    unknown = giosg.website_visitor.start_chat("Hi", room_id=giosg.room_id)
    ours = {"room_id": giosg.room_id}
    of_chats = [
        notices.of_chat(giosg, "added", unknown, ours),
        notices.of_chat(giosg, "added", chatting.chat_id, ours),
        notices.of_chat(giosg, "changed", chatting.chat_id, {"is_ended": True}),
        notices.of_chat(giosg, "removed", chatting.chat_id),
    ]
    of_messages = [
        notices.of_message(giosg, "added", unknown, unknown, notices.whole_message(giosg, "Hello!")),
        notices.of_message(giosg, "changed", chatting.chat_id, notices.SOME_MESSAGE, {"message": "part"}),
        notices.of_message(giosg, "added", chatting.chat_id, chatting.chat_id, notices.whole_message(giosg, "Hello!")),
    ]
    call = functions.call
    return {
        "start_chat": lambda: [
            call("start_chat", "POST", "/chats", token=token, body={"message": "Hi"})
            for token in (None, chatting.token)
        ],
        "open_session": lambda: [
            call("open_session", "POST", "/sessions", token=token, body={"identity_token": signed(person)})
            for token, person in ((chatting.token, "one"), (None, "two"))
        ],
        "send_message": lambda: chatting.send("Hi", client_message_id=notices.SOME_CHAT),
        "list_messages": chatting.read,
        "get_chats": lambda: [chatting.chats(), chatting.chat()],
        "end_chat": chatting.end,
        "erase_visitor": chatting.erase,
        "get_availability": lambda: call("get_availability", "GET", "/availability"),
        "open_realtime": lambda: call("open_realtime", "POST", "/realtime", token=chatting.token),
        "webhook_chats": lambda: [lose(chatting), *(functions.webhook("chats", body) for body in of_chats)],
        "webhook_messages": lambda: [functions.webhook("messages", body) for body in of_messages],
    }


def lose(chatting: Chatting) -> str:
    """Let the tables lose a chat, so that it must be looked up."""
    key = {"pk": f"chat#{chatting.chat_id}", "sk": "chat"}
    boto3.resource("dynamodb", REGION).Table("ChatsTable").delete_item(Key=key)
    return chatting.chat_id


@pytest.mark.parametrize("function", ANSWERING)
def test_a_function_reads_all_of_its_variables_and_needs_no_other(
    functions: Functions, own: Callable[[str], Recorded], acts: dict[str, Callable[[], object]], function: str
) -> None:
    recorded = own(function)
    before = len(functions.replies)

    acts[function]()

    assert [reply.text for reply in functions.replies[before:] if reply.status >= 400] == []
    assert recorded.read - {"AWS_ENDPOINT_URL"} == set(recorded) - {"CHALLENGE_SECRET_ARN"}
