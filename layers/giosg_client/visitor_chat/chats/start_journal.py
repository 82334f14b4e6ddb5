"""The steps of a start, written down under its Idempotency-Key.

A repeat goes on where the first one stopped, and one that comes while the first is under way waits for it. Without a
key there is nothing to be repeated, and nothing is written: each request is its own.
"""

import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from visitor_chat.domain.errors import IdempotencyKeyReused, TryAgain
from visitor_chat.domain.records import StartRequest
from visitor_chat.domain.views import UNNAMED_CLAIM
from visitor_chat.runtime.clock import Clock, to_text
from visitor_chat.store.coordination import JOURNAL_LIFETIME, Coordination, start_key
from visitor_chat.store.dynamodb_values import Record
from visitor_chat.store.tables import Key

LEASE = timedelta(seconds=30)
"""Longer than an invocation lives."""
LONGEST_WAIT = timedelta(seconds=20)
POLL_SECONDS = 0.1
_BESIDE_THE_BODY = frozenset({"visitor", "credentials", "idempotency_key", "challenge_token"})
"""Who starts, under which key, and a proof that is another one each time; all else makes another request."""


@dataclass(slots=True)
class StartJournal:
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

    def checkpoint(self, **facts: Any) -> None:
        """Write down what must be known before the next step is done."""
        self.facts |= facts
        if self.key is not None:
            self.coordination.record(self.key, **facts)

    def checkpoint_async(self, **facts: Any) -> None:
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


class StartJournals:
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

    def open(self, request: StartRequest, *, lifetime: timedelta = JOURNAL_LIFETIME) -> StartJournal:
        """Return the journal of a start; raise IdempotencyKeyReused, or TryAgain while another one has it.

        A new one lives for `lifetime`: for so long a repeat goes on where the first one stopped.
        """
        first = {"began_at": to_text(self._clock()), "claim_id": request.client_message_id or _unnamed_claim()}
        if request.idempotency_key is None:
            return self._journal(None, first | {"name": f"once#{uuid.uuid4()}"})
        key, first = _key(request), first | {"body_hash": _body_hash(request)}
        deadline = self._clock() + LONGEST_WAIT
        while self._clock() < deadline:
            journal = self._try_to_open(key, first, lifetime)
            if journal is not None:
                return journal
            self._sleep(POLL_SECONDS)
        raise TryAgain("a request with this Idempotency-Key is still under way")

    @staticmethod
    def name_of(request: StartRequest) -> str:
        """Return the name of a start that has a key."""
        return str(_key(request)["id"])

    def _try_to_open(self, key: Key, first: Record, lifetime: timedelta) -> StartJournal | None:
        until = self._clock() + LEASE
        if (facts := self._coordination.begin(key, until=until, lifetime=lifetime, facts=first)) is not None:
            return self._journal(key, facts)
        known = self._coordination.take_over(key, until=until)
        if known is None:
            return None
        if known["body_hash"] != first["body_hash"]:
            self._coordination.release(key)
            raise IdempotencyKeyReused("another body came with this key")
        return self._journal(key, known, is_resumed=True)

    def _journal(self, key: Key | None, facts: Record, *, is_resumed: bool = False) -> StartJournal:
        return StartJournal(self._coordination, self._threads, key, facts, is_resumed=is_resumed)


def _unnamed_claim() -> str:
    return f"{UNNAMED_CLAIM}{uuid.uuid4()}"


def _key(request: StartRequest) -> Key:
    """Bind a key to its visitor, so that nobody's key leads to somebody else's chat."""
    owner = request.visitor.id if request.visitor else "new"
    return start_key(hashlib.sha256(f"{owner}\n{request.idempotency_key}".encode()).hexdigest())


def _body_hash(request: StartRequest) -> str:
    """Recognise a body. The key, which is in no table, keeps a short message from being guessed by its hash."""
    names = {each.name for each in fields(request)} - _BESIDE_THE_BODY
    body = {name: getattr(request, name) for name in names}
    key = (request.idempotency_key or "").encode()
    return hmac.new(key, json.dumps(body, sort_keys=True, default=dict).encode(), "sha256").hexdigest()
