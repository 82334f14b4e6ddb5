"""The webhook log, as Giosg's owner tools show it (npm package @giosg/types, WebhookRequestLogEntry)."""

from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from threading import Lock
from uuid import uuid4

from local.giosg.state.records import JSON
from local.giosg.state.world import Clock, iso
from local.giosg.webhooks.notifications import Notification

ENTRIES = 2000
BODY_CHARACTERS = 500


@dataclass(slots=True, kw_only=True)
class LogEntry:
    """One attempt of a delivery; `duration` is in seconds, `endpoint_url` comes without its query."""

    created_at: str
    app_id: str
    organization_id: str
    webhook_id: str
    endpoint_url: str
    action: str
    resource_id: str
    channel: str
    retry_index: int
    status: str = "pending"
    reason: str | None = None
    response_status_code: int | None = None
    response_body: str | None = None
    response_headers: dict[str, str] | None = None
    duration: float | None = None
    completed_at: str | None = None


class DeliveryLog:
    """The newest 2000 attempts, the oldest first."""

    def __init__(self, *, organization_id: str, clock: Clock, on_change: Callable[[], None]) -> None:
        self._organization_id = organization_id
        self._clock = clock
        self._on_change = on_change
        self._app_id = str(uuid4())
        self._webhook_ids = {"chats": str(uuid4()), "messages": str(uuid4())}
        self._entries: deque[LogEntry] = deque(maxlen=ENTRIES)
        self._lock = Lock()

    def add(self, notification: Notification, url: str, *, retry_index: int) -> LogEntry:
        entry = LogEntry(
            created_at=iso(self._clock()),
            app_id=self._app_id,
            organization_id=self._organization_id,
            webhook_id=self._webhook_ids[notification.endpoint_kind],
            endpoint_url=url.partition("?")[0],
            action=notification.body["action"],
            resource_id=notification.body["resource_id"],
            channel=notification.body["channel"],
            retry_index=retry_index,
        )
        with self._lock:
            self._entries.append(entry)
        self._on_change()
        return entry

    def add_lost(self, notification: Notification, url: str) -> None:
        """Record a notification that is lost on request."""
        self.complete(self.add(notification, url, retry_index=0), status="failed", reason="Lost on request")

    def complete(self, entry: LogEntry, *, status: str, reason: str | None = None) -> None:
        entry.status, entry.reason, entry.completed_at = status, reason, iso(self._clock())
        self._on_change()

    def entries(self) -> list[JSON]:
        with self._lock:
            return [asdict(entry) for entry in self._entries]

    def newest(self, count: int) -> list[JSON]:
        with self._lock:
            return [asdict(entry) for entry in list(self._entries)[-count:]]

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
