"""Strict reading of JSON bodies, with the refusals that Django REST framework would make."""

import json
import re
from collections.abc import Callable
from typing import Any

from local.giosg.http.exchange import Refusal, Request, refusal
from local.giosg.state.records import JSON

MESSAGE_CHARACTERS = 2000
PRESENCE_SECONDS = 30 * 24 * 3600
UUID_PATTERN = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
VISITOR_ID_PATTERN = r"[0-9a-f]{32}"

Check = Callable[[Any], str | None]


def json_object(request: Request) -> JSON:
    """Read the body as a JSON object; no body counts as an empty object."""
    if not request.body:
        return {}
    content_type = request.headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise refusal(415, f'Unsupported media type "{content_type}" in request.')
    try:
        body = json.loads(request.body.decode())
    except (ValueError, RecursionError) as error:
        raise refusal(400, f"JSON parse error - {error}") from error
    if not isinstance(body, dict):
        raise Refusal(400, {"non_field_errors": ["Invalid data. Expected a dictionary."]})
    return body


def field(body: JSON, name: str, check: Check, *, is_required: bool = False) -> Any:
    """Return a field's value after its check; None when it is absent and need not be there."""
    if name not in body:
        if is_required:
            raise Refusal(400, {name: ["This field is required."]})
        return None
    if problem := check(body[name]):
        raise Refusal(400, {name: [problem]})
    return body[name]


def is_text(value: Any) -> str | None:
    if not isinstance(value, str):
        return "Not a valid string."
    if "\0" in value:
        return "Null characters are not allowed."
    return None if _is_encodable(value) else "Surrogate characters are not allowed."


def is_filled_text(value: Any) -> str | None:
    return is_text(value) or (None if value.strip() else "This field may not be blank.")


def is_message(value: Any) -> str | None:
    """Count UTF-16 units, the stricter reading of Giosg's limit of 2000 characters."""
    if problem := is_filled_text(value):
        return problem
    is_short = len(value.encode("utf-16-le")) // 2 <= MESSAGE_CHARACTERS
    return None if is_short else f"Ensure this field has no more than {MESSAGE_CHARACTERS} characters."


def is_object(value: Any) -> str | None:
    return None if isinstance(value, dict) else "Must be a JSON object."


def is_boolean(value: Any) -> str | None:
    return None if isinstance(value, bool) else "Must be a valid boolean."


def is_presence_seconds(value: Any) -> str | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return "A valid integer is required."
    return None if 0 <= value <= PRESENCE_SECONDS else f"Ensure this value is between 0 and {PRESENCE_SECONDS}."


def is_visitor_id(value: Any) -> str | None:
    return None if isinstance(value, str) and re.fullmatch(VISITOR_ID_PATTERN, value) else "Invalid visitor ID."


def is_uuid(value: Any) -> str | None:
    return None if isinstance(value, str) and re.fullmatch(UUID_PATTERN, value) else "Must be a valid UUID."


def is_uuid_list(value: Any) -> str | None:
    if not isinstance(value, list):
        return "Expected a list of items."
    return next((problem for item in value if (problem := is_uuid(item))), None)


def one_of(*choices: str) -> Check:
    def check(value: Any) -> str | None:
        return None if isinstance(value, str) and value in choices else f'"{value}" is not a valid choice.'

    return check


def is_count(value: Any) -> str | None:
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return None if is_whole and value > 0 else "Must be a positive integer."


def is_number(value: Any) -> str | None:
    is_numeric = isinstance(value, int | float) and not isinstance(value, bool)
    return None if is_numeric and value >= 0 else "Must be a number that is not negative."


def is_number_list(value: Any) -> str | None:
    if not isinstance(value, list):
        return "Expected a list of items."
    return next((problem for item in value if (problem := is_number(item))), None)


def is_text_map(value: Any) -> str | None:
    is_fit = isinstance(value, dict) and all(is_text(text) is None for text in value.values())
    return None if is_fit else "Expected a dictionary of texts."


def is_attachment_list(value: Any) -> str | None:
    is_fit = isinstance(value, list) and all(isinstance(item, dict) for item in value)
    return None if is_fit else "Expected a list of dictionaries."


def is_http_url(value: Any) -> str | None:
    is_fit = isinstance(value, str) and value.startswith(("http://", "https://"))
    return None if is_fit else "Enter a valid URL."


def is_pattern(value: Any) -> str | None:
    try:
        re.compile(value)
    except (re.error, TypeError):
        return "Must be a regular expression."
    return None


def or_null(check: Check) -> Check:
    return lambda value: None if value is None else check(value)


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
