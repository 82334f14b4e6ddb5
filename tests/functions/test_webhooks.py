"""What both webhooks have in common: what is a notification, and what is none of our business."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from local.giosg import SimulatedGiosg
from tests.aws import WEBHOOK_SECRET, Functions, Reply
from tests.functions.conftest import AwsCalls, stored_items
from tests.toolkit import notifications
from tests.toolkit.notifications import ELSEWHERE, SOME_CHAT, about_an_unknown_chat
from tests.toolkit.visitors import codes, refused_fields, start
from tests.toolkit.webhooks import deliver

from visitor_chat import wiring


@pytest.fixture(params=["chats", "messages"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def post(functions: Functions, kind: str, body: Any, **query: str) -> Reply:
    return functions.call(f"webhook_{kind}", "POST", f"/giosg_webhooks/{kind}", body=body, query=query)


@pytest.mark.parametrize(
    "body",
    [b"", b"  ", b"no JSON", b"null", b"5", b'"x"', b"[]", b"[{}]", b"[" * 100_000, b'{"a":' * 100_000,
     b"\xff\xfe", b'{"action": NaN}', b'{"action": "added"', b"9" * 5000],
)  # fmt: skip
def test_what_is_no_json_object_is_refused(functions: Functions, kind: str, body: bytes) -> None:
    assert refused_fields(post(functions, kind, body, secret=WEBHOOK_SECRET)) == ["body"]


@pytest.mark.parametrize("field", ["action", "resource_id", "channel"])
@pytest.mark.parametrize("bad", [None, 5, True, "", [], {}, "a\0b", "\ud800"])
def test_a_field_that_says_nothing_is_named(
    giosg: SimulatedGiosg, functions: Functions, kind: str, field: str, bad: Any
) -> None:
    body = about_an_unknown_chat(giosg, kind) | {field: bad}

    assert refused_fields(post(functions, kind, body, secret=WEBHOOK_SECRET)) == [field]
    del body[field]
    assert refused_fields(post(functions, kind, body, secret=WEBHOOK_SECRET)) == [field]


def test_a_body_over_a_megabyte_is_too_large(functions: Functions, kind: str) -> None:
    reply = post(functions, kind, b" " * (1024 * 1024 + 1), secret=WEBHOOK_SECRET)

    assert codes(reply) == [(413, "request_too_large")]


def test_another_organisations_news_cost_nothing(
    giosg: SimulatedGiosg, functions: Functions, kind: str, aws_calls: AwsCalls
) -> None:
    for action in ("added", "changed", "removed"):
        body = about_an_unknown_chat(giosg, kind, action=action, organization_id=ELSEWHERE)
        assert post(functions, kind, body, secret=WEBHOOK_SECRET).status == 204

    assert [operation for operation in aws_calls.operations if operation != "GetSecretValue"] == []
    assert not giosg.requests.all()


def test_a_foreign_chats_whole_life_stores_nothing_and_asks_giosg_nothing(
    giosg: SimulatedGiosg, functions: Functions, aws_calls: AwsCalls
) -> None:
    stored = stored_items()
    chat_id = giosg.website_visitor.start_chat("Hello?", name="Somebody Else")
    message_id = giosg.agent.say(chat_id, "Hello!")
    giosg.agent.edit(message_id, "Hi!")
    giosg.agent.remove(message_id)
    giosg.agent.end(chat_id)
    giosg.agent.purge(chat_id)
    giosg.agent.remove_chat(chat_id)
    aws_calls.made.clear()

    deliver(giosg, functions)

    assert set(aws_calls.operations) <= {"BatchGetItem", "Query", "GetSecretValue"}
    assert not giosg.requests.all()
    assert stored_items() == stored


def test_another_rooms_news_cost_one_read(giosg: SimulatedGiosg, functions: Functions, aws_calls: AwsCalls) -> None:
    chat_id = giosg.website_visitor.start_chat("Hello?", name="Somebody Else")
    giosg.agent.say(chat_id, "Hello!")
    told = [each for each in giosg.webhooks.take() if "room_id" in each.body.get("resource", {})]
    stored = stored_items()
    aws_calls.made.clear()

    statuses = [functions.webhook(each.endpoint_kind, each.body).status for each in told]

    assert statuses == [204] * len(told)
    assert {each.endpoint_kind for each in told} == {"chats", "messages"}
    assert [each for each in aws_calls.operations if each != "GetSecretValue"] == ["BatchGetItem"] * len(told)
    assert not giosg.requests.all()
    assert stored_items() == stored


@pytest.mark.parametrize("action", ["archived", "ADDED", "added ", "\u00e4", "x" * 5000])
def test_an_unknown_action_is_ignored(giosg: SimulatedGiosg, functions: Functions, kind: str, action: str) -> None:
    assert post(functions, kind, about_an_unknown_chat(giosg, kind, action=action), secret=WEBHOOK_SECRET).status == 204


@pytest.mark.parametrize(
    "channel",
    ["x", "/", "/api/v5/orgs", "/api/v5/orgs//owned_chats", "/api/v5/orgs/*/owned_chats", "/api/v6/everything",
     "/api/v5/orgs/4b1e0c52-7d3a-4f6e-9a41-2c88d0f7e513/owned_chats/../messages", "x" * 100_000],
)  # fmt: skip
def test_an_unknown_channel_is_ignored(giosg: SimulatedGiosg, functions: Functions, kind: str, channel: str) -> None:
    body = about_an_unknown_chat(giosg, kind) | {"channel": channel}

    assert post(functions, kind, body, secret=WEBHOOK_SECRET).status == 204


def test_memberships_and_the_other_webhooks_news_are_ignored(
    giosg: SimulatedGiosg, functions: Functions, kind: str
) -> None:
    other = "messages" if kind == "chats" else "chats"
    memberships = about_an_unknown_chat(giosg, "messages") | {
        "channel": notifications.channel(giosg, SOME_CHAT).replace("messages", "memberships"),
        "resource_id": "0" * 32,
    }

    for body in (about_an_unknown_chat(giosg, other), memberships):
        assert post(functions, kind, body, secret=WEBHOOK_SECRET).status == 204


@pytest.mark.parametrize("resource", [None, [], "x", 5, {}, {"id": None}, {"room_id": 5}])
@pytest.mark.parametrize("action", ["added", "changed", "removed"])
def test_a_resource_that_makes_no_sense_is_ignored(
    giosg: SimulatedGiosg, functions: Functions, kind: str, action: str, resource: Any
) -> None:
    body = about_an_unknown_chat(giosg, kind, action=action) | {"resource": resource}

    assert post(functions, kind, body, secret=WEBHOOK_SECRET).status == 204


def test_what_could_not_be_stored_comes_again(giosg: SimulatedGiosg, functions: Functions) -> None:
    chatting = start(functions, message="Hello?")
    giosg.webhooks.take()
    giosg.agent.say(chatting.chat_id, "Good morning!")
    body = next(each.body for each in giosg.webhooks.take() if each.endpoint_kind == "messages")
    hooks = wiring.aws("dynamodb").meta.events

    def fail(**_request: Any) -> None:
        raise ClientError({"Error": {"Code": "InternalServerError"}}, "TransactWriteItems")

    hooks.register_first("before-send.dynamodb.TransactWriteItems", fail, unique_id="broken")
    refused = functions.webhook("messages", body)
    hooks.unregister("before-send.dynamodb.TransactWriteItems", unique_id="broken")
    taken = functions.webhook("messages", body)

    assert (refused.status, taken.status) == (503, 204)
    assert body["resource_id"] in {message["id"] for message in chatting.read().json["messages"]}
