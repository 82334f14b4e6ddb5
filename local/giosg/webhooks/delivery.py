"""The delivery of webhooks over HTTP, some at a time, with retries.

Giosg counts any 2xx as received and tries again otherwise; how often and when is not published, nor is any order. Here
the notifications about one resource go out one after another; those about different resources overtake each other.
"""

import heapq
import itertools
import time
from dataclasses import dataclass, field
from threading import Condition, Thread

import requests

from local.giosg.state.changes import EndpointKind
from local.giosg.webhooks.delivery_log import BODY_CHARACTERS, DeliveryLog, LogEntry
from local.giosg.webhooks.notifications import Notification

SUCCESS = range(200, 300)
STOP_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where webhooks go.

    Attributes:
        delay_seconds: how long a notification is under way.
        retry_seconds: the pause before each retry; its length is the number of retries.
        timeout_seconds: how long the receiver may take to answer.
        concurrency: how many notifications are under way at a time.
    """

    chats_url: str | None
    messages_url: str | None
    delay_seconds: float = 0.0
    retry_seconds: tuple[float, ...] = (0.5, 2.0, 5.0)
    timeout_seconds: float = 10.0
    concurrency: int = 8

    def url(self, kind: EndpointKind) -> str | None:
        return self.chats_url if kind == "chats" else self.messages_url


@dataclass(order=True, slots=True)
class Attempt:
    """A delivery that is due at a monotonic instant, in seconds."""

    due_seconds: float
    number: int
    notification: Notification = field(compare=False)
    retry_index: int = field(compare=False, default=0)

    @property
    def resource(self) -> tuple[str, str]:
        return self.notification.body["channel"], self.notification.body["resource_id"]


class Delivery:
    """The running delivery to one target."""

    def __init__(self, target: Target, log: DeliveryLog) -> None:
        self.target = target
        self._log = log
        self._numbers = itertools.count()
        self._changed = Condition()
        self._waiting: list[Attempt] = []
        self._under_way: dict[tuple[str, str], list[Attempt]] = {}
        """For each resource about which a notification is under way those that are due after it."""
        self._is_ended = False
        self._threads = [
            Thread(target=self._run, name=f"webhooks-{number}", daemon=True) for number in range(target.concurrency)
        ]
        for thread in self._threads:
            thread.start()

    def enqueue(self, notification: Notification, *, delay_seconds: float = 0.0) -> None:
        if self.target.url(notification.endpoint_kind):
            self._push(notification, delay_seconds=self.target.delay_seconds + delay_seconds, retry_index=0)

    def _push(self, notification: Notification, *, delay_seconds: float, retry_index: int) -> None:
        attempt = Attempt(time.monotonic() + delay_seconds, next(self._numbers), notification, retry_index)
        with self._changed:
            heapq.heappush(self._waiting, attempt)
            self._changed.notify_all()

    def _run(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            while attempt := self._next():
                self._deliver(attempt, session)
                self._finish(attempt)

    def _next(self) -> Attempt | None:
        """Wait for the next attempt that is due; None when the delivery has ended."""
        with self._changed:
            while not self._is_ended:
                pause_seconds = self._waiting[0].due_seconds - time.monotonic() if self._waiting else None
                if pause_seconds is None or pause_seconds > 0:
                    self._changed.wait(pause_seconds)
                elif attempt := self._claim(heapq.heappop(self._waiting)):
                    return attempt
        return None

    def _claim(self, attempt: Attempt) -> Attempt | None:
        """Begin an attempt, unless another one about the same resource is under way: then it comes after that."""
        if attempt.resource in self._under_way:
            self._under_way[attempt.resource].append(attempt)
            return None
        self._under_way[attempt.resource] = []
        return attempt

    def _finish(self, attempt: Attempt) -> None:
        with self._changed:
            for next_attempt in self._under_way.pop(attempt.resource):
                heapq.heappush(self._waiting, next_attempt)
            self._changed.notify_all()

    def _deliver(self, attempt: Attempt, session: requests.Session) -> None:
        url = self.target.url(attempt.notification.endpoint_kind) or ""
        entry = self._log.add(attempt.notification, url, retry_index=attempt.retry_index)
        if not self._post(session, url, attempt.notification, entry) and not self._is_ended:
            self._retry(attempt)

    def _post(self, session: requests.Session, url: str, notification: Notification, entry: LogEntry) -> bool:
        entry.status = "started"
        started = time.monotonic()
        try:
            response = session.post(
                url, json=notification.body, timeout=self.target.timeout_seconds, allow_redirects=False
            )
        except requests.RequestException as error:
            entry.duration = round(time.monotonic() - started, 3)
            self._log.complete(entry, status="failed", reason=type(error).__name__)
            return False
        _note(entry, response, time.monotonic() - started)
        is_received = response.status_code in SUCCESS
        reason = None if is_received else f"HTTP {response.status_code}"
        self._log.complete(entry, status="failed" if reason else "successful", reason=reason)
        return is_received

    def _retry(self, attempt: Attempt) -> None:
        if attempt.retry_index < len(self.target.retry_seconds):
            pause_seconds = self.target.retry_seconds[attempt.retry_index]
            self._push(attempt.notification, delay_seconds=pause_seconds, retry_index=attempt.retry_index + 1)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way, nor will be unless something new is told."""
        with self._changed:
            return not self._under_way and (self._is_ended or not self._waiting)

    def wait_until_idle(self, timeout_seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self.is_idle, timeout_seconds)

    def end(self) -> None:
        """Forget what waits; what is under way gets there."""
        with self._changed:
            self._is_ended = True
            self._changed.notify_all()

    def stop(self) -> None:
        """Forget what waits, and wait a moment for what is under way: a receiver that hangs holds nobody up."""
        self.end()
        deadline = time.monotonic() + STOP_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))


def _note(entry: LogEntry, response: requests.Response, duration_seconds: float) -> None:
    entry.duration = round(duration_seconds, 3)
    entry.response_status_code = response.status_code
    entry.response_body = response.text[:BODY_CHARACTERS]
    entry.response_headers = dict(response.headers)
