"""What a visitor waits for Giosg: our functions beside a client that opens a connection for each call, one by one.

    python -m bench.round_trips [--times 20]

The simulated Giosg takes 50 ms longer for every call and for every new connection, as one far away would. The functions
run in this process, in a container that has served before. What counts is how long at least one call to Giosg is under
way; the tables are moto's, and what those take is another matter.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import pytest
import requests
from local.giosg import SimulatedGiosg
from requests.adapters import HTTPAdapter
from tests import aws

from bench.quiet import quiet
from bench.tables import percentile, print_table

LATENCY_SECONDS = 0.05
WARM_UP = 2
NAME = "Aino"
TEXT = "Hello?"
FIGURES = ("calls", "new connections", "p50 ms")

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class NaiveClient:
    """Giosg's tutorial, call by call (https://docs.giosg.com/tutorials/messaging/external_visitor_chat/)."""

    giosg: SimulatedGiosg

    def start(self, secret_id: str | None = None) -> tuple[Json, Json]:
        """Authenticate a visitor, bring them into the room, tell their name and make a chat."""
        room = f"orgs/{self.giosg.organization_id}/rooms/{self.giosg.room_id}"
        visitor = self._post(f"public/orgs/{self.giosg.organization_id}/auth", {"visitor_secret_id": secret_id})
        bearer, visitor_id = f"Bearer {visitor['access_token']}", visitor["visitor_id"]
        self._post(f"public/{room}/visitors", {"id": visitor_id}, bearer)
        variables = {"key": "username", "value": NAME}
        self._post(f"{room}/visitors/{visitor_id}/variables", variables, f"Token {self.giosg.api_token}")
        return visitor, self._post(f"public/{room}/visitors/{visitor_id}/chats", {}, bearer)

    def start_with_message(self) -> None:
        self.send(*self.start())

    def send(self, visitor: Json, chat: Json) -> None:
        path = f"public/visitors/{visitor['visitor_id']}/chats/{chat['id']}/messages"
        self._post(path, {"type": "msg", "message": TEXT}, f"Bearer {visitor['access_token']}")

    def _post(self, path: str, body: Mapping[str, Any], authorization: str | None = None) -> Json:
        headers = {"Accept": "application/json"} | ({"Authorization": authorization} if authorization else {})
        answer = requests.post(f"{self.giosg.base_url}/api/v5/{path}", json=body, headers=headers, timeout=10)
        answer.raise_for_status()
        made: Json = answer.json()
        return made


@dataclass(frozen=True, slots=True)
class Stack:
    """The functions, called as Lambda calls them."""

    def start(self, token: str | None = None, **body: str) -> Json:
        return self._call("start_chat", "/chats", {"visitor_name": NAME, **body}, token)

    def send(self, started: Json) -> None:
        path = f"/chats/{started['chat']['id']}/messages"
        self._call("send_message", path, {"message": TEXT}, started["visitor_token"])

    @staticmethod
    def _call(function: str, path: str, body: Json, token: str | None) -> Json:
        handler = import_module(f"functions.{function}.app").handler
        answer = handler(aws.http_event("POST", path, body=body, token=token), aws.Context())
        if answer["statusCode"] != 201:  # noqa: PLR2004 - the one status that says that it was done
            raise RuntimeError(answer["body"])
        made: Json = json.loads(answer["body"])
        return made


Act = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Taken:
    """What a flow has taken each time: milliseconds of waiting for Giosg, calls to it, and new connections."""

    ms: list[float]
    calls: int
    connections: int


class Stopwatch:
    """Takes the time that calls are under way, on whatever connections."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._send = HTTPAdapter.send
        self._spans: list[tuple[float, float]] = []
        watch = self

        def send(adapter: HTTPAdapter, *args: Any, **options: Any) -> requests.Response:
            began_at = time.perf_counter()
            try:
                return watch._send(adapter, *args, **options)
            finally:
                watch._spans.append((began_at, time.perf_counter()))

        patch.setattr(HTTPAdapter, "send", send)

    def lap_ms(self) -> float:
        """Return for how long at least one call was under way since the last lap."""
        spans, self._spans = sorted(self._spans), []
        total = until = 0.0
        for began_at, ended_at in spans:
            total += max(0.0, ended_at - max(began_at, until))
            until = max(until, ended_at)
        return total * 1000


def flows(naive: NaiveClient, stack: Stack) -> dict[str, tuple[Callable[[], Act], Callable[[], Act]]]:
    """Return for each flow what prepares it, for either side; what it gives is measured."""

    def naive_known() -> Act:
        visitor, _chat = naive.start()
        return lambda: naive.start(visitor["visitor_secret_id"])

    def own_known() -> Act:
        token = stack.start()["visitor_token"]
        return lambda: stack.start(token)

    def naive_send() -> Act:
        visitor, chat = naive.start()
        return lambda: naive.send(visitor, chat)

    def own_send() -> Act:
        started = stack.start()
        return lambda: stack.send(started)

    return {
        "start, new visitor": (lambda: naive.start, lambda: stack.start),
        "start, new visitor, with a message": (
            lambda: naive.start_with_message,
            lambda: lambda: stack.start(message=TEXT),
        ),
        "start, known visitor": (naive_known, own_known),
        "send": (naive_send, own_send),
    }


def measure(giosg: SimulatedGiosg, stopwatch: Stopwatch, prepare: Callable[[], Act], *, times: int) -> Taken:
    """Do a flow again and again, with the latency in force only while it is measured."""
    ms: list[float] = []
    for _ in range(times + WARM_UP):
        act, known = prepare(), giosg.requests.connections()
        giosg.requests.clear()
        stopwatch.lap_ms()
        with far_away(giosg):
            act()
        ms.append(stopwatch.lap_ms())
    return Taken(ms[WARM_UP:], len(giosg.requests), len(giosg.requests.connections() - known))


@contextmanager
def far_away(giosg: SimulatedGiosg) -> Iterator[None]:
    giosg.faults.call_latency_seconds = giosg.faults.connection_latency_seconds = LATENCY_SECONDS
    yield
    giosg.faults.call_latency_seconds = giosg.faults.connection_latency_seconds = 0.0


def main() -> None:
    arguments = argparse.ArgumentParser(description="Time what visitors wait for Giosg")
    arguments.add_argument("--times", type=int, default=20)
    times = arguments.parse_args().times
    with quiet(), pytest.MonkeyPatch.context() as patch, SimulatedGiosg() as giosg, aws.deployed(giosg, threads=None):
        stopwatch = Stopwatch(patch)
        taken = {
            name: [measure(giosg, stopwatch, prepare, times=times) for prepare in prepares]
            for name, prepares in flows(NaiveClient(giosg), Stack()).items()
        }
    print_table(
        ["Giosg 50 ms away", *(f"{side}: {what}" for side in ("naive", "ours") for what in FIGURES), "naive / ours"],
        [
            (name, *_figures(naive), *_figures(ours), f"{_median(naive) / _median(ours):.1f}")
            for name, (naive, ours) in taken.items()
        ],
    )


def _figures(taken: Taken) -> tuple[int, int, int]:
    return taken.calls, taken.connections, round(_median(taken))


def _median(taken: Taken) -> float:
    return percentile(taken.ms, 50)


if __name__ == "__main__":
    main()
