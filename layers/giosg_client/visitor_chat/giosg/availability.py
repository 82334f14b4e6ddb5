"""Are agents online? One answer for each room and for everybody, from Giosg at most once in ten seconds."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from giosg_client.client import GiosgClient
from giosg_client.errors import GiosgError, GiosgRefused, GiosgUnauthorized
from giosg_client.frozen import Frozen, frozen
from visitor_chat.domain.errors import GiosgDown, NoAgentsOnline
from visitor_chat.domain.rooms import Room
from visitor_chat.runtime.clock import Clock, from_text, to_text
from visitor_chat.store.coordination import AVAILABILITY_LIFETIME, Coordination, availability_key
from visitor_chat.store.dynamodb_values import Record

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


def availability_view(room: Room, known: Availability | None) -> dict[str, Any]:
    """Return what is said in public of a room; nothing is known of it when `known` is None."""
    return {
        "room": room.name,
        "is_online": known and known.is_online,
        "estimated_waiting_time_seconds": known and known.estimated_waiting_time_seconds,
        "checked_at": known and to_text(known.checked_at),
    }


class RoomStatus:
    """Knows which rooms are online."""

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
        self._known: dict[Room, Availability] = {}

    def availability(self, room: Room) -> Availability:
        """Return an answer at most 10 s old, or an older one if Giosg cannot be asked; raise GiosgDown without any."""
        known = self._known.get(room)
        if known is None or not self._is_younger(known, FRESH):
            known = self._known[room] = self._shared(room)
        return known

    def of_all(self, rooms: Iterable[Room], *, threads: Executor) -> dict[Room, Availability | None]:
        """Return what is known of each room, None for nothing: from one read, and what is old asked side by side."""
        asked = list(rooms)
        records = self._coordination.read_many([availability_key(room.id) for room in asked])
        return dict(zip(asked, threads.map(self._refreshed, asked, records), strict=True))

    def _refreshed(self, room: Room, record: Record | None) -> Availability | None:
        """Return what is known of a room, asked anew if it is old and nobody else is asking."""
        known = _decode(record)
        if not (known and self._is_younger(known, FRESH)) and self._is_our_turn(room, record):
            with suppress(GiosgDown):
                return self._ask(room, known)
        return known if known and self._is_younger(known, USABLE) else None

    def refuse_when_offline(self, room: Room) -> None:
        """Raise NoAgentsOnline when a start is not worth a try.

        What was online when somebody asked lately, the visitor's own page perhaps, is worth one: Giosg refuses what a
        room does not take that has gone offline since, and a start costs no call more than it needs.
        """
        known = self._latest(room)
        is_worth_a_try = known is not None and known.is_online and self._is_younger(known, USABLE)
        if not is_worth_a_try and not self.availability(room).is_online:
            raise NoAgentsOnline("the room is offline")

    def _latest(self, room: Room) -> Availability | None:
        known = self._known.get(room)
        if known is not None and self._is_younger(known, FRESH):
            return known
        return _decode(self._coordination.read(availability_key(room.id)))

    def explain(self, room: Room, refusal: GiosgRefused) -> None:
        """Raise NoAgentsOnline when Giosg has refused because the room is offline; all others learn of it too.

        With which status Giosg refuses then is not documented, so the room is asked itself.
        """
        if isinstance(refusal, GiosgUnauthorized):
            return
        self._is_our_turn(room, self._coordination.read(availability_key(room.id)))
        known = self._known[room] = self._ask(room, None)
        if not known.is_online:
            raise NoAgentsOnline("Giosg refused, and the room is offline") from refusal

    def _shared(self, room: Room) -> Availability:
        deadline = self._clock() + LONGEST_WAIT
        while True:
            record = self._coordination.read(availability_key(room.id))
            known = _decode(record)
            if known and self._is_younger(known, FRESH):
                return known
            if self._is_our_turn(room, record):
                return self._ask(room, known)
            if known and self._is_younger(known, USABLE):
                return known
            if self._clock() >= deadline:
                raise GiosgDown("nobody could learn whether agents are online", retry_after_seconds=FRESH.seconds)
            self._sleep(POLL_SECONDS)

    def _is_our_turn(self, room: Room, record: Record | None) -> bool:
        """Take the turn of these ten seconds: whether the call succeeds or fails, it is the only one."""
        key, until = availability_key(room.id), self._clock() + FRESH
        if record is None:
            first = self._coordination.begin(key, until=until, lifetime=AVAILABILITY_LIFETIME, facts={})
            return first is not None
        return self._coordination.take_over(key, until=until, lifetime=AVAILABILITY_LIFETIME) is not None

    def _ask(self, room: Room, known: Availability | None) -> Availability:
        try:
            answer = self._giosg.get_room(room.id)
        except GiosgError as error:
            if known and self._is_younger(known, USABLE):
                return known
            raise GiosgDown(str(error), retry_after_seconds=FRESH.seconds) from error
        fresh = Availability(
            is_online=answer.is_online,
            estimated_waiting_time_seconds=answer.estimated_waiting_time_seconds,
            checked_at=self._clock(),
        )
        self._coordination.record(
            availability_key(room.id),
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
