"""What is counted: of webhooks, of sends, of the calls to Giosg."""

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from local.giosg import Fault, SimulatedGiosg
from tests.aws import Functions
from tests.toolkit import notifications
from tests.toolkit.clock import Clock
from tests.toolkit.visitors import Chatting

from visitor_chat.realtime.event_bus import EventBus
from visitor_chat.runtime import initialization, telemetry
from visitor_chat.runtime.clock import to_text
from visitor_chat.store.dynamodb_values import to_item

pytestmark = pytest.mark.usefixtures("empty_tables")
TRIED_AND_LOOKED_AT = 2
Counts = Callable[[], dict[str, list[float]]]


@pytest.fixture
def counts(chatting: Chatting, capsys: pytest.CaptureFixture[str]) -> Counts:  # noqa: ARG001 - they began before
    """Return the values of each metric since the last look."""
    capsys.readouterr()

    def look() -> dict[str, list[float]]:
        values: dict[str, list[float]] = {}
        for line in map(_document, capsys.readouterr().out.splitlines()):
            for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"] if "_aws" in line else []:
                values.setdefault(metric["Name"], []).extend(line[metric["Name"]])
        return values

    return look


def _document(line: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(line)
    return found


def added(giosg: SimulatedGiosg, chatting: Chatting, created_at: str) -> dict[str, Any]:
    resource = notifications.whole_message(giosg, "Good morning!", created_at=created_at)
    return notifications.of_message(giosg, "added", chatting.chat_id, str(uuid.uuid4()), resource)


@pytest.mark.parametrize("seconds", [0.0, 2.5, 3600.0, -30.0])
def test_the_age_of_a_webhook_is_measured_when_it_comes(
    giosg: SimulatedGiosg, chatting: Chatting, clock: Clock, counts: Counts, seconds: float
) -> None:
    body = added(giosg, chatting, to_text(clock() - timedelta(seconds=seconds)))

    chatting.functions.webhook("messages", body)

    assert counts()["WebhookAge"] == [seconds]


@pytest.mark.parametrize("created_at", ["soon", None, "", 7])
def test_a_webhook_that_does_not_say_when_has_no_age(
    giosg: SimulatedGiosg, chatting: Chatting, counts: Counts, created_at: Any
) -> None:
    chatting.functions.webhook("messages", added(giosg, chatting, created_at))

    assert "WebhookAge" not in counts()


def test_the_age_of_others_webhooks_is_none_of_ours(
    giosg: SimulatedGiosg, functions: Functions, counts: Counts
) -> None:
    functions.webhook("messages", notifications.about_an_unknown_chat(giosg, "messages"))

    assert counts().keys() == {"WebhookForeign"}


@pytest.mark.parametrize("secret", ["", "wrong"])
def test_a_webhook_without_its_secret_is_counted(functions: Functions, counts: Counts, secret: str) -> None:
    functions.webhook("messages", {}, secret=secret)

    assert counts() == {"WebhookForbidden": [1.0]}


def test_a_look_at_a_webhooks_address_is_no_webhook(functions: Functions, counts: Counts) -> None:
    functions.call("webhook_messages", "GET", "/giosg_webhooks/messages", query={"secret": "wrong"})

    assert counts() == {}


def test_sends_are_counted_by_what_became_of_them(giosg: SimulatedGiosg, chatting: Chatting, counts: Counts) -> None:
    sent = {"client_message_id": str(uuid.uuid4())}
    giosg.faults.add(Fault(kind="answer", method="POST", path="messages", status=503))
    chatting.send("Hello?", **sent)
    giosg.faults.clear()
    chatting.send("Hello?", **sent)
    chatting.send("Hello?", **sent)
    chatting.send("Good bye", **sent)

    counted = counts()
    outcomes = ("SendsFailed", "MessagesSent", "SendsRepeated", "SendsRefused")
    assert [counted.get(name) for name in outcomes] == [[1.0]] * 4


def test_a_call_to_giosg_is_timed_and_its_failure_counted(
    giosg: SimulatedGiosg, chatting: Chatting, counts: Counts
) -> None:
    giosg.faults.add(Fault(kind="answer", method="POST", path="messages", status=500))
    chatting.send("Hello?")

    counted = counts()
    assert counted["GiosgFailed"] == [1.0]
    assert len(counted["GiosgLatency"]) == TRIED_AND_LOOKED_AT


def test_a_refusal_is_no_failure_of_giosgs(giosg: SimulatedGiosg, chatting: Chatting, counts: Counts) -> None:
    giosg.faults.add(Fault(kind="answer", method="POST", path="messages", status=404))
    chatting.send("Hello?")

    assert "GiosgFailed" not in counts()


def test_the_organisations_token_that_is_refused_is_counted(
    giosg: SimulatedGiosg,
    functions: Functions,
    clock: Clock,
    counts: Counts,
) -> None:
    giosg.faults.add(Fault(kind="answer", method="GET", path="/rooms/", status=401))
    clock.advance(minutes=1)
    functions.call("get_availability", "GET", "/availability")

    assert counts().keys() == {"GiosgLatency", "GiosgTokenRefused"}


def test_the_first_event_of_a_function_is_a_cold_start(
    functions: Functions, counts: Counts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(initialization, "is_first_invocation", iter([True, False]).__next__)
    for _time in range(2):
        functions.call("get_health", "GET", "/health")

    assert counts() == {"ColdStarts": [1.0]}


def test_chats_that_begin_and_end_are_counted_as_their_events_leave(counts: Counts) -> None:
    chat = {
        "pk": "chat#1",
        "sk": "chat",
        "visitor_id": "2",
        "seq": 0,
        "is_ended": False,
        "has_agent": False,
        "expires_at": 1,
    }
    begun = {"eventName": "INSERT", "eventID": "1", "dynamodb": {"NewImage": to_item(chat)}}
    images = {"OldImage": to_item(chat), "NewImage": to_item(chat | {"is_ended": True})}
    ended = {"eventName": "MODIFY", "eventID": "2", "dynamodb": images}

    with telemetry.invocation():
        EventBus(Bus, "bus").publish([begun, ended])

    assert counts() == {"EventsPublished": [2.0], "ChatsStarted": [1.0], "ChatsEnded": [1.0]}


class Bus:
    def put_events(self, **_entries: Any) -> dict[str, int]:
        return {"FailedEntryCount": 0}
