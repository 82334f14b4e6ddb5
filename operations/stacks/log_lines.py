"""What the functions have logged: one JSON object for each outcome, in one log group.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from operations.stacks.deployed import DeployedStack

SEARCH_SECONDS = 30.0
"""How long one search may take: it goes through everything of its time, also where nothing is found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line, and when it was written."""

    at: datetime
    fields: Mapping[str, Any]

    def has(self, **wanted: Any) -> bool:
        return all(self.fields.get(name) == value for name, value in wanted.items())


@dataclass(frozen=True, slots=True)
class LogLines:
    """The lines of a stack's functions."""

    stack: DeployedStack
    search_seconds: float = SEARCH_SECONDS
    _cut: list[str] = field(default_factory=list)

    @property
    def is_cut(self) -> bool:
        """Whether a search had too little time to see everything."""
        return bool(self._cut)

    def search(self, phrase: str, *, since: datetime, until: datetime | None = None) -> Iterator[Line]:
        """Return the structured lines that hold a phrase, oldest first, as far as there is time."""
        deadline = time.monotonic() + self.search_seconds
        for page in self._pages(phrase, since=since, until=until):
            for event in page["events"]:
                line = parsed(event)
                if line is not None:
                    yield line
            if time.monotonic() > deadline:
                self._cut.append(phrase)
                return

    def _pages(self, phrase: str, *, since: datetime, until: datetime | None) -> Iterator[Any]:
        within = {"startTime": milliseconds(since)} | ({"endTime": milliseconds(until)} if until else {})
        pages: Iterator[Any] = (
            self.stack.client("logs")
            .get_paginator("filter_log_events")
            .paginate(logGroupName=self.stack.outputs["LogGroupName"], filterPattern=f'"{phrase}"', **within)
        )
        return pages

    def newest(
        self, phrase: str, is_wanted: Callable[[Line], bool], *, spans: Sequence[timedelta], now: datetime
    ) -> Line | None:
        """Return the newest wanted line that holds a phrase, looked for ever further back."""
        until = None
        for span in spans:
            lines = [line for line in self.search(phrase, since=now - span, until=until) if is_wanted(line)]
            if lines:
                return max(lines, key=lambda line: line.at)
            until = now - span
        return None


def milliseconds(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)


def parsed(event: Mapping[str, Any]) -> Line | None:
    """Read an event; None when it is not one of the functions' own lines."""
    try:
        fields = json.loads(event["message"])
    except ValueError:
        return None
    at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
    return Line(at=at, fields=fields) if isinstance(fields, dict) else None
