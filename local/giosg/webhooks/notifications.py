"""The bodies that webhooks carry: https://docs.giosg.com/api_reference/giosg_live/giosg_real_time_api."""

from typing import NamedTuple

from local.giosg.state.changes import EndpointKind
from local.giosg.state.records import JSON
from local.giosg.state.world import Change


class Notification(NamedTuple):
    """A body and the webhook that it is for."""

    endpoint_kind: EndpointKind
    body: JSON


def body_of(change: Change) -> JSON:
    """Write a change down as a webhook does: a removal says nothing about the resource but its id."""
    body: JSON = {"channel": change.channel, "action": change.action, "resource_id": change.resource_id}
    return body if change.resource is None else body | {"resource": change.resource}
