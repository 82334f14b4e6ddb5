"""Each function may do what it does, by the template's policies, and nothing else."""

import importlib
import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

import boto3
import pytest
from local.giosg import SimulatedGiosg
from tests.aws import REGION, Context, Functions, Reply, socket_event
from tests.functions.conftest import forget_the_room
from tests.template import functions_by_folder, listed, references, resources, statements
from tests.toolkit import notifications
from tests.toolkit.clock import Clock
from tests.toolkit.identities import signed
from tests.toolkit.push_service import Browser
from tests.toolkit.visitors import Chatting

from visitor_chat import wiring
from visitor_chat.domain.push_subscriptions import subscription_id
from visitor_chat.domain.records import HeldMessage, HeldStatus
from visitor_chat.runtime import clock as clock_module

pytestmark = pytest.mark.usefixtures("empty_tables")

FUNCTIONS = functions_by_folder()
NOWHERE = "http://127.0.0.1:9"
SWITCHED_ON = {
    "QUOTAS": "on",
    "KNOWN_USERS": "on",
    "WEBHOOK_ADDRESS_CHECK": "report",
    "WEB_PUSH": "on",
    "PUSH_CONTENT": "text",
    "PUSH_SERVICES": NOWHERE,
}
CONNECTION = "a-connection"
AWAY = "f" * 32
FAR_AWAY = 10**11
IDS_OF_A_NOTICE = ("id", "visitor_id", "chat_id", "message_id")
BY_LAMBDA = {"GetRecords", "GetShardIterator", "DescribeStream", "ListStreams", "DeleteMessage", "GetQueueAttributes"}
BY_LAMBDA |= {"ReceiveMessage"}
"""What Lambda does with a function's role: it reads its queue or its streams."""
FORGET_A_GONE_SOCKET = ("dynamodb:DeleteItem", "ConnectionsTable")
READ_ANOTHERS_SALT = ("dynamodb:BatchGetItem", "CoordinationTable")
TAKE_OVER_A_MESSAGE = ("dynamodb:BatchGetItem", "MessagesTable")
SELDOM = {
    "start_chat": {FORGET_A_GONE_SOCKET, TAKE_OVER_A_MESSAGE, ("secretsmanager:GetSecretValue", "ChallengeSecretArn")},
    "hold_message": {
        FORGET_A_GONE_SOCKET,
        # A token that Giosg refuses before it was ever used.
        ("dynamodb:UpdateItem", "CredentialsTable"),
        ("secretsmanager:GetSecretValue", "ChallengeSecretArn"),
    },
    "held_messages": {FORGET_A_GONE_SOCKET, ("dynamodb:UpdateItem", "VisitorsTable")},
    # A delivery that goes on where another stopped, or in a further room.
    "deliver_held_messages": {
        FORGET_A_GONE_SOCKET,
        ("dynamodb:BatchGetItem", "MessagesTable"),
        ("dynamodb:UpdateItem", "VisitorsTable"),
    },
    "send_message": {FORGET_A_GONE_SOCKET, READ_ANOTHERS_SALT},
    "open_session": {READ_ANOTHERS_SALT},
    "open_realtime": {READ_ANOTHERS_SALT},
    "end_chat": {FORGET_A_GONE_SOCKET},
    # A tail that cannot be seen yet.
    "list_messages": {("dynamodb:BatchGetItem", "MessagesTable")},
    # What has expired of a socket is there still.
    "erase_visitor": {("dynamodb:BatchWriteItem", "ConnectionsTable")},
    # The oldest of too many sockets is closed.
    "socket_connect": {FORGET_A_GONE_SOCKET, ("execute-api:ManageConnections", "Socket")},
    # Ahead of the first request.
    "socket_disconnect": {("dynamodb:BatchGetItem", "ConnectionsTable")},
    "webhook_chats": {FORGET_A_GONE_SOCKET},
    "webhook_messages": {FORGET_A_GONE_SOCKET, ("dynamodb:UpdateItem", "MessagesTable")},
    # A chat that Giosg has removed is erased.
    "sync_chats": {
        FORGET_A_GONE_SOCKET,
        ("dynamodb:UpdateItem", "MessagesTable"),
        ("dynamodb:ConditionCheckItem", "ChatsTable"),
        ("dynamodb:Query", "ChatsTable"),
        ("dynamodb:DeleteItem", "ChatsTable"),
        ("dynamodb:DeleteItem", "MessagesTable"),
    },
    # Lambda itself does it, with the function's role.
    "publish_events": {("sqs:SendMessage", "EventDeadLetters")},
}
"""What these acts do not play: something that goes wrong in the midst of them, or happens at the same time."""


class Use(NamedTuple):
    """One action on one resource of the stack's, and the items' keys if it is a table."""

    action: str
    resource: str
    keys: tuple[str, ...] = ()


