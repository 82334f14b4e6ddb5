"""The logs of all functions, from the emulator's CloudWatch Logs: an invocation's lines come when it has ended."""

import json
from collections.abc import Iterator
from typing import Any

PLATFORM_LINES = ("START RequestId:", "END RequestId:", "REPORT RequestId:")


def read_events(logs: Any) -> list[dict[str, Any]]:
    """Return what the functions wrote, oldest first."""
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    events = [event for group in groups for event in group_events(logs, group)]
    return sorted(events, key=lambda event: event["timestamp"])


def group_events(logs: Any, group: str) -> Iterator[dict[str, Any]]:
    answer = logs.filter_log_events(logGroupName=group)
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
