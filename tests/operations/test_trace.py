"""The story of a chat, as whoever is on duty sees it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from local.giosg import Fault
from operations.trace.moments import Moment, in_order, lines_of, wait
from tests.operations.conftest import Operator
from tests.toolkit.deployment import Stack, call, wait_for

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
TEXT = "My parcel never came"
NOTHING_WAITS = "0 chats wait for their comparison, 0 have failed for good"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat in which the visitor and an agent have spoken."""

    id: str
    visitor_id: str
    message_id: str
    answer_id: str


@pytest.fixture(scope="module")
def chat(deployed_stack: Stack) -> Chat:
    stack = deployed_stack
    body = {"visitor_name": "Aino Zebra", "message": TEXT}
    made = call("POST", f"{stack.local.api_url}/chats", json=body).json()
    chat_id = made["chat"]["id"]
    answer_id = stack.giosg.agent.say(chat_id, "Which parcel?")
    stack.settle()
    return Chat(chat_id, made["visitor"]["id"], made["message"]["id"], answer_id)


def whole(operator: Operator, *given: str, until: Sequence[str]) -> str:
    """Return the timeline once its last lines are there: they appear some time after what they tell of."""

    def shown() -> str | None:
        output = operator.run("trace", "--stack", "local", *given).output
        return output if all(each in output for each in until) else None

    found: str = wait_for(shown)
    return found


def test_a_chat_is_told_from_its_start_to_its_last_webhook(operator: Operator, chat: Chat) -> None:
    output = whole(operator, "--chat", chat.id, until=[f"about {chat.answer_id}", NOTHING_WAITS])

    headline, *moments = output.splitlines()
    assert headline.startswith(f"Chat {chat.id} of visitor {chat.visitor_id}: active, seq ")
    for expected in (
        "POST /chats: 201 in ",
        f"msg {chat.message_id} of the visitor: stored as seq ",
        f"msg {chat.answer_id} of an agent: stored as seq ",
        "POST /giosg_webhooks/messages: 204 in ",
        "outcome stored",
    ):
        assert any(expected in each for each in moments), (expected, output)
    assert "differs" not in output


def test_nothing_of_what_was_said_or_of_who_said_it_is_told(operator: Operator, stack: Stack, chat: Chat) -> None:
    output = whole(operator, "--chat", chat.id, "--json", until=[chat.answer_id])

    names = [agent.record.name for agent in stack.giosg.agents]
    assert [each for each in (TEXT, "Zebra", "Which parcel?", *names) if each in output] == []


def test_a_message_is_found_without_its_chat(operator: Operator, chat: Chat) -> None:
    output = whole(operator, "--message", chat.answer_id, until=["POST /giosg_webhooks/messages"])

    assert chat.message_id not in output
    assert f"msg {chat.answer_id} of an agent: stored" in output


def test_a_visitors_chats_are_told_one_after_the_other(operator: Operator, chat: Chat) -> None:
    said = operator.run("trace", "--stack", "local", "--visitor", chat.visitor_id, "--json")

    assert [each["chat_id"] for each in said.json["chats"]] == [chat.id]


def test_what_came_of_one_request_is_found_by_its_callers_trace(operator: Operator, stack: Stack) -> None:
    headers = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
    body = {"visitor_name": "Aino Zebra", "message": TEXT}
    made = call("POST", f"{stack.local.api_url}/chats", json=body, headers=headers).json()

    output = whole(operator, "--trace", TRACE, until=["POST /chats: 201"])

    assert made["chat"]["id"] in output
    assert "giosg_webhooks" not in output
    assert re.search(r"POST /chats: 201 in \d+ ms, Giosg's calls \d+", output)


def test_what_no_webhook_brought_is_marked_with_what_mends_it(operator: Operator, stack: Stack, chat: Chat) -> None:
    stack.giosg.webhooks.misbehaviour.next("drop", times=20)
    with stack.nothing_compared():
        lost_id = stack.giosg.agent.say(chat.id, "lost on the way")

        output = operator.run("trace", "--stack", "local", "--chat", chat.id).output

    assert f"msg {lost_id} of an agent: NOT STORED" in output
    assert f"differs  Giosg has message {lost_id}, which visitors cannot see here" in output
    assert f"make replay STACK=local CHAT={chat.id}" in output

    assert operator.run("replay", "--stack", "local", "--chat", chat.id).status == 0
    wait_for(lambda: "differs" not in operator.run("trace", "--stack", "local", "--chat", chat.id).output)


def test_a_giosg_that_cannot_be_asked_is_said(operator: Operator, stack: Stack, chat: Chat) -> None:
    stack.giosg.faults.add(Fault(kind="answer", status=503, path=f"owned_chats/{chat.id}", times=None))

    assert "Giosg could not be asked: GET" in operator.run("trace", "--stack", "local", "--chat", chat.id).output


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((), "Of what? Say CHAT=<id>"),
        (("--chat", "1"), "CHAT=1: this id is a UUID"),
        (("--visitor", "0" * 32), "No chats of visitor"),
        (("--message", "00000000-0000-4000-8000-000000000009"), "No line of the last 14 days names message"),
        (("--trace", "a b"), "TRACE=a b: this id is a trace's"),
        (("--trace", "0" * 31), "No line of the last 14 days names trace"),
    ],
    ids=["nothing", "no id", "unknown visitor", "unknown message", "no trace", "unknown trace"],
)
def test_what_cannot_be_told_is_refused_in_words(operator: Operator, given: tuple[str, ...], said: str) -> None:
    refused = operator.run("trace", "--stack", "local", *given)

    assert (refused.status, said in refused.errors) == (1, True)


def test_moments_of_all_sources_are_in_one_order_with_their_waits() -> None:
    log = [Moment(at=NOON + timedelta(milliseconds=40), source="log", says="second")]
    giosg = [
        Moment(at=NOON, source="giosg", says="first"),
        Moment(at=NOON + timedelta(hours=3), source="giosg", says="3rd"),
    ]

    first, second, third = lines_of(in_order(log, giosg))

    assert first == "  2026-01-01 12:00:00.000             giosg  first"
    assert second == "  2026-01-01 12:00:00.040     +40 ms  log    second"
    assert third.endswith("+3 h  giosg  3rd")


@pytest.mark.parametrize(("seconds", "said"), [(0.04, "40 ms"), (1.26, "1.3 s"), (119, "119.0 s"), (600, "10 min")])
def test_a_wait_is_said_in_three_digits(seconds: float, said: str) -> None:
    assert wait(seconds) == said
