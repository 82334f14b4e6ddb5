"""The stack as it is deployed, once for all tests: the built template in an emulator that enforces policies.

Everything that can be switched on is on. Webhooks are delivered over HTTP.
"""

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from local.giosg import SimulatedGiosg, Target
from local.stack import LocalStack
from local.stack.webhook_urls import read_secret
from tests.toolkit.identities import signed
from tests.toolkit.push_service import PushService
from websockets.sync.client import ClientConnection, connect

PATIENCE_SECONDS = 60.0
"""The longest wait for anything that a deployed stack does: its functions start cold, and the machine may be busy."""
COORDINATION = "CoordinationTable"
DEAD_LETTERS = ("SyncDeadLetters", "EventDeadLetters", "PushDeadLetters")
ROOMS = {"sales": "5e1f0a86-93c4-4b7d-8a2e-6d40c7b915f3"}
SWITCHED_ON = {"AbsentVisitorNotices": "ENABLED", "KnownUsers": "on", "Quotas": "on", "WebPush": "on"}


@dataclass(frozen=True, slots=True)
class Visitor:
    """A visitor's client: the calls that a page makes."""

    api_url: str
    id: str
    token: str
    chat_id: str

    def call(self, method: str, path: str, **arguments: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}"} | arguments.pop("headers", {})
        return call(method, f"{self.api_url}{path}", headers=headers, **arguments)

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
        """Return the texts of all messages in the order in which they were said."""
        messages = [each for each in self.read()["messages"] if each["type"] == "message"]
        return [each["message"] for each in sorted(messages, key=lambda each: (each["created_at"], each["id"]))]


