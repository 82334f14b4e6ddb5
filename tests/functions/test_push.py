"""Visitors who have agreed are told of answers with the page closed."""

import importlib
import json
import os
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from local.giosg import SimulatedGiosg
from tests.aws import PUSH_SECRET, REGION, Context, Functions, Reply
from tests.functions.conftest import AwsCalls, stored_items
from tests.toolkit.clock import Clock
from tests.toolkit.push_service import Browser, PushService
from tests.toolkit.visitors import UNKNOWN_TOKEN, Chatting, codes, refused_fields, start
from tests.toolkit.webhooks import deliver

from visitor_chat import wiring
from visitor_chat.domain.push_subscriptions import subscription_id
from visitor_chat.realtime.vapid_key import public_key
from visitor_chat.store.push_subscriptions import MOST_SUBSCRIPTIONS

KNOWN = "https://updates.push.services.mozilla.com/wpush/v2/gAAAAABh0"
SPOKEN = {"en": "You have an answer", "fi": "Sait vastauksen", "sv": "Du har fått svar"}


@dataclass(slots=True)
class Stack:
    """A stack with push messages switched on, a visitor in a chat, and a push service."""

    functions: Functions
    chatting: Chatting
    service: PushService
    clock: Clock
    giosg: SimulatedGiosg
    postponed: list[dict[str, Any]] = field(default_factory=list)

    def subscribe(self, browser: Browser, *, language: str | None = "en", token: str | None = None) -> Reply:
        body = {**browser.subscription, "language": language}
        return put(self.functions, body, token=token or self.chatting.token)

    def agree(self, name: str = "browser", **how: Any) -> Browser:
        """Let a browser of the visitor's be told."""
        browser = self.service.subscribe(name)
        assert self.subscribe(browser, **how).status == 204
        return browser

    def answer(self, *, event_id: str | None = None, message_id: str | None = None) -> None:
        """Let the bus say that an agent has answered, and everything come of it that is due at once."""
        detail = {"sender_type": "agent", "type": "message", "message_id": message_id or new_id()}
        self.tell("chat.message.added", event_id=event_id, **detail)

    def tell(self, kind: str, *, event_id: str | None = None, **detail: Any) -> None:
        ids = {"version": 1, "id": event_id or new_id(), "visitor_id": self.chatting.visitor_id}
        body = {"detail-type": kind, "detail": {**ids, "chat_id": self.chatting.chat_id, **detail}}
        sqs().send_message(QueueUrl=queue_url(), MessageBody=json.dumps(body))
        while messages := receive():
            self.take(messages)

    def take(self, messages: list[dict[str, Any]]) -> None:
        """Let the queue call the function; what is to come again waits until `again`."""
        for message in messages:
            answer = invoke({"Records": [record(message)]})
            if answer["batchItemFailures"]:
                self.postponed.append(message)
            else:
                sqs().delete_message(QueueUrl=queue_url(), ReceiptHandle=message["ReceiptHandle"])

    def again(self) -> None:
        """Let what was postponed come once more."""
        messages, self.postponed = self.postponed, []
        for message in messages:
            message["Attributes"]["ApproximateReceiveCount"] = str(
                int(message["Attributes"]["ApproximateReceiveCount"]) + 1
            )
        self.take(messages)

    @property
    def subscribed(self) -> set[str]:
        (item,) = [each for each in stored_items("VisitorsTable") if each["record"] == "push"]
        return {each["endpoint"] for each in item["subscriptions"].values()}


def new_id() -> str:
    return str(uuid.uuid4())


def sqs() -> Any:
    return boto3.client("sqs", REGION)


def queue_url() -> str:
    return wiring.settings().push_queue_url


def receive() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (
        sqs()
        .receive_message(QueueUrl=queue_url(), MaxNumberOfMessages=1, AttributeNames=["ApproximateReceiveCount"])
        .get("Messages", [])
    )
    return found


