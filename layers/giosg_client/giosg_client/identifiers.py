"""The ids and tokens that Giosg issues.

Resources have UUIDs, lower case with dashes, and visitors have 32 lower-case hexadecimal digits. Any other spelling is
refused, since two spellings of one id would be two keys to whoever stores it.

https://docs.giosg.com/api_reference/common_api_guidelines/
https://docs.giosg.com/api_reference/giosg_live/giosg_public_http_api/general
"""

import re
from typing import Any, TypeGuard

from giosg_client.errors import InvalidCredential, InvalidIdentifier

UUID_PATTERN = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
VISITOR_ID_PATTERN = "[0-9a-f]{32}"

_UUID = re.compile(UUID_PATTERN)
_VISITOR_ID = re.compile(VISITOR_ID_PATTERN)
_HEADER_SAFE = re.compile("[\\x21-\\x7e]+")


def is_uuid(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


def is_visitor_id(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and _VISITOR_ID.fullmatch(value) is not None


def is_member_id(value: object) -> TypeGuard[str]:
    """Tell whether it may be a member of a chat: a user has a UUID, a visitor has a visitor id."""
    return is_uuid(value) or is_visitor_id(value)


def checked_uuid(value: Any) -> str:
    """Return the id; raise InvalidIdentifier when it is not a UUID. The error does not repeat the value."""
    if not is_uuid(value):
        raise InvalidIdentifier("not a lower-case UUID")
    return value


def checked_visitor_id(value: Any) -> str:
    """Return the id; raise InvalidIdentifier when it is not a visitor's. The error does not repeat the value."""
    if not is_visitor_id(value):
        raise InvalidIdentifier("not 32 lower-case hexadecimal digits")
    return value


def is_header_safe(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and _HEADER_SAFE.fullmatch(value) is not None


def checked_token(value: Any) -> str:
    """Return the token; raise InvalidCredential when no HTTP header can carry it. The error does not repeat the value.

    The HTTP library would refuse such a token as well, but with a message that quotes it.
    """
    if not is_header_safe(value):
        raise InvalidCredential("the token is empty, or has characters that no HTTP header can carry")
    return value
