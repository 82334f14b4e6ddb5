"""Giosg delivers its webhooks to the functions, when a test says so."""

from collections.abc import Iterable

from local.giosg import SimulatedGiosg
from local.giosg.webhooks.notifications import Notification
from tests.aws import Functions


def answers_to(notifications: Iterable[Notification], functions: Functions) -> list[int]:
    """Deliver webhooks in this order; return the answers' statuses."""
    return [functions.webhook(each.endpoint_kind, each.body).status for each in notifications]


def deliver(giosg: SimulatedGiosg, functions: Functions) -> None:
    """Deliver all webhooks that are waiting; each must be taken."""
    for notification in giosg.webhooks.take():
        reply = functions.webhook(notification.endpoint_kind, notification.body)
        assert reply.status == 204, reply.text
