"""The sweep: every open chat is compared with Giosg when its turn comes, and Giosg sees no more calls than it is to.

Once a minute what is due until the next time is handed to a queue, the most overdue first, and a few consumers compare
it at their pace. Nothing is written for that. A message lives in the queue until the next sweep and no longer: so no
chat is there twice, and one that was lost, or had to wait too long, is still due and handed over again.
"""

from collections.abc import Sequence
from concurrent.futures import Executor
from datetime import datetime, timedelta

from visitor_chat.runtime import telemetry
from visitor_chat.runtime.clock import Clock, HasTime
from visitor_chat.store.chats import OPEN_SHARDS
from visitor_chat.store.sync_schedule import SyncSchedule
from visitor_chat.store.tables import batched
from visitor_chat.sync.comparisons import compare
from visitor_chat.sync.reconcile import Reconciler
from visitor_chat.sync.sweep_queue import SweepQueue

PERIOD = timedelta(minutes=1)
"""From one sweep to the next, and what a message lives in the queue; the template says the same."""
CONSUMERS = 5
"""Of the queue, at the same time; the template says the same."""
CALLS_PER_CHAT = 2
"""To Giosg: the chat, and its messages. A chat with more than one page of them takes more."""
MESSAGE_TAKES = timedelta(seconds=5)
"""So much work goes into a message of the queue, so that it is done long before its consumer's time is up."""
RETRY_INTERVAL = timedelta(minutes=2)


class Sweep:
    """Hands over what is due, and compares what was handed over.

    `reconciler` calls Giosg at the pace of one of the consumers: all of them together make `calls_per_second`.
    """

    def __init__(
        self,
        schedule: SyncSchedule,
        queue: SweepQueue,
        reconciler: Reconciler,
        *,
        calls_per_second: float,
        clock: Clock,
        threads: Executor,
    ) -> None:
        self._schedule = schedule
        self._queue = queue
        self._reconciler = reconciler
        chats_per_second = calls_per_second / CALLS_PER_CHAT
        self._most = max(1, int(chats_per_second * PERIOD.total_seconds()))
        self._most_in_a_message = max(1, int(chats_per_second / CONSUMERS * MESSAGE_TAKES.total_seconds()))
        self._clock = clock
        self._threads = threads

    def hand_over(self) -> dict[str, int]:
        """Put into the queue what is due before the next sweep, as much as can be compared until then."""
        due = self._due(self._clock() + PERIOD)
        for chat_ids in batched(due, self._most_in_a_message):
            self._queue.put(chat_ids)
        telemetry.note(due=len(due))
        return {"due": len(due)}

    def _due(self, by: datetime) -> list[str]:
        shards = range(OPEN_SHARDS)
        due = sorted(entry for shard in shards for entry in self._schedule.due(shard, by=by, limit=self._most))
        now = self._clock()
        oldest = min(due[0].due_at, now) if due else now
        telemetry.count("OldestUnsyncedChatAge", (now - oldest).total_seconds(), unit=telemetry.SECONDS)
        return [entry.chat_id for entry in due[: self._most]]

    def compare(self, chat_ids: Sequence[str], *, has_time: HasTime) -> None:
        """Compare those that are due still, several at a time; what there is no time for stays due."""
        by = self._clock() + PERIOD
        compared = list(self._threads.map(lambda chat_id: self._compare_in_turn(chat_id, by, has_time), chat_ids))
        telemetry.outcome("swept", due=len(compared), done=compared.count(True), failed=compared.count(False))

    def _compare_in_turn(self, chat_id: str, by: datetime, has_time: HasTime) -> bool | None:
        """Compare a chat if there is time; one that fails comes again later, lest bad ones take every turn."""
        if not has_time():
            return None
        is_done = compare(self._reconciler, chat_id, due_by=by)
        if not is_done:
            self._schedule.postpone(chat_id, self._clock() + RETRY_INTERVAL)
        return is_done
