"""Request bodies: decoded, unpacked within a bound, and parsed as one JSON object."""

import base64
import binascii
import json
import zlib
from typing import Any, NoReturn

from visitor_chat.api.routing import Request
from visitor_chat.domain.errors import FieldError, InvalidRequest, RequestTooLarge, UnsupportedEncoding

LARGEST_BODY_BYTES = 16 * 1024
CODINGS = {"gzip": zlib.MAX_WBITS | 16, "x-gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}
"""How zlib reads each coding (https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1)."""
_AS_IT_IS = frozenset({"", "identity", "utf-8"})
"""No coding at all; some clients say the character set in this place."""
_STAND_IN = "\ufffd"
"""What takes the place of bytes that are not UTF-8, where somebody has made a text of them."""


def text(request: Request, *, largest_bytes: int = LARGEST_BODY_BYTES) -> str:
    """Return a request's body; raise InvalidRequest unless it is UTF-8, UnsupportedEncoding, or RequestTooLarge."""
    raw = _unpacked(_as_sent(request, largest_bytes), _coding(request), largest_bytes)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        _refuse("is not UTF-8")


def json_object(request: Request) -> dict[str, Any]:
    """Return the JSON object in a request's body; an empty body is an empty object."""
    body = text(request)
    if not body.strip():
        return {}
    try:
        document = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        _refuse("is not valid JSON")
    if not isinstance(document, dict):
        _refuse("must be a JSON object")
    return document


def _as_sent(request: Request, largest_bytes: int) -> bytes:
    """Return the bytes that API Gateway took in; nothing looks inside before their number is known to be small."""
    raw = (request.body or "").encode("utf-8", "surrogatepass")
    if request.is_base64_encoded:
        try:
            raw = base64.b64decode(raw, validate=True)
        except binascii.Error:
            _refuse("is not valid base64")
    elif _is_mangled(request, len(raw)):
        _refuse_mangled(request)
    if len(raw) > largest_bytes:
        raise RequestTooLarge(f"{len(raw)} bytes")
    return raw


def _is_mangled(request: Request, size: int) -> bool:
    """Tell whether API Gateway has made a text of what was none: then the body is longer than the client said."""
    return _STAND_IN in (request.body or "") and request.headers.get("content-length", str(size)) != str(size)


def _refuse_mangled(request: Request) -> NoReturn:
    if _coding(request):
        raise UnsupportedEncoding("a packed body was taken for a text")
    _refuse("is not UTF-8")


def _coding(request: Request) -> str | None:
    """Return the one coding that a body was packed with, None for none; raise UnsupportedEncoding."""
    named = (coding.strip().lower() for coding in request.headers.get("content-encoding", "").split(","))
    codings = [coding for coding in named if coding not in _AS_IT_IS]
    if len(codings) > 1 or not CODINGS.keys() >= set(codings):
        raise UnsupportedEncoding("not gzip or deflate")
    return codings[0] if codings else None


def _unpacked(raw: bytes, coding: str | None, largest_bytes: int) -> bytes:
    """Unpack a body, but no further than it may be long."""
    if coding is None or not raw:
        return raw
    unpacking = zlib.decompressobj(wbits=CODINGS[coding])
    try:
        unpacked = unpacking.decompress(raw, largest_bytes + 1)
    except zlib.error:
        _refuse("is not what its Content-Encoding says")
    if len(unpacked) > largest_bytes:
        raise RequestTooLarge("too large when unpacked")
    if not unpacking.eof or unpacking.unused_data:
        _refuse("is not what its Content-Encoding says")
    return unpacked


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(constant)


def _refuse(message: str) -> NoReturn:
    raise InvalidRequest([FieldError("body", message)])
