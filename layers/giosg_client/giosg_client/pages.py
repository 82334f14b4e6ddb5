"""Lists, which Giosg answers in pages (https://docs.giosg.com/api_reference/common_api_guidelines/).

A page names the next one by a whole URL. The credential goes with every request, so that URL is followed only to where
the first page came from.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Generic, NamedTuple, TypeVar
from urllib.parse import urlsplit

from giosg_client.answers import Answer, bad_response, read_answer
from giosg_client.calls import Call
from giosg_client.errors import InvalidDocument
from giosg_client.readers import lenient

MOST_PAGES = 1000

_DEFAULT_PORTS = {"http": 80, "https": 443}

Value = TypeVar("Value")


class Page(NamedTuple, Generic[Value]):
    """A part of a list, and what it says of the next part: its URL, or nothing when there is none.

    `left_out` counts the items that cannot be read.
    """

    results: list[Value]
    next_url: object
    left_out: int


def read_page(document: Any, read: Callable[[Any], Value]) -> Page[Value]:
    """Read one page; a plain list is the only page of its list.

    An item that cannot be read costs nothing but itself. A page without a single JSON object in it is none at all.
    """
    if isinstance(document, list):
        document = {"results": document}
    found = document.get("results") if isinstance(document, dict) else None
    if not isinstance(found, list) or (found and not any(isinstance(item, Mapping) for item in found)):
        raise InvalidDocument("missing or not a list of resources", field="results")
    results = [item for item in map(lenient(read), found) if item is not None]
    return Page(results, document.get("next"), left_out=len(found) - len(results))


class Listing(Generic[Value]):
    """Iterates over a list's results, and reads a page only when it is needed.

    Raises GiosgBadResponse, after what could be read and before anything is sent there, for a `next` that is no URL, or
    leads elsewhere, back, or on without end.

    Attributes:
        left_out: How many items of the pages so far could not be read.
    """

    def __init__(
        self,
        call: Call,
        *,
        send: Callable[[Call], Answer],
        base_url: str,
        read: Callable[[Any], Value],
        on_left_out: Callable[[str, int], None],
    ) -> None:
        self.left_out = 0
        self._send = send
        self._base_url = base_url
        self._read = read
        self._on_left_out = on_left_out
        self._results = self._pages(call)

    def __iter__(self) -> Iterator[Value]:
        return self

    def __next__(self) -> Value:
        return next(self._results)

    def _pages(self, call: Call) -> Iterator[Value]:
        seen = {call}
        while True:
            answer = self._send(call)
            page = read_answer(call, answer, lambda document: read_page(document, self._read))
            self._count(call, page.left_out)
            yield from page.results
            if page.next_url in (None, ""):
                return
            call = _next_call(call, answer, page.next_url, self._base_url)
            if call in seen or len(seen) >= MOST_PAGES:
                raise bad_response(call, answer, "pages without end", field="next")
            seen.add(call)

    def _count(self, call: Call, left_out: int) -> None:
        self.left_out += left_out
        if left_out:
            self._on_left_out(f"{call.method} {call.path}", left_out)


def _next_call(call: Call, answer: Answer, next_url: object, base_url: str) -> Call:
    try:
        target, base = _split(next_url), _split(base_url)
    except ValueError:
        raise bad_response(call, answer, "not a URL", field="next") from None
    if target.origin != base.origin or not target.path.startswith(f"{base.path}/"):
        raise bad_response(call, answer, "leads elsewhere", field="next")
    return replace(call, path=target.path.removeprefix(base.path), query=f"?{target.query}")


class _Url(NamedTuple):
    origin: tuple[str, str | None, int | None]
    path: str
    query: str


def _split(url: object) -> _Url:
    """Split a URL that every parser splits alike; raise ValueError for one with an odd character or a user's name."""
    if not isinstance(url, str):
        raise ValueError  # noqa: TRY004 - whatever is wrong with it, it leads nowhere
    parts = urlsplit(url)
    if not url.isascii() or not url.isprintable() or set(url) & set("\\ ") or "@" in parts.netloc:
        raise ValueError
    port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    return _Url((parts.scheme, parts.hostname, port), parts.path, parts.query)
