"""The webhooks of the installed app: kept for a test to take, or delivered over HTTP."""

import time
from random import Random
from threading import Lock

from local.giosg.faults.misbehaviour import Misbehaviour
from local.giosg.state.changes import EndpointKind, endpoint_kind
from local.giosg.state.credentials import Credentials
from local.giosg.state.world import Change
from local.giosg.webhooks.delivery import Delivery, Target
from local.giosg.webhooks.delivery_log import DeliveryLog
from local.giosg.webhooks.notifications import Notification, body_of


class Webhooks:
    """What the platform tells about chats and messages.

    Without endpoint URLs the notifications wait in `pending` for `take()`; `deliver_to` has them posted from then on.

    Attributes:
        is_installed: whether the app is; else nothing is told.
        includes_memberships: also tell about joins, presence and typing.
        app_user_id: the bot user whose live credential (`app_user_auth`) the bodies carry; None for none.
        misbehaviour: what goes wrong on the way.
        log: the deliveries, in the manual mode only the lost ones.
    """

    def __init__(self, credentials: Credentials, randomness: Random) -> None:
        self.is_installed = True
        self.includes_memberships = False
        self.app_user_id: str | None = None
        self.misbehaviour = Misbehaviour(randomness)
        world = credentials.world
        self.log = DeliveryLog(organization_id=world.organization_id, clock=world.clock, on_change=world.touch)
        self._credentials = credentials
        self._randomness = randomness
        self._lock = Lock()
        self._pending: list[Notification] = []
        self._delivery: Delivery | None = None
        self._replaced: list[Delivery] = []
        """Those to earlier targets, whose last notifications may be under way."""

    def receive(self, change: Change) -> None:
        """Turn a change into a notification and send it on its way."""
        is_wanted = self.includes_memberships or not change.channel.endswith("/memberships")
        if not (self.is_installed and is_wanted):
            return
        body = body_of(change)
        if self.app_user_id:
            body["app_user_auth"] = self._credentials.app_user_auth(self.app_user_id)
        self.send(Notification(endpoint_kind(change), body))

    def send(self, notification: Notification) -> None:
        """Send a notification as the platform would, mishaps included; tests may make up their own."""
        passage = self.misbehaviour.passage(notification.endpoint_kind)
        if not passage.delays_seconds:
            self.log.add_lost(notification, self._target(notification.endpoint_kind))
        for delay_seconds in passage.delays_seconds:
            if self._delivery:
                self._delivery.enqueue(notification, delay_seconds=delay_seconds)
            else:
                self._keep(notification, is_shuffled=passage.is_shuffled)

    def _keep(self, notification: Notification, *, is_shuffled: bool) -> None:
        with self._lock:
            place = self._randomness.randint(0, len(self._pending)) if is_shuffled else len(self._pending)
            self._pending.insert(place, notification)

    @property
    def pending(self) -> list[Notification]:
        with self._lock:
            return list(self._pending)

    def take(self, kind: EndpointKind | None = None) -> list[Notification]:
        """Take the pending notifications (of one kind) out, in their order."""
        with self._lock:
            taken = [notification for notification in self._pending if kind in (None, notification.endpoint_kind)]
            self._pending = [kept for kept in self._pending if kind not in (None, kept.endpoint_kind)]
        return taken

    def deliver_to(self, target: Target) -> None:
        """Post all further notifications to the target's URLs; those that are pending stay.

        What is under way to another target gets there, and is not waited for.
        """
        with self._lock:
            replaced, self._delivery = self._deliveries(), Delivery(target, self.log)
            for each in replaced:
                each.end()
            self._replaced = [each for each in replaced if not each.is_idle]

    def _deliveries(self) -> list[Delivery]:
        return [*self._replaced, *([self._delivery] if self._delivery else [])]

    @property
    def target(self) -> Target | None:
        return self._delivery.target if self._delivery else None

    def _target(self, kind: EndpointKind) -> str:
        return self.target.url(kind) or "" if self.target else ""

    def wait_until_delivered(self, *, timeout_seconds: float) -> bool:
        """Wait until nothing is under way, to an earlier target either; False when the time was too short.

        A retry is waited for, unless it would go to an earlier target: there will be none.
        """
        deadline = time.monotonic() + timeout_seconds
        with self._lock:
            deliveries = self._deliveries()
        return all(each.wait_until_idle(max(0.0, deadline - time.monotonic())) for each in deliveries)

    def stop(self) -> None:
        with self._lock:
            stopped, self._replaced, self._delivery = self._deliveries(), [], None
        for each in stopped:
            each.stop()
