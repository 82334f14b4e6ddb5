"""Every error there is, as a visitor meets it."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError
from tests import public_api
from tests.aws import Context, http_event

from giosg_client import errors as giosg_errors
from visitor_chat.api import http
from visitor_chat.domain import errors
from visitor_chat.store.tables import Unprocessed

CONTEXT: dict[str, Any] = {"method": "POST", "path": "/swordfish", "request_id": "swordfish"}
SECRET_TEXT = "swordfish"

PROTECTION = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
}

OURS = [each for each in vars(errors).values() if isinstance(each, type) and "code" in vars(each)]
DOCUMENTED = {
    code: int(status)
    for status, code in re.findall(r"\| (\d{3}) \| `(\w+)` \|", public_api.document()["info"]["description"])
}


def of_ours(kind: type[errors.VisitorChatError]) -> tuple[Exception, int, str]:
    """Make one of the stack's own errors, with the status that the document gives its code."""
    said: Any = [errors.FieldError("message", "is required")] if kind is errors.InvalidRequest else SECRET_TEXT
    return kind(said), DOCUMENTED[kind.code], kind.code


TABLE = [
    *(of_ours(kind) for kind in OURS),
    (giosg_errors.GiosgUnreachable(SECRET_TEXT, **CONTEXT), 503, "giosg_unavailable"),
    (giosg_errors.GiosgUnavailable(SECRET_TEXT, status=429, **CONTEXT), 503, "giosg_unavailable"),
    (giosg_errors.GiosgTimeout(SECRET_TEXT, **CONTEXT), 504, "giosg_timeout"),
    (giosg_errors.GiosgServerError(SECRET_TEXT, status=500, **CONTEXT), 502, "giosg_error"),
    (giosg_errors.GiosgRefused(SECRET_TEXT, status=400, **CONTEXT), 502, "giosg_error"),
    (giosg_errors.GiosgUnauthorized(SECRET_TEXT, status=401, **CONTEXT), 502, "giosg_error"),
    (giosg_errors.GiosgForbidden(SECRET_TEXT, status=403, **CONTEXT), 502, "giosg_error"),
    (giosg_errors.GiosgNotFound(SECRET_TEXT, status=404, **CONTEXT), 502, "giosg_error"),
    (giosg_errors.GiosgBadResponse(SECRET_TEXT, status=200, **CONTEXT), 502, "giosg_error"),
    (giosg_errors.InvalidDocument(SECRET_TEXT, field="action"), 400, "invalid_request"),
    (ClientError({"Error": {"Code": "ThrottlingException", "Message": SECRET_TEXT}}, SECRET_TEXT), 503, "try_again"),
    (EndpointConnectionError(endpoint_url=SECRET_TEXT), 503, "try_again"),
    (ConnectTimeoutError(endpoint_url=SECRET_TEXT), 503, "try_again"),
    (Unprocessed(SECRET_TEXT), 503, "try_again"),
    (RuntimeError(SECRET_TEXT), 500, "internal_error"),
    (RecursionError(SECRET_TEXT), 500, "internal_error"),
    (KeyError(SECRET_TEXT), 500, "internal_error"),
]


def answer(error: Exception) -> dict[str, Any]:
    """Answer a request in which an error is raised."""

    def fail(_request: http.Request) -> http.Answer:
        raise error

    handler: Callable[..., dict[str, Any]] = http.handler({"GET /health": fail})
    return handler(http_event("GET", "/health"), Context())


@pytest.mark.parametrize(("error", "status", "code"), TABLE, ids=lambda part: type(part).__name__)
def test_an_error_is_a_problem_with_a_stable_code(error: Exception, status: int, code: str) -> None:
    reply = answer(error)
    problem = json.loads(reply["body"])

    assert (reply["statusCode"], problem["status"], problem["code"]) == (status, status, code)
    assert reply["headers"]["Content-Type"] == "application/problem+json"
    assert reply["headers"].items() >= PROTECTION.items()
    assert ("Retry-After" in reply["headers"]) == (status in {429, 503})
    assert ("errors" in problem) == (code == "invalid_request")
    public_api.check_schema("Problem", problem)


@pytest.mark.parametrize(("error", "status", "code"), TABLE, ids=lambda part: type(part).__name__)
def test_what_an_error_says_to_us_stays_with_us(error: Exception, status: int, code: str) -> None:
    assert SECRET_TEXT not in str(answer(error)), (status, code)


@pytest.mark.parametrize("good", [http.answer(200, {}), http.no_content()], ids=["json", "empty"])
def test_a_success_is_kept_from_caches_and_frames_as_well(good: http.Answer) -> None:
    assert good.headers.items() >= PROTECTION.items()


def test_every_error_of_giosgs_is_in_the_table() -> None:
    tested = {type(error) for error, _status, _code in TABLE}
    known = [each for each in vars(giosg_errors).values() if isinstance(each, type)]

    assert {each for each in known if issubclass(each, giosg_errors.GiosgError)} <= {*tested, giosg_errors.GiosgError}


@pytest.mark.parametrize(("seconds", "told"), [(None, "1"), (0.0, "1"), (0.2, "1"), (2.4, "3"), (17.0, "17")])
def test_nobody_is_told_to_come_back_too_early(seconds: float | None, told: str) -> None:
    reply = answer(errors.TooManyRequests("quota", retry_after_seconds=seconds))

    assert reply["headers"]["Retry-After"] == told
