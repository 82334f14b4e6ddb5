"""The stack in one process: the template's tables on moto, the functions called with API Gateway's events."""

import base64
import importlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from threading import RLock
from typing import Any

import boto3
import botocore.session
import pytest
from local.giosg import SimulatedGiosg
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber
from tests import public_api
from tests.template import resources

from visitor_chat import wiring

REGION = "eu-north-1"
WEBHOOK_SECRET = "webhook-secret-of-the-tests"
IDENTITY_SECRET = "identity-secret-of-the-tests-" + "0" * 40


@dataclass(frozen=True, slots=True)
class Context:
    """What Lambda hands to a function beside the event."""

    function_name: str = "function"
    memory_limit_in_mb: int = 1024
    invoked_function_arn: str = "arn:aws:lambda:eu-north-1:123456789012:function:function"
    aws_request_id: str = "request"
    remaining_milliseconds: int = 28_000

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_milliseconds


@dataclass(frozen=True, slots=True)
class Reply:
    """A function's answer."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@contextmanager
def deployed(giosg: SimulatedGiosg) -> Iterator["Functions"]:
    """Give the stack's functions, in a fresh container, with empty tables and that Giosg."""
    wiring.reset()
    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        variables = environment(
            base_url=giosg.base_url,
            organization_id=giosg.organization_id,
            room_id=giosg.room_id,
            api_token=giosg.api_token,
        )
        for name, value in variables.items():
            patch.setenv(name, value)
        patch.setattr(wiring, "_session", _session)
        patch.setattr(BotocoreStubber, "process_request", _one_at_a_time(BotocoreStubber.process_request))
        yield Functions()
    wiring.reset()


def _one_at_a_time(act: Callable[..., Any]) -> Callable[..., Any]:
    """Let one thread in at a time: moto stumbles over tables that change while it looks through them."""
    turn = RLock()

    def act_in_turn(*args: Any, **named: Any) -> Any:
        with turn:
            return act(*args, **named)

    return act_in_turn


@cache
def _session() -> botocore.session.Session:
    """Read the descriptions of AWS's services once: that is most of what a new container costs."""
    return botocore.session.get_session()


def environment(*, base_url: str, organization_id: str, room_id: str, api_token: str) -> dict[str, str]:
    """Create what the template's functions use, and give their environment; a mocked AWS must be active."""
    tables = {_variable(name): create_table(name) for name in resources("AWS::DynamoDB::Table")}
    secrets = boto3.client("secretsmanager", REGION)
    token = secrets.create_secret(Name="token", SecretString=api_token)
    webhook = secrets.create_secret(Name="webhook", SecretString=json.dumps({"current": WEBHOOK_SECRET}))
    identity = secrets.create_secret(Name="identity", SecretString=json.dumps({"current": IDENTITY_SECRET}))
    queue = boto3.client("sqs", REGION).create_queue(QueueName="sync")
    return tables | {
        "GIOSG_BASE_URL": base_url,
        "GIOSG_ORGANIZATION_ID": organization_id,
        "GIOSG_ROOM_ID": room_id,
        "GIOSG_CHAT_TYPE": "visitor",
        "GIOSG_TIMEOUT_SECONDS": "1",
        "GIOSG_TOKEN_SECRET_ARN": token["ARN"],
        "WEBHOOK_SECRET_ARN": webhook["ARN"],
        "SYNC_QUEUE_URL": queue["QueueUrl"],
        "SOCKET_ENDPOINT": f"https://socket.execute-api.{REGION}.amazonaws.com/live",
        "ALLOWED_ORIGINS": "https://www.example.com",
        "RETENTION_DAYS": "30",
        "QUOTAS": "off",
        "KNOWN_USERS": "off",
        "CHALLENGE_URL": "",
        "CHALLENGE_SECRET_ARN": "",
        "IDENTITY_SECRET_ARN": identity["ARN"],
        "IDENTITY_AUDIENCE": "visitor-chat",
        "WEBHOOK_ADDRESS_CHECK": "off",
        "WEBHOOK_NETWORKS": "192.0.2.0/29",
        "QUOTA_PEPPER": "pepper-of-the-tests",
        "SESSION_IDLE_DAYS": "30",
    }


def _variable(logical_id: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", logical_id).upper()


def create_table(logical_id: str) -> str:
    """Create a table of the template on the mocked AWS and give its name."""
    properties = resources("AWS::DynamoDB::Table")[logical_id]["Properties"]
    schema = {
        name: properties[name]
        for name in (
            "BillingMode",
            "AttributeDefinitions",
            "KeySchema",
            "GlobalSecondaryIndexes",
            "LocalSecondaryIndexes",
        )
        if name in properties
    }
    boto3.client("dynamodb", REGION).create_table(TableName=logical_id, **schema)
    return logical_id


@dataclass(slots=True)
class Functions:
    """Calls the stack's functions as API Gateway does, and holds each answer against the documented API."""

    context: Context = field(default_factory=Context)
    replies: list[Reply] = field(default_factory=list)

    def call(
        self,
        function: str,
        method: str,
        path: str,
        *,
        body: Any = None,
        token: str | None = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Call a function; `body` is JSON unless it is bytes or a string."""
        event = http_event(method, path, body=body, token=token, query=query, headers=headers)
        return self.invoke(function, event)

    def invoke(self, function: str, event: Mapping[str, Any]) -> Reply:
        """Call a function with an event of API Gateway's."""
        handler = importlib.import_module(f"functions.{function}.app").handler
        answer = handler(event, self.context)
        reply = Reply(answer["statusCode"], answer.get("headers", {}), answer.get("body") or "")
        self.replies.append(reply)
        called = event["requestContext"]["http"]
        public_api.check(called["method"], called["path"], status=reply.status, headers=reply.headers, text=reply.text)
        return reply

    def webhook(self, kind: str, notification: Any, *, secret: str = WEBHOOK_SECRET) -> Reply:
        """Deliver a notification of Giosg's; `kind` is `chats` or `messages`."""
        path = f"/giosg_webhooks/{kind}"
        return self.call(f"webhook_{kind}", "POST", path, body=notification, query={"secret": secret})


def http_event(
    method: str,
    path: str,
    *,
    body: Any = None,
    token: str | None = None,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Make an event in API Gateway's payload format 2.0."""
    text = body if isinstance(body, str | None) else base64.b64encode(_bytes(body)).decode()
    authorization = {"authorization": f"Bearer {token}"} if token else {}
    return {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json"} | authorization | dict(headers or {}),
        "queryStringParameters": dict(query or {}),
        "requestContext": {
            "stage": "$default",
            "requestId": "request",
            "http": {"method": method, "path": path, "sourceIp": "192.0.2.1", "userAgent": "test"},
        },
        "body": text,
        "isBase64Encoded": not isinstance(body, str | None),
    }


def _bytes(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def forget_everything() -> None:
    """Drop what a warm container keeps."""
    wiring.reset()
