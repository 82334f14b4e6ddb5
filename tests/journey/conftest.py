"""The whole stack, really deployed: the built template in an emulator that enforces the functions' policies."""

import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from local.giosg import SimulatedGiosg, Target
from local.stack import LocalStack

PATIENCE_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Visitor:
    """A visitor's client: the calls that a page makes."""

    api_url: str
    id: str
    token: str
    chat_id: str

    def call(self, method: str, path: str, **arguments: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}"} | arguments.pop("headers", {})
        return requests.request(method, f"{self.api_url}{path}", headers=headers, timeout=30, **arguments)

    def send(self, text: str, **fields: Any) -> requests.Response:
        return self.call("POST", f"/chats/{self.chat_id}/messages", json={"message": text, **fields})

    def read(self, after: str | None = None) -> dict[str, Any]:
        """Read everything that is new."""
        messages: list[dict[str, Any]] = []
        while True:
            query = {"after": after} if after else {}
            page = self.call("GET", f"/chats/{self.chat_id}/messages", params=query).json()
            messages, after = messages + page["messages"], page["next"]
            if not page["has_more"]:
                return {**page, "messages": messages}

    def texts(self) -> list[str | None]:
        """Give the texts of all messages in the order in which they were said."""
        messages = [each for each in self.read()["messages"] if each["type"] == "message"]
        return [each["message"] for each in sorted(messages, key=lambda each: (each["created_at"], each["id"]))]


@dataclass(frozen=True, slots=True)
class Stack:
    """The deployed stack and its Giosg."""

    local: LocalStack
    giosg: SimulatedGiosg

    def start(self, **fields: Any) -> Visitor:
        """Start a chat as a new visitor."""
        answer = requests.post(f"{self.local.api_url}/chats", json=fields, timeout=30)
        assert answer.status_code == 201, answer.text
        made = answer.json()
        return Visitor(self.local.api_url, made["visitor"]["id"], made["visitor_token"], made["chat"]["id"])


def wait_for(condition: Callable[[], Any], *, seconds: float = PATIENCE_SECONDS) -> Any:
    """Wait until a condition holds and give what it gave."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
    return found


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Give the stack, with webhooks delivered over HTTP."""
    parameters: Mapping[str, str] = {"AbsentVisitorNotices": "ENABLED", "GiosgTimeoutSeconds": "2"}
    with (
        SimulatedGiosg() as giosg,
        LocalStack(giosg=giosg, is_auth_enforced=True, parameters=parameters) as local,
    ):
        urls = local.webhook_urls
        giosg.webhooks.deliver_to(Target(chats_url=urls.chats, messages_url=urls.messages))
        yield Stack(local, giosg)


@pytest.fixture(autouse=True)
def calm(stack: Stack) -> Iterator[None]:
    """Leave Giosg as it was found: agents online, no faults."""
    yield
    stack.giosg.faults.clear()
    stack.giosg.webhooks.misbehaviour.clear()
    for agent in stack.giosg.agents:
        agent.go_online()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the functions' warnings and errors with a failure."""
    report = yield
    found = getattr(item, "funcargs", {}).get("stack")
    if report.failed and isinstance(found, Stack):
        lines = [line for line in found.local.logs() if line.get("level") in {"WARNING", "ERROR", "CRITICAL"}]
        report.sections.append(("function logs", "\n".join(map(str, lines[-12:]))))
    return report
