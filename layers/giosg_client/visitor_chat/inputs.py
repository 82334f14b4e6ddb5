"""Reading what a request holds: every refused field is named, and nothing hostile gets past here."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from visitor_chat.errors import FieldError, InvalidRequest, RequestTooLarge

LARGEST_BODY_BYTES = 16 * 1024
LONGEST_NAME = 100
LONGEST_MESSAGE = 2000
"""Giosg's limit in characters; counted here in UTF-16 units, the stricter way."""
MOST_VARIABLES = 20
LONGEST_VARIABLE_KEY = 100
LONGEST_VARIABLE = 500
SHORTEST_IDEMPOTENCY_KEY = 8
"""Whoever knows an anonymous visitor's key gets their session: a short one could be guessed."""
LONGEST_IDEMPOTENCY_KEY = 255

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+")
_FORBIDDEN = re.compile("[\x00\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+")
"""What breaks or turns the line that a name is shown in, at agents' too; right-to-left letters need none of it."""


def raw_body(body: str | None, *, is_base64: bool, largest_bytes: int = LARGEST_BODY_BYTES) -> bytes:
    """Give a request's body as it was sent; raise RequestTooLarge before anything looks inside."""
    raw = (body or "").encode("utf-8", "surrogatepass")
    if is_base64:
        try:
            raw = base64.b64decode(raw, validate=True)
        except binascii.Error:
            _refuse("body", "is not valid base64")
    if len(raw) > largest_bytes:
        raise RequestTooLarge(f"{len(raw)} bytes")
    return raw


def json_object(raw: bytes) -> dict[str, Any]:
    """Parse a JSON object; an empty body is an empty object."""
    if not raw.strip():
        return {}
    try:
        document = json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        _refuse("body", "is not valid JSON in UTF-8")
    if not isinstance(document, dict):
        _refuse("body", "must be a JSON object")
    return document


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(constant)


def _refuse(field: str, message: str) -> NoReturn:
    raise InvalidRequest([FieldError(field, message)])


def is_uuid(value: str) -> bool:
    return _UUID.fullmatch(value) is not None


class Fields:
    """Collects what is wrong with the fields of one request, so that all of it is told at once."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values
        self._errors: list[FieldError] = []

    def check(self) -> None:
        """Raise InvalidRequest if any field was refused."""
        if self._errors:
            raise InvalidRequest(self._errors)

    def text(self, name: str, *, longest: int, is_required: bool = False) -> str | None:
        """Read a text of 1 to `longest` UTF-16 units that says something; null is the same as absent."""
        value = self._values.get(name)
        if value is None and not is_required:
            return None
        problem = "is required" if value is None else _text_problem(value, longest)
        if problem:
            self._refuse(name, problem)
            return None
        return str(value)

    def name(self, name: str) -> str | None:
        """Read a person's name: a text without control characters, and without space around it."""
        value = self.text(name, longest=LONGEST_NAME)
        if value is None:
            return None
        cleaned = _CONTROL.sub(" ", value).strip()
        if not cleaned:
            self._refuse(name, "must say something")
        return cleaned or None

    def uuid(self, name: str) -> str | None:
        value = self._values.get(name)
        if value is None or (isinstance(value, str) and is_uuid(value)):
            return value
        self._refuse(name, "must be a UUID")
        return None

    def texts(self, name: str) -> dict[str, str]:
        """Read an object of texts."""
        value = self._values.get(name)
        if value is None:
            return {}
        if not isinstance(value, dict) or len(value) > MOST_VARIABLES:
            self._refuse(name, f"must be an object of at most {MOST_VARIABLES} texts")
            return {}
        for key, text in value.items():
            if _text_problem(key, LONGEST_VARIABLE_KEY):
                self._refuse(name, f"keys must be texts of 1 to {LONGEST_VARIABLE_KEY} characters")
            elif problem := _text_problem(text, LONGEST_VARIABLE):
                self._refuse(f"{name}.{key}", problem)
        return value

    def idempotency_key(self, name: str) -> str | None:
        value = self._values.get(name)
        if value is None:
            return None
        is_fit = SHORTEST_IDEMPOTENCY_KEY <= len(value) <= LONGEST_IDEMPOTENCY_KEY and _VISIBLE_ASCII.fullmatch(value)
        expected = f"must be {SHORTEST_IDEMPOTENCY_KEY} to {LONGEST_IDEMPOTENCY_KEY} visible ASCII characters"
        if not is_fit:
            self._refuse(name, f"{expected}; a random UUID is best")
        return str(value)

    def limit(self, name: str, *, default: int, highest: int) -> int:
        """Read a page size from a query string."""
        value = self._values.get(name)
        if value is None:
            return default
        if re.fullmatch(r"[0-9]{1,4}", value) and 1 <= int(value) <= highest:
            return int(value)
        self._refuse(name, f"must be a whole number from 1 to {highest}")
        return default

    def _refuse(self, field: str, message: str) -> None:
        self._errors.append(FieldError(field, message))


def _text_problem(value: Any, longest: int) -> str | None:
    if not isinstance(value, str):
        return "must be a string"
    if _FORBIDDEN.search(value):
        return "must not contain NUL or unpaired surrogates"
    if len(value.encode("utf-16-le")) // 2 > longest:
        return f"must be at most {longest} characters"
    return None if value.strip() else "must say something"
