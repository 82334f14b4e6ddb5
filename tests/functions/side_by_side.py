"""Requests at the same time, as Lambda serves them from several containers: here threads stand for those."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Lock
from typing import Any, TypeVar

import pytest
from moto.core.botocore_stubber import BotocoreStubber

Answer = TypeVar("Answer")


def let_aws_do_one_thing_at_a_time(patch: pytest.MonkeyPatch) -> None:
    """Let moto check and write in one step, as DynamoDB does."""
    process, one_at_a_time = BotocoreStubber.process_request, Lock()

    def process_alone(stubber: BotocoreStubber, request: Any) -> Any:
        with one_at_a_time:
            return process(stubber, request)

    patch.setattr(BotocoreStubber, "process_request", process_alone)


def side_by_side(*acts: Callable[[], Answer]) -> list[Answer]:
    """Begin all acts at once, and give what came of each."""
    gate = Barrier(len(acts))

    def act_at_once(act: Callable[[], Answer]) -> Answer:
        gate.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(act_at_once, acts))
