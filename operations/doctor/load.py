"""Many visitors at once, for a minute: how long their messages take, and whether any is lost."""

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

from operations.doctor.edge import StackApi
from operations.doctor.findings import Finding, Look, ok, wrong
from operations.doctor.visitor import ProbeVisitor, StepFailed

TEXT = "This is a load test of the visitor chat by its operators. Nobody waits for an answer."
CHECK = "load"
LOAD_SECONDS = 60.0
ARRIVAL_SECONDS = 15.0
"""Over how long the visitors arrive: functions that are not there yet have to start first."""
PAUSE_SECONDS = 4.0
"""Between one visitor's messages: 30 visitors of one address stay below its quota of 600 a minute."""
MOST_VISITORS = 40
"""As many chats may one address start in ten minutes (docs/security.md)."""


@dataclass(slots=True)
class Tally:
    """What one visitor has seen."""

    start_seconds: list[float] = field(default_factory=list)
    send_seconds: list[float] = field(default_factory=list)
    frame_seconds: list[float] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


class Load:
    """So many visitors at once."""

    def __init__(
        self,
        make_api: Callable[[], StackApi],
        *,
        visitors: int,
        seconds: float = LOAD_SECONDS,
        arrival_seconds: float = ARRIVAL_SECONDS,
        pause_seconds: float = PAUSE_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._make_api = make_api
        self._visitors = visitors
        self._seconds = seconds
        self._arrival_seconds = arrival_seconds
        self._pause_seconds = pause_seconds
        self._sleep = sleep

    def all(self) -> Mapping[str, Look]:
        return {CHECK: self.look}

    def look(self) -> Iterator[Finding]:
        with ThreadPoolExecutor(self._visitors) as crowd:
            tallies = list(crowd.map(self._visit, range(self._visitors)))
        yield from findings(tallies)

    def _visit(self, number: int) -> Tally:
        """Be one visitor, from start to erasure."""
        visitor, tally = ProbeVisitor(self._make_api()), Tally()
        self._sleep(number * self._arrival_seconds / self._visitors)
        try:
            visitor.start()
            tally.start_seconds.append(visitor.seconds["start"])
            visitor.open_socket()
            self._talk(visitor, tally)
            tally.read += visitor.message_ids()
            visitor.end()
        except StepFailed as failure:
            tally.failures.append(str(failure))
        finally:
            with suppress(StepFailed):
                visitor.leave()
        return tally

    def _talk(self, visitor: ProbeVisitor, tally: Tally) -> None:
        deadline = time.monotonic() + self._seconds
        while True:
            tally.sent.append(visitor.send(TEXT))
            tally.send_seconds.append(visitor.seconds["send"])
            visitor.wait_for_message(tally.sent[-1])
            tally.frame_seconds.append(visitor.seconds["frame"])
            if time.monotonic() + self._pause_seconds >= deadline:
                return
            self._sleep(self._pause_seconds)


def findings(tallies: list[Tally]) -> Iterator[Finding]:
    for name, says in (("start", "starts"), ("send", "messages"), ("frame", "frames after their message")):
        seconds = [each for tally in tallies for each in getattr(tally, f"{name}_seconds")]
        if seconds:
            yield times(name, says, seconds)
    failures = [failure for tally in tallies for failure in tally.failures]
    if failures:
        advice = "read the log group's lines of level ERROR; quotas and throttles hold for this address too"
        says = f"{len(failures)} of {len(tallies)} visitors came to no end (as {failures[0]})"
        yield wrong(f"{CHECK}.failures", says, advice, failures=failures)
    yield balance([tally for tally in tallies if not tally.failures])


def times(name: str, says: str, seconds: list[float]) -> Finding:
    p50, p95 = percentile(seconds, 50), percentile(seconds, 95)
    line = f"{len(seconds)} {says}: p50 {p50 * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms"
    return ok(f"{CHECK}.{name}", line, count=len(seconds), p50_seconds=round(p50, 3), p95_seconds=round(p95, 3))


def percentile(values: list[float], percent: int) -> float:
    """Return the least value that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def balance(tallies: list[Tally]) -> Finding:
    """Compare what was sent with what is there to read: each once."""
    sent = [message for tally in tallies for message in tally.sent]
    read = [message for tally in tallies for message in tally.read]
    lost, doubled = len(set(sent) - set(read)), len(read) - len(set(read))
    if not lost and not doubled:
        return ok(f"{CHECK}.balance", f"Nothing was lost and nothing doubled, of {len(sent)} messages", sent=len(sent))
    says = f"{lost} of {len(sent)} messages were lost and {doubled} doubled"
    advice = "that must never be: keep this output and the log group's lines of this hour, and report it"
    return wrong(f"{CHECK}.balance", says, advice, sent=len(sent), lost=lost, doubled=doubled)
