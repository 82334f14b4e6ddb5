"""Who is let in at both webhooks."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from local.giosg import SimulatedGiosg
from tests.aws import REGION, WEBHOOK_SECRET, Functions, Reply
from tests.functions.conftest import AwsCalls
from tests.toolkit.clock import Clock
from tests.toolkit.notifications import about_an_unknown_chat
from tests.toolkit.visitors import codes


@pytest.fixture(params=["chats", "messages"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def secrets() -> Iterator[Any]:
    """Change what the webhooks' secret holds; put it back afterwards."""
    client = boto3.client("secretsmanager", REGION)

    def hold(**values: str) -> None:
        client.put_secret_value(SecretId="webhook", SecretString=json.dumps(values))

    yield hold
    hold(current=WEBHOOK_SECRET)


def post(functions: Functions, kind: str, body: Any, **query: str) -> Reply:
    return functions.call(f"webhook_{kind}", "POST", f"/giosg_webhooks/{kind}", body=body, query=query)


@pytest.mark.parametrize(
    "shown",
    ["", "wrong", WEBHOOK_SECRET[:-1], WEBHOOK_SECRET + "x", WEBHOOK_SECRET.upper(), f"{WEBHOOK_SECRET},wrong",
     f"wrong,{WEBHOOK_SECRET}", f" {WEBHOOK_SECRET}", "\u00e4\u00f6\u00e5", "\U0001f600", "\ud800", "null", "{}"],
)  # fmt: skip
def test_a_wrong_secret_is_forbidden(giosg: SimulatedGiosg, functions: Functions, kind: str, shown: str) -> None:
    assert codes(post(functions, kind, about_an_unknown_chat(giosg, kind), secret=shown)) == [
        (403, "webhook_forbidden")
    ]


def test_a_missing_secret_is_forbidden_whatever_else_is_wrong(functions: Functions, kind: str) -> None:
    replies = [post(functions, kind, body) for body in (b"{}", b"no JSON", b"[" * 100_000, b"")]

    assert codes(*replies) == [(403, "webhook_forbidden")] * 4


def test_a_secret_in_a_header_or_body_does_not_count(giosg: SimulatedGiosg, functions: Functions, kind: str) -> None:
    body = about_an_unknown_chat(giosg, kind) | {"secret": WEBHOOK_SECRET}
    headers = {"secret": WEBHOOK_SECRET, "authorization": f"Bearer {WEBHOOK_SECRET}"}
    reply = functions.call(f"webhook_{kind}", "POST", f"/giosg_webhooks/{kind}", body=body, headers=headers)

    assert codes(reply) == [(403, "webhook_forbidden")]


def test_the_current_and_the_previous_secret_are_good(
    giosg: SimulatedGiosg, functions: Functions, clock: Clock, secrets: Any, kind: str
) -> None:
    secrets(current="a-new-secret", previous=WEBHOOK_SECRET)
    clock.advance(seconds=1)
    shown = ["a-new-secret", WEBHOOK_SECRET, "neither"]

    replies = [post(functions, kind, about_an_unknown_chat(giosg, kind), secret=secret) for secret in shown]

    assert [reply.status for reply in replies] == [204, 204, 403]


def test_a_new_secret_is_picked_up_by_a_warm_container(
    giosg: SimulatedGiosg, functions: Functions, clock: Clock, secrets: Any, kind: str
) -> None:
    assert post(functions, kind, about_an_unknown_chat(giosg, kind), secret=WEBHOOK_SECRET).status == 204
    secrets(current="brand-new")
    clock.advance(seconds=11)
    assert post(functions, kind, about_an_unknown_chat(giosg, kind), secret="brand-new").status == 204
    assert post(functions, kind, about_an_unknown_chat(giosg, kind), secret=WEBHOOK_SECRET).status == 403


def test_an_old_secret_is_dead_after_five_minutes(
    giosg: SimulatedGiosg, functions: Functions, clock: Clock, secrets: Any, kind: str
) -> None:
    post(functions, kind, about_an_unknown_chat(giosg, kind), secret=WEBHOOK_SECRET)
    secrets(current="brand-new")
    clock.advance(minutes=5, seconds=1)

    assert post(functions, kind, about_an_unknown_chat(giosg, kind), secret=WEBHOOK_SECRET).status == 403


def test_guessing_costs_one_look_at_the_secret_in_ten_seconds(
    giosg: SimulatedGiosg, functions: Functions, clock: Clock, kind: str, aws_calls: AwsCalls
) -> None:
    clock.advance(seconds=1)
    for guess in range(20):
        post(functions, kind, about_an_unknown_chat(giosg, kind), secret=f"guess {guess}")

    assert aws_calls.operations == ["GetSecretValue"]


def test_a_secret_may_be_of_any_letters(
    giosg: SimulatedGiosg, functions: Functions, clock: Clock, secrets: Any, kind: str
) -> None:
    secrets(current="sala\u00e4\u00e4\u00f6 \U0001f600 & more", previous="")
    clock.advance(seconds=1)

    assert (
        post(
            functions, kind, about_an_unknown_chat(giosg, kind), secret="sala\u00e4\u00e4\u00f6 \U0001f600 & more"
        ).status
        == 204
    )
    assert post(functions, kind, about_an_unknown_chat(giosg, kind), secret="").status == 403
