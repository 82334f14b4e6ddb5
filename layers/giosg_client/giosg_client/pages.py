"""Lists, which Giosg answers in pages (https://docs.giosg.com/api_reference/common_api_guidelines/).

A page names the next one by a whole URL. The credential goes with every request, so that URL is followed only to where
the first page came from.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Generic, NamedTuple, TypeVar
from urllib.parse import urlsplit

from giosg_client.answers import Answer, bad_response, read_answer
from giosg_client.calls import Call
from giosg_client.errors import InvalidWebhook

MOST_PAGES = 1000

_DEFAULT_PORTS = {"http": 80, "https": 443}

Value = TypeVar("Value")


class Page(NamedTuple, Generic[Value]):
    """A part of a list, and the URL of the next part; it is empty or None when there is none."""

    results: list[Value]
    next_url: str | None


def read_page(document: Any, read: Callable[[Any], Value]) -> Page[Value]:
    """Read one page; a plain list is the only page of its list."""
    if isinstance(document, list):
        document = {"results": document}
    if not isinstance(document, dict) or not isinstance(document.get("results"), list):
        raise InvalidWebhook("missing or not a list", field="results")
    next_url = document.get("next")
    if next_url is not None and not isinstance(next_url, str):
        raise InvalidWebhook("not a URL", field="next")
    return Page([read(result) for result in document["results"]], next_url)


def read_pages(
    call: Call, *, send: Callable[[Call], Answer], base_url: str, read: Callable[[Any], Value]
) -> Iterator[Value]:
    """Yield a list's results, and read a page only when it is needed.

    Raises GiosgBadResponse, before anything is sent there, for a `next` that leads elsewhere, back, or on without end.
    """
    seen = {call}
    while True:
        answer = send(call)
        page = read_answer(call, answer, lambda document: read_page(document, read))
        yield from page.results
        if not page.next_url:
            return
        call = _next_call(call, answer, page.next_url, base_url)
        if call in seen or len(seen) >= MOST_PAGES:
            raise bad_response(call, answer, "pages without end", field="next")
        seen.add(call)


def _next_call(call: Call, answer: Answer, next_url: str, base_url: str) -> Call:
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


def _split(url: str) -> _Url:
    """Split a URL that every parser splits alike; raise ValueError for one with an odd character or a user's name."""
    parts = urlsplit(url)
    if not url.isascii() or not url.isprintable() or set(url) & set("\\ ") or "@" in parts.netloc:
        raise ValueError
    port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    return _Url((parts.scheme, parts.hostname, port), parts.path, parts.query)
