"""Many invocations at once, in an order that a test chooses: threads of which one runs at a time, and simulated time.

An invocation stops at each point where another could come between: before each call to AWS or Giosg, and when it waits.
There the scheduler lets it go on, when and as the test says, so that every run can be repeated exactly.
"""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, Future
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, ParamSpec, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from visitor_chat.api.events import NotTaken

STEP = timedelta(milliseconds=7)
"""What each step takes."""
STRETCH = 1.7
"""Each wait of an invocation is longer than the one before, as on a machine that is busy: polling stays cheap here."""
PATIENCE_SECONDS = 60.0
FUNCTION_LIFETIME = timedelta(seconds=28)

Result = TypeVar("Result")
Parameters = ParamSpec("Parameters")


class Killed(BaseException):
    """The invocation's process is gone: whatever it tries next does not happen."""


class Point(NamedTuple):
    """Where an invocation has stopped; `kind` is `start`, `table`, `queue`, `giosg`, `secret`, `sleep` or `wait`."""

    kind: str
    name: str = ""
    is_ready: Callable[[], bool] = lambda: True


class Task:
    """An invocation, or a thread of one, which dies with it."""

    def __init__(
        self, scheduler: "Scheduler", work: Callable[[], Any], *, lifetime: timedelta, parent: "Task | None"
    ) -> None:
        self.root: Task = parent.root if parent else self
        self.point = Point("start")
        self.outcome: Future[Any] = Future()
        self.is_over = False
        self.passed: list[Point] = []
        self.plan: dict[tuple[str, int], Any] = self.root.plan if parent else {}
        self.calls: Counter[str] = self.root.calls if parent else Counter()
        self.waits = 0
        self._is_dead = False
        self._dies_at = scheduler.now + lifetime
        self._scheduler = scheduler
        self._work = work
        self._turn = _signal()

    @property
    def is_dead(self) -> bool:
        """Tell whether the process is gone: killed, or stopped by Lambda at the end of its time."""
        return self.root._is_dead or self._scheduler.now >= self.root._dies_at

    @property
    def can_go_on(self) -> bool:
        return self.is_dead or self.point.is_ready()

    @property
    def has_failed(self) -> bool:
        """Tell whether it came to no answer: it was killed, or AWS let it down where nobody waits for an answer."""
        error = self.outcome.exception()
        cause = error.__context__ if isinstance(error, NotTaken) else error
        return isinstance(cause, Killed | ClientError | BotoCoreError)

    def kill(self) -> None:
        self.root._is_dead = True

    def start(self) -> None:
        threading.Thread(target=self._run, daemon=True).start()

    def resume(self) -> None:
        self._turn.release()

    def pause(self, point: Point) -> None:
        """Stop until the scheduler says so; called on the thread that does the task's work."""
        self.point = point
        self.root.passed.append(point)
        self._scheduler.stopped.release()
        if not self._turn.acquire(timeout=PATIENCE_SECONDS):
            raise Killed
        if self.is_dead:
            raise Killed

    def _run(self) -> None:
        self._turn.acquire()
        try:
            self.outcome.set_result(self._work())
        except BaseException as error:  # noqa: BLE001 - it is raised again by whoever asks for the outcome
            self.outcome.set_exception(error)
        self.is_over = True
        self._scheduler.stopped.release()


def _signal() -> threading.Lock:
    """Return what one thread waits for and another gives, never twice in a row: a lock is faster than a semaphore."""
    signal = threading.Lock()
    signal.acquire()
    return signal


class Scheduler:
    """Runs tasks, one step of one task at a time. Time moves with the steps, and when everybody waits."""

    def __init__(self) -> None:
        self.now = datetime(2030, 1, 1, tzinfo=UTC)
        self.tasks: list[Task] = []
        self.current: Task | None = None
        self.stopped = _signal()

    def begin(self, work: Callable[[], Any], *, lifetime: timedelta, parent: Task | None = None) -> Task:
        """Make a task that stands at its start."""
        task = Task(self, work, lifetime=lifetime, parent=parent)
        self.tasks.append(task)
        task.start()
        return task

    def step(self, task: Task) -> None:
        """Let a task go on to its next point, or to its end."""
        before, self.current = self.current, task
        self.now += STEP
        task.resume()
        assert self.stopped.acquire(timeout=PATIENCE_SECONDS), f"{task.point} never came to its next point"
        self.current = before
        if task.is_over:
            self.tasks.remove(task)

    def choose(self, pick: int) -> Task | None:
        """Choose one of the tasks that can go on, after a wait if there is none; None when all have ended."""
        while self.tasks:
            ready = [task for task in self.tasks if task.can_go_on]
            if ready:
                return ready[pick % len(ready)]
            self.now += timedelta(seconds=0.1)
        return None

    def run(self, tasks: Iterable[Task] | None = None) -> None:
        """Run tasks (all, if none are named) to their end, in turns."""
        wanted = set(tasks) if tasks is not None else None
        turn = 0
        while (task := self.choose(turn)) is not None and (wanted is None or wanted & set(self.tasks)):
            self.step(task)
            turn += 1

    def side_by_side(
        self, *acts: Callable[[], Result], order: int, plan: Mapping[tuple[str, int], Any] | None = None
    ) -> list[Result]:
        """Do all acts at once, their steps in one of many orders; `plan` has the faults that the first one meets."""
        chance = random.Random(order)  # noqa: S311 - it must be the same again
        tasks = [self.begin(act, lifetime=FUNCTION_LIFETIME) for act in acts]
        tasks[0].plan |= plan or {}
        while (task := self.choose(chance.randrange(len(acts) ** 2))) is not None:
            self.step(task)
        return [task.outcome.result() for task in tasks]

    def abandon(self) -> None:
        """Kill whatever is under way."""
        for task in self.tasks:
            task.kill()
        self.run()

    def pause(self, point: Point) -> Task | None:
        """Stop the task that is running; None when the call is nobody's but the test's own."""
        task = self.current
        if task is not None:
            task.pause(point)
        return task

    def sleep(self, seconds: float) -> None:
        """Wait in simulated time."""
        if (task := self.current) is None:
            self.now += timedelta(seconds=seconds)
            return
        until = self.now + timedelta(seconds=seconds * STRETCH**task.waits)
        task.waits += 1
        task.pause(Point("sleep", is_ready=lambda: self.now >= until))


class Awaited(Future[Result]):
    """A future whose result a task waits for in simulated time; a test itself lets everybody come to their end."""

    def __init__(self, scheduler: Scheduler) -> None:
        super().__init__()
        self._scheduler = scheduler

    def result(self, timeout: float | None = None) -> Result:
        if self._scheduler.current is None:
            self._scheduler.run()
        while not self.done():
            self._scheduler.pause(Point("wait", is_ready=self.done))
        return super().result(timeout)


class Threads(Executor):
    """Threads of an invocation, scheduled like the invocations themselves."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    def submit(
        self, fn: Callable[Parameters, Result], /, *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> Future[Result]:
        future: Awaited[Result] = Awaited(self._scheduler)

        def work() -> None:
            try:
                future.set_result(fn(*args, **kwargs))
            except BaseException as error:
                future.set_exception(error)
                raise

        self._scheduler.begin(work, lifetime=timedelta(days=1), parent=self._scheduler.current)
        return future
