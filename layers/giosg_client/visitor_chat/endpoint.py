"""The HTTP edge: routes, answers, and the only place that turns an error into a status.

Every error is `application/problem+json` (https://www.rfc-editor.org/rfc/rfc9457) with a stable `code`.
"""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from giosg_client.errors import (
    GiosgError,
    GiosgTimeout,
    GiosgUnavailable,
    GiosgUnreachable,
    InvalidCredential,
    InvalidWebhook,
)
from visitor_chat import inputs, routing, telemetry
from visitor_chat.errors import (
    ChatNotFound,
    FieldError,
    GiosgDown,
    GiosgFailed,
    GiosgSilent,
    InvalidRequest,
    InvalidVisitorToken,
    TryAgain,
    VisitorChatError,
)
from visitor_chat.routing import Api, NoSuchRoute
from visitor_chat.sessions import Token, parse_token
from visitor_chat.store.tables import ConditionFailed, UnprocessedReads

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
Kinds = type[Exception] | tuple[type[Exception], ...]
Answer = routing.Answer

GIOSG_RETRY_SECONDS = 5.0
BUSY_RETRY_SECONDS = 1.0
UNAUTHORIZED = 401
SERVER_ERROR = 500
PROTECTION = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
}
"""For answers that a browser was made to open as a page: they are no page, and in no frame."""


def api() -> Api:
    """Make the router of one function."""
    return Api()


def handler(app: Api) -> Handler:
    """Make the Lambda handler of a function: one log line for each request, whatever becomes of it."""

    def handle(event: dict[str, Any], _context: Any) -> dict[str, Any]:
        telemetry.begin()
        began_at = time.monotonic()
        answer = _resolve(app, event)
        _log(event, answer.status, duration_ms=round((time.monotonic() - began_at) * 1000))
        telemetry.finish()
        return answer.document()

    return handle


def _resolve(app: Api, event: Mapping[str, Any]) -> Answer:
    try:
        return app.resolve(event)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong, a visitor gets an answer in our words
        meant = next(meaning(error) for kinds, meaning in _MEANINGS if isinstance(error, kinds))
        return problem(meant, **_challenge(meant, event))


def _challenge(error: VisitorChatError, event: Mapping[str, Any]) -> dict[str, str]:
    """Say with a 401 how to authenticate, and to who has tried that the token was the trouble.

    https://www.rfc-editor.org/rfc/rfc6750#section-3
    """
    if error.status != UNAUTHORIZED:
        return {}
    is_refused = isinstance(error, InvalidVisitorToken) and "authorization" in routing.Request(event).headers
    return {"WWW_Authenticate": 'Bearer error="invalid_token"' if is_refused else "Bearer"}


def _log(event: Mapping[str, Any], status: int, *, duration_ms: int) -> None:
    telemetry.outcome(
        "request",
        level="error" if status >= SERVER_ERROR else "info",
        route=event.get("routeKey"),
        request_id=event.get("requestContext", {}).get("requestId"),
        status=status,
        duration_ms=duration_ms,
    )


def body(app: Api) -> dict[str, Any]:
    """Give the request's JSON object; raise InvalidRequest or RequestTooLarge."""
    return inputs.json_object(raw_body(app))


def token(app: Api) -> Token:
    """Give the visitor token of the request; raise InvalidVisitorToken when it cannot be one."""
    return parse_token(app.request.headers.get("authorization"))


def address(app: Api) -> str:
    """Give the client's address as API Gateway saw it: what a header says of it could be made up."""
    return app.request.source_ip


def raw_body(app: Api) -> bytes:
    return inputs.raw_body(app.request.body, is_base64=app.request.is_base64_encoded)


def answer(status: int, document: Mapping[str, Any]) -> Answer:
    """Answer with JSON that no cache may keep."""
    return _json(status, document, "application/json")


def no_content() -> Answer:
    return Answer(204, PROTECTION)


def _json(status: int, document: Mapping[str, Any], content_type: str, **headers: str) -> Answer:
    every = {"Content-Type": content_type} | PROTECTION
    every |= {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, every, json.dumps(document, ensure_ascii=False, separators=(",", ":")))


def problem(error: VisitorChatError, **headers: str) -> Answer:
    """Answer with what an error says in public, and note for the log what it says to us."""
    telemetry.note(code=error.code, reason=str(error))
    document: dict[str, Any] = {
        "type": f"urn:visitor-chat:{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.title,
        "code": error.code,
    }
    if isinstance(error, InvalidRequest):
        document["errors"] = [each._asdict() for each in error.errors]
        document["detail"] = "; ".join(f"{each.field} {each.message}" for each in error.errors)
    retry = {"Retry_After": str(error.retry_after_seconds)} if error.retry_after_seconds else {}
    return _json(error.status, document, "application/problem+json", **retry, **headers)


def of_giosg(error: GiosgError) -> VisitorChatError:
    """Say what a failure of Giosg's means for a visitor."""
    if isinstance(error, GiosgUnavailable):
        return GiosgDown(str(error), retry_after_seconds=error.retry_after_seconds or GIOSG_RETRY_SECONDS)
    if isinstance(error, GiosgUnreachable):
        return GiosgDown(str(error), retry_after_seconds=GIOSG_RETRY_SECONDS)
    return GiosgSilent(str(error)) if isinstance(error, GiosgTimeout) else GiosgFailed(str(error))


def _of_webhook(error: InvalidWebhook) -> VisitorChatError:
    return InvalidRequest([FieldError(error.field or "body", "is missing or not usable")])


def _of_aws(error: Exception) -> VisitorChatError:
    code = error.response["Error"].get("Code", "") if isinstance(error, ClientError) else ""
    return TryAgain(f"{telemetry.describe(error)} {code}", retry_after_seconds=BUSY_RETRY_SECONDS)


_MEANINGS: tuple[tuple[Kinds, Callable[[Any], VisitorChatError]], ...] = (
    (VisitorChatError, lambda error: error),
    (GiosgError, of_giosg),
    (InvalidCredential, lambda error: GiosgFailed(f"unusable credential: {error}")),
    (InvalidWebhook, _of_webhook),
    ((BotoCoreError, ClientError, UnprocessedReads, ConditionFailed), _of_aws),
    (NoSuchRoute, lambda _error: ChatNotFound("no such route")),
    (Exception, lambda error: VisitorChatError(telemetry.describe(error))),
)
"""What an error means for a visitor: the first line that fits."""
