"""Giosg's HTTP API (https://docs.giosg.com), one method for each call.

The visitor's side takes the visitor's access token; the organisation's side uses the organisation's API token. A method
raises GiosgError when the call fails, and InvalidIdentifier or InvalidCredential, before anything is sent, when an id
or a token is not of the form that Giosg issues. Lists are lazy: a page is read when it is needed, in Giosg's own order.
"""

import contextlib
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from giosg_client.answers import read_answer
from giosg_client.calls import ORGANIZATION_SCHEME, Call
from giosg_client.errors import GiosgError
from giosg_client.identifiers import checked_token, checked_uuid, checked_visitor_id
from giosg_client.models import Chat, Membership, Message, OnlineUser, Room, RoomVisitor, User, VisitorCredentials
from giosg_client.pages import Listing
from giosg_client.retries import RetryPolicy

if TYPE_CHECKING:
    import requests

    from giosg_client.transport import Transport

WARM_UP_SECONDS = 3.0

_BASE_URL = re.compile(r"https?://(?:[\w.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?(?:/[\w.-]+)*/?", re.ASCII)
_END: Mapping[str, object] = {"is_ended": True}

Value = TypeVar("Value")


def _utc_now() -> datetime:
    return datetime.now(UTC)


class GiosgClient:
    """Giosg as one organisation, and the visitors of its rooms. Threads may share it.

    Args:
        base_url: `https://service.giosg.com`, or where else Giosg's API is.
        organization_id: The organisation's UUID.
        api_token: Returns the organisation's API token; asked before each call that needs it.
        connect_timeout_seconds: For the connection, TLS included.
        read_timeout_seconds: For the whole answer. A call, repeats included, takes no longer than both together.
        retry: How patient to be; only what is safe is repeated.
        session: Carries the requests instead of the client's own session, which also bounds slow answers and avoids
            connections that may have gone stale.
        clock: Returns the present, aware; tokens' lifetimes count from it.
        monotonic: Returns seconds of which the differences count, for the bound on a call and for `on_attempt`.
        sleep: Waits between attempts.
        before_call: Is called before each call, and may wait: how long is not counted.
        on_attempt: Is told of each attempt, also of those that are repeated or do not matter to the caller: the call,
            how many seconds it took, and how it failed, if it did.
        on_left_out: Is told of each page of a list with items that cannot be read: the call, and how many they are.
    """

    def __init__(
        self,
        *,
        base_url: str,
        organization_id: str,
        api_token: Callable[[], str],
        connect_timeout_seconds: float = 2.0,
        read_timeout_seconds: float = 5.0,
        retry: RetryPolicy = RetryPolicy(),  # noqa: B008 - it is immutable
        session: "requests.Session | None" = None,
        clock: Callable[[], datetime] = _utc_now,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        before_call: Callable[[], None] = lambda: None,
        on_attempt: Callable[[Call, float, GiosgError | None], None] = lambda _call, _seconds, _failure: None,
        on_left_out: Callable[[str, int], None] = lambda _call, _number: None,
    ) -> None:
        self._base_url = _checked_base_url(base_url)
        self._organization = f"/orgs/{checked_uuid(organization_id)}"
        self._api_token = api_token
        self._clock = clock
        self._on_left_out = on_left_out
        self._transport_options: dict[str, Any] = {
            "connect_timeout_seconds": connect_timeout_seconds,
            "read_timeout_seconds": read_timeout_seconds,
            "retry": retry,
            "session": session,
            "clock": clock,
            "monotonic": monotonic,
            "sleep": sleep,
            "before_call": before_call,
            "on_attempt": on_attempt,
        }

    @cached_property
    def _transport(self) -> "Transport":
        """Made for the first call: to import requests is a tenth of a process's start, and some never call."""
        from giosg_client.transport import Transport  # noqa: PLC0415

        return Transport(base_url=self._base_url, **self._transport_options)

    def connect(self) -> None:
        """Open a connection ahead of the first call; a failure will show at that call.

        It takes a request, for the session tickets that follow a TLS 1.3 handshake would make an unused connection
        look broken. The request has no credential and does nothing.
        """
        with contextlib.suppress(GiosgError):
            self._transport.attempt(Call(method="HEAD", path="/"), seconds=WARM_UP_SECONDS)

    def authenticate_visitor(self, visitor_secret_id: str | None = None) -> VisitorCredentials:
        """Make a new visitor, or get the one with that secret a fresh access token.

        What Giosg does with a secret that it does not know is not documented: compare the visitor's id.
        https://docs.giosg.com/api_reference/giosg_live/giosg_public_http_api/general
        """
        return self._request(
            "POST",
            f"/api/v5/public{self._organization}/auth",
            body={"visitor_secret_id": visitor_secret_id},
            read=lambda document: VisitorCredentials.from_json(document, now=self._clock()),
        )

    def create_room_visitor(
        self, room_id: str, visitor_id: str, *, access_token: str, presence_expires_in_seconds: int | None = None
    ) -> RoomVisitor:
        """Bring the visitor into the room; repeating it changes nothing but the presence.

        https://docs.giosg.com/api_reference/giosg_live/giosg_public_http_api/visitors/
        """
        body: dict[str, object] = {"id": checked_visitor_id(visitor_id)}
        if presence_expires_in_seconds is not None:
            body["presence_expires_in"] = presence_expires_in_seconds
        path = f"/api/v5/public{self._room(room_id)}/visitors"
        return self._request("POST", path, authorization=_bearer(access_token), body=body, read=RoomVisitor.from_json)

    def refresh_presence(
        self, room_id: str, visitor_id: str, *, access_token: str, presence_expires_in_seconds: int
    ) -> RoomVisitor:
        """Show the visitor as present in the room for so long from now.

        https://docs.giosg.com/api_reference/giosg_live/giosg_public_http_api/visitors/
        """
        path = f"/api/v5/public{self._room(room_id)}/visitors/{checked_visitor_id(visitor_id)}"
        body = {"presence_expires_in": presence_expires_in_seconds}
        return self._request("PATCH", path, authorization=_bearer(access_token), body=body, read=RoomVisitor.from_json)

    def create_chat(self, room_id: str, visitor_id: str, *, access_token: str, chat_type: str | None = None) -> Chat:
        """Make another chat in the room; agents see it once the visitor has sent a message.

        https://docs.giosg.com/api_reference/giosg_live/giosg_public_http_api/chats
        """
        path = self._room_chats(room_id, visitor_id)
        body = {} if chat_type is None else {"chat_type": chat_type}
        return self._request("POST", path, authorization=_bearer(access_token), body=body, read=Chat.from_json)

    def list_visitor_chats(self, room_id: str, visitor_id: str, *, access_token: str) -> Listing[Chat]:
        """List the visitor's chats in the room.

        https://docs.giosg.com/api_reference/giosg_live/giosg_public_http_api/chats
        """
        path = self._room_chats(room_id, visitor_id)
        return self._list(path, authorization=_bearer(access_token), read=Chat.from_json)

    def get_visitor_chat(self, visitor_id: str, chat_id: str, *, access_token: str) -> Chat:
        """Read a chat as its visitor.

        https://docs.giosg.com/api_reference/giosg_live/giosg_public_http_api/chats
        """
        path = _visitor_chat(visitor_id, chat_id)
        return self._request("GET", path, authorization=_bearer(access_token), read=Chat.from_json)

    def end_visitor_chat(self, visitor_id: str, chat_id: str, *, access_token: str) -> Chat:
        """End a chat for good, as its visitor.

        https://docs.giosg.com/api_reference/giosg_live/giosg_public_http_api/chats
        """
        path = _visitor_chat(visitor_id, chat_id)
        return self._request("PATCH", path, authorization=_bearer(access_token), body=_END, read=Chat.from_json)

    def send_message(self, visitor_id: str, chat_id: str, *, access_token: str, text: str) -> Message:
        """Say something as the visitor; Giosg takes 2000 characters at most. A repeat makes a second message.

        https://docs.giosg.com/api_reference/giosg_live/giosg_public_http_api/chats
        """
        path = f"{_visitor_chat(visitor_id, chat_id)}/messages"
        body = {"type": "msg", "message": text}
        return self._request("POST", path, authorization=_bearer(access_token), body=body, read=Message.from_json)

    def press_button(
        self,
        visitor_id: str,
        chat_id: str,
        *,
        access_token: str,
        message_id: str,
        attachment_id: str,
        action_id: str,
        value: str | None,
    ) -> Message:
        """Press a button that a message offers, as the visitor. A repeat makes a second press.

        https://docs.giosg.com/tutorials/rich_text_messages/
        """
        path = f"{_visitor_chat(visitor_id, chat_id)}/messages"
        body = {
            "type": "action",
            "response_to_message_id": checked_uuid(message_id),
            "response_to_attachment_id": attachment_id,
            "response_to_action_id": action_id,
            "response_value": value,
        }
        return self._request("POST", path, authorization=_bearer(access_token), body=body, read=Message.from_json)

    def list_visitor_messages(self, visitor_id: str, chat_id: str, *, access_token: str) -> Listing[Message]:
        """List the messages of a chat as its visitor.

        https://docs.giosg.com/api_reference/giosg_live/giosg_public_http_api/chats
        """
        path = f"{_visitor_chat(visitor_id, chat_id)}/messages"
        return self._list(path, authorization=_bearer(access_token), read=Message.from_json)

    def list_visitor_memberships(self, visitor_id: str, chat_id: str, *, access_token: str) -> Listing[Membership]:
        """List who takes part in a chat, as its visitor.

        https://docs.giosg.com/api_reference/giosg_live/giosg_public_http_api/chats
        """
        path = f"{_visitor_chat(visitor_id, chat_id)}/memberships"
        return self._list(path, authorization=_bearer(access_token), read=Membership.from_json)

    def get_public_room(self, room_id: str, *, access_token: str) -> Room:
        """Read the room as a visitor.

        https://docs.giosg.com/api_reference/giosg_live/giosg_public_http_api/rooms
        """
        path = f"/api/v5/public{self._room(room_id)}"
        return self._request("GET", path, authorization=_bearer(access_token), read=Room.from_json)

    def list_online_users(self, room_id: str, *, access_token: str) -> list[OnlineUser]:
        """List the agents who are online in the room.

        https://docs.giosg.com/api_reference/giosg_live/giosg_public_http_api/rooms
        """
        path = f"/api/v5/public{self._room(room_id)}/online_users"
        return list(self._list(path, authorization=_bearer(access_token), read=OnlineUser.from_json))

    def set_visitor_variable(self, room_id: str, visitor_id: str, *, key: str, value: str) -> None:
        """Tell agents of the room a fact about the visitor; `username` is the name that they see.

        https://docs.giosg.com/tutorials/visitorvariables_rest_api
        """
        path = f"/api/v5{self._room(room_id)}/visitors/{checked_visitor_id(visitor_id)}/variables"
        body = {"key": key, "value": value}
        self._transport.send(Call(method="POST", path=path, authorization=self._token(), body=body))

    def get_current_user(self) -> User:
        """Read whose API token it is.

        https://docs.giosg.com/getting_started/get_api_token/
        """
        return self._request("GET", "/api/v5/users/me", authorization=self._token(), read=User.from_json)

    def get_room(self, room_id: str) -> Room:
        """Read the room, which tells whether agents are online. It is asked once: who asks may know an older answer.

        https://docs.giosg.com/api_reference/giosg_live/giosg_http_api/rooms
        """
        call = Call(method="GET", path=f"/api/v5{self._room(room_id)}", authorization=self._token(), is_asked_once=True)
        return read_answer(call, self._transport.send(call), Room.from_json)

    def list_owned_chats(self) -> Listing[Chat]:
        """List the chats of all rooms that the organisation owns, which may be very many.

        https://docs.giosg.com/api_reference/giosg_live/giosg_http_api/chats
        """
        path = f"/api/v5{self._organization}/owned_chats"
        return self._list(path, authorization=self._token(), read=Chat.from_json)

    def get_owned_chat(self, chat_id: str) -> Chat:
        """Read a chat as the organisation.

        https://docs.giosg.com/api_reference/giosg_live/giosg_http_api/chats
        """
        return self._request("GET", self._owned_chat(chat_id), authorization=self._token(), read=Chat.from_json)

    def end_owned_chat(self, chat_id: str) -> Chat:
        """End a chat for good, as the organisation.

        https://docs.giosg.com/api_reference/giosg_live/giosg_http_api/chats
        """
        path = self._owned_chat(chat_id)
        return self._request("PATCH", path, authorization=self._token(), body=_END, read=Chat.from_json)

    def list_owned_messages(self, chat_id: str) -> Listing[Message]:
        """List the messages of a chat as the organisation.

        https://docs.giosg.com/api_reference/giosg_live/giosg_http_api/chats
        """
        path = f"{self._owned_chat(chat_id)}/messages"
        return self._list(path, authorization=self._token(), read=Message.from_json)

    def list_owned_memberships(self, chat_id: str) -> Listing[Membership]:
        """List who takes part in a chat, as the organisation.

        https://docs.giosg.com/api_reference/giosg_live/giosg_http_api/chats
        """
        path = f"{self._owned_chat(chat_id)}/memberships"
        return self._list(path, authorization=self._token(), read=Membership.from_json)

    def _request(
        self,
        method: str,
        path: str,
        *,
        read: Callable[[Any], Value],
        authorization: str | None = None,
        body: Mapping[str, object] | None = None,
    ) -> Value:
        call = Call(method=method, path=path, authorization=authorization, body=body)
        return read_answer(call, self._transport.send(call), read)

    def _list(self, path: str, *, authorization: str, read: Callable[[Any], Value]) -> Listing[Value]:
        call = Call(method="GET", path=path, authorization=authorization)
        send, on_left_out = self._transport.send, self._on_left_out
        return Listing(call, send=send, base_url=self._base_url, read=read, on_left_out=on_left_out)

    def _token(self) -> str:
        return f"{ORGANIZATION_SCHEME}{checked_token(self._api_token())}"

    def _room(self, room_id: str) -> str:
        return f"{self._organization}/rooms/{checked_uuid(room_id)}"

    def _room_chats(self, room_id: str, visitor_id: str) -> str:
        return f"/api/v5/public{self._room(room_id)}/visitors/{checked_visitor_id(visitor_id)}/chats"

    def _owned_chat(self, chat_id: str) -> str:
        return f"/api/v5{self._organization}/owned_chats/{checked_uuid(chat_id)}"


def _bearer(access_token: str) -> str:
    return f"Bearer {checked_token(access_token)}"


def _visitor_chat(visitor_id: str, chat_id: str) -> str:
    return f"/api/v5/public/visitors/{checked_visitor_id(visitor_id)}/chats/{checked_uuid(chat_id)}"


def _checked_base_url(base_url: str) -> str:
    """Return it without a slash at its end; raise ValueError unless it is a plain http(s) URL."""
    if not _BASE_URL.fullmatch(base_url):
        raise ValueError("base_url is not a plain http(s) URL")
    return base_url.rstrip("/")
