"""A chat that is under way, and an event for each function that finds all it asks for."""

import json
import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import boto3
from local.giosg import SimulatedGiosg
from tests import aws
from tests.environments import plain_environment
from tests.toolkit.identities import signed
from tests.toolkit.visitors import Chatting, start

from bench.aws_stub import AwsStub, serving
from visitor_chat import wiring
from visitor_chat.runtime import telemetry

Event = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """The stack's parts; functions of other processes reach them with `variables`."""

    giosg: SimulatedGiosg
    stub: AwsStub
    variables: Mapping[str, str]

    def event(self, function: str) -> tuple[Event, int | None]:
        """Make an event that a function has not had yet, and say what status its answer must have."""
        with self.stub.turn:
            made: tuple[Event, int | None] = getattr(self, f"_{function}", lambda: _of_nobody(function))()
        return made

    def chat(self, **fields: Any) -> Chatting:
        return start(aws.Functions(), **fields)

    def _start_chat(self) -> tuple[Event, int]:
        return aws.http_event("POST", "/chats", body={"visitor_name": "Aino", "message": "Hello?"}), 201

    def _send_message(self) -> tuple[Event, int]:
        chat = self.chat()
        body = {"message": "Is anybody there?", "client_message_id": str(uuid.uuid4())}
        return aws.http_event("POST", chat.messages_path, token=chat.token, body=body), 201

    def _list_messages(self) -> tuple[Event, int]:
        chat = self.chat(message="Hello?")
        return aws.http_event("GET", chat.messages_path, token=chat.token), 200

    def _get_chats(self) -> tuple[Event, int]:
        chat = self.chat()
        return aws.http_event("GET", "/chats", token=chat.token), 200

    def _end_chat(self) -> tuple[Event, int]:
        chat = self.chat()
        return aws.http_event("POST", f"{chat.path}/end", token=chat.token), 200

    def _erase_visitor(self) -> tuple[Event, int]:
        return aws.http_event("DELETE", "/visitor", token=self.chat().token), 204

    def _open_realtime(self) -> tuple[Event, int]:
        return aws.http_event("POST", "/realtime", token=self.chat().token), 201

    def _open_session(self) -> tuple[Event, int]:
        return aws.http_event("POST", "/sessions", body={"identity_token": signed(uuid.uuid4().hex)}), 201

    def _webhook_messages(self) -> tuple[Event, int]:
        chat = self.chat()
        self.giosg.webhooks.take()
        self.giosg.agent.say(chat.chat_id, "Good morning!")
        return self._webhook("messages"), 204

    def _webhook_chats(self) -> tuple[Event, int]:
        chat = self.chat(message="Hello?")
        self.giosg.webhooks.take()
        self.giosg.agent.end(chat.chat_id)
        return self._webhook("chats"), 204

    def _webhook(self, kind: str) -> Event:
        body = next(each.body for each in reversed(self.giosg.webhooks.take()) if each.endpoint_kind == kind)
        return aws.webhook_event(kind, body)

    def _publish_events(self) -> tuple[Event, None]:
        chat = self.chat(message="Hello?")
        image = next(
            item
            for item in boto3.client("dynamodb", aws.REGION).scan(TableName="MessagesTable")["Items"]
            if item["chat_id"]["S"] == chat.chat_id and "seq" in item
        )
        return {"Records": [{"eventID": "1", "eventName": "INSERT", "dynamodb": {"NewImage": image}}]}, None

    def _notify_visitor(self) -> tuple[Event, None]:
        ids = {name: str(uuid.uuid4()) for name in ("id", "visitor_id", "chat_id", "message_id")}
        return {"detail": ids}, None

    def _sync_chats(self) -> tuple[Event, None]:
        body = json.dumps({"chat_id": self.chat(message="Hello?").chat_id})
        return {"Records": [{"messageId": "1", "body": body}]}, None

    def _socket_connect(self) -> tuple[Event, int]:
        ticket = aws.Functions().call("open_realtime", "POST", "/realtime", token=self.chat().token).json["url"]
        query = {"ticket": ticket.partition("ticket=")[2]}
        return aws.socket_event("$connect", uuid.uuid4().hex, queryStringParameters=query), 200

    def _socket_disconnect(self) -> tuple[Event, int]:
        return self._on_an_open_socket("$disconnect"), 200

    def _socket_message(self) -> tuple[Event, int]:
        return self._on_an_open_socket("$default") | {"body": json.dumps({"action": "ping"})}, 200

    def _on_an_open_socket(self, route: str) -> Event:
        connection_id = uuid.uuid4().hex
        wiring.store().connections.open(self.chat().visitor_id, connection_id)
        return aws.socket_event(route, connection_id)


def _of_nobody(function: str) -> tuple[Event, int]:
    path = {"get_health": "/health", "get_availability": "/availability", "web_page": "/chat"}[function]
    return aws.http_event("GET", path), 200


@contextmanager
def scenario() -> Iterator[Scenario]:
    """Return a stack whose functions run in others' processes, or in this one, where they are quiet."""
    telemetry.logger.setLevel("CRITICAL")
    with (
        patch.dict(os.environ, {"POWERTOOLS_METRICS_DISABLED": "true"}),
        SimulatedGiosg() as giosg,
        aws.deployed(giosg, threads=None),
        serving(AwsStub(aws.REGION)) as stub,
    ):
        yield Scenario(giosg=giosg, stub=stub, variables=_variables(stub))


def _variables(stub: AwsStub) -> dict[str, str]:
    """Return the functions' environment, with AWS and its sockets at the stub."""
    return {name: os.environ[name] for name in plain_environment()} | {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": aws.REGION,
        "AWS_DEFAULT_REGION": aws.REGION,
        "AWS_ENDPOINT_URL": stub.url,
        "SOCKET_ENDPOINT": stub.url,
        "QUOTAS": "on",
        "POWERTOOLS_SERVICE_NAME": "visitor-chat",
    }
