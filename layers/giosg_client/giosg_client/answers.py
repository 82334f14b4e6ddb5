"""What Giosg's answers mean: the status, the JSON, and the pages of a list."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple, TypeVar

from giosg_client.calls import Call
from giosg_client.documents import parse_json
from giosg_client.errors import (
    GiosgBadResponse,
    GiosgError,
    GiosgForbidden,
    GiosgNotFound,
    GiosgRefused,
    GiosgServerError,
    GiosgUnauthorized,
    GiosgUnavailable,
    InvalidDocument,
)

LONGEST_RETRY_AFTER_SECONDS = 3600.0

_SUCCESS, _REFUSED, _FAILED = range(200, 300), range(400, 500), range(500, 600)
_COME_BACK_LATER = {408, 429, 503}
_REFUSALS = {401: GiosgUnauthorized, 403: GiosgForbidden, 404: GiosgNotFound}
_SECONDS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,3})?")
_REQUEST_ID = re.compile(r"[\w.:=+/-]{1,100}", re.ASCII)

Value = TypeVar("Value")


class Answer(NamedTuple):
    """A complete answer that tells of success."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def failure_of(call: Call, status: int, headers: Mapping[str, str], *, now: datetime) -> GiosgError | None:
    """Return what the status means, None for success (https://docs.giosg.com/tutorials/http_status_codes)."""
    if status in _SUCCESS:
        return None
    context = _context(call, status, headers)
    if status in _COME_BACK_LATER:
        return GiosgUnavailable("come back later", retry_after_seconds=retry_after_seconds(headers, now), **context)
    if status in _REFUSED:
        return _REFUSALS.get(status, GiosgRefused)("refused", **context)
    if status in _FAILED:
        return GiosgServerError("an error at Giosg", **context)
    return GiosgBadResponse("neither a success nor an error", **context)


def read_answer(call: Call, answer: Answer, read: Callable[[Any], Value]) -> Value:
    """Read the JSON of an answer; raise GiosgBadResponse, naming the field, when it is not as documented."""
    try:
        return read(parse_json(answer.body))
    except InvalidDocument as error:
        raise bad_response(call, answer, "not as documented", field=error.field) from None
    except ValueError:
        raise bad_response(call, answer, "not JSON") from None


def bad_response(call: Call, answer: Answer, detail: str, *, field: str | None = None) -> GiosgBadResponse:
    return GiosgBadResponse(detail, field=field, **_context(call, answer.status, answer.headers))


def _context(call: Call, status: int, headers: Mapping[str, str]) -> dict[str, Any]:
    request_id = headers.get("X-Request-Id", "")
    known = request_id if _REQUEST_ID.fullmatch(request_id) else None
    return {"method": call.method, "path": call.path, "status": status, "request_id": known}


def retry_after_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """Read seconds or an HTTP date (RFC 9110, section 10.2.3); None when it is neither."""
    value = headers.get("Retry-After", "").strip()
    seconds = float(value) if _SECONDS.fullmatch(value) else _seconds_until(value, now)
    return None if seconds is None else min(max(seconds, 0.0), LONGEST_RETRY_AFTER_SECONDS)


def _seconds_until(http_date: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(http_date)
        return (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
