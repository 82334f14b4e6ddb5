"""The logs of all functions, from the emulator's CloudWatch Logs.

Every invocation has a stream of its own there, and all its lines appear at once when it has ended.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

from botocore.exceptions import BotoCoreError, ClientError

FOLLOW_SECONDS = 1.0
# How far back each look goes: a line can carry an earlier time than one that was seen already.
OVERLAP_MILLISECONDS = 5_000
PLATFORM_LINES = ("START RequestId:", "END RequestId:", "REPORT RequestId:")


def read_events(logs: Any, *, since_milliseconds: int = 0) -> list[dict[str, Any]]:
    """Return what the functions wrote from an instant on, oldest first."""
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    events = [event for group in groups for event in group_events(logs, group, since_milliseconds)]
    return sorted(events, key=lambda event: event["timestamp"])


def group_events(logs: Any, group: str, since_milliseconds: int) -> Iterator[dict[str, Any]]:
    answer = logs.filter_log_events(logGroupName=group, startTime=since_milliseconds)
    for event in answer["events"]:
        if not event["message"].startswith(PLATFORM_LINES):
            yield event


def read_entries(logs: Any) -> list[dict[str, Any]]:
    """Return the structured lines; any other, as of a crash, comes as its `message` alone."""
    return [parsed(event["message"]) for event in read_events(logs)]


def parsed(line: str) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except ValueError:
        return {"message": line}
    return entry if isinstance(entry, dict) else {"message": line}


class LogFollower:
    """Writes the logs of all functions to one file as they come."""

    def __init__(self, logs: Any, file: Path) -> None:
        self._logs = logs
        self._file = file
        self._since_milliseconds = 0
        self._written: dict[str, int] = {}
        self._is_stopping = Event()
        self._thread = Thread(target=self._run, name="function-logs")

    def __enter__(self) -> Self:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text("")
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._is_stopping.wait(FOLLOW_SECONDS):
            self._write_new()
        self._write_new()

    def _write_new(self) -> None:
        try:
            events = read_events(self._logs, since_milliseconds=self._since_milliseconds)
        except (BotoCoreError, ClientError):
            return
        new = [event for event in events if event["logStreamName"] not in self._written]
        with self._file.open("a") as file:
            file.writelines(f"{event['message']}\n" for event in new)
        self._forget_old(events)

    def _forget_old(self, events: list[dict[str, Any]]) -> None:
        if events:
            self._since_milliseconds = max(0, events[-1]["timestamp"] - OVERLAP_MILLISECONDS)
        self._written |= {event["logStreamName"]: event["timestamp"] for event in events}
        self._written = {name: at for name, at in self._written.items() if at >= self._since_milliseconds}
