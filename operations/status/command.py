"""`make status`: half a screen of numbers, the last day beside the day before."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from operations.command import Call, Command
from operations.doctor.edge import StackApi
from operations.doctor.webhooks import WebhookLooks
from operations.stacks.log_lines import LogLines
from operations.stacks.stored import now
from operations.status import present
from operations.status.days import DAY, last_two
from operations.terminal import Colour, Terminal

SEARCH_SECONDS = 60.0
ROWS = {
    "chats_started": "Chats started",
    "messages_sent": "Messages sent by visitors",
    "messages_held": "Messages left while nobody was there",
    "start_ms": "A start took, p50 / p95 ms",
    "send_ms": "A send took, p50 / p95 ms",
    "refused": "Requests refused (4xx)",
    "failed": "Requests failed (5xx)",
    "webhooks_stored": "Webhooks stored",
    "webhooks_repeated": "Webhooks repeated",
    "webhooks_foreign": "Webhooks not for this stack",
    "webhooks_refused": "Webhooks with a wrong secret",
    "webhooks_missed": "Messages that no webhook brought",
    "comparisons_failed": "Comparisons with Giosg failed",
}
PRESENT = {
    "open_chats": "Open chats",
    "held_messages": "Held messages that wait",
    "repair_queue": "Chats that wait for a comparison",
    "dead_letters": "Comparisons failed for good",
    "alarms": "Alarms that ring",
    "last_webhook_chats": "Last webhook about a chat",
    "last_webhook_messages": "Last webhook about a message",
}
TROUBLE = {"failed", "webhooks_refused", "webhooks_missed", "comparisons_failed", "dead_letters", "alarms"}
"""What is to be 0."""


def act(call: Call) -> int:
    stack, at = call.stack(), now()
    lines = LogLines(stack, search_seconds=SEARCH_SECONDS)
    last, before = (day.numbers() for day in last_two(lines.search("timestamp", since=at - 2 * DAY), now=at))
    present_numbers = present.numbers(stack, WebhookLooks(stack, StackApi(stack), LogLines(stack)))
    document = {
        "stack": stack.name,
        "last_day": last,
        "day_before": before,
        "now": present_numbers,
        "is_whole": not lines.is_cut,
    }
    if call.terminal.is_json:
        call.terminal.show(document)
        return 0
    tell(call.terminal, f"{stack.name}, {stack.region}", last, before, present_numbers)
    if lines.is_cut:
        call.terminal.say(f"The log was not read to its end in {SEARCH_SECONDS:.0f} s: the counts are too low")
    return 0


def tell(
    terminal: Terminal,
    heading: str,
    last: Mapping[str, Any],
    before: Mapping[str, Any],
    present_numbers: Mapping[str, Any],
) -> None:
    terminal.say(terminal.paint(f"{heading:<38} {'last day':>13} {'day before':>13}", Colour.BOLD))
    for name, words in ROWS.items():
        value = f"{written(last[name]):>13}"
        marked = terminal.paint(value, Colour.RED) if name in TROUBLE and last[name] else value
        terminal.say(f"  {words:<36} {marked} {written(before[name]):>13}{details(name, last)}")
    terminal.say(terminal.paint("Now", Colour.BOLD))
    for name, words in PRESENT.items():
        value = f"{written(present_numbers[name]):>13}"
        marked = terminal.paint(value, Colour.RED) if name in TROUBLE and present_numbers[name] else value
        terminal.say(f"  {words:<36} {marked}")


def details(name: str, day: Mapping[str, Any]) -> str:
    """Return which failures they were, and the times of the first and the last of what should not be."""
    said = [f"{count} {code}" for code, count in day["failed_by_code"].items()] if name == "failed" else []
    if name in day["first_and_last"]:
        first, last = (datetime.fromisoformat(at).astimezone(UTC) for at in day["first_and_last"][name])
        said.append(f"{first:%H:%M} to {last:%H:%M} UTC")
    return "  " + ", ".join(said) if said else ""


def written(value: Any) -> str:
    """Write a number, a pair of them, names, or that there is nothing."""
    if value is None:
        return "-"
    if isinstance(value, tuple):
        return " / ".join(str(each) for each in value)
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return str(value)


COMMAND = Command(name="status", help="half a screen of numbers: the last day beside the day before", act=act)
