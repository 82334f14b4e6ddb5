"""Lists in pages, with absolute links: https://docs.giosg.com/api_reference/common_api_guidelines/."""

import base64
import binascii
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import Any, Protocol
from urllib.parse import urlencode

from local.giosg.http.exchange import Request, not_found
from local.giosg.state.records import JSON

PAGE_SIZE = 25


class Numbered(Protocol):
    """A record with a place in the order of things."""

    @property
    def number(self) -> int: ...


def page(
    request: Request, records: Sequence[Numbered], show: Callable[[Any], JSON], *, newest_first: bool, size: int
) -> JSON:
    """Show one page of records that are given in ascending order.

    A cursor says on which side of which record to go on (`after:7`), so that records that come meanwhile shift nothing.
    """
    start, end = _window(request, records, newest_first=newest_first, size=size)
    shown = records[start:end][::-1] if newest_first else records[start:end]
    has_older, has_newer = start > 0, end < len(records)
    has_next, has_previous = (has_older, has_newer) if newest_first else (has_newer, has_older)
    return {
        "next": _link(request, "after", shown[-1]) if shown and has_next else None,
        "previous": _link(request, "before", shown[0]) if shown and has_previous else None,
        "results": [show(record) for record in shown],
    }


def _window(request: Request, records: Sequence[Numbered], *, newest_first: bool, size: int) -> tuple[int, int]:
    side, number = _cursor(request)
    if (side == "before") == newest_first:
        start = 0 if number is None else bisect_right(records, number, key=_number)
        return start, min(start + size, len(records))
    end = len(records) if number is None else bisect_left(records, number, key=_number)
    return max(0, end - size), end


def _number(record: Numbered) -> int:
    return record.number


def _link(request: Request, side: str, record: Numbered) -> str:
    cursor = base64.urlsafe_b64encode(f"{side}:{record.number}".encode()).decode().rstrip("=")
    query = urlencode({**request.query, "cursor": cursor})
    return f"http://{request.headers.get('host', '')}{request.path}?{query}"


def _cursor(request: Request) -> tuple[str, int | None]:
    cursor = request.query.get("cursor")
    if cursor is None:
        return "after", None
    try:
        side, number = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split(":")
        return side, int(number)
    except (ValueError, binascii.Error) as error:
        raise not_found() from error
