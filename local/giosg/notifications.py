"""The bodies that webhooks carry: https://docs.giosg.com/api_reference/giosg_live/giosg_real_time_api."""

from typing import Literal, NamedTuple

from local.giosg.records import JSON
from local.giosg.world import Change

EndpointKind = Literal["chats", "messages"]


class Notification(NamedTuple):
    """A body and the webhook that it is for."""

    endpoint_kind: EndpointKind
    body: JSON


def endpoint_kind(change: Change) -> EndpointKind:
    """Tell which of the two webhooks subscribes to a channel; the one for messages has the memberships too."""
    return "messages" if change.channel.endswith(("/messages", "/memberships")) else "chats"


def body_of(change: Change) -> JSON:
    """Write a change down as a webhook does: a removal says nothing about the resource but its id."""
    body: JSON = {"channel": change.channel, "action": change.action, "resource_id": change.resource_id}
    return body if change.resource is None else body | {"resource": change.resource}
