"""Threads for what can be done beside something else."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class Threads(ThreadPoolExecutor):
    """Threads whose work keeps the context of who has asked for it, however much longer it takes.

    What a thread logs after its invocation has answered would else stand there under the next one's ids.
    """

    def submit(
        self, act: Callable[Parameters, Result], /, *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> Future[Result]:
        return super().submit(copy_context().run, partial(act, *args, **kwargs))
