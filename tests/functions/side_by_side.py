"""Requests at the same time, as Lambda serves them from several containers.

In one process, two things must be put right for that: the router keeps its event where all threads see it, and moto
does not check and write in one step, as DynamoDB does.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Lock, local
from typing import Any, TypeVar

import pytest
from aws_lambda_powertools.event_handler.api_gateway import APIGatewayHttpResolver
from moto.core.botocore_stubber import BotocoreStubber

Answer = TypeVar("Answer")


def let_threads_stand_for_containers(patch: pytest.MonkeyPatch) -> None:
    own = local()
    convert = APIGatewayHttpResolver._to_proxy_event
    process, one_at_a_time = BotocoreStubber.process_request, Lock()

    def keep(router: APIGatewayHttpResolver, event: dict[str, Any]) -> Any:
        own.event = convert(router, event)
        return own.event

    def process_alone(stubber: BotocoreStubber, request: Any) -> Any:
        with one_at_a_time:
            return process(stubber, request)

    patch.setattr(APIGatewayHttpResolver, "_to_proxy_event", keep)
    patch.setattr(APIGatewayHttpResolver, "current_event", property(lambda _router: own.event), raising=False)
    patch.setattr(BotocoreStubber, "process_request", process_alone)


def side_by_side(*acts: Callable[[], Answer]) -> list[Answer]:
    """Begin all acts at once, and give what came of each."""
    gate = Barrier(len(acts))

    def act_at_once(act: Callable[[], Answer]) -> Answer:
        gate.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(act_at_once, acts))
