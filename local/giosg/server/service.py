"""What the server serves: Giosg's API behind its faults and its log, and pages beside it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from local.giosg.faults.faults import Faults, play
from local.giosg.http.exchange import Answer, Request
from local.giosg.server.request_log import ReceivedCall, RequestLog

API_PREFIXES = ("/api/", "/identity/")


class Wire(Protocol):
    """A connection, as far as one call needs it."""

    number: int

    def send(self, answer: Answer) -> None: ...

    def drop(self) -> None: ...

    def pause(self, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Gives calls of Giosg's API to `answer_api`, after their faults, and all others to `answer_page`."""

    answer_api: Callable[[Request], Answer]
    answer_page: Callable[[Request], Answer]
    faults: Faults
    log: RequestLog

    def serve(self, request: Request, wire: Wire) -> None:
        if request.path.startswith(API_PREFIXES):
            ApiExchange(self, request, wire).run()
        else:
            wire.send(self.answer_page(request))


class ApiExchange:
    """One call of Giosg's API on its connection; it is logged when its outcome is known."""

    def __init__(self, service: Service, request: Request, wire: Wire) -> None:
        self.service = service
        self.request = request
        self.wire = wire
        self.is_logged = False

    def run(self) -> None:
        self.pause(self.service.faults.call_latency_seconds)
        fault = self.service.faults.pick(self.request.method, self.request.path)
        if fault is None:
            self.send(self.perform())
        else:
            play(fault, self)

    def perform(self) -> Answer:
        return self.service.answer_api(self.request)

    def send(self, answer: Answer) -> None:
        self._log(answer.status)
        self.wire.send(answer)

    def drop(self) -> None:
        self._log(None)
        self.wire.drop()

    def pause(self, seconds: float) -> None:
        self.wire.pause(seconds)

    def hold(self, seconds: float) -> None:
        """Hold the connection without an answer."""
        self._log(None)
        self.wire.pause(seconds)

    def _log(self, status: int | None) -> None:
        if self.is_logged:
            return
        self.is_logged = True
        call = ReceivedCall(
            method=self.request.method,
            path=self.request.path,
            query_string=self.request.query_string,
            status=status,
            connection=self.wire.number,
            authorization_scheme=self.request.authorization[0],
        )
        self.service.log.add(call)
