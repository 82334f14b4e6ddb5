"""Errors as HTTP problems: the only place that turns an error into a status.

https://www.rfc-editor.org/rfc/rfc9457
"""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from giosg_client.errors import (
    GiosgError,
    GiosgTimeout,
    GiosgUnavailable,
    GiosgUnreachable,
    InvalidCredential,
    InvalidDocument,
)
from visitor_chat.domain.errors import (
    FieldError,
    GiosgDown,
    GiosgFailed,
    GiosgSilent,
    InvalidRequest,
    TryAgain,
    VisitorChatError,
)
from visitor_chat.runtime import telemetry
from visitor_chat.store.tables import ConditionFailed, Unprocessed

Kinds = type[Exception] | tuple[type[Exception], ...]

GIOSG_RETRY_SECONDS = 5.0
BUSY_RETRY_SECONDS = 1.0


def meaning_of(error: Exception) -> VisitorChatError:
    """Return what an error means for a visitor."""
    return next(meaning(error) for kinds, meaning in _MEANINGS if isinstance(error, kinds))


def document(error: VisitorChatError) -> dict[str, Any]:
    """Return the body that tells of an error: public sentences alone."""
    body: dict[str, Any] = {
        "type": f"urn:visitor-chat:{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.title,
        "code": error.code,
    }
    if isinstance(error, InvalidRequest):
        body["errors"] = [each._asdict() for each in error.errors]
        body["detail"] = "; ".join(f"{each.field} {each.message}" for each in error.errors)
    return body


def _of_giosg(error: GiosgError) -> VisitorChatError:
    """Say what a failure of Giosg's means for a visitor."""
    if isinstance(error, GiosgUnavailable):
        return GiosgDown(str(error), retry_after_seconds=error.retry_after_seconds or GIOSG_RETRY_SECONDS)
    if isinstance(error, GiosgUnreachable):
        return GiosgDown(str(error), retry_after_seconds=GIOSG_RETRY_SECONDS)
    return GiosgSilent(str(error)) if isinstance(error, GiosgTimeout) else GiosgFailed(str(error))


def _of_webhook(error: InvalidDocument) -> VisitorChatError:
    return InvalidRequest([FieldError(error.field or "body", "is missing or not usable")])


def _of_aws(error: Exception) -> VisitorChatError:
    code = error.response["Error"].get("Code", "") if isinstance(error, ClientError) else ""
    return TryAgain(f"{telemetry.describe(error)} {code}", retry_after_seconds=BUSY_RETRY_SECONDS)


_MEANINGS: tuple[tuple[Kinds, Callable[[Any], VisitorChatError]], ...] = (
    (VisitorChatError, lambda error: error),
    (GiosgError, _of_giosg),
    (InvalidCredential, lambda error: GiosgFailed(f"unusable credential: {error}")),
    (InvalidDocument, _of_webhook),
    ((BotoCoreError, ClientError, Unprocessed, ConditionFailed), _of_aws),
    (Exception, lambda error: VisitorChatError(telemetry.describe(error))),
)
"""What an error means for a visitor: the first line that fits."""
