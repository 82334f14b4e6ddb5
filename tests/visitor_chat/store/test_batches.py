"""Reads of more items than DynamoDB gives in one answer."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
from tests.visitor_chat.scene import Scene

from visitor_chat import wiring
from visitor_chat.store.tables import LONGEST_READ_PAUSES_SECONDS, Tables, Unprocessed
from visitor_chat.store.visitors import visitor_key


@pytest.mark.parametrize("others", [99, 100, 250])
def test_any_number_of_items_is_read(scene: Scene, others: int) -> None:
    waiting = scene.start()
    visitor_id, _, session = waiting.token.partition(".")
    nobodys = [f"00000000-0000-4000-8000-{number:012}" for number in range(others)]

    context = wiring.store().context(visitor_id, session.partition(".")[0], chat_ids=[*nobodys, waiting.chat_id])

    assert context.visitor is not None
    assert [chat.id for chat in context.chats] == [waiting.chat_id]


class Busy:
    """Tables that leave the second half of each batch for later, as often as they are told to."""

    def __init__(self, scene: Scene, *, times: int) -> None:
        self._clock = scene.clock
        self._left = times
        self.asked_at: list[datetime] = []
        self._wanted: dict[str, Any] = {}

    def ask(self, params: dict[str, Any], **_rest: Any) -> None:
        self.asked_at.append(self._clock())
        self._wanted = params["RequestItems"]

    def answer(self, parsed: dict[str, Any], **_rest: Any) -> None:
        if self._left:
            self._left -= 1
            table, later = list(self._wanted.items())[-1]
            parsed["Responses"].pop(table, None)
            parsed["UnprocessedKeys"] = {table: later}


@pytest.fixture
def make_busy(scene: Scene) -> Iterator[Callable[[int], Busy]]:
    with ExitStack() as used:

        def busy(times: int) -> Busy:
            tables, hooks = Busy(scene, times=times), wiring.aws("dynamodb").meta.events
            for event, act in (("provide-client-params", tables.ask), ("after-call", tables.answer)):
                hooks.register(f"{event}.dynamodb.BatchGetItem", act)
                used.callback(hooks.unregister, f"{event}.dynamodb.BatchGetItem", act)
            return tables

        yield busy


def test_what_busy_tables_leave_for_later_is_asked_for_again_after_longer_and_longer_pauses(
    scene: Scene, make_busy: Callable[[int], Busy]
) -> None:
    waiting, store = scene.start(), wiring.store()
    tables = Tables(wiring.aws("dynamodb"), clock=scene.clock, threads=wiring.threads(), jitter=lambda: 0.5)
    busy = make_busy(4)

    visitor = (store.visitors.table, visitor_key(waiting.visitor_id))
    found = tables.read([visitor, store.chats.read_key(waiting.chat_id)])

    pauses = [(later - earlier).total_seconds() for earlier, later in pairwise(busy.asked_at)]
    assert None not in found
    assert pauses == [longest / 2 for longest in LONGEST_READ_PAUSES_SECONDS]


def test_tables_that_stay_busy_are_given_up(scene: Scene, make_busy: Callable[[int], Busy]) -> None:
    waiting = scene.start()
    make_busy(99)

    with pytest.raises(Unprocessed):
        wiring.store().context(waiting.visitor_id, None, chat_id=waiting.chat_id)
