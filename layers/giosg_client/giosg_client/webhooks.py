"""Giosg's webhooks (https://docs.giosg.com/api_reference/giosg_live/giosg_real_time_api).

A notification says that a resource was added, changed or removed. It may come late, twice, out of order or not at all,
and nothing in it proves that it comes from Giosg.
"""

import re
from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Any, Literal

from giosg_client.documents import parse_json
from giosg_client.errors import InvalidDocument
from giosg_client.frozen import Frozen, frozen
from giosg_client.identifiers import UUID_PATTERN, is_member_id, is_uuid
from giosg_client.readers import lenient, uuid

Kind = Literal["chat", "message", "membership"]

_ORGANIZATION = re.compile(f"/api/v5/orgs/({UUID_PATTERN})/.*", re.DOTALL)
_CHATS = re.compile(f"/api/v5/orgs/{UUID_PATTERN}/owned_chats/?")
_OF_A_CHAT = re.compile(f"/api/v5/orgs/{UUID_PATTERN}/owned_chats/({UUID_PATTERN})/(messages|memberships)/?")
_UNUSABLE = re.compile("[\x00\ud800-\udfff]")


@frozen
class Notification(Frozen):
    """One notification.

    Attributes:
        action: "added", "changed", "removed", or one that is not documented.
        channel: The API path of the list that the resource is in, in small letters, as ids are compared.
        resource_id: The resource's id, in small letters; the member's id for a membership.
        resource: Whole when added, `id` and what changed when changed, None when removed.
    """

    action: str
    channel: str
    resource_id: str
    resource: Mapping[str, Any] | None = field(repr=False)

    @property
    def kind(self) -> Kind | None:
        """What the notification is about, None for a channel or an id that is not described here."""
        if _CHATS.fullmatch(self.channel):
            return "chat" if is_uuid(self.resource_id) else None
        if self._list_of_chat() == "messages":
            return "message" if is_uuid(self.resource_id) else None
        if self._list_of_chat() == "memberships":
            return "membership" if is_member_id(self.resource_id) else None
        return None

    @property
    def organization_id(self) -> str | None:
        match = _ORGANIZATION.fullmatch(self.channel)
        return match[1] if match else None

    @property
    def chat_id(self) -> str | None:
        """The chat that this is about, or in which it happened; None when `kind` is."""
        match = _OF_A_CHAT.fullmatch(self.channel)
        in_chat = match[1] if match else self.resource_id
        return in_chat if self.kind else None

    @property
    def room_id(self) -> str | None:
        """The room, when the resource names it."""
        return lenient(uuid)(self.resource.get("room_id")) if self.resource else None

    def _list_of_chat(self) -> str | None:
        match = _OF_A_CHAT.fullmatch(self.channel)
        return match[2] if match else None


def parse_notification(body: bytes | str) -> Notification:
    """Read a webhook's body; raise InvalidDocument when it is not usable.

    What else the body carries is left behind at once: `app_user_auth` holds a live token of the app's user.
    """
    document = _document(body)
    return Notification(
        action=_string(document, "action"),
        channel=_string(document, "channel").lower(),
        resource_id=_string(document, "resource_id").lower(),
        resource=_resource(document.get("resource")),
    )


def _document(body: bytes | str) -> dict[str, Any]:
    try:
        document = parse_json(body)
    except ValueError:
        raise InvalidDocument("the body is not JSON") from None
    if not isinstance(document, dict):
        raise InvalidDocument("the body is not a JSON object")
    return document


def _string(document: dict[str, Any], key: str) -> str:
    value = document.get(key)
    if not isinstance(value, str) or not value or _UNUSABLE.search(value):
        raise InvalidDocument("missing or not a usable string", field=key)
    return value


def _resource(resource: object) -> Mapping[str, Any] | None:
    return MappingProxyType(resource) if isinstance(resource, dict) else None
