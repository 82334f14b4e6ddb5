"""Event adapter: what a schedule, a queue, a stream or the bus brings, and one log line for each."""

from collections.abc import Callable, Mapping
from typing import Any

from visitor_chat.runtime import initialization, telemetry, tracing

Event = Mapping[str, Any]
Take = Callable[[Event, Any], Any]


class NotTaken(Exception):
    """An event could not be dealt with, and is to come again.

    Lambda logs it, so it says nothing that may be private.
    """


def handler(name: str, take: Take) -> Callable[[dict[str, Any], Any], Any]:
    """Make the Lambda handler for events that nobody waits for; `take` returns what the sender is to know.

    What it notes is in the line `name`. Whatever it raises makes the sender deliver the event again.
    """

    def handle(event: dict[str, Any], context: Any) -> Any:
        trace = tracing.checked(getattr(context, "aws_request_id", None))
        with telemetry.invocation(trace, is_first=initialization.is_first_invocation()):
            answer = _take(name, take, event, context)
            telemetry.outcome(name)
        return answer

    return handle


def _take(name: str, take: Take, event: Event, context: Any) -> Any:
    try:
        return take(event, context)
    except Exception as error:  # noqa: BLE001 - what Lambda would log of it may hold anything
        reason = telemetry.describe(error)
        telemetry.outcome(name, level="error", reason=reason)
        raise NotTaken(reason) from None
