"""Many invocations at the same time, each at its own pace: time goes by only while all of them wait for something.

Calls to the tables take as long as those of DynamoDB do; what they read and write is moto's, at one instant of each
call. So it can be seen what becomes of many that want the same item, and the same comes of it each time.
"""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import import_module
from typing import Any

import pytest
from local.giosg import SimulatedGiosg
from tests import aws
from tests.template import template
from tests.toolkit.scheduling import Point, Scheduler, Task, Threads
from tests.toolkit.visitors import start

from visitor_chat import wiring
from visitor_chat.runtime import clock

LIFETIME = timedelta(seconds=28)
SECONDS_OF = {"BatchGetItem": 0.005, "Query": 0.005, "TransactWriteItems": 0.02}
"""Round trips to DynamoDB from a function of the same region, for small items: assumed, and what others see."""
OTHER_SECONDS = 0.01
POLL_SECONDS = 0.05
"""Until a free consumer has a message of a queue."""
NEVER = datetime.max.replace(tzinfo=UTC)


class Crowd(Scheduler):
    """Runs tasks at once. Own work takes no time; calls to the tables and waits do."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self.ended_at: dict[Task, datetime] = {}
        self.operations: list[str] = []
        self.queued: list[str] = []
        self.wrote_at = self.now
        self._chance = chance

    def together(self, acts: Sequence[Callable[[], Any]]) -> list[Task]:
        """Do all acts at once, and what they put into the repair queue; return what has become of the acts."""
        begun = [self.begin(act, lifetime=LIFETIME) for act in acts]
        mapping = template()["Resources"]["SyncQueueToSyncChats"]["Properties"]
        consume = partial(self._consume, begun, mapping["BatchSize"])
        for _consumer in range(mapping["ScalingConfig"]["MaximumConcurrency"]):
            self.begin(consume, lifetime=timedelta(days=1))
        while self.tasks:
            ready = next((task for task in self.tasks if task.can_go_on), None)
            if ready is None:
                self.now = min(map(_sleeps_until, self.tasks))
            else:
                self._let(ready)
        return begun

    def sleep(self, seconds: float) -> None:
        """Wait in simulated time."""
        until = self.now + timedelta(seconds=seconds)
        if self.current is None:
            self.now = until
        else:
            self.current.pause(Point("sleep", until.isoformat(), is_ready=lambda: self.now >= until))

    def watch(self, client: Any) -> None:
        """Let a client's calls take their time, half of it on the way and half of it on the way back."""
        client.meta.events.register_first("before-send.*", self._note_and_travel)
        client.meta.events.register_last("before-send", self._travel)

    def _consume(self, acts: Sequence[Task], most: int) -> None:
        """Take from the repair queue until nobody can put anything into it any more; nothing comes twice."""
        handler = import_module("functions.sync_chats.app").handler
        while self.queued or any(not act.outcome.done() for act in acts):
            batch, self.queued[:] = self.queued[:most], self.queued[most:]
            records = [{"messageId": str(number), "body": body} for number, body in enumerate(batch)]
            if records and handler({"Records": records}, aws.Context())["batchItemFailures"]:
                raise AssertionError("the queue's consumers are in each other's way")
            self.sleep(POLL_SECONDS)

    def _let(self, task: Task) -> None:
        now = self.now
        self.step(task)
        self.now = now
        if task.outcome.done():
            self.ended_at[task] = now

    def _note_and_travel(self, event_name: str, request: Any, **_rest: Any) -> None:
        self.operations.append(event_name.rsplit(".", 1)[1])
        self._travel(event_name)
        if event_name.endswith("SendMessage"):
            self.queued.append(json.loads(request.body)["MessageBody"])

    def _travel(self, event_name: str, **_rest: Any) -> None:
        if event_name.endswith("TransactWriteItems"):
            self.wrote_at = self.now
        seconds = SECONDS_OF.get(event_name.rsplit(".", 1)[1], OTHER_SECONDS)
        self.sleep(seconds / 2 * self._chance.uniform(0.7, 1.3))


def _sleeps_until(task: Task) -> datetime:
    return datetime.fromisoformat(task.point.name) if task.point.kind == "sleep" else NEVER


@contextmanager
def crowded(chance: random.Random) -> Iterator[Crowd]:
    """Put a crowd's time in the place of the clock; functions must not have been built before."""
    crowd = Crowd(chance)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: crowd.now)
        patch.setattr(clock, "sleep", crowd.sleep)
        patch.setattr(wiring, "threads", lambda: Threads(crowd))
        for service in ("dynamodb", "sqs"):
            crowd.watch(wiring.aws(service))
        yield crowd


@dataclass(slots=True)
class Rush:
    """What has become of webhooks that came at once.

    Attributes:
        attempts: Commits tried by all of them together, in the queue too.
        texts: What the visitor sees in the end.
    """

    statuses: list[int]
    answered_seconds: list[float] = field(default_factory=list)
    stored_seconds: float = 0.0
    attempts: int = 0
    queued: int = 0
    texts: list[str | None] = field(default_factory=list)

    @property
    def refused(self) -> int:
        return len(self.statuses) - self.statuses.count(204)


def rush(count: int, seed: int) -> Rush:
    """Let an agent say so many things, and Giosg tell of all of them at once."""
    random.seed(seed)
    chance = random.Random(seed)  # noqa: S311 - it must be the same again
    with (
        SimulatedGiosg(randomness=random.Random(seed)) as giosg,  # noqa: S311 - the same
        aws.deployed(giosg) as functions,
        crowded(chance) as crowd,
    ):
        giosg.world.clock = lambda: crowd.now
        chat = start(functions, message="Hello?")
        giosg.agent.join(chat.chat_id)
        giosg.webhooks.take()
        for number in range(count):
            giosg.agent.say(chat.chat_id, f"Answer {number}", joins=False)
        bodies = [each.body for each in giosg.webhooks.take("messages")]
        done = _deliver_at_once(crowd, bodies)
        done.texts = chat.texts()
    return done


def _deliver_at_once(crowd: Crowd, bodies: Sequence[Any]) -> Rush:
    events = [aws.webhook_event("messages", body) for body in bodies]
    webhook = import_module("functions.webhook_messages.app").handler
    crowd.operations.clear()
    began_at = crowd.now
    tasks = crowd.together([partial(webhook, event, aws.Context()) for event in events])
    return Rush(
        statuses=[task.outcome.result()["statusCode"] for task in tasks],
        answered_seconds=[(crowd.ended_at[task] - began_at).total_seconds() for task in tasks],
        stored_seconds=(crowd.wrote_at - began_at).total_seconds(),
        attempts=crowd.operations.count("TransactWriteItems"),
        queued=crowd.operations.count("SendMessage"),
    )
