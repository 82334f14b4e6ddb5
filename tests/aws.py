"""The stack in one process: the template's tables on moto, the functions called with API Gateway's events."""

import base64
import importlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import botocore.session
import pytest
from local.giosg import SimulatedGiosg
from moto import mock_aws
from tests import public_api
from tests.environments import plain_environment
from tests.template import resources, routes
from tests.toolkit.direct import direct_tables
from tests.toolkit.threads import InOrder

from visitor_chat import wiring
from visitor_chat.runtime import clock

REGION = "eu-north-1"
FAILURE = 400
XRAY = "Root=1-67891233-abcdef012345678912345678"
"""API Gateway sends it with each request."""
WEBHOOK_SECRET = "webhook-secret-of-the-tests"
IDENTITY_SECRET = "identity-secret-of-the-tests-" + "0" * 40

PUSH_SECRET = "push-secret-of-the-tests-" + "0" * 39


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
    def ok(self) -> bool:
        return self.status < FAILURE

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@contextmanager
def deployed(giosg: SimulatedGiosg, *, threads: Callable[[], Executor] | None = InOrder) -> Iterator["Functions"]:
    """Return the stack's functions, in a fresh container, with empty tables and that Giosg.

    What they do beside something else is done by `threads`, and pushes in order; None leaves them threads of their own.
    """
    wiring.reset()
    with mock_aws(), direct_tables(REGION), pytest.MonkeyPatch.context() as patch:
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
        if threads is not None:
            for name, executor in {"threads": threads, "sweep_threads": threads, "push_threads": InOrder}.items():
                patch.setattr(wiring, name, executor)
        yield Functions()
    wiring.reset()


@cache
def _session() -> botocore.session.Session:
    """Read the descriptions of AWS's services once: that is most of what a new container costs."""
    return botocore.session.get_session()


@cache
def _client(service: str) -> Any:
    """Make a client once: each takes longer than all that is done with it here."""
    return _session().create_client(service, REGION, aws_access_key_id="testing", aws_secret_access_key="testing")


def environment(*, base_url: str, organization_id: str, room_id: str, api_token: str) -> dict[str, str]:
    """Create what the template's functions use, and give their environment; a mocked AWS must be active."""
    tables = {_variable(name): create_table(name) for name in resources("AWS::DynamoDB::Table")}
    secrets = _client("secretsmanager")
    token = secrets.create_secret(Name="token", SecretString=api_token)
    webhook = secrets.create_secret(Name="webhook", SecretString=json.dumps({"current": WEBHOOK_SECRET}))
    identity = secrets.create_secret(Name="identity", SecretString=json.dumps({"current": IDENTITY_SECRET}))
    push = secrets.create_secret(Name="push", SecretString=PUSH_SECRET)
    queue = _client("sqs").create_queue(QueueName="sync")
    sweep_queue = _client("sqs").create_queue(QueueName="sweep")
    push_queue = _client("sqs").create_queue(QueueName="push")
    topic = _client("sns").create_topic(Name="notices")
    return plain_environment(
        **tables,
        GIOSG_BASE_URL=base_url,
        GIOSG_ORGANIZATION_ID=organization_id,
        GIOSG_ROOM_ID=room_id,
        GIOSG_TIMEOUT_SECONDS="5",
        GIOSG_TOKEN_SECRET_ARN=token["ARN"],
        WEBHOOK_SECRET_ARN=webhook["ARN"],
        WEBHOOK_NETWORKS="192.0.2.0/29",
        IDENTITY_SECRET_ARN=identity["ARN"],
        QUOTAS="off",
        PUSH_SECRET_ARN=push["ARN"],
        PUSH_QUEUE_URL=push_queue["QueueUrl"],
        SYNC_QUEUE_URL=queue["QueueUrl"],
        SWEEP_QUEUE_URL=sweep_queue["QueueUrl"],
        GIOSG_CALLS_PER_SECOND="1000",
        EVENT_BUS_NAME="default",
        NOTICES_TOPIC_ARN=topic["TopicArn"],
    )


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
    _client("dynamodb").create_table(TableName=logical_id, **schema)
    return logical_id


@dataclass(slots=True)
class Functions:
    """Calls the stack's functions as API Gateway does, and holds each answer against the documented API."""

    context: Context = field(default_factory=Context)
    replies: list[Reply] = field(default_factory=list, init=False, repr=False)

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
        return self.invoke(f"webhook_{kind}", webhook_event(kind, notification, secret=secret))


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
    key, parameters = route(method, path)
    text = body if isinstance(body, str | None) else base64.b64encode(_bytes(body)).decode()
    authorization = {"authorization": f"Bearer {token}"} if token else {}
    return {
        "version": "2.0",
        "routeKey": key,
        "rawPath": path,
        "pathParameters": parameters,
        "rawQueryString": "",
        "headers": {"content-type": "application/json", "x-amzn-trace-id": XRAY} | authorization | dict(headers or {}),
        "queryStringParameters": dict(query or {}),
        "requestContext": {
            "stage": "$default",
            "requestId": "request",
            "timeEpoch": int(clock.now().timestamp() * 1000),
            "http": {"method": method, "path": path, "sourceIp": "192.0.2.1", "userAgent": "test"},
        },
        "body": text,
        "isBase64Encoded": not isinstance(body, str | None),
    }


def webhook_event(kind: str, notification: Any, *, secret: str = WEBHOOK_SECRET) -> dict[str, Any]:
    """Make the event of a webhook of Giosg's; `kind` is `chats` or `messages`."""
    return http_event("POST", f"/giosg_webhooks/{kind}", body=notification, query={"secret": secret})


def socket_event(route_key: str, connection_id: str, **other: Any) -> dict[str, Any]:
    """Make an event of the WebSocket API."""
    return {"requestContext": {"routeKey": route_key, "connectionId": connection_id}} | other


def route(method: str, path: str) -> tuple[str, dict[str, str]]:
    """Return the key of the template's route that API Gateway chooses, and what stands in its path's parameters.

    Full matches come first: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
    """
    for known, pattern in _patterns():
        if known[0] in {method, "ANY"} and (match := pattern.fullmatch(path)):
            return " ".join(known), match.groupdict()
    raise LookupError(f"no route leads {method} {path} anywhere")


@cache
def _patterns() -> list[tuple[tuple[str, str], re.Pattern[str]]]:
    known = sorted(routes(), key=lambda each: each[1].count("{"))
    return [(each, re.compile(_pattern(each[1]))) for each in known]


def _pattern(path: str) -> str:
    """Let a greedy parameter stand for nothing as well (https://github.com/storacha/w3infra/pull/166)."""
    return re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", re.sub(r"\{(\w+)\+\}", r"(?P<\1>.*)", path))


def _bytes(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def forget_everything() -> None:
    """Drop what a warm container keeps."""
    wiring.reset()