@dataclass(frozen=True, slots=True)
class Stack:
    """The deployed stack and its Giosg."""

    local: LocalStack
    giosg: SimulatedGiosg
    push_service: PushService

    @property
    def environment(self) -> Mapping[str, str]:
        """What leads an operator's command to this stack, which is called `local`."""
        return {"PORT": str(self.local.emulator.port)}

    @property
    def webhook_secret(self) -> str:
        return self._secret("WebhookSecretArn")

    def _secret(self, output: str) -> str:
        return read_secret(self.local.boto3_client("secretsmanager"), self.local.outputs[output])

    def subscribe(self) -> None:
        """Let Giosg deliver to the URLs that are in force."""
        urls = self.local.webhook_urls
        self.giosg.webhooks.deliver_to(Target(chats_url=urls.chats, messages_url=urls.messages))

    def settle(self) -> None:
        """Wait until Giosg has told of everything, and has its answers."""
        assert self.giosg.webhooks.wait_until_delivered(timeout_seconds=PATIENCE_SECONDS)

    def ask_to_start(self, **fields: Any) -> requests.Response:
        return call("POST", f"{self.local.api_url}/chats", json=fields)

    def start(self, **fields: Any) -> Visitor:
        """Start a chat as a new visitor."""
        answer = self.ask_to_start(**fields)
        assert answer.status_code == 201, answer.text
        made = answer.json()
        return Visitor(self.local.api_url, made["visitor"]["id"], made["visitor_token"], made["chat"]["id"])

    def start_with_agent(self, **fields: Any) -> Visitor:
        """Start a chat that an agent is in, and of which all webhooks have come."""
        visitor = self.start(**fields)
        self.giosg.agent.join(visitor.chat_id)
        self.settle()
        return visitor

    def identity_token(self, subject: str, *, key: str | None = None, **claims: Any) -> str:
        """Sign a token for a person, as the company's backend does."""
        return signed(subject, key or self._secret("IdentitySecretArn"), **claims)

    def calm(self) -> None:
        """Leave everything as it was found: agents online, no faults, nothing under way or given up, no quota used."""
        self.giosg.troubles.clear()
        self.giosg.faults.clear()
        self.giosg.webhooks.misbehaviour.clear()
        self.settle()
        self._forget("quota#")
        for queue in DEAD_LETTERS:
            self.local.boto3_client("sqs").purge_queue(QueueUrl=self.local.resources[queue])
        for agent in self.giosg.agents:
            agent.go_online()

    def set_doors(self, room_id: str, *, are_open: bool, seen_by: Sequence[str] = ()) -> None:
        """Let all agents of a room come or go, and everybody see it at once: for ten seconds an answer is believed.

        Functions that have asked before believe their own memory: they are named, and start anew.
        """
        for agent in self.giosg.agents_of(room_id):
            (agent.go_online if are_open else agent.go_offline)()
        self.forget_who_is_there(*seen_by)

    def forget_who_is_there(self, *logical_ids: str) -> None:
        """Let the next who asks for agents learn of those who are there now, from these functions as well."""
        self.restart(*logical_ids)
        self._forget("availability#")

    def restart(self, *logical_ids: str) -> None:
        """Let functions have no memory, as whenever their configuration is written."""
        functions = self.local.boto3_client("lambda")
        for name in (self.local.resources[logical_id] for logical_id in logical_ids):
            timeout = functions.get_function_configuration(FunctionName=name)["Timeout"]
            functions.update_function_configuration(FunctionName=name, Timeout=timeout)

    def deliver_held_messages(self) -> None:
        """Call their function as its schedule does, whoever has had this minute's turn."""
        self._forget("held_delivery")
        self.call_function("DeliverHeldMessagesFunction")

    def call_function(self, logical_id: str) -> None:
        """Call a function with an event that says nothing."""
        self.local.boto3_client("lambda").invoke(FunctionName=self.local.resources[logical_id], Payload=b"{}")

    def nothing_compared(self) -> AbstractContextManager[None]:
        """Let chats wait for their comparison with Giosg: any may have been asked for, by a webhook that came first."""
        return self.local.switched_off("SyncQueueToSyncChats")

    def let_quotas_have_counted(self, acts: int) -> None:
        """Let every counter that there is stand at so many."""
        for key in self._coordination("quota#"):
            if not key["id"]["S"].startswith("quota#salt#"):
                self.local.boto3_client("dynamodb").update_item(
                    TableName=self.local.resources[COORDINATION],
                    Key=key,
                    UpdateExpression="SET used = :acts",
                    ExpressionAttributeValues={":acts": {"N": str(acts)}},
                )

    def _forget(self, kind: str) -> None:
        for key in self._coordination(kind):
            self.local.boto3_client("dynamodb").delete_item(TableName=self.local.resources[COORDINATION], Key=key)

    def _coordination(self, kind: str) -> list[dict[str, Any]]:
        """Return the keys of a kind of entries in the table of what functions tell each other."""
        table = self.local.resources[COORDINATION]
        items = self.local.boto3_client("dynamodb").scan(TableName=table, ProjectionExpression="id")["Items"]
        return [item for item in items if item["id"]["S"].startswith(kind)]


def call(method: str, url: str, **arguments: Any) -> requests.Response:
    return requests.request(method, url, timeout=PATIENCE_SECONDS, **arguments)


def connected(url: str, **options: Any) -> ClientConnection:
    """Open a socket, which a machine that is too busy for a pong does not close."""
    socket: ClientConnection = connect(url, open_timeout=PATIENCE_SECONDS, ping_interval=None, **options)
    return socket


def wait_for(condition: Callable[[], Any]) -> Any:
    """Wait until a condition holds and give what it gave."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
    return found


@pytest.fixture(scope="session")
def deployed_stack() -> Iterator[Stack]:
    """Return the one stack of all tests that need a deployed one."""
    with SimulatedGiosg(rooms=ROOMS) as giosg, PushService() as push_service:
        parameters = {**SWITCHED_ON, "GiosgTimeoutSeconds": "4", "PushServices": push_service.origin}
        with LocalStack(giosg=giosg, is_auth_enforced=True, parameters=parameters) as local:
            stack = Stack(local, giosg, push_service)
            stack.subscribe()
            yield stack


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the functions' warnings and errors with a failure."""
    report = yield
    found = getattr(item, "funcargs", {}).get("deployed_stack")
    if report.failed and isinstance(found, Stack):
        lines = [line for line in found.local.logs() if line.get("level") in {"WARNING", "ERROR", "CRITICAL"}]
        report.sections.append(("function logs", "\n".join(map(str, lines[-12:]))))
    return report