class Right(NamedTuple):
    """What a statement of the template allows for one resource."""

    action: str
    resource: str
    keys: tuple[str, ...] = ()

    def covers(self, use: Use) -> bool:
        is_of_keys = all(any(fnmatchcase(key, pattern) for pattern in self.keys) for key in use.keys)
        return (self.action, self.resource) == (use.action, use.resource) and (not self.keys or is_of_keys)


def rights(function: str) -> set[Right]:
    return {
        Right(action, resource_of(resource), leading_keys(statement))
        for statement in statements(FUNCTIONS[function])
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
        if action.partition(":")[2] not in BY_LAMBDA
    }


def resource_of(resource: Any) -> str:
    (name,) = references(resource)
    index = re.search(r"/index/\w+", str(resource))
    return name + (index[0] if index else "")


def leading_keys(statement: Mapping[str, Any]) -> tuple[str, ...]:
    (condition,) = list(statement.get("Condition", {}).values()) or [{}]
    return tuple(condition.get("dynamodb:LeadingKeys", ()))


class Used:
    """Notes what is asked of AWS."""

    def __init__(self) -> None:
        self.uses: set[Use] = set()

    def note(self, params: Mapping[str, Any], model: Any, **_rest: Any) -> None:
        self.uses |= set(getattr(self, f"_{model.service_model.endpoint_prefix.replace('-', '_')}")(model.name, params))

    def _dynamodb(self, operation: str, params: Mapping[str, Any]) -> Iterator[Use]:
        if operation == "BatchGetItem":
            for table, asked in params["RequestItems"].items():
                yield self._table(operation, {"TableName": table}, *asked["Keys"])
        elif operation == "BatchWriteItem":
            for table, asked in params["RequestItems"].items():
                yield self._table(operation, {"TableName": table}, *(each["DeleteRequest"]["Key"] for each in asked))
        elif operation == "TransactWriteItems":
            for item in params["TransactItems"]:
                ((kind, part),) = item.items()
                action = {"ConditionCheck": "ConditionCheckItem"}.get(kind, f"{kind}Item")
                yield self._table(action, part, part.get("Key") or part["Item"])
        else:
            keys = [params[name] for name in ("Key", "Item") if name in params]
            yield self._table(operation, params, *keys)

    def _table(self, operation: str, part: Mapping[str, Any], *keys: Mapping[str, Any]) -> Use:
        index = f"/index/{part['IndexName']}" if "IndexName" in part else ""
        leading = next(iter(resources("AWS::DynamoDB::Table")[part["TableName"]]["Properties"]["KeySchema"]))
        name = leading["AttributeName"]
        return Use(f"dynamodb:{operation}", part["TableName"] + index, tuple(str(key[name]["S"]) for key in keys))

    def _secretsmanager(self, operation: str, params: Mapping[str, Any]) -> Iterator[Use]:
        names = {"token": "GiosgToken", "webhook": "Webhook", "identity": "Identity", "push": "Push"}
        name = names.get(params["SecretId"].rpartition(":")[2].rpartition("-")[0])
        yield Use(f"secretsmanager:{operation}", f"{name}Secret" if name else "ChallengeSecretArn")

    def _sqs(self, operation: str, params: Mapping[str, Any]) -> Iterator[Use]:
        queues = {"push": "PushQueue", "sweep": "SweepQueue", "sync": "SyncQueue"}
        yield Use(f"sqs:{operation}", queues[params["QueueUrl"].rpartition("/")[2]])

    def _sns(self, operation: str, _params: Mapping[str, Any]) -> Iterator[Use]:
        yield Use(f"sns:{operation}", "NoticesTopic")

    def _events(self, operation: str, _params: Mapping[str, Any]) -> Iterator[Use]:
        yield Use(f"events:{operation}", "EventBus")

    def _execute_api(self, _operation: str, _params: Mapping[str, Any]) -> Iterator[Use]:
        yield Use("execute-api:ManageConnections", "Socket")


