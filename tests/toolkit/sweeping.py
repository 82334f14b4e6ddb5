"""A day's work of the sweep in seconds: many open chats, its queue and its consumers, and what Giosg sees of them.

The sweep, its consumers' pace and the rules for a chat's next turn are the stack's own. The table is a heap, the queue
a list, and Giosg only notes when it is called; as long as it answers within 0.4 s, a consumer's eight threads keep up
with its pace.
"""

import random
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from typing import Any
from unittest.mock import patch

from tests.toolkit.threads import InOrder

from visitor_chat.domain.records import Chat
from visitor_chat.giosg.pace import Pace
from visitor_chat.runtime import telemetry
from visitor_chat.runtime.clock import always
from visitor_chat.store.chats import AFTER_SILENCE, OPEN_SHARDS, SILENCE
from visitor_chat.store.sync_schedule import Due
from visitor_chat.sync.reconcile import Synced, interval_of
from visitor_chat.sync.sweep import CALLS_PER_CHAT, CONSUMERS, PERIOD, Sweep

BEGINNING = datetime(2030, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
PROMISES = (
    (timedelta(hours=1), timedelta(minutes=5)),
    (DAY, timedelta(minutes=10)),
    (timedelta.max, timedelta(hours=1)),
)
"""How long a chat is silent, and within which time it is compared: what the README promises."""


@dataclass(slots=True)
class OpenChat:
    """A chat as the sweep sees it; `promised_by` is until when it must be compared."""

    chat_id: str
    shard: int
    updated_at: datetime
    due_at: datetime
    promised_by: datetime


@dataclass(slots=True)
class Seen:
    """What Giosg, and whoever waits for a repair, has seen."""

    calls: Counter[int] = field(default_factory=Counter)
    """By second since the beginning."""
    compared: Counter[timedelta] = field(default_factory=Counter)
    """By what is promised."""
    latest: dict[timedelta, timedelta] = field(default_factory=lambda: defaultdict(timedelta))
    """How long after what was promised a chat was compared, at worst."""
    late_until: datetime = BEGINNING
    """When a chat was last compared later than promised."""
    handed_over: int = 0
    messages: int = 0

    @property
    def busiest_second(self) -> int:
        return max(self.calls.values())

    def calls_per_second(self, seconds: float) -> float:
        return self.calls.total() / seconds


class Schedule:
    """The open chats in the order of their turns; one stays where it is until it gets another turn."""

    def __init__(self) -> None:
        self.chats: dict[str, OpenChat] = {}
        self._heaps: list[list[tuple[datetime, str]]] = [[] for _shard in range(OPEN_SHARDS)]
        self._due: list[list[Due]] = [[] for _shard in range(OPEN_SHARDS)]

    def give_turn(self, chat: OpenChat, due_at: datetime) -> None:
        chat.due_at = due_at
        heappush(self._heaps[chat.shard], (due_at, chat.chat_id))

    def due(self, shard: int, *, by: datetime, limit: int) -> list[Due]:
        heap, due = self._heaps[shard], self._due[shard]
        while heap and heap[0][0] <= by:
            due.append(Due(*heappop(heap)))
        self._due[shard] = sorted({each for each in due if self.chats[each.chat_id].due_at == each.due_at})
        return self._due[shard][:limit]

    def postpone(self, chat_id: str, due_at: datetime) -> None:
        self.give_turn(self.chats[chat_id], due_at)


class World:
    """Open chats, `active` of them with something said in the last hour, and time that passes by minutes.

    `failing` is the share of comparisons that fail, and of messages that the queue loses.
    """

    def __init__(self, *, chats: int, active: int, calls_per_second: int, failing: float = 0.0, seed: int = 1) -> None:
        self.now = BEGINNING
        self.seen = Seen()
        self.schedule = Schedule()
        self.queue: deque[tuple[datetime, list[str]]] = deque()
        self._failing = failing
        self._chance = random.Random(seed)  # noqa: S311 - it must be the same again
        self._active = [self._open(number, self._chance.random() * SILENCE) for number in range(active)]
        self._silent = [self._open(number, DAY * self._chance.uniform(1, 20)) for number in range(active, chats)]
        self._free_at = [BEGINNING] * CONSUMERS
        self._sweeps = [self._sweep(calls_per_second) for _consumer in range(CONSUMERS)]

    def _open(self, number: int, silence: timedelta) -> OpenChat:
        chat = OpenChat(str(number), number % OPEN_SHARDS, self.now - silence, self.now, self.now)
        self.schedule.chats[chat.chat_id] = chat
        turn = self._chance.random() * interval_of(_as_read(chat), self.now)
        self.schedule.give_turn(chat, self.now + turn)
        chat.promised_by = self.now + turn + PERIOD
        return chat

    def _sweep(self, calls_per_second: int) -> Sweep:
        pace = Pace(calls_per_second / CONSUMERS, clock=lambda: self.now, sleep=self._sleep)
        world: Any = self
        return Sweep(
            world.schedule,
            world,
            Giosg(world, pace),  # type: ignore[arg-type] # it stands for a reconciler
            calls_per_second=calls_per_second,
            clock=lambda: self.now,
            threads=InOrder(),
        )

    def _sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def put(self, chat_ids: list[str]) -> None:
        """Take what is handed over, as the queue does."""
        self.seen.messages += 1
        self.seen.handed_over += len(chat_ids)
        if self._chance.random() >= self._failing:
            self.queue.append((self.now, chat_ids))

    def run(self, minutes: int, *, is_sweeping: bool = True) -> None:
        """Let time pass, and chats be compared meanwhile unless the stack is down."""
        with patch.object(telemetry, "outcome", _say_nothing), patch.object(telemetry, "count", _say_nothing):
            for _minute in range(minutes):
                began_at = self.now
                self._talk()
                if is_sweeping:
                    self._sweeps[0].hand_over()
                    self._consume(until=began_at + PERIOD)
                self.now = began_at + PERIOD

    def _talk(self) -> None:
        """Let something be said in one active chat of twenty, and one of a hundred change places with a silent one."""
        for chat in self._chance.sample(self._active, len(self._active) // 20):
            self._say(chat)
        for _pair in range(len(self._active) // 100):
            here, there = self._chance.randrange(len(self._active)), self._chance.randrange(len(self._silent))
            self._active[here], self._silent[there] = self._silent[there], self._active[here]
            self._say(self._active[here])

    def _say(self, chat: OpenChat) -> None:
        if self.now - chat.updated_at > SILENCE:
            self.schedule.give_turn(chat, min(chat.due_at, self.now + AFTER_SILENCE))
        chat.updated_at = self.now
        chat.promised_by = min(chat.promised_by, self.now + PROMISES[0][1])

    def _consume(self, *, until: datetime) -> None:
        while self.queue:
            put_at, chat_ids = self.queue[0]
            consumer = min(range(CONSUMERS), key=self._free_at.__getitem__)
            self.now = max(put_at, self._free_at[consumer])
            if self.now >= until:
                break
            self.queue.popleft()
            if self.now < put_at + PERIOD:
                self._sweeps[consumer].compare(chat_ids, has_time=always)
                self._free_at[consumer] = self.now

    def call(self) -> None:
        self.seen.calls[int((self.now - BEGINNING).total_seconds())] += 1

    def fails(self) -> bool:
        return self._chance.random() < self._failing

    def compared(self, chat: OpenChat) -> None:
        promise = next(promise for silence, promise in PROMISES if self.now - chat.updated_at < silence)
        self.seen.compared[promise] += 1
        if self.now > chat.promised_by:
            self.seen.late_until = max(self.seen.late_until, self.now)
            self.seen.latest[promise] = max(self.seen.latest[promise], self.now - chat.promised_by)
        chat.promised_by = self.now + promise
        self.schedule.give_turn(chat, self.now + interval_of(_as_read(chat), self.now))


@dataclass(slots=True)
class Giosg:
    """Stands for a reconciler: makes a comparison's calls at its pace, and finds nothing new."""

    world: World
    pace: Pace

    def sync(self, chat_id: str, *, due_by: datetime) -> Synced:
        chat = self.world.schedule.chats[chat_id]
        if _as_read(chat).is_due(by=due_by):
            for _call in range(CALLS_PER_CHAT):
                self.pace.wait()
                self.world.call()
            if self.world.fails():
                raise ConnectionError
            self.world.compared(chat)
        return Synced(chat=None)


def _as_read(chat: OpenChat) -> Chat:
    return Chat(
        id=chat.chat_id,
        visitor_id="",
        visitor_name=None,
        created_at=chat.updated_at,
        updated_at=chat.updated_at,
        sync_due_at=chat.due_at,
    )


def _say_nothing(*_args: Any, **_facts: Any) -> None:
    """Write no line: there would be many thousands."""
