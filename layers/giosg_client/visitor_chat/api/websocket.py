"""The socket's edge: what API Gateway's socket events hold, and one log line for each.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-requests.html
"""

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any

from visitor_chat.runtime import initialization, telemetry, tracing

Event = Mapping[str, Any]
Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

UNAVAILABLE = 503


def handler(take: Callable[[Event], int]) -> Handler:
    """Make the Lambda handler of a socket's route; `take` gives the status. The answer has no body: AWS drops it."""

    def handle(event: dict[str, Any], _context: Any) -> dict[str, Any]:
        trace = tracing.checked(event["requestContext"].get("requestId"))
        with telemetry.invocation(trace, is_first=initialization.is_first_invocation()):
            status = _take(take, event)
            level = "error" if status >= UNAVAILABLE else "info"
            telemetry.outcome("socket", level=level, route=event["requestContext"].get("routeKey"), status=status)
        return {"statusCode": status}

    return handle


def _take(take: Callable[[Event], int], event: Event) -> int:
    try:
        return take(event)
    except Exception as error:  # noqa: BLE001 - what Lambda would log of it may hold anything
        telemetry.note(reason=telemetry.describe(error))
        return UNAVAILABLE


def connection_id(event: Event) -> str:
    return str(event["requestContext"]["connectionId"])


def query(event: Event, name: str) -> str:
    return str((event.get("queryStringParameters") or {}).get(name) or "")


def is_allowed(event: Event, origins: Collection[str]) -> bool:
    """Tell whether a socket may be opened from where the client is.

    Browsers say it, and no page can say otherwise. Apps say nothing, or name the very host that they connect to, as
    `https:` or `wss:`: no page is there.
    """
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    origin = headers.get("origin")
    return origin is None or origin in origins or "*" in origins or _is_own(origin, headers.get("host", ""))


def _is_own(origin: str, host: str) -> bool:
    """Tell whether an origin, `https://host` or `wss://host/`, names the host that was asked."""
    named = origin.partition("://")[2].partition("/")[0]
    return bool(named) and _without_port(named) == _without_port(host)


def _without_port(host: str) -> str:
    return host.lower().removesuffix(":443")


def action(event: Event) -> str | None:
    """Return what a client wants, None for what makes no sense."""
    try:
        document = json.loads(event.get("body") or "")
    except (ValueError, RecursionError):
        return None
    wanted = document.get("action") if isinstance(document, dict) else None
    return wanted if isinstance(wanted, str) else None
