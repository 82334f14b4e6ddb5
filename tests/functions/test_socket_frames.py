"""What the sockets' frames look like."""

import pytest
from tests import public_api
from tests.aws import Functions
from tests.functions.acts import start

from visitor_chat import push, wiring
from visitor_chat.records import Chat


@pytest.mark.parametrize("makes_a_frame", [push.chat_frame, push.removed_frame])
def test_a_frame_of_a_chat_is_as_documented(functions: Functions, makes_a_frame: object) -> None:
    chat = wiring.store().chats.find(start(functions, message="Hello?").chat_id)
    assert isinstance(chat, Chat)
    assert callable(makes_a_frame)

    public_api.check_schema("SocketFrame", makes_a_frame(chat))


def test_a_frame_of_a_message_is_as_documented(functions: Functions) -> None:
    chatting = start(functions, message="Hello?")
    chat = wiring.store().chats.find(chatting.chat_id)
    message = wiring.store().messages.find(chatting.chat_id, chatting.started.json["message"]["id"])
    assert isinstance(chat, Chat)
    assert message is not None

    frame = push.message_frame(chat, message)

    public_api.check_schema("SocketFrame", frame)
    assert frame["next"] == chatting.read().json["next"]
