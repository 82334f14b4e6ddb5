"""What the functions have logged about a chat, as moments."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from operations.stacks.log_lines import Line, LogLines
from operations.trace.moments import Moment

IDS = ("chat_id", "message_id", "resource_id", "visitor_id", "request_id", "trace_id")
TOLD = ("outcome", "code", "reason", "missed", "corrected", "sockets")


def moments(lines: LogLines, wanted: str, *, since: datetime) -> Iterator[Moment]:
    """Return what was logged about an id since then; counts that leave as metrics are no moments."""
    for line in lines.search(wanted, since=since):
        if "message" in line.fields:
            yield moment_of(line)


def moment_of(line: Line) -> Moment:
    ids = {name: str(line.fields[name]) for name in IDS if line.fields.get(name)}
    return Moment(at=line.at, source="log", says=", ".join([headline(line.fields), *told(line.fields)]), ids=ids)


def headline(fields: Mapping[str, Any]) -> str:
    if "route" not in fields or fields["message"] != "request":
        return str(fields["message"])
    took = f" in {fields['duration_ms']} ms" if "duration_ms" in fields else ""
    return f"{fields['route']}: {fields.get('status')}{took}{spent_on_giosg(fields.get('giosg'))}"


def spent_on_giosg(calls: Any) -> str:
    """Say how much of a request was spent on waiting for Giosg; calls beside each other are added up."""
    return f", Giosg's calls {sum(calls.values())}" if calls else ""


def told(fields: Mapping[str, Any]) -> Iterator[str]:
    for name in TOLD:
        if fields.get(name) not in (None, ""):
            yield f"{name} {fields[name]}"
    if fields["message"] == "request" and fields.get("trace_id"):
        yield f"trace {fields['trace_id']}"
    about = fields.get("message_id") or fields.get("resource_id")
    if about and about != fields.get("chat_id"):
        yield f"about {about}"
