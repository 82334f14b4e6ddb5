"""HTTP event adapter: requests in, answers out, and one log line for each.

Every error is `application/problem+json` (https://www.rfc-editor.org/rfc/rfc9457) with a stable `code`.
"""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from visitor_chat.api import bodies, problems, routing
from visitor_chat.auth.sessions import Token, parse_token
from visitor_chat.domain.errors import InvalidVisitorToken, UnsupportedEncoding, VisitorChatError
from visitor_chat.runtime import initialization, telemetry, tracing

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
Request = routing.Request
Answer = routing.Answer

UNAUTHORIZED = 401
SERVER_ERROR = 500
PROTECTION = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
}
"""For answers that a browser was made to open as a page: they are no page, and in no frame."""


def handler(routes: routing.Routes) -> Handler:
    """Make the Lambda handler of a function: one log line for each request, whatever becomes of it."""

    def handle(event: dict[str, Any], _context: Any) -> dict[str, Any]:
        with telemetry.invocation(_trace(event), is_first=initialization.is_first_invocation()):
            began_at = time.monotonic()
            answer = _answer(routes, event)
            _log(event, answer.status, duration_ms=round((time.monotonic() - began_at) * 1000))
        return answer.document() | ({"body": ""} if Request(event).method == "HEAD" else {})

    return handle


def _answer(routes: routing.Routes, event: Mapping[str, Any]) -> Answer:
    request = Request(event)
    try:
        return routes[event["routeKey"]](request)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong, a visitor gets an answer in our words
        meant = problems.meaning_of(error)
        return problem(meant, **_advice(meant, request))


def _advice(error: VisitorChatError, request: Request) -> dict[str, str]:
    """Say with a 401 how to authenticate, and to who has tried that the token was the trouble; with a 415 what is read.

    https://www.rfc-editor.org/rfc/rfc6750#section-3, https://www.rfc-editor.org/rfc/rfc9110#section-15.5.16
    """
    if isinstance(error, UnsupportedEncoding):
        return {"Accept_Encoding": "gzip, deflate"}
    if error.status != UNAUTHORIZED:
        return {}
    is_refused = isinstance(error, InvalidVisitorToken) and "authorization" in request.headers
    return {"WWW_Authenticate": 'Bearer error="invalid_token"' if is_refused else "Bearer"}


def _log(event: Mapping[str, Any], status: int, *, duration_ms: int) -> None:
    telemetry.outcome(
        "request",
        level="error" if status >= SERVER_ERROR else "info",
        route=_route(event),
        request_id=event.get("requestContext", {}).get("requestId"),
        status=status,
        duration_ms=duration_ms,
    )


def _trace(event: Mapping[str, Any]) -> str | None:
    return tracing.of_request(Request(event).headers, event.get("requestContext", {}).get("requestId"))


def _route(event: Mapping[str, Any]) -> str:
    """Return the route's key, with the method that was used where it takes any."""
    method = event.get("requestContext", {}).get("http", {}).get("method", "ANY")
    return str(event.get("routeKey", "")).replace("ANY", method, 1)


def body(request: Request) -> dict[str, Any]:
    """Return the request's JSON object; raise InvalidRequest, RequestTooLarge or UnsupportedEncoding."""
    return bodies.json_object(request)


def token(request: Request) -> Token:
    """Return the visitor token of the request; raise InvalidVisitorToken when it cannot be one."""
    return parse_token(request.headers.get("authorization"))


def token_if_any(request: Request) -> Token | None:
    """Return the visitor token of a request that may come without; raise InvalidVisitorToken when it cannot be one."""
    return token(request) if "authorization" in request.headers else None


def answer(status: int, document: Mapping[str, Any]) -> Answer:
    """Answer with JSON that no cache may keep."""
    return _json(status, document, "application/json")


def no_content() -> Answer:
    return Answer(204, PROTECTION)


def no_such_route() -> Answer:
    """Return what API Gateway answers where it has no route."""
    return _json(404, {"message": "Not Found"}, "application/json")


def _json(status: int, document: Mapping[str, Any], content_type: str, **headers: str) -> Answer:
    every = {"Content-Type": content_type} | PROTECTION
    every |= {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, every, json.dumps(document, ensure_ascii=False, separators=(",", ":")))


def problem(error: VisitorChatError, **headers: str) -> Answer:
    """Return what an error says in public, and note for the log what it says to us."""
    telemetry.note(code=error.code, reason=str(error))
    retry = {"Retry_After": str(error.retry_after_seconds)} if error.retry_after_seconds else {}
    return _json(error.status, problems.document(error), "application/problem+json", **retry, **headers)
