"""How fast Giosg may be called, by what nobody waits for."""

from collections.abc import Callable
from datetime import timedelta
from threading import Lock

from visitor_chat.runtime.clock import Clock


class Pace:
    """Lets calls begin one after another, at even intervals; threads may share it.

    The first call waits as well, so that whoever goes on in the place of another one keeps its pace.
    """

    def __init__(self, calls_per_second: float, *, clock: Clock, sleep: Callable[[float], None]) -> None:
        self._interval = timedelta(seconds=1 / calls_per_second)
        self._clock = clock
        self._sleep = sleep
        self._lock = Lock()
        self._next_at = clock() + self._interval

    def wait(self) -> None:
        """Wait for a turn."""
        with self._lock:
            now = self._clock()
            turn_at = max(self._next_at, now)
            self._next_at = turn_at + self._interval
        if turn_at > now:
            self._sleep((turn_at - now).total_seconds())
