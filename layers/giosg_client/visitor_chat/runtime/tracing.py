"""Which trace a piece of work belongs to: one id for a request and for all that comes of it.

It is the caller's, if it sends one as W3C says (https://www.w3.org/TR/trace-context/#traceparent-header), or else
X-Ray's (https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader), or API
Gateway's id of the request. Callers can write what they like into headers, so that nothing is taken but what has the
form of an id.
"""

import string
from collections.abc import Mapping

_HEXADECIMAL = frozenset("0123456789abcdef")
_OF_AN_ID = frozenset(string.ascii_letters + string.digits + "-_=+/")
_TRACE_LENGTH, _SPAN_LENGTH = 32, 16
_ROOT_LENGTHS = [1, 8, 24]
_NOT_A_VERSION = "ff"
LONGEST_ID = 64


def of_request(headers: Mapping[str, str], request_id: object) -> str | None:
    """Return the id of a request's trace; the headers' names are in lower case."""
    return (
        _of_traceparent(headers.get("traceparent", ""))
        or _of_xray(headers.get("x-amzn-trace-id", ""))
        or checked(request_id)
    )


def checked(value: object) -> str | None:
    """Return what has the form of an id, and None for all else."""
    is_id = isinstance(value, str) and 0 < len(value) <= LONGEST_ID and _OF_AN_ID.issuperset(value)
    return str(value) if is_id else None


def _of_traceparent(header: str) -> str | None:
    """Read `version-trace-span-flags`; later versions may append to it."""
    version, _, rest = header.partition("-")
    trace, _, rest = rest.partition("-")
    span = rest.partition("-")[0]
    is_whole = _is_hexadecimal(version, 2) and _is_hexadecimal(trace, _TRACE_LENGTH)
    is_whole = is_whole and _is_hexadecimal(span, _SPAN_LENGTH)
    return trace if is_whole and version != _NOT_A_VERSION and trace.strip("0") else None


def _of_xray(header: str) -> str | None:
    """Read `Root=1-time-random;…`, which is a trace of W3C's form with hyphens in it."""
    root = next((part.removeprefix("Root=") for part in header.split(";") if part.startswith("Root=")), "")
    parts = root.split("-")
    is_whole = [len(part) for part in parts] == _ROOT_LENGTHS and _HEXADECIMAL.issuperset("".join(parts))
    return parts[1] + parts[2] if is_whole else None


def _is_hexadecimal(text: str, length: int) -> bool:
    return len(text) == length and _HEXADECIMAL.issuperset(text)
