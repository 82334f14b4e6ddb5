"""Time that passes when a test says so, or when somebody waits."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from visitor_chat.runtime import clock as clock_module


def this_second() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@dataclass
class Clock:
    """A clock that stands still unless it is moved, or somebody waits."""

    instant: datetime = field(default_factory=this_second)
    _plans: list[tuple[datetime, Callable[[], object]]] = field(default_factory=list)

    def __call__(self) -> datetime:
        return self.instant

    def advance(self, **duration: float) -> None:
        """Move on by a duration, named as `timedelta` does; what was to happen until then happens."""
        self.instant += timedelta(**duration)
        for plan in [plan for plan in self._plans if plan[0] <= self.instant]:
            self._plans.remove(plan)
            plan[1]()

    def after(self, seconds: float, act: Callable[[], object]) -> None:
        """Have something happen at a time to come, when the clock is moved past it."""
        self._plans.append((self.instant + timedelta(seconds=seconds), act))

    def sleep(self, seconds: float) -> None:
        self.advance(seconds=seconds)


@contextmanager
def run_by(clock: Clock) -> Iterator[Clock]:
    """Let everything that is built from here on take its time, and its waits, from this clock."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock_module, "now", clock)
        patch.setattr(clock_module, "sleep", clock.sleep)
        yield clock
