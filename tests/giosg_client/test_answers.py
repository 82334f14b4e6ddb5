"""What a status means, and how long to wait."""

from datetime import UTC, datetime

import pytest

from giosg_client.answers import failure_of
from giosg_client.calls import Call
from giosg_client.errors import (
    GiosgBadResponse,
    GiosgError,
    GiosgForbidden,
    GiosgNotFound,
    GiosgRefused,
    GiosgServerError,
    GiosgUnauthorized,
    GiosgUnavailable,
)

NOW = datetime(2030, 1, 1, 10, 0, tzinfo=UTC)
CALL = Call(method="POST", path="/api/v5/users/me")


def retry_after_seconds(value: str) -> float | None:
    failure = failure_of(CALL, 503, {"Retry-After": value}, now=NOW)
    assert isinstance(failure, GiosgUnavailable)
    return failure.retry_after_seconds


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_success_is_no_failure(status: int) -> None:
    assert failure_of(CALL, status, {}, now=NOW) is None


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, GiosgRefused),
        (401, GiosgUnauthorized),
        (403, GiosgForbidden),
        (404, GiosgNotFound),
        (405, GiosgRefused),
        (408, GiosgUnavailable),
        (409, GiosgRefused),
        (410, GiosgRefused),
        (418, GiosgRefused),
        (429, GiosgUnavailable),
        (500, GiosgServerError),
        (502, GiosgServerError),
        (503, GiosgUnavailable),
        (504, GiosgServerError),
        (101, GiosgBadResponse),
        (302, GiosgBadResponse),
        (999, GiosgBadResponse),
    ],
)
def test_each_status_is_one_kind_of_failure(status: int, kind: type[GiosgError]) -> None:
    failure = failure_of(CALL, status, {}, now=NOW)

    assert type(failure) is kind
    assert failure.status == status


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("7", 7),
        (" 7 ", 7),
        ("1.5", 1.5),
        ("999999999", 3600),
        ("Tue, 01 Jan 2030 10:00:30 GMT", 30),
        ("Tuesday, 01-Jan-30 10:00:30 GMT", 30),
        ("Tue, 01 Jan 2030 10:00:30 -0000", 30),
        ("Tue, 01 Jan 2030 09:59:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600),
    ],
)
def test_giosg_says_how_long_to_wait_in_seconds_or_as_a_date(value: str, seconds: float) -> None:
    assert retry_after_seconds(value) == seconds


@pytest.mark.parametrize(
    "value",
    [
        "",
        "soon",
        "-1",
        "1e9",
        "0x10",
        "\u0661",
        "inf",
        "nan",
        "9" * 400,
        "Tue, 99 Foo 2030",
        "Tue, 01 Jan 99999 10:00:30 GMT",
    ],
)
def test_nonsense_says_nothing(value: str) -> None:
    assert retry_after_seconds(value) is None


@pytest.mark.parametrize("request_id", ["", "a b", "a\u00e9", "x" * 101])
def test_an_odd_request_id_is_not_taken(request_id: str) -> None:
    failure = failure_of(CALL, 500, {"X-Request-Id": request_id}, now=NOW)

    assert failure is not None
    assert failure.request_id is None
