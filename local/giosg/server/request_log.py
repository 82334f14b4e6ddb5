"""The log of the calls that the simulated Giosg received."""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Condition

CALLS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedCall:
    """One call; `status` is None when it got no answer, `connection` numbers the connections from 1."""

    method: str
    path: str
    query_string: str
    status: int | None
    connection: int
    authorization_scheme: str


class RequestLog:
    """The calls to Giosg's API in the order of their outcome, the newest 100 000."""

    def __init__(self) -> None:
        self._calls: deque[ReceivedCall] = deque(maxlen=CALLS)
        self._added = Condition()

    def add(self, call: ReceivedCall) -> None:
        with self._added:
            self._calls.append(call)
            self._added.notify_all()

    def all(self) -> list[ReceivedCall]:
        with self._added:
            return list(self._calls)

    def matching(self, *, method: str | None = None, path: str = "") -> list[ReceivedCall]:
        """Return the calls of a method whose path contains the regular expression `path`."""
        return [call for call in self.all() if method in (None, call.method) and re.search(path, call.path)]

    def wait_for(self, *, method: str | None = None, path: str = "", timeout_seconds: float) -> ReceivedCall:
        """Return the newest call that matches, once there is one: a client that gives up does not wait for the outcome.

        Raises:
            TimeoutError: there was none in time.
        """
        with self._added:
            calls = self._added.wait_for(lambda: self.matching(method=method, path=path), timeout_seconds)
        if not calls:
            raise TimeoutError(f"no call to {path}")
        return calls[-1]

    def connections(self) -> set[int]:
        """Return the numbers of the connections that carried the calls in the log."""
        return {call.connection for call in self.all()}

    def clear(self) -> None:
        with self._added:
            self._calls.clear()

    def __iter__(self) -> Iterator[ReceivedCall]:
        return iter(self.all())

    def __len__(self) -> int:
        return len(self._calls)
