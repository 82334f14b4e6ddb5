"""The steps of a start, written down under its Idempotency-Key.

A repeat goes on where the first one stopped, and one that comes while the first is under way waits for it. Without a
key there is nothing to be repeated, and nothing is written: each request is its own.
"""

import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from giosg_client.frozen import Frozen, frozen
from visitor_chat.clock import Clock, to_text
from visitor_chat.errors import IdempotencyKeyReused, TryAgain
from visitor_chat.records import Credentials, Visitor
from visitor_chat.store import Coordination
from visitor_chat.store.attributes import Record
from visitor_chat.store.coordination import JOURNAL_LIFETIME, start_key
from visitor_chat.store.tables import Key
from visitor_chat.views import UNNAMED_CLAIM

LEASE = timedelta(seconds=30)
"""Longer than an invocation lives."""
LONGEST_WAIT = timedelta(seconds=20)
POLL_SECONDS = 0.1


@frozen
class StartRequest(Frozen):
    """What a visitor asks for. `visitor` is given when they are known already."""

    visitor: Visitor | None
    credentials: Credentials | None
    visitor_name: str | None
    message: str | None
    client_message_id: str | None
    variables: Mapping[str, str]
    idempotency_key: str | None
    challenge_token: str | None = None


@dataclass(slots=True)
class Journal:
    """The steps done so far of one start; kept in the tables when there is a key."""

    coordination: Coordination
    threads: Executor
    key: Key | None
    facts: Record
    is_resumed: bool = False
    notes: list[Future[None]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Name the start, the same one whenever it is tried again."""
        return str(self.facts["name"] if self.key is None else self.key["id"])

    def note(self, **facts: Any) -> None:
        """Write down what must be known before the next step is done."""
        self.facts |= facts
        if self.key is not None:
            self.coordination.record(self.key, **facts)

    def note_aside(self, **facts: Any) -> None:
        """Write down what saves a repeat some work, beside the next step."""
        self.facts |= facts
        if self.key is not None:
            self.notes.append(self.threads.submit(self.coordination.record, self.key, **facts))

    def close(self, *, until: datetime) -> None:
        """Let the next one go on from that instant."""
        try:
            for note in self.notes:
                note.result()
        finally:
            if self.key is not None:
                self.coordination.record(self.key, leased_until=to_text(until))


class Journals:
    """Opens journals, each for one invocation at a time."""

    def __init__(
        self,
        coordination: Coordination,
        threads: Executor,
        *,
        clock: Clock,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._coordination = coordination
        self._threads = threads
        self._clock = clock
        self._sleep = sleep

    def open(self, request: StartRequest) -> Journal:
        """Give the journal of a start; raise IdempotencyKeyReused, or TryAgain while another one has it."""
        first = {"began_at": to_text(self._clock()), "claim_id": request.client_message_id or _unnamed_claim()}
        if request.idempotency_key is None:
            return self._journal(None, first | {"name": f"once#{uuid.uuid4()}"})
        key, first = _key(request), first | {"body_hash": _body_hash(request)}
        deadline = self._clock() + LONGEST_WAIT
        while self._clock() < deadline:
            journal = self._try_to_open(key, first)
            if journal is not None:
                return journal
            self._sleep(POLL_SECONDS)
        raise TryAgain("a request with this Idempotency-Key is still under way")

    def _try_to_open(self, key: Key, first: Record) -> Journal | None:
        until = self._clock() + LEASE
        if (facts := self._coordination.begin(key, until=until, lifetime=JOURNAL_LIFETIME, facts=first)) is not None:
            return self._journal(key, facts)
        known = self._coordination.take_over(key, until=until)
        if known is None:
            return None
        if known["body_hash"] != first["body_hash"]:
            self._coordination.release(key)
            raise IdempotencyKeyReused("another body came with this key")
        return self._journal(key, known, is_resumed=True)

    def _journal(self, key: Key | None, facts: Record, *, is_resumed: bool = False) -> Journal:
        return Journal(self._coordination, self._threads, key, facts, is_resumed=is_resumed)


def _unnamed_claim() -> str:
    return f"{UNNAMED_CLAIM}{uuid.uuid4()}"


def _key(request: StartRequest) -> Key:
    """Bind a key to its visitor, so that nobody's key leads to somebody else's chat."""
    owner = request.visitor.id if request.visitor else "new"
    return start_key(hashlib.sha256(f"{owner}\n{request.idempotency_key}".encode()).hexdigest())


def _body_hash(request: StartRequest) -> str:
    """Recognise a body. The key, which is in no table, keeps a short message from being guessed by its hash."""
    body = [request.visitor_name, request.message, request.client_message_id, dict(request.variables)]
    key = (request.idempotency_key or "").encode()
    return hmac.new(key, json.dumps(body, sort_keys=True).encode(), "sha256").hexdigest()
