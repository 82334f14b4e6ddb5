"""The functions called as AWS calls them, any number of them at once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from importlib import import_module
from typing import Any

from tests.aws import Context, Reply
from tests.proof.plan import Invocation
from tests.toolkit.scheduling import FUNCTION_LIFETIME, Scheduler, Task


@dataclass(eq=False)
class UnderWay:
    """An invocation and what is to be done with its answer, or with None when there was none."""

    task: Task
    settle: Callable[[Any], None]


class Invocations:
    """Begins invocations, lets them make their steps, and hands on what they answer."""

    def __init__(self, scheduler: Scheduler) -> None:
        self.under_way: list[UnderWay] = []
        self._scheduler = scheduler

    def begin(
        self,
        function: str,
        event: dict[str, Any],
        how: Invocation,
        settle: Callable[[Any], None] = lambda _answer: None,
        *,
        lifetime: timedelta = FUNCTION_LIFETIME,
    ) -> Task:
        """Begin an invocation and let it make its first steps."""
        handler = import_module(f"functions.{function}.app").handler
        task = self._scheduler.begin(partial(handler, event, Context()), lifetime=lifetime)
        task.plan = {("aws", each.call): each.fault for each in how.aws}
        task.plan |= {("giosg", each.call): each.fault for each in how.giosg}
        self.under_way.append(UnderWay(task, settle))
        for _ in range(how.steps):
            if (next_one := self._next(task)) is None:
                break
            self._scheduler.step(next_one)
        return task

    def _next(self, invocation: Task) -> Task | None:
        """Return what can go on of an invocation: itself, or else a thread that it waits for."""
        if not invocation.is_over and invocation.can_go_on:
            return invocation
        parts = (each for each in self._scheduler.tasks if each.root is invocation)
        return next((each for each in parts if each.can_go_on), None)

    def take_turn(self, pick: int) -> None:
        """Let one of those that are under way make a step."""
        if task := self._scheduler.choose(pick):
            self._scheduler.step(task)

    def settle(self) -> None:
        """Hand on the answers of those that have come to their end."""
        for each in [each for each in self.under_way if each.task.is_over]:
            self.under_way.remove(each)
            each.settle(None if each.task.has_failed else each.task.outcome.result())


def reply_of(answer: Any) -> Reply | None:
    """Read a function's answer to API Gateway."""
    if answer is None:
        return None
    return Reply(answer["statusCode"], answer.get("headers", {}), answer.get("body") or "")
