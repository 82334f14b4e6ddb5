"""What the queues ask for: chats to compare, erasures that go on, webhooks that met too many others."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from giosg_client.identifiers import is_uuid, is_visitor_id
from giosg_client.webhooks import parse_notification
from visitor_chat.runtime import telemetry, tracing
from visitor_chat.sync.comparisons import compare, reason
from visitor_chat.sync.erasure import Eraser
from visitor_chat.sync.notifications import Notifications
from visitor_chat.sync.reconcile import Reconciler
from visitor_chat.sync.sweep import Sweep

RESERVE_MILLISECONDS = 15_000
"""What must be left of an invocation to begin something else."""


class Repairs:
    """Does what messages of the queues ask for, bounded by the time that an invocation has."""

    def __init__(self, reconciler: Reconciler, sweep: Sweep, eraser: Eraser, notifications: Notifications) -> None:
        self._reconciler = reconciler
        self._sweep = sweep
        self._eraser = eraser
        self._notifications = notifications

    def take(self, records: Iterable[Mapping[str, Any]], context: Any) -> dict[str, Any]:
        """Do what they ask for, one after another; those that failed are named, and come again."""
        failed = [record["messageId"] for record in records if not self._take_record(record, context)]
        telemetry.note(failed=len(failed))
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}

    def _take_record(self, record: Mapping[str, Any], context: Any) -> bool:
        asked = _asked(record["body"])
        with telemetry.work(tracing.checked(asked.get("trace_id"))):
            return _has_time(context) and self._take(asked, context)

    def _take(self, asked: Mapping[str, Any], context: Any) -> bool:
        """Do what a queue message asks for; who writes one by hand may have ids in capitals."""
        if isinstance(due := asked.get("due_chat_ids"), list):
            self._sweep.compare([each for each in due if is_uuid(each)], has_time=lambda: _has_time(context))
            return True
        if is_uuid(chat_id := str(asked.get("chat_id")).lower()):
            return compare(self._reconciler, chat_id)
        if is_visitor_id(visitor_id := str(asked.get("erase_visitor_id")).lower()):
            return self._erase(visitor_id, context)
        return self._take_notification(asked.get("notification"))

    def _erase(self, visitor_id: str, context: Any) -> bool:
        telemetry.note(visitor_id=visitor_id)
        try:
            self._eraser.erase(visitor_id, has_time=lambda: _has_time(context))
        except Exception as error:  # noqa: BLE001 - whatever is wrong, the others must have their turn
            telemetry.outcome("erasure failed", level="warning", reason=reason(error))
            telemetry.count("ErasureFailed")
            return False
        return True

    def _take_notification(self, document: object) -> bool:
        try:
            notification = parse_notification(json.dumps(document))
            telemetry.note(chat_id=notification.chat_id, resource_id=notification.resource_id)
            outcome = self._notifications.take_queued(notification)
        except Exception as error:  # noqa: BLE001 - whatever is wrong, the others must have their turn
            telemetry.outcome("queued webhook failed", level="warning", reason=reason(error))
            return False
        telemetry.outcome("queued webhook", outcome=outcome.value)
        return True


def _asked(body: str) -> dict[str, Any]:
    """Return what a queue message asks for, nothing if it is none."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _has_time(context: Any) -> bool:
    return bool(context.get_remaining_time_in_millis() > RESERVE_MILLISECONDS)
