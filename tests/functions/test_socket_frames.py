"""What the sockets' frames look like."""

from tests import socket_api
from tests.aws import Functions
from tests.toolkit.visitors import start

from visitor_chat import wiring
from visitor_chat.domain.records import Chat
from visitor_chat.realtime import push


def test_frames_of_a_chat_are_as_documented(functions: Functions) -> None:
    chat = wiring.store().chats.find(start(functions, message="Hello?").chat_id)
    assert isinstance(chat, Chat)

    for frame in (push.chat_frame(chat, wiring.rooms()), push.removed_frame(chat)):
        socket_api.check(frame)


def test_a_frame_of_a_message_is_as_documented(functions: Functions) -> None:
    chatting = start(functions, message="Hello?")
    chat = wiring.store().chats.find(chatting.chat_id)
    message = wiring.store().messages.find(chatting.chat_id, chatting.started.json["message"]["id"])
    assert isinstance(chat, Chat)
    assert message is not None

    frame = push.message_frame(chat, message)

    socket_api.check(frame)
    assert frame["next"] == chatting.read().json["next"]
