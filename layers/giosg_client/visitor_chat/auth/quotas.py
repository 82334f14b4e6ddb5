"""How much one visitor, and one client address, may ask for.

One script shall neither flood the agents nor fill the tables.

Each act is counted in fixed windows, by an atomic counter for its visitor and one for its address, which expire with
their window. Nothing in a counter says whose it is: its key is a keyed hash with a salt that lives for a day.
"""

import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Callable
from concurrent.futures import Executor, Future
from datetime import datetime, timedelta
from enum import Enum
from typing import NamedTuple

from visitor_chat.domain.errors import TooManyRequests
from visitor_chat.runtime import telemetry
from visitor_chat.runtime.clock import Clock, to_epoch_seconds
from visitor_chat.store.coordination import Coordination, counter_key, salt_key

SALT_BYTES = 32
SALT_LIFETIME = timedelta(days=1)
IPV6_NETWORK_BITS = 64
"""One customer of a provider has at least this network to choose addresses from."""
MOST_OPEN_CHATS = 5
OPEN_CHATS_RETRY_SECONDS = 300.0


class Act(Enum):
    """What is counted."""

    START_CHAT = "start_chat"
    SEND_MESSAGE = "send_message"
    OPEN_SOCKET = "open_socket"
    OPEN_SESSION = "open_session"


class Limit(NamedTuple):
    """So many acts in each window."""

    most: int
    window: timedelta


PER_VISITOR = {
    Act.START_CHAT: Limit(10, timedelta(minutes=10)),
    Act.SEND_MESSAGE: Limit(60, timedelta(minutes=1)),
    Act.OPEN_SOCKET: Limit(60, timedelta(minutes=10)),
    Act.OPEN_SESSION: Limit(60, timedelta(minutes=10)),
}
PER_ADDRESS = {
    Act.START_CHAT: Limit(40, timedelta(minutes=10)),
    Act.SEND_MESSAGE: Limit(600, timedelta(minutes=1)),
    Act.OPEN_SOCKET: Limit(600, timedelta(minutes=10)),
    Act.OPEN_SESSION: Limit(600, timedelta(minutes=10)),
}
"""An office or a mobile network may be many visitors behind one address."""

Permit = Callable[[], None]
"""Waits for the counters; raises TooManyRequests when one of them is full."""


def nothing_to_wait_for() -> None:
    """Permit everything."""


class Unlimited:
    """Permits everything, for a stack without quotas."""

    def ask(self, _act: Act, *, address: str, visitor_id: str | None) -> Permit:  # noqa: ARG002 - as Quotas has it
        return nothing_to_wait_for

    def check_open_chats(self, _open_chats: Callable[[], int]) -> None: ...


class Quotas:
    """Counts what is asked for. `pepper` is a value of the stack's that is in no table."""

    def __init__(self, coordination: Coordination, *, pepper: str, clock: Clock, threads: Executor) -> None:
        self._coordination = coordination
        self._pepper = pepper
        self._clock = clock
        self._threads = threads
        self._salts: dict[int, bytes] = {}

    def ask(self, act: Act, *, address: str, visitor_id: str | None) -> Permit:
        """Begin to count an act, beside whatever the caller does until it waits for the permit."""
        counters = [(PER_ADDRESS[act], f"{act.value} address {network(address)}")]
        if visitor_id is not None:
            counters.append((PER_VISITOR[act], f"{act.value} visitor {visitor_id}"))
        begun = [self._begin(limit, subject) for limit, subject in counters]

        def wait() -> None:
            for permit in begun:
                permit()

        return wait

    def check_open_chats(self, open_chats: Callable[[], int]) -> None:
        """Raise TooManyRequests when a visitor has as many open chats as they may have."""
        if open_chats() >= MOST_OPEN_CHATS:
            telemetry.count("QuotaExceeded")
            raise TooManyRequests("too many open chats", retry_after_seconds=OPEN_CHATS_RETRY_SECONDS)

    def _begin(self, limit: Limit, subject: str) -> Permit:
        now = self._clock()
        seconds = int(limit.window.total_seconds())
        ends_at = (to_epoch_seconds(now) // seconds + 1) * seconds
        counted = self._threads.submit(self._count, f"{subject} {ends_at}", limit.most, now, ends_at)
        return lambda: _wait(counted, retry_after_seconds=ends_at - now.timestamp())

    def _count(self, subject: str, most: int, now: datetime, ends_at: int) -> bool:
        key = hashlib.sha256(self._salt(now) + self._pepper.encode()).digest()
        hashed = hmac.new(key, subject.encode("utf-8", "replace"), "sha256").hexdigest()
        return self._coordination.count(counter_key(hashed), most=most, expires_at=ends_at)

    def _salt(self, now: datetime) -> bytes:
        """Return the salt of this day, which all functions share: whoever asks first makes it."""
        day = to_epoch_seconds(now) // int(SALT_LIFETIME.total_seconds())
        if day not in self._salts:
            self._salts = {day: self._shared_salt(day, now)}
        return self._salts[day]

    def _shared_salt(self, day: int, now: datetime) -> bytes:
        coordination, key = self._coordination, salt_key(day)
        facts = {"salt": secrets.token_hex(SALT_BYTES)}
        made = coordination.begin(key, until=now, lifetime=SALT_LIFETIME, facts=facts)
        return bytes.fromhex((made or coordination.read(key) or facts)["salt"])


def _wait(counted: Future[bool], *, retry_after_seconds: float) -> None:
    if not counted.result():
        telemetry.count("QuotaExceeded")
        raise TooManyRequests("a quota is used up", retry_after_seconds=retry_after_seconds)


def network(address: str) -> str:
    """Return what is counted as one address: for IPv6 the network of one customer."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == 4:  # noqa: PLR2004 - it is the name of the protocol
        return str(parsed)
    mapped = parsed.ipv4_mapped
    return str(mapped or ipaddress.ip_network((parsed.packed, IPV6_NETWORK_BITS), strict=False))
