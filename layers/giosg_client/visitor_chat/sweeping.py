"""When chats are compared with Giosg: on request, from a queue, and in turn, while they are open."""

import json
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
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
MOST_IN_A_RUN = 1000
"""More than there is time for, where each look at Giosg takes half a second."""
RESERVE_MILLISECONDS = 15_000
"""What must be left of an invocation to begin another chat."""


class Sweeping:
    """Runs syncs, bounded by the time that an invocation has."""

    def __init__(self, store: Store, syncing: Syncing, *, clock: Clock, threads: Callable[[], Executor]) -> None:
        self._store = store
        self._syncing = syncing
        self._clock = clock
        self._threads = threads

    def sync_queued(self, records: Iterable[Mapping[str, Any]], context: Any) -> dict[str, Any]:
        """Sync the chats of queue messages; those that failed are named, and come again."""
        failed = [record["messageId"] for record in records if not self._sync_record(record, context)]
        telemetry.finish()
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}

    def _sync_record(self, record: Mapping[str, Any], context: Any) -> bool:
        chat_id = _chat_id(record["body"])
        return chat_id is not None and _has_time(context) and _is_done(chat_id, self._sync(chat_id))

    def sync_due(self, context: Any) -> dict[str, Any]:
        """Sync open chats in turn, the most overdue first and several at a time, for as long as there is time."""
        due = self._due()
        synced = self._threads().map(lambda chat_id: self._sync_in_turn(chat_id, context), due)
        done = [_is_done(chat_id, each) for chat_id, each in zip(due, synced, strict=True) if each is not None]
        telemetry.outcome("sweep", due=len(due), done=len(done), failed=done.count(False))
        telemetry.finish()
        return {"due": len(due), "done": len(done), "failed": done.count(False)}

    def _sync_in_turn(self, chat_id: str, context: Any) -> Synced | Exception | None:
        """Sync a chat if there is time; one that fails comes again later, lest bad ones take the time of every run."""
        if not _has_time(context):
            return None
        synced = self._sync(chat_id)
        if isinstance(synced, Exception):
            self._store.turns.postpone(chat_id, self._clock() + RETRY_INTERVAL)
        return synced

    def _due(self) -> list[str]:
        due = [entry for shard in range(OPEN_SHARDS) for entry in self._store.turns.due(shard, limit=MOST_IN_A_RUN)]
        due.sort()
        oldest = due[0].due_at if due else self._clock()
        telemetry.count("OldestUnsyncedChatAge", (self._clock() - oldest).total_seconds(), unit=telemetry.SECONDS)
        return [entry.chat_id for entry in due[:MOST_IN_A_RUN]]

    def _sync(self, chat_id: str) -> Synced | Exception:
        try:
            return self._syncing.sync(chat_id)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one chat, the others must have their turn
            return error


def _is_done(chat_id: str, synced: Synced | Exception) -> bool:
    """Tell what came of a sync, in the log and in metrics; for the main thread alone."""
    telemetry.begin()
    if isinstance(synced, Exception):
        telemetry.outcome("sync failed", level="warning", chat_id=chat_id, reason=_reason(synced))
        telemetry.count("SyncFailed")
        return False
    if synced.missed or synced.corrected:
        telemetry.outcome("sync", chat_id=chat_id, missed=synced.missed, corrected=synced.corrected)
        telemetry.count("MissedWebhooks", synced.missed)
        telemetry.count("CorrectedMessages", synced.corrected)
    return True


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
