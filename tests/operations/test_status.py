"""Half a screen of numbers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from operations.stacks.deployed import DeployedStack
from operations.stacks.log_lines import Line
from operations.status import present
from operations.status.command import details, written
from operations.status.days import last_two
from tests.operations.conftest import Operator, ringing
from tests.toolkit.deployment import Stack, call, wait_for

NOW = datetime(2026, 1, 3, 12, tzinfo=UTC)
START, SEND = "POST /chats", "POST /chats/{chat_id}/messages"


def line(*, hours_ago: float, message: str = "request", **fields: Any) -> Line:
    return Line(at=NOW - timedelta(hours=hours_ago), fields={"message": message, **fields})


def numbers(*lines: Line) -> tuple[dict[str, Any], dict[str, Any]]:
    last, before = last_two(lines, now=NOW)
    return last.numbers(), before.numbers()


def test_a_day_is_counted_beside_the_day_before() -> None:
    last, before = numbers(
        line(hours_ago=1, route=START, status=201, duration_ms=100),
        line(hours_ago=23, route=START, status=201, duration_ms=300),
        line(hours_ago=25, route=START, status=201, duration_ms=200),
    )

    assert (last["chats_started"], last["start_ms"]) == (2, (100, 300))
    assert (before["chats_started"], before["start_ms"]) == (1, (200, 200))
    assert last["send_ms"] is None


def test_a_repeat_is_no_second_message() -> None:
    last, _ = numbers(
        line(hours_ago=1, route=SEND, status=201, duration_ms=50), line(hours_ago=1, route=SEND, status=200)
    )

    assert last["messages_sent"] == 1


def test_failures_are_counted_by_code_and_refusals_apart() -> None:
    last, _ = numbers(
        line(hours_ago=1, route=SEND, status=503, code="giosg_unavailable"),
        line(hours_ago=1, route=START, status=409, code="no_agents_online"),
        line(hours_ago=1, route="POST /giosg_webhooks/chats", status=403, code="webhook_forbidden"),
    )

    assert (last["failed"], last["failed_by_code"]) == (1, {"giosg_unavailable": 1})
    assert (last["refused"], last["webhooks_refused"]) == (1, 1)


def test_webhooks_are_counted_by_what_became_of_them() -> None:
    route = "POST /giosg_webhooks/messages"
    outcomes = ("stored", "stored", "repeated", "foreign", "ignored")

    last, _ = numbers(*(line(hours_ago=1, route=route, status=204, outcome=each) for each in outcomes))

    assert [last[f"webhooks_{name}"] for name in ("stored", "repeated", "foreign")] == [2, 1, 2]


def test_what_comparisons_found_is_counted() -> None:
    last, _ = numbers(
        line(hours_ago=1, message="sync", missed=3, corrected=1), line(hours_ago=1, message="sync failed", reason="x")
    )

    assert (last["webhooks_missed"], last["comparisons_failed"]) == (3, 1)


def test_what_should_not_be_has_the_times_of_the_first_and_the_last() -> None:
    last, before = numbers(
        line(hours_ago=3, route=SEND, status=503, code="giosg_unavailable"),
        line(hours_ago=1.5, route=START, status=503, code="giosg_unavailable"),
        line(hours_ago=2, route=START, status=201, duration_ms=100),
        line(hours_ago=1, route="POST /giosg_webhooks/chats", status=403, code="webhook_forbidden"),
        line(hours_ago=1, message="sync", missed=0),
    )

    assert details("failed", last) == "  2 giosg_unavailable, 09:00 to 10:30 UTC"
    assert details("webhooks_refused", last) == "  11:00 to 11:00 UTC"
    assert [details(name, last) for name in ("chats_started", "webhooks_missed", "comparisons_failed")] == [""] * 3
    assert before["first_and_last"] == {}


def test_numbers_of_a_stack_are_shown_to_people_and_to_machines(operator: Operator, stack: Stack) -> None:
    body = {"message": "Hello"}
    assert call("POST", f"{stack.local.api_url}/chats", json=body).ok

    def told() -> Any:
        document = operator.run("status", "--stack", "local", "--json").json
        return document if document["last_day"]["chats_started"] else None

    document = wait_for(told)
    shown = operator.run("status", "--stack", "local")

    assert document["now"]["open_chats"] >= 1
    assert document["is_whole"]
    assert shown.status == 0
    assert "A start took, p50 / p95 ms" in shown.output
    assert "Last webhook about a message" in shown.output
    assert len(shown.output.splitlines()) <= 25


def test_an_alarm_that_rings_is_shown_with_how_long_it_has_rung(deployed: DeployedStack) -> None:

    with ringing(deployed, "GiosgForbiddenAlarm"):
        (alarm,) = present.alarms(deployed, at=datetime.now(UTC) + timedelta(hours=3, minutes=10))

    assert alarm == "GiosgForbiddenAlarm (3 h)"


@pytest.mark.parametrize(
    ("value", "said"), [(None, "-"), ((1, 2), "1 / 2"), ([], "none"), (["a", "b"], "a, b"), (7, "7")]
)
def test_a_number_is_written_as_what_it_is(value: Any, said: str) -> None:
    assert written(value) == said
