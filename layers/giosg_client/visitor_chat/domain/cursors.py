"""Cursors: opaque to clients, good for one list only, and refused when they were altered.

The check guards against mistakes, not against malice: who makes up a cursor skips messages of their own.
"""

import base64
import binascii
import hashlib
import re

from visitor_chat.domain.errors import FieldError, InvalidRequest

_CHECK_BYTES = 6
_SEQ = re.compile("[0-9]{1,15}")
_LISTED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z#[0-9a-f-]{36}")


def encode(scope: str, place: str) -> str:
    """Make the cursor of a place in a list; `scope` names the list."""
    return base64.urlsafe_b64encode(_check(scope, place) + place.encode()).decode().rstrip("=")


def decode(scope: str, cursor: str | None, *, form: re.Pattern[str]) -> str | None:
    """Return the place, None for no cursor; raise InvalidRequest for a cursor that is not of this list.

    The check can be made up, so the place must also be of the form that places in this list have.
    """
    if cursor is None:
        return None
    try:
        raw = base64.b64decode((cursor + "=" * (-len(cursor) % 4)).encode("ascii"), altchars=b"-_", validate=True)
        check, place = raw[:_CHECK_BYTES], raw[_CHECK_BYTES:].decode()
    except (binascii.Error, ValueError):
        raise _not_ours() from None
    if check != _check(scope, place) or encode(scope, place) != cursor or not form.fullmatch(place):
        raise _not_ours()
    return place


def _check(scope: str, place: str) -> bytes:
    return hashlib.sha256(f"{scope}\n{place}".encode()).digest()[:_CHECK_BYTES]


def _not_ours() -> InvalidRequest:
    return InvalidRequest([FieldError("after", "is not a cursor of this list")])


def of_chat(chat_id: str, seq: int) -> str:
    """Make the cursor of a place in a chat's changes."""
    return encode(chat_id, str(seq))


def place_in_chat(chat_id: str, cursor: str | None) -> int:
    """Return the place in a chat's changes, 0 for no cursor; raise InvalidRequest."""
    return int(decode(chat_id, cursor, form=_SEQ) or 0)


def place_in_chats(visitor_id: str, cursor: str | None) -> str | None:
    """Return the place in a visitor's list of chats, None for no cursor; raise InvalidRequest."""
    return decode(visitor_id, cursor, form=_LISTED)
