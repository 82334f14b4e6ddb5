"""What the tests of the client share."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.giosg_client import samples

from giosg_client.client import GiosgClient

NOW = datetime(2030, 1, 1, 10, 0, tzinfo=UTC)

MakeClient = Callable[..., GiosgClient]
PATIENCE_SECONDS = 20.0
"""Nothing takes so long: a test of what does says when the client is to give up."""


@pytest.fixture
def waits() -> list[float]:
    """Return the waits between attempts, in seconds, which no test sits through."""
    return []


@pytest.fixture
def make_client(waits: list[float]) -> MakeClient:
    """Return a function that makes a client of a server; what it is given replaces the defaults."""

    def make(base_url: str, **options: Any) -> GiosgClient:
        defaults: dict[str, Any] = {
            "organization_id": samples.ORGANIZATION_ID,
            "api_token": lambda: samples.API_TOKEN,
            "connect_timeout_seconds": PATIENCE_SECONDS,
            "read_timeout_seconds": PATIENCE_SECONDS,
            "clock": lambda: NOW,
            "sleep": waits.append,
        }
        return GiosgClient(base_url=base_url, **(defaults | options))

    return make
