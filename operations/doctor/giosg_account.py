"""Giosg as the stack will meet it: a client that also notes what the doctor wants to know of each answer."""

import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests

from giosg_client.client import GiosgClient
from giosg_client.retries import RetryPolicy
from operations.stacks.places import LOOPBACK

CLOCK_SECONDS = 5.0
"""A Date header tells whole seconds, and answers take a while: less is no finding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A room in an organisation of Giosg's, with the token of one of its users.

    Attributes:
        rooms: further rooms' ids by their names.
        timeout_seconds: how long a function waits for one answer.
    """

    base_url: str
    organization_id: str
    room_id: str
    api_token: str = field(repr=False)
    rooms: Mapping[str, str] = field(default_factory=dict)
    timeout_seconds: float = 5.0


@dataclass(slots=True)
class Answers:
    """What the answers on a session told, beside their content."""

    session: requests.Session
    seconds: list[float] = field(default_factory=list)
    clock_offsets_seconds: list[float] = field(default_factory=list)

    @classmethod
    def from_host(cls, base_url: str) -> "Answers":
        """Note the answers of a host: through the configured proxy, unless it is this machine itself."""
        session = requests.Session()
        session.trust_env = urlsplit(base_url).hostname not in LOOPBACK
        session.auth = _as_it_is
        return cls(session)

    def __post_init__(self) -> None:
        self.session.hooks["response"].append(self._note)

    def _note(self, response: requests.Response, **_options: Any) -> None:
        seconds = response.elapsed.total_seconds()
        self.seconds.append(seconds)
        offset = clock_offset_seconds(response.headers.get("Date"), received_at=time.time(), seconds=seconds)
        if offset is not None:
            self.clock_offsets_seconds.append(offset)

    @property
    def clock_offset_seconds(self) -> float | None:
        """By how much the other clock is ahead of ours; None when no answer told the time."""
        return statistics.median(self.clock_offsets_seconds) if self.clock_offsets_seconds else None


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keep the header of the call: with nothing in its place, requests would take one from ~/.netrc."""
    return request


def clock_offset_seconds(date: str | None, *, received_at: float, seconds: float) -> float | None:
    """Return by how much the clock behind a Date header is ahead of ours, give or take a second.

    Args:
        date: the header (https://www.rfc-editor.org/rfc/rfc9110#section-6.6.1), which tells whole seconds.
        received_at: when the answer came, in seconds of the epoch.
        seconds: how long it took.
    """
    try:
        told = parsedate_to_datetime(date or "")
    except (ValueError, TypeError):
        return None
    told = told if told.tzinfo else told.replace(tzinfo=UTC)
    middle = datetime.fromtimestamp(received_at - seconds / 2, UTC)
    return (told - middle).total_seconds() + 0.5


def clocks_apart(whose: str, offset_seconds: float, other: str) -> str | None:
    """Say by how much a clock is ahead of another, or behind; None if they agree."""
    if abs(offset_seconds) <= CLOCK_SECONDS:
        return None
    return f"{whose} clock is {abs(offset_seconds):.0f} s {'ahead of' if offset_seconds > 0 else 'behind'} {other}"


def client_of(account: Account, answers: Answers) -> GiosgClient:
    """Return a client that tries everything once: the doctor is to see what goes wrong."""
    return GiosgClient(
        base_url=account.base_url,
        organization_id=account.organization_id,
        api_token=lambda: account.api_token,
        read_timeout_seconds=account.timeout_seconds,
        retry=RetryPolicy(attempts=1),
        session=answers.session,
    )
