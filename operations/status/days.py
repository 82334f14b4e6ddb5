"""What the functions have logged, counted by days."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from operations.doctor.load import percentile
from operations.stacks.log_lines import Line

DAY = timedelta(days=1)
STARTS, SENDS, HOLDS = "POST /chats", "POST /chats/{chat_id}/messages", "POST /held_messages"
WEBHOOKS = "POST /giosg_webhooks/"
REFUSED, FAILED = 400, 500
FORBIDDEN = 403
NEW = (201, 202)


@dataclass(slots=True)
class Day:
    """What happened in a day.

    Attributes:
        failures: requests that were answered with a 5xx, by code.
        milliseconds: how long starts and sends took that were new.
        troubles: when something happened that should not, by the number's name.
    """

    counts: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    milliseconds: dict[str, list[float]] = field(default_factory=lambda: {STARTS: [], SENDS: []})
    troubles: dict[str, list[datetime]] = field(default_factory=dict)

    def add(self, line: Line) -> None:
        """Count a line, if it is of something that is counted."""
        if line.has(message="request"):
            self._add_request(line)
        elif line.has(message="sync"):
            missed = int(line.fields.get("missed", 0))
            self.counts["missed"] += missed
            if missed:
                self._note("webhooks_missed", line.at)
        elif line.has(message="sync failed"):
            self.counts["sync_failed"] += 1
            self._note("comparisons_failed", line.at)

    def _note(self, number: str, at: datetime) -> None:
        self.troubles.setdefault(number, []).append(at)

    def _add_request(self, line: Line) -> None:
        route, status = str(line.fields.get("route")), int(line.fields.get("status") or 0)
        if status >= FAILED:
            self.failures[str(line.fields.get("code", "internal_error"))] += 1
            self._note("failed", line.at)
        if route.startswith(WEBHOOKS):
            outcome = "refused" if status == FORBIDDEN else line.fields.get("outcome")
            self.counts[f"webhooks_{outcome}"] += outcome is not None
            if outcome == "refused":
                self._note("webhooks_refused", line.at)
        elif REFUSED <= status < FAILED:
            self.counts["refused"] += 1
        elif status in NEW and route in {STARTS, SENDS, HOLDS}:
            self.counts[route] += 1
            self.milliseconds.get(route, []).append(float(line.fields.get("duration_ms", 0)))

    def took(self, route: str) -> tuple[int, int] | None:
        """Return p50 and p95 in milliseconds; None when there was nothing."""
        values = self.milliseconds[route]
        return (round(percentile(values, 50)), round(percentile(values, 95))) if values else None

    def numbers(self) -> dict[str, Any]:
        """Return everything by its name for machines."""
        counts = self.counts
        return {
            "chats_started": counts[STARTS],
            "messages_sent": counts[SENDS],
            "messages_held": counts[HOLDS],
            "refused": counts["refused"],
            "failed": sum(self.failures.values()),
            "failed_by_code": dict(self.failures),
            "start_ms": self.took(STARTS),
            "send_ms": self.took(SENDS),
            "webhooks_stored": counts["webhooks_stored"],
            "webhooks_repeated": counts["webhooks_repeated"],
            "webhooks_foreign": counts["webhooks_foreign"] + counts["webhooks_ignored"],
            "webhooks_queued": counts["webhooks_queued"],
            "webhooks_refused": counts["webhooks_refused"],
            "webhooks_missed": counts["missed"],
            "comparisons_failed": counts["sync_failed"],
            "first_and_last": {
                number: (min(all_of).isoformat(), max(all_of).isoformat()) for number, all_of in self.troubles.items()
            },
        }


def last_two(lines: Iterable[Line], *, now: datetime) -> tuple[Day, Day]:
    """Return the last day and the day before it."""
    last, before = Day(), Day()
    for line in lines:
        (last if now - line.at <= DAY else before).add(line)
    return last, before
