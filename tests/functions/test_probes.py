"""What monitors, consoles and hasty people send: it does no harm, and says that all is well."""

import importlib
from typing import Any

import pytest
from local.giosg import SimulatedGiosg
from tests.aws import WEBHOOK_SECRET, Functions, http_event
from tests.functions.conftest import AwsCalls
from tests.toolkit import notifications
from tests.toolkit.visitors import codes, start

KINDS = ["chats", "messages"]


def path(kind: str, end: str) -> str:
    return f"/giosg_webhooks/{kind}{end}"


@pytest.mark.parametrize("address", [path(kind, end) for kind in KINDS for end in ("", "/")])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_webhooks_address_can_be_tried_out(
    giosg: SimulatedGiosg, functions: Functions, aws_calls: AwsCalls, address: str, method: str
) -> None:
    kind = address.split("/")[2]
    body = notifications.about_an_unknown_chat(giosg, kind)
    right = functions.call(f"webhook_{kind}", method, address, body=body, query={"secret": WEBHOOK_SECRET})
    wrong = functions.call(f"webhook_{kind}", method, address, query={"secret": "wrong"})
    missing = functions.call(f"webhook_{kind}", method, address)

    assert (right.status, right.text) == (204, "")
    assert [wrong.status, missing.status] == [403, 403]
    assert [reply.text == "" for reply in (wrong, missing)] == [method == "HEAD"] * 2
    assert set(aws_calls.operations) <= {"GetSecretValue"}
    assert not giosg.requests.all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_webhook_may_come_to_its_address_with_a_slash(giosg: SimulatedGiosg, functions: Functions, kind: str) -> None:
    chatting = start(functions, message="Hello?")
    giosg.webhooks.take()
    giosg.agent.say(chatting.chat_id, "Good morning!")
    giosg.agent.end(chatting.chat_id)

    for notification in [each for each in giosg.webhooks.take() if each.endpoint_kind == kind]:
        query = {"secret": WEBHOOK_SECRET}
        reply = functions.call(f"webhook_{kind}", "POST", path(kind, "/"), body=notification.body, query=query)
        assert reply.status == 204

    told = {"chats": chatting.chat().json["status"] == "ended", "messages": "Good morning!" in chatting.texts()}
    assert told[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_a_slash_opens_no_door(giosg: SimulatedGiosg, functions: Functions, kind: str) -> None:
    body = notifications.about_an_unknown_chat(giosg, kind)

    assert codes(functions.call(f"webhook_{kind}", "POST", path(kind, "/"), body=body)) == [(403, "webhook_forbidden")]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", ["POST", "GET", "HEAD"])
@pytest.mark.parametrize("rest", ["more", "more/", "../messages", "%2e%2e"])
def test_what_is_behind_the_slash_is_nothing(
    giosg: SimulatedGiosg, functions: Functions, kind: str, method: str, rest: str
) -> None:
    body = notifications.about_an_unknown_chat(giosg, kind)
    event = http_event(method, path(kind, f"/{rest}"), body=body, query={"secret": WEBHOOK_SECRET})
    answer = handler(kind)(event, functions.context)

    assert answer["statusCode"] == 404
    assert answer["body"] == ("" if method == "HEAD" else '{"message":"Not Found"}')


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "BREW"])
def test_other_methods_find_nothing(functions: Functions, kind: str, method: str) -> None:
    event = http_event(method, path(kind, ""), body={}, query={"secret": WEBHOOK_SECRET})

    answer = handler(kind)(event, functions.context)

    assert (answer["statusCode"], answer["body"]) == (404, '{"message":"Not Found"}')


def handler(kind: str) -> Any:
    return importlib.import_module(f"functions.webhook_{kind}.app").handler


def test_a_monitor_may_ask_for_the_head_alone(functions: Functions) -> None:
    reply = functions.call("get_health", "HEAD", "/health")

    assert (reply.status, reply.text) == (200, "")