@pytest.fixture
def days_later(waiting: Chatting, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is switched on; sessions, tokens and what is known of the room want renewal; a socket is open."""
    for name, value in SWITCHED_ON.items():
        monkeypatch.setenv(name, value)
    clock.advance(days=4)
    forget_the_room()
    wiring.store().connections.open(waiting.visitor_id, CONNECTION)


@pytest.fixture
def acts(
    giosg: SimulatedGiosg,
    functions: Functions,
    waiting: Chatting,
    days_later: None,  # noqa: ARG001
) -> dict[str, Callable[[], object]]:
    """Have a function do everything that it can be asked for."""
    unknown = giosg.website_visitor.start_chat("Hi", room_id=giosg.room_id)
    ours = {"room_id": giosg.room_id}
    of_chats = [
        notifications.of_chat(giosg, "added", unknown, ours),
        notifications.of_chat(giosg, "added", waiting.chat_id, ours),
        notifications.of_chat(giosg, "changed", waiting.chat_id, {"is_ended": True}),
    ]
    removed = notifications.of_chat(giosg, "removed", waiting.chat_id)
    of_messages = [
        notifications.of_message(giosg, "added", unknown, unknown, notifications.whole_message(giosg, "Hello!")),
        notifications.of_message(giosg, "changed", waiting.chat_id, notifications.SOME_MESSAGE, {"message": "part"}),
        notifications.of_message(
            giosg, "added", waiting.chat_id, waiting.chat_id, notifications.whole_message(giosg, "Hello!")
        ),
    ]
    wiring.store().held_messages.hold(left := held(waiting), is_of_new_visitor=False, guards=[])
    call = functions.call
    ticket = wiring.tickets().issue(waiting.visitor_id, session_id=waiting.token.split(".")[1])
    connecting = socket_event("$connect", "another", queryStringParameters={"ticket": ticket.url.partition("=")[2]})
    ping = socket_event("$default", CONNECTION, body=json.dumps({"action": "ping"}))
    return {
        "start_chat": lambda: [
            call("start_chat", "POST", "/chats", token=token, body={"message": "Hi"}) for token in (None, waiting.token)
        ],
        "open_session": lambda: [
            call("open_session", "POST", "/sessions", token=token, body={"identity_token": signed(person)})
            for token, person in ((waiting.token, "one"), (None, "two"))
        ],
        "hold_message": lambda: (
            leave(giosg, functions, None, new_id()),
            leave(giosg, functions, waiting, new_id()),
        ),
        "held_messages": lambda: [
            call("held_messages", "GET", "/held_messages", token=waiting.token),
            call("held_messages", "DELETE", f"/held_messages/{left.id}", token=waiting.token),
        ],
        "deliver_held_messages": lambda: invoke("deliver_held_messages", {}),
        "send_message": lambda: waiting.send("Hi", client_message_id=notifications.SOME_CHAT),
        "list_messages": waiting.read,
        "get_chats": lambda: [waiting.chats(), waiting.chat()],
        "end_chat": waiting.end,
        "erase_visitor": waiting.erase,
        "get_availability": lambda: call("get_availability", "GET", "/availability"),
        "list_rooms": lambda: call("list_rooms", "GET", "/rooms"),
        "open_realtime": lambda: call("open_realtime", "POST", "/realtime", token=waiting.token),
        "webhook_chats": lambda: [
            lose(waiting),
            *(functions.webhook("chats", body) for body in of_chats),
            lose(waiting),
            functions.webhook("chats", removed),
            functions.webhook("chats", removed),
        ],
        "webhook_messages": lambda: [
            *(functions.webhook("messages", body) for body in of_messages),
            lose(waiting),
            functions.webhook("messages", of_messages[-1]),
            lose(waiting),
            functions.webhook("messages", of_messages[-1] | {"action": "removed"}),
        ],
        "get_health": lambda: call("get_health", "GET", "/health"),
        "socket_connect": lambda: invoke("socket_connect", connecting),
        "socket_message": lambda: invoke("socket_message", ping),
        "socket_disconnect": lambda: invoke("socket_disconnect", socket_event("$disconnect", CONNECTION)),
        "sync_chats": lambda: [
            invoke("sync_chats", {}),
            invoke("sync_chats", queued({"due_chat_ids": [waiting.chat_id]})),
            *(giosg.agent.say(waiting.chat_id, text) for text in ("Good morning!", "How can I help?")),
            invoke("sync_chats", queued({"chat_id": waiting.chat_id})),
            lose(waiting),
            invoke("sync_chats", queued({"chat_id": waiting.chat_id})),
            invoke("sync_chats", queued({"notification": edit(giosg, waiting)})),
            invoke("sync_chats", queued({"erase_visitor_id": waiting.visitor_id})),
        ],
        "publish_events": lambda: invoke("publish_events", {"Records": [inserted(waiting)]}),
        "get_push_key": lambda: call("get_push_key", "GET", "/push"),
        "push_subscription": lambda: [
            call("push_subscription", method, "/push/subscription", token=waiting.token, body=browser())
            for method in ("PUT", "DELETE")
        ],
        "send_push": lambda: [invoke("send_push", {"Records": [pushed]}) for pushed in pushes(waiting)],
        "notify_visitor": lambda: invoke("notify_visitor", {"detail": dict.fromkeys(IDS_OF_A_NOTICE, "nobody")}),
    }


def browser() -> dict[str, Any]:
    return Browser(f"{NOWHERE}/{uuid.uuid4()}").subscription


def agree_elsewhere() -> None:
    """Let a visitor who is away have a browser that cannot be reached."""
    endpoint = f"{NOWHERE}/1"
    keys = Browser(endpoint).subscription["keys"]
    entry = {"endpoint": endpoint, "browser_key": keys["p256dh"], "auth_secret": keys["auth"], "language": "en"}
    item: dict[str, Any] = {"subscriptions": {subscription_id(endpoint): entry}, "version": 1, "expires_at": FAR_AWAY}
    table = boto3.resource("dynamodb", REGION).Table("VisitorsTable")
    table.put_item(Item={"visitor_id": AWAY, "record": "push", **item})


def pushes(waiting: Chatting) -> Iterator[dict[str, Any]]:
    """Return what comes out of the queue for an answer to that visitor: the event, then the order."""
    agree_elsewhere()
    ids = {"id": "1", "visitor_id": AWAY, "chat_id": waiting.chat_id, "message_id": a_message(waiting)}
    url = wiring.settings().push_queue_url
    sqs = boto3.client("sqs", REGION)
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"detail-type": "chat.message.added", "detail": ids}))
    for _time in range(2):
        (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
        attributes = {"ApproximateReceiveCount": "1"}
        handle = message["ReceiptHandle"]
        yield {"messageId": "1", "receiptHandle": handle, "attributes": attributes, "body": message["Body"]}
        sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)


def a_message(waiting: Chatting) -> str:
    items = boto3.client("dynamodb", REGION).scan(TableName="MessagesTable")["Items"]
    records = [item["record"]["S"] for item in items if item["chat_id"]["S"] == waiting.chat_id and "seq" in item]
    return records[0].removeprefix("message#")


def leave(giosg: SimulatedGiosg, functions: Functions, waiting: Chatting | None, held_id: str) -> Reply:
    """Let a visitor leave a message while nobody is there."""
    for agent in giosg.agents:
        agent.go_offline()
    body, token = {"message": "Call me back", "client_message_id": held_id}, waiting.token if waiting else None
    return functions.call("hold_message", "POST", "/held_messages", token=token, body=body)


def held(waiting: Chatting) -> HeldMessage:
    """Return a message that waits; to leave it would prolong what is to be prolonged by the act that is looked at."""
    now = clock_module.now()
    return HeldMessage(
        id=new_id(),
        visitor_id=waiting.visitor_id,
        room_id=wiring.rooms().default.id,
        message="Call me back",
        text_hash="",
        variables={},
        status=HeldStatus.HELD,
        created_at=now,
        expires_at=now + timedelta(hours=1),
        due_at=now,
    )


def new_id() -> str:
    return str(uuid.uuid4())


def lose(waiting: Chatting) -> str:
    """Let the tables lose a chat, so that it must be looked up."""
    key = {"pk": f"chat#{waiting.chat_id}", "sk": "chat"}
    boto3.resource("dynamodb", REGION).Table("ChatsTable").delete_item(Key=key)
    return waiting.chat_id


def invoke(function: str, event: Mapping[str, Any]) -> Any:
    return importlib.import_module(f"functions.{function}.app").handler(event, Context())


def edit(giosg: SimulatedGiosg, waiting: Chatting) -> dict[str, Any]:
    """Return a notification of a change in a message that is not known yet."""
    channel = f"/api/v5/orgs/{giosg.organization_id}/owned_chats/{waiting.chat_id}/messages"
    message_id = str(uuid.uuid4())
    return {"action": "changed", "channel": channel, "resource_id": message_id, "resource": {"message": "Good day!"}}


def queued(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"Records": [{"messageId": "1", "body": json.dumps(body)}]}


def inserted(waiting: Chatting) -> dict[str, Any]:
    items = boto3.client("dynamodb", REGION).scan(TableName="MessagesTable")["Items"]
    image = next(item for item in items if item["chat_id"]["S"] == waiting.chat_id and "seq" in item)
    return {"eventID": "1", "eventName": "INSERT", "dynamodb": {"NewImage": image}}


@pytest.fixture
def used() -> Iterator[Used]:
    """Note what a new container asks of AWS."""
    noting = Used()
    wiring.reset()
    session = vars(wiring)["_session"]()
    session.register("provide-client-params", noting.note)
    yield noting
    session.unregister("provide-client-params", noting.note)


@pytest.mark.parametrize("function", sorted(FUNCTIONS.keys() - {"web_page"}))
def test_a_function_may_do_what_it_does_and_nothing_else(
    functions: Functions, acts: dict[str, Callable[[], object]], used: Used, function: str
) -> None:
    before = len(functions.replies)

    acts[function]()

    assert [reply.text for reply in functions.replies[before:] if reply.status >= 400] == []
    allowed = rights(function)
    assert {use for use in used.uses if not any(right.covers(use) for right in allowed)} == set()
    unused = {right for right in allowed if not any(right.covers(use) for use in used.uses)}
    seldom = SELDOM.get(function, set())
    assert {right[:2] for right in unused} <= seldom <= {right[:2] for right in allowed}
