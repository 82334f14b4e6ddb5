"""A visitor's journey with the client that openapi-python-client makes: the API's URL, then a throttled gateway's.

Says the chat's id on a line of its own when an agent is to answer, and goes on when it is told that one has.
"""

import sys
from typing import cast
from uuid import UUID, uuid4

from visitor_chat_client import AuthenticatedClient, Client
from visitor_chat_client.api.availability import get_availability
from visitor_chat_client.api.chats import end_chat, get_chat, list_chats, start_chat
from visitor_chat_client.api.messages import list_messages, send_message
from visitor_chat_client.api.visitor import erase_visitor, open_realtime
from visitor_chat_client.models import (
    Availability,
    Chat,
    ChatList,
    ChatStatus,
    ErrorCode,
    GatewayError,
    Message,
    MessageList,
    Problem,
    SenderType,
    SendText,
    StartChat,
    StartedChat,
    Ticket,
    Variables,
)


def start(api_url: str) -> tuple[AuthenticatedClient, UUID]:
    """Start a chat, twice with one key; return the visitor's client and the chat's id."""
    client = Client(base_url=api_url)
    availability = get_availability.sync(client=client)
    assert isinstance(availability, Availability)
    assert availability.is_online
    assert availability.checked_at.utcoffset() is not None
    variables = Variables.from_dict({"page": "/shirts/42"})
    body = StartChat(visitor_name="Aino", message="Hello?", client_message_id=uuid4(), variables=variables)
    key = str(uuid4())
    anyone = cast(AuthenticatedClient, client)  # the generator does not know that the token is optional here
    first, second = (start_chat.sync_detailed(client=anyone, body=body, idempotency_key=key) for _attempt in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert isinstance(first.parsed, StartedChat)
    assert isinstance(second.parsed, StartedChat)
    assert isinstance(first.parsed.message, Message)
    assert first.parsed.message.client_message_id == body.client_message_id
    assert first.parsed.chat.id == second.parsed.chat.id
    assert isinstance(first.parsed.visitor_token, str)
    return AuthenticatedClient(base_url=api_url, token=first.parsed.visitor_token), first.parsed.chat.id


def send(client: AuthenticatedClient, chat_id: UUID) -> None:
    body = SendText(message="Do you have this in blue?", client_message_id=uuid4())
    first, second = (send_message.sync_detailed(chat_id, client=client, body=body) for _attempt in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert isinstance(first.parsed, Message)
    assert isinstance(second.parsed, Message)
    assert first.parsed.id == second.parsed.id


def read(client: AuthenticatedClient, chat_id: UUID) -> list[Message]:
    """Follow the cursors, in the smallest steps."""
    messages: list[Message] = []
    page = list_messages.sync(chat_id, client=client, limit=1)
    while isinstance(page, MessageList):
        messages += page.messages
        if not page.has_more:
            return messages
        page = list_messages.sync(chat_id, client=client, limit=1, after=page.next_)
    raise AssertionError(page)


def read_the_answer(client: AuthenticatedClient, chat_id: UUID) -> None:
    said = [each for each in read(client, chat_id) if each.sender_type is SenderType.AGENT and each.message]
    assert [each.message for each in said] == ["We do!"]
    assert isinstance(open_realtime.sync(client=client), Ticket)
    chats = list_chats.sync(client=client)
    assert isinstance(chats, ChatList)
    assert [(chat.id, chat.ended_at) for chat in chats.chats] == [(chat_id, None)]


def meet_errors(client: AuthenticatedClient, chat_id: UUID) -> None:
    missing = get_chat.sync(uuid4(), client=client)
    assert isinstance(missing, Problem)
    assert missing.code is ErrorCode.CHAT_NOT_FOUND
    refused = send_message.sync(chat_id, client=client, body=SendText(message="x" * 2001))
    assert isinstance(refused, Problem)
    assert refused.code is ErrorCode.INVALID_REQUEST
    assert isinstance(refused.errors, list)
    assert [each.field for each in refused.errors] == ["message"]


def end(client: AuthenticatedClient, chat_id: UUID) -> None:
    """End the chat, then everything."""
    chat = end_chat.sync(chat_id, client=client)
    assert isinstance(chat, Chat)
    assert chat.status is ChatStatus.ENDED
    too_late = send_message.sync(chat_id, client=client, body=SendText(message="Thanks"))
    assert isinstance(too_late, Problem)
    assert too_late.code is ErrorCode.CHAT_ENDED
    assert erase_visitor.sync_detailed(client=client).status_code == 204
    stranger = get_chat.sync(chat_id, client=client)
    assert isinstance(stranger, Problem)
    assert stranger.code is ErrorCode.INVALID_VISITOR_TOKEN


def meet_the_gateway(gateway_url: str) -> None:
    throttled = get_availability.sync_detailed(client=Client(base_url=gateway_url))
    assert throttled.status_code == 429
    assert isinstance(throttled.parsed, GatewayError)
    assert throttled.parsed.message == "Too Many Requests"


def main(api_url: str, gateway_url: str) -> None:
    client, chat_id = start(api_url)
    send(client, chat_id)
    sys.stdout.write(f"{chat_id}\n")
    sys.stdout.flush()
    sys.stdin.readline()
    read_the_answer(client, chat_id)
    meet_errors(client, chat_id)
    end(client, chat_id)
    meet_the_gateway(gateway_url)


if __name__ == "__main__":
    main(*sys.argv[1:])
