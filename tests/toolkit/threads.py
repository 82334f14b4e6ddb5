"""Executors that leave nothing to chance: what is done beside something else is done in a known order."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class InOrder(Executor):
    """Does everything at once, in the thread that asks for it, and keeps what came of it for whoever waits."""

    def submit(
        self, fn: Callable[Parameters, Result], /, *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> Future[Result]:
        future: Future[Result] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - a thread keeps it too, for whoever asks for the result
            future.set_exception(error)
        return future


class Late(Future[Result]):
    """What somebody has asked for, and nobody has done yet."""

    def __init__(self, work: Callable[[], None]) -> None:
        super().__init__()
        self._work = work

    def result(self, timeout: float | None = None) -> Result:
        self._work()
        return super().result(timeout)


class WhenWaitedFor(Executor):
    """Does nothing before somebody waits for a result, and then all that was asked for until then, in order."""

    def __init__(self) -> None:
        self._asked_for: list[Callable[[], None]] = []
        self.most_asked_for = 0

    def submit(
        self, fn: Callable[Parameters, Result], /, *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> Future[Result]:
        future: Late[Result] = Late(self._do_all)

        def work() -> None:
            try:
                future.set_result(fn(*args, **kwargs))
            except BaseException as error:  # noqa: BLE001 - a thread keeps it too, for whoever asks for the result
                future.set_exception(error)

        self._asked_for.append(work)
        self.most_asked_for = max(self.most_asked_for, len(self._asked_for))
        return future

    def _do_all(self) -> None:
        asked_for, self._asked_for = self._asked_for, []
        for work in asked_for:
            work()
