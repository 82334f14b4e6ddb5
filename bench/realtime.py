"""From a webhook to the visitor's screen: how long an agent's answer takes, pushed and polled.

    python -m bench.realtime [--messages 200]

A webhook is posted to the deployed local stack, and the time is taken until the frame with its message has arrived on
the visitor's socket, with that socket alone and with 200 sockets of other visitors beside it. The same is done with a
page that asks once a second.
"""

import argparse
import json
import random
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests
from local.giosg import SimulatedGiosg
from local.stack import LocalStack
from websockets.sync.client import ClientConnection, connect

from bench.tables import percentile, print_table

OTHER_SOCKETS = 200
OTHER_VISITORS = 20
POLL_SECONDS = 1.0
PATIENCE_SECONDS = 10.0
WARM_UP = 10


@dataclass(slots=True)
class Arrivals:
    """When each message was first seen by the visitor's client, in seconds of the monotonic clock."""

    seen_at: dict[str, float] = field(default_factory=dict)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def saw(self, message_id: str) -> None:
        with self.changed:
            self.seen_at.setdefault(message_id, time.monotonic())
            self.changed.notify_all()

    def wait_for(self, message_id: str) -> float:
        with self.changed:
            if not self.changed.wait_for(lambda: message_id in self.seen_at, timeout=PATIENCE_SECONDS):
                raise TimeoutError(f"message {message_id} never arrived")
        return self.seen_at[message_id]


@dataclass(frozen=True, slots=True)
class Bench:
    """A deployed stack, and the sessions that its clients keep open."""

    stack: LocalStack
    giosg: SimulatedGiosg
    http: requests.Session

    def start(self) -> tuple[str, dict[str, str]]:
        """Start a chat, and give its id and the headers of its visitor."""
        made = requests.post(f"{self.stack.api_url}/chats", json={"message": "Hello"}, timeout=30).json()
        return made["chat"]["id"], {"Authorization": f"Bearer {made['visitor_token']}"}

    @contextmanager
    def socket(self, headers: dict[str, str]) -> Iterator[ClientConnection]:
        ticket = requests.post(f"{self.stack.api_url}/realtime", headers=headers, timeout=30).json()
        with connect(ticket["url"]) as socket:
            yield socket

    def measure(self, chat_id: str, arrivals: Arrivals, *, messages: int, spread_seconds: float) -> list[float]:
        """Post webhooks one after another, and give the milliseconds that each message took to arrive."""
        url, taken = self.stack.webhook_urls.messages, []
        for _ in range(messages + WARM_UP):
            time.sleep(random.random() * spread_seconds)  # noqa: S311 - polls must not be met in step
            body = self._webhook(chat_id)
            posted_at = time.monotonic()
            self.http.post(url, json=body, timeout=30).raise_for_status()
            taken.append((arrivals.wait_for(body["resource_id"]) - posted_at) * 1000)
        return taken[WARM_UP:]

    def _webhook(self, chat_id: str) -> dict[str, Any]:
        template = self.giosg.messages(chat_id)[-1]
        message = template | {"id": str(uuid.uuid4()), "sender_type": "user", "message": "An answer"}
        channel = f"/api/v5/orgs/{self.giosg.organization_id}/owned_chats/{chat_id}/messages"
        return {"channel": channel, "action": "added", "resource_id": message["id"], "resource": message}


@contextmanager
def listening(socket: ClientConnection, arrivals: Arrivals) -> Iterator[None]:
    """Note the messages that frames bring, until the socket is closed."""

    def listen() -> None:
        for text in socket:
            note_frame(str(text), arrivals)

    thread = threading.Thread(target=listen)
    thread.start()
    yield
    socket.close()
    thread.join()


def note_frame(text: str, arrivals: Arrivals) -> None:
    frame = json.loads(text)
    if frame["event"] == "message":
        arrivals.saw(frame["message"]["id"])


@contextmanager
def polling(url: str, headers: dict[str, str], arrivals: Arrivals) -> Iterator[None]:
    """Ask for what is new once a second, as a page without a socket does."""
    is_over = threading.Event()

    def poll() -> None:
        with requests.Session() as http:
            cursor: str | None = None
            while not is_over.wait(POLL_SECONDS):
                query = {"after": cursor} if cursor else {}
                page = http.get(url, headers=headers, params=query, timeout=30).json()
                cursor = page["next"]
                for message in page["messages"]:
                    arrivals.saw(message["id"])

    thread = threading.Thread(target=poll)
    thread.start()
    yield
    is_over.set()
    thread.join()


def pushed(bench: Bench, *, messages: int) -> list[float]:
    chat_id, headers = bench.start()
    arrivals = Arrivals()
    with bench.socket(headers) as socket, listening(socket, arrivals):
        return bench.measure(chat_id, arrivals, messages=messages, spread_seconds=0)


def pushed_in_company(bench: Bench, *, messages: int) -> list[float]:
    with ExitStack() as company:
        others = [bench.start()[1] for _ in range(OTHER_VISITORS)]
        with ThreadPoolExecutor(8) as threads:
            opened = threads.map(
                lambda number: company.enter_context(bench.socket(others[number % OTHER_VISITORS])),
                range(OTHER_SOCKETS),
            )
            list(opened)
        return pushed(bench, messages=messages)


def polled(bench: Bench, *, messages: int) -> list[float]:
    chat_id, headers = bench.start()
    arrivals = Arrivals()
    with polling(f"{bench.stack.api_url}/chats/{chat_id}/messages", headers, arrivals):
        return bench.measure(chat_id, arrivals, messages=messages, spread_seconds=POLL_SECONDS)


def main() -> None:
    arguments = argparse.ArgumentParser(description="Time an agent's answer on its way to the visitor")
    arguments.add_argument("--messages", type=int, default=200)
    messages = arguments.parse_args().messages
    with SimulatedGiosg() as giosg, LocalStack(giosg=giosg) as stack, requests.Session() as http:
        bench = Bench(stack, giosg, http)
        series = {
            "socket, 1 open": pushed(bench, messages=messages),
            f"socket, {OTHER_SOCKETS + 1} open": pushed_in_company(bench, messages=messages),
            "polled once a second": polled(bench, messages=min(messages, 100)),
        }
    print_table(
        ["webhook posted to message seen", "messages", "p50 ms", "p95 ms"],
        [
            (name, len(taken), round(percentile(taken, 50)), round(percentile(taken, 95)))
            for name, taken in series.items()
        ],
    )


if __name__ == "__main__":
    main()