def record(message: dict[str, Any]) -> dict[str, Any]:
    """Return a message as Lambda hands it to the function."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "attributes": message["Attributes"],
        "body": message["Body"],
    }


def invoke(event: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = importlib.import_module("functions.send_push.app").handler(event, Context())
    return answer


def put(functions: Functions, body: Any, *, token: str | None) -> Reply:
    return functions.call("push_subscription", "PUT", "/push/subscription", token=token, body=body)


def delete(functions: Functions, body: Any, *, token: str | None) -> Reply:
    return functions.call("push_subscription", "DELETE", "/push/subscription", token=token, body=body)


def get_key(functions: Functions) -> Reply:
    return functions.call("get_push_key", "GET", "/push")


def visitor(functions: Functions) -> Chatting:
    """Return a visitor who seems to be in a chat: only what is read of a chat needs a real one."""
    visitor_id = uuid.uuid4().hex
    wiring.store().visitors.introduce(visitor_id, room_id=wiring.rooms().default.id)
    token = wiring.sessions().open(visitor_id)
    return Chatting(functions=functions, chat_id=new_id(), token=token, started=Reply(201, {}, ""))


@pytest.fixture(scope="module")
def service(stack: Any) -> Iterator[PushService]:
    with PushService(clock=stack.clock) as service:
        service.public_key = public_key(PUSH_SECRET)
        yield service


@pytest.fixture(scope="module", autouse=True)
def switched_on(stack: Any, service: PushService) -> Iterator[None]:
    assert stack
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WEB_PUSH", "on")
        patch.setenv("PUSH_SERVICES", f"{os.environ['PUSH_SERVICES']},{service.origin}")
        wiring.reset()
        yield
    wiring.reset()


@pytest.fixture
def pushing(stack: Any, giosg: SimulatedGiosg, service: PushService, empty_tables: None) -> Iterator[Stack]:  # noqa: ARG001
    for held in (service.received, service.refused, service.answers):
        held.clear()
    service.calls = 0
    pushing = Stack(stack.functions, visitor(stack.functions), service, stack.clock, giosg)
    yield pushing
    for message in pushing.postponed:
        sqs().delete_message(QueueUrl=queue_url(), ReceiptHandle=message["ReceiptHandle"])


@pytest.fixture
def deploy() -> Iterator[Callable[..., None]]:
    """Return what gives the stack other variables, in new containers."""
    with pytest.MonkeyPatch.context() as patch:

        def deploy(**variables: str) -> None:
            for name, value in variables.items():
                patch.setenv(name, value)
            wiring.reset()

        yield deploy
    wiring.reset()


class TestOff:
    """As a stack is deployed by default."""

    @pytest.fixture(autouse=True)
    def _off(self, deploy: Callable[..., None]) -> None:
        deploy(WEB_PUSH="off")

    def test_nothing_is_offered(self, functions: Functions) -> None:
        assert codes(get_key(functions)) == [(404, "push_is_off")]

    def test_no_browser_is_stored(self, functions: Functions, service: PushService) -> None:
        token = visitor(functions).token

        assert codes(put(functions, service.subscribe().subscription, token=token)) == [(404, "push_is_off")]
        assert "push" not in {item["record"] for item in stored_items("VisitorsTable")}

    def test_what_was_stored_before_can_be_forgotten(self, pushing: Stack, deploy: Callable[..., None]) -> None:
        deploy(WEB_PUSH="on")
        browser = pushing.agree()
        deploy(WEB_PUSH="off")

        assert delete(pushing.functions, {"endpoint": browser.endpoint}, token=pushing.chatting.token).status == 204

        assert pushing.subscribed == set()


class TestSubscribing:
    def test_the_key_is_the_same_for_everybody(self, pushing: Stack) -> None:
        keys = [get_key(pushing.functions).json["public_key"] for _time in range(2)]

        assert keys == [public_key(PUSH_SECRET)] * 2

    def test_a_browser_is_stored_once(self, pushing: Stack) -> None:
        browser = pushing.service.subscribe()

        assert [pushing.subscribe(browser).status for _time in range(2)] == [204, 204]

        assert pushing.subscribed == {browser.endpoint}

    def test_nothing_but_a_known_push_service_is_taken(self, pushing: Stack) -> None:
        body = {**pushing.service.subscribe().subscription, "endpoint": "https://example.com/push"}

        assert refused_fields(put(pushing.functions, body, token=pushing.chatting.token)) == ["endpoint"]

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"endpoint": None}, "endpoint"),
            ({"endpoint": 1}, "endpoint"),
            ({"endpoint": KNOWN + "x" * 2000}, "endpoint"),
            ({"keys": None}, "keys"),
            ({"keys": "p256dh"}, "keys"),
            ({"keys": {"auth": "BTBZMqHH6r4Tts7J_aSIgg"}}, "keys.p256dh"),
            ({"keys": {"p256dh": "A" * 87, "auth": "BTBZMqHH6r4Tts7J_aSIgg"}}, "keys.p256dh"),
            ({"keys": {"p256dh": "not base64!", "auth": "BTBZMqHH6r4Tts7J_aSIgg"}}, "keys.p256dh"),
            ({"language": 1}, "language"),
            ({"language": "x" * 36}, "language"),
        ],
    )
    def test_what_is_wrong_is_named(self, pushing: Stack, change: dict[str, Any], field: str) -> None:
        body = {**pushing.service.subscribe().subscription, **change}

        assert refused_fields(put(pushing.functions, body, token=pushing.chatting.token)) == [field]

    @pytest.mark.parametrize("call", [put, delete], ids=["subscribe", "unsubscribe"])
    @pytest.mark.parametrize("token", [None, UNKNOWN_TOKEN], ids=["nobody", "unknown"])
    def test_it_takes_a_visitor(self, pushing: Stack, call: Any, token: str | None) -> None:
        reply = call(pushing.functions, pushing.service.subscribe().subscription, token=token)

        assert codes(reply) == [(401, "invalid_visitor_token")]

    def test_a_visitor_has_five_browsers_and_the_latest_stay(self, pushing: Stack) -> None:
        browsers = []
        for number in range(MOST_SUBSCRIPTIONS + 2):
            browsers.append(pushing.agree(str(number)))
            pushing.clock.advance(seconds=1)
        pushing.clock.advance(seconds=1)
        assert pushing.subscribe(browsers[2]).status == 204
        last = pushing.agree("last")

        kept = [browsers[2], *browsers[4:], last]
        assert pushing.subscribed == {browser.endpoint for browser in kept}

    def test_a_browser_can_stop_and_others_stay(self, pushing: Stack) -> None:
        browser, other = pushing.agree(), pushing.agree()
        stop = {"endpoint": browser.endpoint}

        replies = [delete(pushing.functions, stop, token=pushing.chatting.token) for _time in range(2)]

        assert [reply.status for reply in replies] == [204, 204]
        assert pushing.subscribed == {other.endpoint}

    @pytest.mark.parametrize("endpoint", [None, "", 1])
    def test_stopping_takes_an_endpoint(self, pushing: Stack, endpoint: Any) -> None:
        reply = delete(pushing.functions, {"endpoint": endpoint}, token=pushing.chatting.token)

        assert refused_fields(reply) == ["endpoint"]

    def test_another_visitors_browser_cannot_be_stopped(self, pushing: Stack) -> None:
        browser = pushing.agree()
        other = visitor(pushing.functions)

        assert delete(pushing.functions, {"endpoint": browser.endpoint}, token=other.token).status == 204

        assert pushing.subscribed == {browser.endpoint}

    def test_everything_goes_with_the_visitor(self, pushing: Stack) -> None:
        browser = pushing.agree()

        assert pushing.chatting.erase().status == 204

        assert browser.endpoint not in json.dumps(stored_items())
        assert codes(pushing.subscribe(browser)) == [(401, "invalid_visitor_token")]
        pushing.answer()
        assert pushing.service.calls == 0

    def test_a_subscription_ends_with_the_retention(self, pushing: Stack) -> None:
        pushing.agree()
        (item,) = [each for each in stored_items("VisitorsTable") if each["record"] == "push"]

        days = (item["expires_at"] - pushing.clock().timestamp()) / 86_400

        assert round(days) == wiring.settings().retention_days


class TestTelling:
    @pytest.mark.parametrize("language", ["en", "fi", "sv", "fi-FI", "SV", "de", None])
    def test_an_answer_is_told_in_the_visitors_language_and_says_no_more(
        self, pushing: Stack, language: str | None
    ) -> None:
        browser = pushing.agree(language=language)

        pushing.answer()

        (told,) = pushing.service.received
        spoken = (language or "en").lower()[:2]
        assert told.endpoint == browser.endpoint
        assert told.content["title"] == SPOKEN.get(spoken, SPOKEN["en"])
        assert told.content["lang"] == (spoken if spoken in SPOKEN else "en")
        assert told.content["chat_id"] == pushing.chatting.chat_id
        assert told.content.keys() == {"visitor_chat", "chat_id", "title", "body", "lang"}
        assert (told.ttl, told.urgency) == (86_400, "high")
        assert pushing.service.refused == []

    def test_all_browsers_of_the_visitor_are_told_and_nobody_elses(self, pushing: Stack) -> None:
        browsers = {pushing.agree().endpoint for _each in range(3)}
        pushing.agree("other", token=visitor(pushing.functions).token)

        pushing.answer()

        assert sorted(told.endpoint for told in pushing.service.received) == sorted(browsers)

    def test_whoever_is_here_is_not_told(self, pushing: Stack) -> None:
        pushing.agree()
        wiring.store().connections.open(pushing.chatting.visitor_id, "a-socket")

        pushing.answer()

        assert pushing.service.calls == 0

    def test_whoever_has_not_agreed_is_not_told(self, pushing: Stack) -> None:
        pushing.answer()

        assert pushing.service.calls == 0

    def test_several_answers_within_a_minute_are_told_once(self, pushing: Stack) -> None:
        pushing.agree()
        for _answer in range(3):
            pushing.answer()
            pushing.clock.advance(seconds=15)

        assert len(pushing.service.received) == 1

        pushing.clock.advance(seconds=30)
        pushing.answer()
        assert len(pushing.service.received) == 2
        assert len({told.topic for told in pushing.service.received}) == 1

    def test_an_event_that_comes_twice_takes_the_place_of_itself(self, pushing: Stack) -> None:
        """The sender may have failed after it took its turn: the repeat must not find it taken."""
        pushing.agree()
        for _time in range(2):
            pushing.answer(event_id="the same")

        assert len({(told.topic, told.content["title"]) for told in pushing.service.received}) == 1

    def test_a_held_message_that_has_become_a_chat_is_told(self, pushing: Stack) -> None:
        pushing.agree(language="fi")

        pushing.tell("held_message.delivered", held_message_id=new_id())

        assert [told.content["title"] for told in pushing.service.received] == ["Olemme taas paikalla"]

    def test_nothing_is_told_of_a_visitor_who_has_come_back_meanwhile(self, pushing: Stack) -> None:
        pushing.agree()
        pushing.service.answers.append((503, {}))
        pushing.answer()
        wiring.store().connections.open(pushing.chatting.visitor_id, "a-socket")

        pushing.again()

        assert pushing.service.received == []


class TestText:
    """The text of the answer goes along."""

    @pytest.fixture(autouse=True)
    def _with_text(self, pushing: Stack, deploy: Callable[..., None]) -> None:
        deploy(PUSH_CONTENT="text")
        pushing.chatting = start(pushing.functions, message="Hello?")

    @staticmethod
    def say(pushing: Stack, text: str) -> str:
        message_id: str = pushing.giosg.agent.say(pushing.chatting.chat_id, text)
        deliver(pushing.giosg, pushing.functions)
        return message_id

    def test_the_text_is_told_with_the_agents_public_name(self, pushing: Stack) -> None:
        pushing.agree()
        message_id = self.say(pushing, "Yes, until nine.")

        pushing.answer(message_id=message_id)

        (told,) = pushing.service.received
        (shown,) = [each for each in pushing.chatting.read().json["messages"] if each["id"] == message_id]
        assert (told.content["title"], told.content["body"]) == (shown["sender_name"], "Yes, until nine.")

    def test_a_long_text_is_cut(self, pushing: Stack) -> None:
        pushing.agree()

        pushing.answer(message_id=self.say(pushing, "\U0001f600" * 1000))

        (told,) = pushing.service.received
        assert told.content["body"] == "\U0001f600" * 299 + "…"

    def test_what_was_removed_meanwhile_is_not_told(self, pushing: Stack) -> None:
        pushing.agree()
        message_id = self.say(pushing, "Oh, wrong chat.")
        pushing.giosg.agent.remove(message_id)
        deliver(pushing.giosg, pushing.functions)

        pushing.answer(message_id=message_id)

        assert pushing.service.calls == 0


class TestTrouble:
    @pytest.mark.parametrize("status", [404, 410])
    def test_a_subscription_that_the_service_does_not_know_is_forgotten(self, pushing: Stack, status: int) -> None:
        gone, other = pushing.agree("gone"), pushing.agree("other")
        first = min([gone, other], key=lambda browser: subscription_id(browser.endpoint))
        pushing.service.answers.append((status, {}))

        pushing.answer()

        assert pushing.subscribed == {gone.endpoint, other.endpoint} - {first.endpoint}
        assert len(pushing.service.received) == 1
        assert pushing.postponed == []

    @pytest.mark.parametrize(
        ("status", "headers", "seconds"),
        [
            (429, {"Retry-After": "120"}, 120),
            (429, {}, 30),
            (503, {"Retry-After": "1"}, 30),
            (500, {}, 30),
            (503, {"Retry-After": "soon"}, 30),
        ],
    )
    def test_a_service_that_is_busy_is_asked_again_when_it_says(
        self, pushing: Stack, aws_calls: AwsCalls, status: int, headers: dict[str, str], seconds: int
    ) -> None:
        pushing.agree()
        pushing.service.answers.append((status, headers))

        pushing.answer()

        asked = [call["VisibilityTimeout"] for name, call in aws_calls.made if name == "ChangeMessageVisibility"]
        assert asked == [seconds]
        assert len(pushing.postponed) == 1
        pushing.again()
        assert len(pushing.service.received) == 1
        assert pushing.postponed == []

    def test_each_further_wait_is_longer(self, pushing: Stack, aws_calls: AwsCalls) -> None:
        pushing.agree()
        pushing.service.answers.extend([(500, {})] * 6)

        pushing.answer()
        for _time in range(5):
            pushing.again()

        asked = [call["VisibilityTimeout"] for name, call in aws_calls.made if name == "ChangeMessageVisibility"]
        assert asked == [30, 60, 120, 240, 480, 900]
        assert len(pushing.postponed) == 1

    def test_one_that_is_busy_holds_up_no_other(self, pushing: Stack) -> None:
        pushing.agree()
        pushing.agree()
        pushing.service.answers.append((503, {}))

        pushing.answer()

        assert len(pushing.service.received) == 1
        pushing.again()
        assert len({told.endpoint for told in pushing.service.received}) == 2

    @pytest.mark.parametrize("status", [301, 307, 400, 401, 403, 413])
    def test_what_is_refused_is_not_repeated_and_nobody_is_forgotten(self, pushing: Stack, status: int) -> None:
        browser = pushing.agree()
        pushing.service.answers.append((status, {"Location": f"{pushing.service.origin}/elsewhere"}))

        pushing.answer()

        assert pushing.service.calls == 1
        assert pushing.postponed == []
        assert pushing.subscribed == {browser.endpoint}

    def test_a_notice_that_is_a_day_old_is_worth_nothing(self, pushing: Stack) -> None:
        pushing.agree()
        pushing.service.answers.append((500, {}))
        pushing.answer()

        pushing.clock.advance(hours=24)
        pushing.again()

        assert pushing.service.calls == 1
        assert pushing.postponed == []

    def test_the_time_to_live_is_what_is_left_of_the_day(self, pushing: Stack) -> None:
        pushing.agree()
        pushing.service.answers.append((500, {}))
        pushing.answer()

        pushing.clock.advance(hours=23)
        pushing.again()

        assert [told.ttl for told in pushing.service.received] == [3600]

    def test_a_service_that_cannot_be_reached_is_tried_again(self, pushing: Stack, deploy: Callable[..., None]) -> None:
        with PushService() as nowhere:
            browser = nowhere.subscribe()
        deploy(PUSH_SERVICES=f"{os.environ['PUSH_SERVICES']},{browser.endpoint.rpartition('/push')[0]}")
        assert pushing.subscribe(browser).status == 204

        pushing.answer()

        assert len(pushing.postponed) == 1

    def test_a_service_that_is_known_no_longer_is_not_called(self, pushing: Stack, deploy: Callable[..., None]) -> None:
        pushing.agree()
        deploy(PUSH_SERVICES="fcm.googleapis.com")

        pushing.answer()

        assert pushing.service.calls == 0
