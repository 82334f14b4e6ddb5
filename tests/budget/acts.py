"""The acts whose cost is kept in the budget. Each is prepared, and then it is one invocation."""

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import boto3
from tests.aws import REGION, http_event, socket_event, webhook_event
from tests.budget.meter import Invocation, Meter
from tests.toolkit import notifications
from tests.toolkit.identities import signed
from tests.toolkit.push_service import Browser
from tests.toolkit.visitors import Chatting, start

from visitor_chat import wiring
from visitor_chat.domain.push_subscriptions import subscription_id
from visitor_chat.runtime.clock import to_text

NAMED = {"visitor_name": "Aino"}
SAID = NAMED | {"message": "Hello?"}
CONNECTION = "connection-of-the-visitor"


def _of_visitor(function: str, method: str, path: str, chatting: Chatting | None, body: Any = None) -> Invocation:
    return Invocation(function, http_event(method, path, body=body, token=chatting.token if chatting else None))


def _webhook(kind: str, body: Any) -> Invocation:
    return Invocation(f"webhook_{kind}", webhook_event(kind, body))


class Acts:
    """Prepares acts on a stack; each is about a chat of its own."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._giosg = meter.giosg
        for agent in self._giosg.agents:
            agent.go_online()
        self._chatting = start(meter.functions, **SAID)
        self._giosg.webhooks.take()

    def _visit(self, function: str, method: str, path: str, body: Any = None) -> Invocation:
        return _of_visitor(function, method, path, self._chatting, body)

    def _start(self, chatting: Chatting | None, body: Any, **headers: str) -> Invocation:
        token = chatting.token if chatting else None
        return Invocation("start_chat", http_event("POST", "/chats", body=body, token=token, headers=headers))

    def start_new_visitor(self) -> Invocation:
        return self._start(None, NAMED)

    def start_new_visitor_a_minute_after_somebody_looked_at_the_page(self) -> Invocation:
        self._meter.wait(minutes=1)
        return self._start(None, NAMED)

    def start_new_visitor_with_a_message(self) -> Invocation:
        return self._start(None, SAID)

    def start_new_visitor_with_a_message_and_a_key(self) -> Invocation:
        return self._start(None, SAID, **{"idempotency-key": uuid.uuid4().hex})

    def repeat_a_start(self) -> Invocation:
        key = uuid.uuid4().hex
        start(self._meter.functions, key=key, **SAID)
        return self._start(None, SAID, **{"idempotency-key": key})

    def start_known_visitor(self) -> Invocation:
        return self._start(self._chatting, NAMED)

    def start_known_visitor_with_a_message(self) -> Invocation:
        return self._start(self._chatting, SAID)

    def send(self) -> Invocation:
        body = {"message": "Is anybody there?", "client_message_id": str(uuid.uuid4())}
        return self._visit("send_message", "POST", self._chatting.messages_path, body)

    def repeat_a_send(self) -> Invocation:
        fields = {"client_message_id": str(uuid.uuid4())}
        self._chatting.send("Once", **fields)
        return self._visit("send_message", "POST", self._chatting.messages_path, {"message": "Once", **fields})

    def read_new_messages(self) -> Invocation:
        return self._visit("list_messages", "GET", self._chatting.messages_path)

    def read_when_nothing_is_new(self) -> Invocation:
        cursor = self._chatting.read().json["next"]
        path, token = self._chatting.messages_path, self._chatting.token
        return Invocation("list_messages", http_event("GET", path, token=token, query={"after": cursor}))

    def read_a_chat(self) -> Invocation:
        return self._visit("get_chats", "GET", self._chatting.path)

    def list_chats(self) -> Invocation:
        return self._visit("get_chats", "GET", "/chats")

    def end(self) -> Invocation:
        return self._visit("end_chat", "POST", f"{self._chatting.path}/end")

    def end_again(self) -> Invocation:
        self._chatting.end()
        return self.end()

    def erase_a_visitor(self) -> Invocation:
        return self._visit("erase_visitor", "DELETE", "/visitor")

    def availability(self) -> Invocation:
        return self._visit("get_availability", "GET", "/availability")

    def rooms(self) -> Invocation:
        return self._visit("list_rooms", "GET", "/rooms")

    def deliver_held_messages_when_nothing_is_held(self) -> Invocation:
        return Invocation("deliver_held_messages", {})

    def look_at_a_held_message_while_nobody_is_there(self) -> Invocation:
        self.hold_a_message()()
        self._meter.wait(minutes=1)
        return Invocation("deliver_held_messages", {})

    def deliver_a_held_message(self) -> Invocation:
        self.hold_a_message()()
        for agent in self._giosg.agents:
            agent.go_online()
        self._meter.wait(minutes=1)
        return Invocation("deliver_held_messages", {})

    def take_a_held_message_back(self) -> Invocation:
        held = json.loads(self.hold_a_message()()["body"])["held_message"]
        return self._visit("held_messages", "DELETE", f"/held_messages/{held['id']}")

    def list_held_messages(self) -> Invocation:
        return self._visit("held_messages", "GET", "/held_messages")

    def hold_a_message(self) -> Invocation:
        return self._hold(self._chatting)

    def hold_a_message_of_a_new_visitor(self) -> Invocation:
        return self._hold(None)

    def _hold(self, chatting: Chatting | None) -> Invocation:
        for agent in self._giosg.agents:
            agent.go_offline()
        self._meter.wait(minutes=6)
        body = NAMED | {"message": "Call me back", "client_message_id": str(uuid.uuid4())}
        return _of_visitor("hold_message", "POST", "/held_messages", chatting, body)

    def health(self) -> Invocation:
        return self._visit("get_health", "GET", "/health")

    def open_realtime(self) -> Invocation:
        return self._visit("open_realtime", "POST", "/realtime")

    def open_a_socket(self) -> Invocation:
        url = self._meter.functions.call("open_realtime", "POST", "/realtime", token=self._chatting.token).json["url"]
        query = {"ticket": url.partition("ticket=")[2]}
        return Invocation("socket_connect", socket_event("$connect", CONNECTION, queryStringParameters=query))

    def first_ping(self) -> Invocation:
        self.open_a_socket()()
        return Invocation("socket_message", socket_event("$default", CONNECTION, body=json.dumps({"action": "ping"})))

    def ping(self) -> Invocation:
        first = self.first_ping()
        first()
        return first

    def close_a_socket(self) -> Invocation:
        self.open_a_socket()()
        return Invocation("socket_disconnect", socket_event("$disconnect", CONNECTION))

    def message_webhook(self) -> Invocation:
        self._giosg.agent.say(self._chatting.chat_id, "Good morning!")
        return self._webhook("messages")

    def repeated_message_webhook(self) -> Invocation:
        first = self.message_webhook()
        first()
        return first

    def message_webhook_of_another_room(self) -> Invocation:
        self._giosg.website_visitor.start_chat()
        return self._webhook("messages")

    def message_webhook_of_a_chat_that_is_not_known_to_be_ours(self) -> Invocation:
        return _webhook("messages", notifications.about_an_unknown_chat(self._giosg, "messages", action="removed"))

    def chat_webhook(self) -> Invocation:
        self._giosg.agent.end(self._chatting.chat_id)
        return self._webhook("chats")

    def repeated_chat_webhook(self) -> Invocation:
        first = self.chat_webhook()
        first()
        return first

    def chat_webhook_of_another_room(self) -> Invocation:
        self._giosg.website_visitor.start_chat()
        return self._webhook("chats")

    def message_webhook_of_a_chat_of_our_room_that_nobody_here_has_started(self) -> Invocation:
        self._giosg.website_visitor.start_chat(room_id=self._giosg.room_id)
        return self._webhook("messages")

    def _webhook(self, kind: str) -> Invocation:
        return _webhook(kind, next(each.body for each in self._giosg.webhooks.take() if each.endpoint_kind == kind))

    def sync_a_chat(self) -> Invocation:
        body = json.dumps({"chat_id": self._chatting.chat_id})
        return Invocation("sync_chats", {"Records": [{"messageId": "1", "body": body}]})

    def sweep_with_one_chat_due(self) -> Invocation:
        self._meter.wait(minutes=5)
        return Invocation("sync_chats", {})

    def compare_a_chat_that_was_handed_over(self) -> Invocation:
        self._meter.wait(minutes=5)
        body = json.dumps({"due_chat_ids": [self._chatting.chat_id]})
        return Invocation("sync_chats", {"Records": [{"messageId": "1", "body": body}]})

    def compare_a_chat_that_was_handed_over_twice(self) -> Invocation:
        body = json.dumps({"due_chat_ids": [self._chatting.chat_id]})
        return Invocation("sync_chats", {"Records": [{"messageId": "1", "body": body}]})

    def publish_a_message(self) -> Invocation:
        items = boto3.client("dynamodb", REGION).scan(TableName="MessagesTable")["Items"]
        image = next(item for item in items if "seq" in item)
        return Invocation("publish_events", {"Records": [_inserted(image)]})

    def notice_for_an_absent_visitor(self) -> Invocation:
        ids = {name: uuid.uuid4().hex for name in ("id", "visitor_id", "chat_id", "message_id")}
        return Invocation("notify_visitor", {"detail": ids})


class RoomActs:
    """Prepares acts on a stack that has a further room."""

    def __init__(self, meter: Meter) -> None:
        for agent in meter.giosg.agents:
            agent.go_online()
        meter.functions.call("list_rooms", "GET", "/rooms")
        self._chatting = start(meter.functions, **SAID)
        self._room = next(iter(meter.giosg.rooms))

    def rooms_of_two(self) -> Invocation:
        return Invocation("list_rooms", http_event("GET", "/rooms"))

    def start_known_visitor_in_another_room(self) -> Invocation:
        return _of_visitor("start_chat", "POST", "/chats", self._chatting, NAMED | {"room": self._room})

    def start_known_visitor_in_another_room_again(self) -> Invocation:
        self.start_known_visitor_in_another_room()()
        return self.start_known_visitor_in_another_room()


class KnownActs:
    """Prepares acts of people whom the company's backend vouches for."""

    def __init__(self, meter: Meter) -> None:
        start(meter.functions)
        self._meter = meter
        self._subject = uuid.uuid4().hex

    def _session(self, token: str | None = None) -> Invocation:
        expires_at = int(self._meter.now.timestamp()) + 600
        body = {"identity_token": signed(self._subject, exp=expires_at, name="Aino")}
        return Invocation("open_session", http_event("POST", "/sessions", body=body, token=token))

    def _token(self) -> str:
        token: str = json.loads(self._session()()["body"])["visitor_token"]
        return token

    def first_session(self) -> Invocation:
        return self._session()

    def first_session_of_a_visitor_who_is_chatting(self) -> Invocation:
        return self._session(start(self._meter.functions, **SAID).token)

    def another_session(self) -> Invocation:
        self._session()()
        return self._session()

    def start_known_person(self) -> Invocation:
        return Invocation("start_chat", http_event("POST", "/chats", body={}, token=self._token()))


