"""Giosg's silence, without the wait: a call ends as it does when the client has waited for its answer in vain."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from tests.toolkit.clock import Clock

from giosg_client.connections import GiosgAdapter

TIMEOUT_SECONDS = 5.0


@contextmanager
def silence(clock: Clock, method: str, path: str, *, done_after_seconds: float | None) -> Iterator[None]:
    """Let Giosg leave the next call to a path (the end of an expression) unanswered.

    It does what was asked for so many seconds after it was asked: 0 is at once, None is never.
    """
    send, has_happened = GiosgAdapter.send, False

    def ask(adapter: GiosgAdapter, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        nonlocal has_happened
        if has_happened or request.method != method or not re.search(path, request.path_url):
            return send(adapter, request, **options)
        has_happened = True
        if done_after_seconds is not None:
            clock.after(done_after_seconds, lambda: send(adapter, request, **options).close())
        clock.advance(seconds=TIMEOUT_SECONDS)
        raise requests.ReadTimeout(request=request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(GiosgAdapter, "send", ask)
        yield
    assert has_happened, f"nobody asked for {method} {path}"
