"""When chats are compared with Giosg: on request, from a queue, and in turn, while they are open."""

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from giosg_client.errors import GiosgError
from giosg_client.identifiers import is_uuid
from visitor_chat import telemetry
from visitor_chat.clock import Clock
from visitor_chat.errors import VisitorChatError
from visitor_chat.store import Store
from visitor_chat.store.chats import OPEN_SHARDS
from visitor_chat.syncing import Synced, Syncing

RETRY_INTERVAL = timedelta(minutes=2)
MOST_IN_A_RUN = 400
RESERVE_MILLISECONDS = 15_000
"""What must be left of an invocation to begin another chat."""


class Sweeping:
    """Runs syncs, bounded by the time that an invocation has."""

    def __init__(self, store: Store, syncing: Syncing, *, clock: Clock) -> None:
        self._store = store
        self._syncing = syncing
        self._clock = clock

    def sync_queued(self, records: Iterable[Mapping[str, Any]], context: Any) -> dict[str, Any]:
        """Sync the chats of queue messages; those that failed are named, and come again."""
        failed = [record["messageId"] for record in records if not self._sync_record(record, context)]
        telemetry.finish()
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}

    def _sync_record(self, record: Mapping[str, Any], context: Any) -> bool:
        chat_id = _chat_id(record["body"])
        return chat_id is not None and _has_time(context) and self._sync(chat_id)

    def sync_due(self, context: Any) -> dict[str, Any]:
        """Sync open chats in turn, the most overdue first, for as long as there is time."""
        due = self._due()
        done = [self._sync_in_turn(chat_id) for chat_id in due if _has_time(context)]
        telemetry.outcome("sweep", due=len(due), done=len(done), failed=done.count(False))
        telemetry.finish()
        return {"due": len(due), "done": len(done), "failed": done.count(False)}

    def _sync_in_turn(self, chat_id: str) -> bool:
        """Sync a chat; one that fails comes again later, lest a few bad ones take all the time of every run."""
        is_done = self._sync(chat_id)
        if not is_done:
            self._store.chats.postpone(chat_id, self._clock() + RETRY_INTERVAL)
        return is_done

    def _due(self) -> list[str]:
        due = [
            entry
            for shard in range(OPEN_SHARDS)
            for entry in self._store.chats.due_for_sync(shard, limit=MOST_IN_A_RUN)
        ]
        due.sort()
        oldest = due[0].due_at if due else self._clock()
        telemetry.count("OldestUnsyncedChatAge", (self._clock() - oldest).total_seconds(), unit=telemetry.SECONDS)
        return [entry.chat_id for entry in due[:MOST_IN_A_RUN]]

    def _sync(self, chat_id: str) -> bool:
        telemetry.begin()
        try:
            synced = self._syncing.sync(chat_id)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one chat, the others must have their turn
            telemetry.outcome("sync failed", level="warning", chat_id=chat_id, reason=_reason(error))
            telemetry.count("SyncFailed")
            return False
        self._tell(chat_id, synced)
        return True

    @staticmethod
    def _tell(chat_id: str, synced: Synced) -> None:
        if synced.missed or synced.corrected:
            telemetry.outcome("sync", chat_id=chat_id, missed=synced.missed, corrected=synced.corrected)
            telemetry.count("MissedWebhooks", synced.missed)
            telemetry.count("CorrectedMessages", synced.corrected)


def _chat_id(body: str) -> str | None:
    """Read a queue message; None when it names no chat."""
    try:
        document = json.loads(body)
    except ValueError:
        return None
    chat_id = document.get("chat_id") if isinstance(document, dict) else None
    return chat_id if is_uuid(chat_id) else None


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, GiosgError | VisitorChatError) else telemetry.describe(error)


def _has_time(context: Any) -> bool:
    return bool(context.get_remaining_time_in_millis() > RESERVE_MILLISECONDS)
