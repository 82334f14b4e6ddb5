"""A chat that is under way, and an event for each function that finds all it asks for."""

import json
import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Address
from typing import Any

import boto3
from local.giosg import SimulatedGiosg
from tests import aws
from tests.environments import plain_environment
from tests.toolkit.identities import signed
from tests.toolkit.push_service import PushService
from tests.toolkit.visitors import Chatting, start

from bench.aws_stub import AwsStub, serving
from bench.quiet import quiet
from visitor_chat import wiring
from visitor_chat.domain.push_subscriptions import PushSubscription
from visitor_chat.domain.records import HeldMessage, HeldStatus
from visitor_chat.realtime.vapid_key import public_key
from visitor_chat.runtime import clock
from visitor_chat.store.coordination import held_delivery_key

Event = dict[str, Any]

OF_NOBODY = {
    "get_availability": "/availability",
    "get_health": "/health",
    "get_push_key": "/push",
    "list_rooms": "/rooms",
    "web_page": "/chat",
}
"""What is asked for without a visitor, by the function that answers."""
HOUR = timedelta(hours=1)
CLOSED_ROOM, CLOSED_ROOM_ID = "sales", "8d1f6a3e-5c27-4b90-a6e4-0f93b7c2d518"
"""A further room, in which nobody is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """The stack's parts; functions of other processes reach them with `variables`."""

    giosg: SimulatedGiosg
    stub: AwsStub
    push_service: PushService
    variables: Mapping[str, str]

    def event(self, function: str) -> tuple[Event, int | None]:
        """Make an event that a function has not had yet, and say what status its answer must have."""
        with self.stub.turn:
            made: tuple[Event, int | None] = getattr(self, f"_{function}", lambda: _of_nobody(function))()
        return made

    def switched_on(self, function: str) -> Mapping[str, str]:
        """Return the variables of what is off by default, and without which a function would not do what is asked."""
        rooms = {"GIOSG_ROOMS": f"{CLOSED_ROOM}={CLOSED_ROOM_ID}"}
        push = {"WEB_PUSH": "on", "PUSH_SERVICES": self.push_service.origin}
        return {
            "get_push_key": push,
            "held_messages": rooms,
            "hold_message": rooms,
            "list_rooms": rooms,
            "open_session": {"KNOWN_USERS": "on"},
            "push_subscription": push,
            "send_push": push,
        }.get(function, {})

    def chat(self, **fields: Any) -> Chatting:
        return start(aws.Functions(), **fields)

    def _start_chat(self) -> tuple[Event, int]:
        return _from_elsewhere("/chats", {"visitor_name": "Aino", "message": "Hello?"}), 201

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

    def _hold_message(self) -> tuple[Event, int]:
        body = {"message": "Call me back", "room": CLOSED_ROOM, "client_message_id": str(uuid.uuid4())}
        return _from_elsewhere("/held_messages", {"visitor_name": "Aino", **body}), 202

    def _held_messages(self) -> tuple[Event, int]:
        return aws.http_event("GET", "/held_messages", token=self._waiting(CLOSED_ROOM_ID).token), 200

    def _deliver_held_messages(self) -> tuple[Event, None]:
        self._waiting(self.giosg.room_id)
        # The schedule calls once a minute, and two runs within one would do nothing.
        wiring.store().coordination.consume(held_delivery_key())
        return {}, None

    def _waiting(self, room_id: str) -> Chatting:
        """Return a visitor one message of whom is held for a room."""
        chat, now = self.chat(), clock.now()
        held = HeldMessage(
            id=str(uuid.uuid4()),
            visitor_id=chat.visitor_id,
            room_id=room_id,
            message="Call me back",
            text_hash="",
            variables={},
            status=HeldStatus.HELD,
            created_at=now,
            expires_at=now + HOUR,
            due_at=now,
        )
        wiring.store().held_messages.hold(held, is_of_new_visitor=False, guards=[])
        return chat

    def _push_subscription(self) -> tuple[Event, int]:
        body = self.push_service.subscribe().subscription
        return aws.http_event("PUT", "/push/subscription", token=self.chat().token, body=body), 204

    def _send_push(self) -> tuple[Event, None]:
        chat, subscription = self.chat(message="Hello?"), self._subscription()
        wiring.store().push_subscriptions.add(chat.visitor_id, subscription, guards=[])
        order = {
            "kind": "chat.message.added",
            "visitor_id": chat.visitor_id,
            "chat_id": chat.chat_id,
            "message_id": str(uuid.uuid4()),
            "subscription_id": subscription.id,
            "until": clock.to_text(clock.now() + HOUR),
        }
        received = {"messageId": "1", "receiptHandle": "1", "attributes": {"ApproximateReceiveCount": "1"}}
        return {"Records": [received | {"body": json.dumps({"order": order})}]}, None

    def _subscription(self) -> PushSubscription:
        browser = self.push_service.subscribe()
        keys = browser.subscription["keys"]
        return PushSubscription(
            endpoint=browser.endpoint, browser_key=keys["p256dh"], auth_secret=keys["auth"], language="en"
        )

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
    return aws.http_event("GET", OF_NOBODY[function]), 200


def _from_elsewhere(path: str, body: Mapping[str, str]) -> Event:
    """Make the request of a visitor who is new, from an address of their own: one has a quota of them."""
    event = aws.http_event("POST", path, body=body)
    event["requestContext"]["http"]["sourceIp"] = str(IPv4Address(uuid.uuid4().bytes[:4]))
    return event


@contextmanager
def scenario() -> Iterator[Scenario]:
    """Return a stack whose functions run in others' processes, or in this one, where they are quiet."""
    with (
        quiet(),
        SimulatedGiosg(rooms={CLOSED_ROOM: CLOSED_ROOM_ID}) as giosg,
        aws.deployed(giosg, threads=None),
        serving(AwsStub(aws.REGION)) as stub,
        PushService() as push_service,
    ):
        for agent in giosg.agents_of(CLOSED_ROOM_ID):
            agent.go_offline()
        push_service.public_key = public_key(aws.PUSH_SECRET)
        yield Scenario(giosg=giosg, stub=stub, push_service=push_service, variables=_variables(stub))


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
