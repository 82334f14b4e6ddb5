"""Misbehaviour of the API on request: what the network and a platform under load do to a client."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from threading import Lock
from typing import Any, Literal, Protocol, get_args

from local.giosg.http.exchange import Answer, json_answer

Kind = Literal[
    "delay",
    "answer",
    "drop",
    "hang",
    "commit_then_hang",
    "commit_then_answer",
    "commit_then_drop",
    "garbage",
    "odd",
    "close",
]
Garbage = Literal["html", "empty", "truncated", "wrong_type"]
KINDS: tuple[str, ...] = get_args(Kind)
GARBAGE: tuple[str, ...] = get_args(Garbage)


@dataclass(slots=True, kw_only=True, eq=False)
class Fault:
    """One rule: which calls it meets and what becomes of them.

    Attributes:
        kind: `delay` answers late; `answer` and `drop` do nothing and answer `status` or nothing; `hang` does nothing,
            holds the connection for `seconds` and drops it; `commit_then_*` do what was asked first; `garbage` does it
            and spoils the answer's body, `odd` puts `fields` into it; `close` does it, answers, and closes the
            connection without a word.
        method: the calls' method; None is any.
        path: a regular expression to be found in the calls' path.
        times: how many calls it still meets; None is without end.
        probability: the chance that it meets a call.
        name: by which it can be taken back.
        met: how many calls it has met.
    """

    kind: Kind
    method: str | None = None
    path: str = ""
    times: int | None = 1
    probability: float = 1.0
    seconds: float = 0.0
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    garbage: Garbage = "html"
    fields: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    met: int = 0

    def meets(self, method: str, path: str, randomness: Random) -> bool:
        return (
            self.times != 0
            and self.method in (None, method)
            and re.search(self.path, path) is not None
            and (self.probability >= 1 or randomness.random() < self.probability)
        )


class Exchange(Protocol):
    """One call on its connection, as a fault can play with it."""

    def perform(self) -> Answer: ...

    def send(self, answer: Answer) -> None: ...

    def drop(self) -> None: ...

    def pause(self, seconds: float) -> None: ...

    def hold(self, seconds: float) -> None: ...


class Faults:
    """The rules in force: the first that meets a call is played.

    Attributes:
        call_latency_seconds: time that every call takes on top.
        connection_latency_seconds: time that every new connection takes on top, as a TLS handshake would.
        clock_offset_seconds: how far the clock that answers tell is ahead.
    """

    def __init__(self, randomness: Random, close_idle_connections: Callable[[], int]) -> None:
        self.call_latency_seconds = 0.0
        self.connection_latency_seconds = 0.0
        self.clock_offset_seconds = 0.0
        self.close_idle_connections = close_idle_connections
        self._randomness = randomness
        self._lock = Lock()
        self._rules: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        with self._lock:
            self._rules.append(fault)
        return fault

    def answer(
        self, status: int, *, retry_after: str | None = None, method: str | None = None, path: str = ""
    ) -> Fault:
        """Refuse the next such call with a status, without doing anything."""
        headers = {"Retry-After": retry_after} if retry_after is not None else {}
        return self.add(Fault(kind="answer", status=status, headers=headers, method=method, path=path))

    def all(self) -> list[Fault]:
        with self._lock:
            return list(self._rules)

    def remove(self, fault: Fault) -> None:
        with self._lock:
            self._rules = [rule for rule in self._rules if rule is not fault]

    def remove_named(self, name: str) -> None:
        with self._lock:
            self._rules = [rule for rule in self._rules if rule.name != name]

    def clear(self) -> None:
        """End all misbehaviour, latency included."""
        with self._lock:
            self._rules.clear()
        self.call_latency_seconds = self.connection_latency_seconds = self.clock_offset_seconds = 0.0

    def pick(self, method: str, path: str) -> Fault | None:
        """Use up one turn of the first rule that meets the call."""
        with self._lock:
            fault = next((rule for rule in self._rules if rule.meets(method, path, self._randomness)), None)
            if fault:
                fault.met += 1
                fault.times = None if fault.times is None else fault.times - 1
            self._rules = [rule for rule in self._rules if rule.times != 0]
        return fault


def play(fault: Fault, exchange: Exchange) -> None:
    """Do to one call what the fault says."""
    if fault.kind == "delay":
        exchange.pause(fault.seconds)
    answer = None if fault.kind in ("answer", "drop", "hang") else exchange.perform()
    if fault.kind in ("answer", "commit_then_answer"):
        exchange.send(json_answer({"detail": "A simulated fault."}, status=fault.status, headers=fault.headers))
    elif fault.kind == "garbage" and answer:
        exchange.send(spoil(answer, fault.garbage))
    elif fault.kind == "odd" and answer:
        exchange.send(with_fields(answer, fault.fields))
    elif fault.kind in ("delay", "close") and answer:
        exchange.send(answer)
    if "hang" in fault.kind:
        exchange.hold(fault.seconds)
    if fault.kind not in ("delay", "answer", "commit_then_answer", "garbage", "odd"):
        exchange.drop()


def with_fields(answer: Answer, fields: Mapping[str, Any]) -> Answer:
    """Put fields into an answer; those that a page does not have itself go into the last of its results."""
    document = json.loads(answer.body)
    results = document.get("results")
    for name, value in fields.items():
        target = results[-1] if results and name not in document else document
        target[name] = value
    return Answer(status=answer.status, body=json.dumps(document).encode(), headers=answer.headers)


def spoil(answer: Answer, garbage: Garbage) -> Answer:
    """Replace an answer's body by one that no client can use, under the same status."""
    if garbage == "html":
        page = b"<!doctype html><title>Down for maintenance</title><h1>We will be back soon</h1>"
        return Answer(status=answer.status, body=page, headers={"Content-Type": "text/html"})
    bodies = {
        "empty": b"",
        "truncated": answer.body[: len(answer.body) // 2],
        "wrong_type": json.dumps([1, "two", None]).encode(),
    }
    return Answer(status=answer.status, body=bodies[garbage], headers=answer.headers)
