# ruff: noqa: TRY004 - a reader has one error, whatever is wrong
"""How one value of Giosg's JSON becomes a Python value: each reader returns it, or raises ValueError.

The readers are meant to be used by their module's name, as in `read.text`.
"""

import re
from collections.abc import Callable
from typing import Any, TypeVar

from giosg_client.identifiers import is_header_safe, is_member_id, is_uuid, is_visitor_id

Value = TypeVar("Value")

LARGEST_NUMBER = 2**31 - 1
LONGEST_URL = 2048

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_HTTP_URL = re.compile(r"https?://[^\s\\/?#\x00-\x1f\x7f]+(?:[/?#][^\s\\\x00-\x1f\x7f]*)?", re.IGNORECASE)


def text(value: Any) -> str:
    """Read a string; halves of surrogate pairs, which no UTF-8 can carry, become U+FFFD."""
    if not isinstance(value, str):
        raise ValueError
    return value if value.isascii() else _LONE_SURROGATE.sub("\ufffd", value)


def filled_text(value: Any) -> str:
    if not text(value):
        raise ValueError
    return text(value)


def token(value: Any) -> str:
    """Read a secret that an HTTP header can carry."""
    if not is_header_safe(value):
        raise ValueError
    return value


def uuid(value: Any) -> str:
    """Read an id in its one form, small letters, whichever it came in."""
    return _identifier(value, is_uuid)


def visitor_id(value: Any) -> str:
    return _identifier(value, is_visitor_id)


def member_id(value: Any) -> str:
    return _identifier(value, is_member_id)


def _identifier(value: Any, is_one: Callable[[object], bool]) -> str:
    identifier = text(value).lower()
    if not is_one(identifier):
        raise ValueError
    return identifier


def flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def whole_number(value: Any) -> int:
    """Read a count or a duration; a fraction is rounded."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LARGEST_NUMBER:
        raise ValueError
    return round(value)


def http_url(value: Any) -> str:
    """Read a URL that a page may link to: `javascript:`, `data:` and the like are refused."""
    url = text(value)
    if len(url) > LONGEST_URL or not _HTTP_URL.fullmatch(url):
        raise ValueError
    return url


def avatar_url(value: Any) -> str:
    """Read the URL out of `{"id", "url"}`."""
    if not isinstance(value, dict):
        raise ValueError
    return http_url(value.get("url"))


def lenient(read: Callable[[Any], Value]) -> Callable[[Any], Value | None]:
    """Make a reader that takes anything wrong for None."""

    def read_or_none(value: Any) -> Value | None:
        try:
            return None if value is None else read(value)
        except ValueError:
            return None

    return read_or_none


def tuple_of(read: Callable[[Any], Value]) -> Callable[[Any], tuple[Value, ...]]:
    """Make a reader for a list, null being an empty one, that leaves out the items that make no sense."""

    def read_items(value: Any) -> tuple[Value, ...]:
        if value is not None and not isinstance(value, list):
            raise ValueError
        items = map(lenient(read), value or ())
        return tuple(item for item in items if item is not None)

    return read_items
