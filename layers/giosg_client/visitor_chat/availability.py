"""Are agents online? One answer for everybody, from Giosg at most once in ten seconds."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from giosg_client.client import GiosgClient
from giosg_client.errors import GiosgError, GiosgRefused, GiosgUnauthorized
from giosg_client.frozen import Frozen, frozen
from visitor_chat.clock import Clock, from_text, to_text
from visitor_chat.errors import GiosgDown, NoAgentsOnline
from visitor_chat.store import Coordination
from visitor_chat.store.attributes import Record
from visitor_chat.store.coordination import AVAILABILITY_KEY, AVAILABILITY_LIFETIME

FRESH = timedelta(seconds=10)
USABLE = timedelta(minutes=5)
POLL_SECONDS = 0.1
LONGEST_WAIT = timedelta(seconds=6)


@frozen
class Availability(Frozen):
    """What Giosg said of the room, and when."""

    is_online: bool
    estimated_waiting_time_seconds: int | None
    checked_at: datetime


class Room:
    """Knows whether the room is online."""

    def __init__(
        self,
        giosg: GiosgClient,
        coordination: Coordination,
        *,
        clock: Clock,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._giosg = giosg
        self._coordination = coordination
        self._clock = clock
        self._sleep = sleep
        self._known: Availability | None = None

    def availability(self) -> Availability:
        """Give an answer at most 10 s old, or the last one if Giosg cannot be asked; raise GiosgDown without either."""
        if self._known is None or not self._is_younger(self._known, FRESH):
            self._known = self._shared()
        return self._known

    def refuse_when_offline(self) -> None:
        """Raise NoAgentsOnline when a start is not worth a try.

        What was online when somebody asked lately, the visitor's own page perhaps, is worth one: Giosg refuses what a
        room does not take that has gone offline since, and a start costs no call more than it needs.
        """
        known = self._latest()
        is_worth_a_try = known is not None and known.is_online and self._is_younger(known, USABLE)
        if not is_worth_a_try and not self.availability().is_online:
            raise NoAgentsOnline("the room is offline")

    def _latest(self) -> Availability | None:
        if self._known is not None and self._is_younger(self._known, FRESH):
            return self._known
        return _decode(self._coordination.read(AVAILABILITY_KEY))

    def explain(self, refusal: GiosgRefused) -> None:
        """Raise NoAgentsOnline when Giosg has refused because the room is offline; all others learn of it too.

        With which status Giosg refuses then is not documented, so the room is asked itself.
        """
        if isinstance(refusal, GiosgUnauthorized):
            return
        self._is_our_turn(self._coordination.read(AVAILABILITY_KEY))
        self._known = self._ask(None)
        if not self._known.is_online:
            raise NoAgentsOnline("Giosg refused, and the room is offline") from refusal

    def _shared(self) -> Availability:
        deadline = self._clock() + LONGEST_WAIT
        while True:
            record = self._coordination.read(AVAILABILITY_KEY)
            known = _decode(record)
            if known and self._is_younger(known, FRESH):
                return known
            if self._is_our_turn(record):
                return self._ask(known)
            if known and self._is_younger(known, USABLE):
                return known
            if self._clock() >= deadline:
                raise GiosgDown("nobody could learn whether agents are online", retry_after_seconds=FRESH.seconds)
            self._sleep(POLL_SECONDS)

    def _is_our_turn(self, record: Record | None) -> bool:
        """Take the turn of these ten seconds: whether the call succeeds or fails, it is the only one."""
        until = self._clock() + FRESH
        if record is None:
            first = self._coordination.begin(AVAILABILITY_KEY, until=until, lifetime=AVAILABILITY_LIFETIME, facts={})
            return first is not None
        return self._coordination.take_over(AVAILABILITY_KEY, until=until) is not None

    def _ask(self, known: Availability | None) -> Availability:
        try:
            room = self._giosg.get_room()
        except GiosgError as error:
            if known and self._is_younger(known, USABLE):
                return known
            raise GiosgDown(str(error), retry_after_seconds=FRESH.seconds) from error
        fresh = Availability(
            is_online=room.is_online,
            estimated_waiting_time_seconds=room.estimated_waiting_time_seconds,
            checked_at=self._clock(),
        )
        self._coordination.record(
            AVAILABILITY_KEY,
            is_online=fresh.is_online,
            estimated_waiting_time_seconds=fresh.estimated_waiting_time_seconds,
            checked_at=to_text(fresh.checked_at),
        )
        return fresh

    def _is_younger(self, known: Availability, age: timedelta) -> bool:
        return self._clock() - known.checked_at < age


def _decode(record: Record | None) -> Availability | None:
    if record is None or "checked_at" not in record:
        return None
    return Availability(
        is_online=record["is_online"],
        estimated_waiting_time_seconds=record["estimated_waiting_time_seconds"],
        checked_at=from_text(record["checked_at"]),
    )
