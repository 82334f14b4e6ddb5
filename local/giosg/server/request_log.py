"""The log of the calls that the simulated Giosg received."""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock

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
        self._lock = Lock()

    def add(self, call: ReceivedCall) -> None:
        with self._lock:
            self._calls.append(call)

    def all(self) -> list[ReceivedCall]:
        with self._lock:
            return list(self._calls)

    def matching(self, *, method: str | None = None, path: str = "") -> list[ReceivedCall]:
        """Return the calls of a method whose path contains the regular expression `path`."""
        return [call for call in self.all() if method in (None, call.method) and re.search(path, call.path)]

    def connections(self) -> set[int]:
        """Return the numbers of the connections that carried the calls in the log."""
        return {call.connection for call in self.all()}

    def clear(self) -> None:
        with self._lock:
            self._calls.clear()

    def __iter__(self) -> Iterator[ReceivedCall]:
        return iter(self.all())

    def __len__(self) -> int:
        return len(self._calls)