class PushActs:
    """Prepares acts of visitors who may be told with the page closed."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._chatting = start(meter.functions)
        (service,) = wiring.settings().push_services
        self._browser = Browser(f"{service}/1")

    def _subscription(self, method: str) -> Invocation:
        body = self._browser.subscription
        return _of_visitor("push_subscription", method, "/push/subscription", self._chatting, body)

    def _answered(self) -> Invocation:
        ids = {"id": uuid.uuid4().hex, "visitor_id": self._chatting.visitor_id, "chat_id": self._chatting.chat_id}
        return _pushed({"detail-type": "chat.message.added", "detail": ids})

    def push_key(self) -> Invocation:
        return Invocation("get_push_key", http_event("GET", "/push"))

    def store_a_browser_for_push_messages(self) -> Invocation:
        return self._subscription("PUT")

    def forget_a_browser_for_push_messages(self) -> Invocation:
        self._subscription("PUT")()
        return self._subscription("DELETE")

    def answer_to_a_visitor_who_is_here(self) -> Invocation:
        wiring.store().connections.open(self._chatting.visitor_id, CONNECTION)
        return self._answered()

    def answer_to_a_visitor_who_has_not_agreed(self) -> Invocation:
        return self._answered()

    def answer_to_a_visitor_who_has_agreed(self) -> Invocation:
        self._subscription("PUT")()
        return self._answered()

    def push_message(self) -> Invocation:
        self._subscription("PUT")()
        order = {
            "kind": "chat.message.added",
            "visitor_id": self._chatting.visitor_id,
            "chat_id": self._chatting.chat_id,
            "message_id": None,
            "subscription_id": subscription_id(self._browser.endpoint),
            "until": to_text(self._meter.now + timedelta(days=1)),
        }
        return _pushed({"order": order})


def _pushed(body: Any) -> Invocation:
    record = {"messageId": "1", "attributes": {"ApproximateReceiveCount": "1"}, "body": json.dumps(body)}
    return Invocation("send_push", {"Records": [record]})


def _inserted(image: Any) -> dict[str, Any]:
    return {"eventID": "1", "eventName": "INSERT", "dynamodb": {"NewImage": image}}


def _named(acts: type) -> dict[str, Callable[[Any], Invocation]]:
    return {name.replace("_", " "): act for name, act in vars(acts).items() if not name.startswith("_")}


ACTS = _named(Acts)
ROOM_ACTS = _named(RoomActs)
KNOWN_ACTS = _named(KnownActs)
PUSH_ACTS = _named(PushActs)
