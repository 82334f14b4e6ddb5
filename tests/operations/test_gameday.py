"""The game day's own rules: alarms held against values, sums with metrics, and what counts as noticed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from operations.gameday import __main__ as gameday
from operations.gameday.alarms import Alarm, Metric, alarms_of, statistic
from operations.gameday.day import Report
from operations.gameday.expressions import UnknownExpression, Value, evaluate
from operations.gameday.measured import Measured, ages, counted
from operations.gameday.observers import Notices, shape
from operations.stacks.deployed import DeployedStack
from operations.stacks.log_lines import Line
from operations.stacks.stored import now
from tests.template import template
from tests.toolkit.deployment import Stack, call, wait_for

ALARMS = {alarm.name: alarm for alarm in alarms_of(template())}
SILENCE = ALARMS["SilentWebhooksAlarm"]
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def rings(name: str, **values: list[float]) -> timedelta | None:
    """Say when an alarm would ring with these values of its metrics; the others have none."""

    def measure(metric: Metric) -> list[float]:
        return values.get(metric.name, [])

    return ALARMS[name].rings_in(measure)


@pytest.mark.parametrize("alarm", ALARMS.values(), ids=lambda alarm: alarm.name)
def test_no_alarm_rings_while_nothing_happens(alarm: Alarm) -> None:
    assert alarm.rings_in(lambda _metric: []) is None


@pytest.mark.parametrize(
    ("name", "bad", "good", "minutes"),
    [
        ("ErrorsAlarm", {"5xx": [1.0] * 5}, {"5xx": [1.0] * 4}, 3),
        ("GiosgSlowAlarm", {"GiosgLatency": [100.0] * 8 + [2100.0] * 2}, {"GiosgLatency": [100.0] * 9 + [9000.0]}, 3),
        ("GiosgTokenRefusedAlarm", {"GiosgTokenRefused": [1.0]}, {}, 2),
        ("LateWebhooksAlarm", {"WebhookAge": [31.0, 40.0, 1.0]}, {"WebhookAge": [1.0, 2.0, 300.0]}, 10),
        ("LateWebhooksAlarm", {"WebhookAge": [-420.0]}, {"WebhookAge": [-1.0]}, 10),
        ("SilentWebhooksAlarm", {"MessagesSent": [1.0] * 3}, {"MessagesSent": [1.0] * 2}, 10),
        ("SilentWebhooksAlarm", {"MessagesSent": [5.0]}, {"MessagesSent": [5.0], "Invocations": [1.0]}, 10),
        ("DeadLettersAlarm", {"ApproximateNumberOfMessagesVisible": [1.0]}, {}, 1),
    ],
)
def test_an_alarm_rings_beyond_its_threshold_and_not_before(
    name: str, bad: dict[str, list[float]], good: dict[str, list[float]], minutes: int
) -> None:
    assert rings(name, **bad) == timedelta(minutes=minutes)
    assert rings(name, **good) is None


def test_what_grows_by_itself_rings_once_it_has_grown() -> None:
    assert rings("StuckQueueAlarm", ApproximateAgeOfOldestMessage=[60.0]) == timedelta(minutes=14 + 3)
    assert rings("LateEventsAlarm", IteratorAge=[240_000.0]) == timedelta(minutes=1 + 3)
    assert rings("StuckQueueAlarm", ApproximateAgeOfOldestMessage=[0.0]) is None


@pytest.mark.parametrize(
    ("expression", "values", "result"),
    [
        ("value", {"value": 3.0}, 3.0),
        ("ABS(age)", {"age": -4.0}, 4.0),
        ("ABS(age)", {"age": None}, None),
        ("FILL(age, 0)", {"age": None}, 0.0),
        ("IF(a > 1 OR b < 1, 2, 3)", {"a": 1.0, "b": 0.0}, 2.0),
        ("IF(a >= 1 AND b == 0, 1, 0)", {"a": 1.0, "b": 2.0}, 0.0),
    ],
)
def test_sums_with_metrics_are_done_as_cloudwatch_does_them(
    expression: str, values: dict[str, Value], result: Value
) -> None:
    assert evaluate(expression, values) == result


@pytest.mark.parametrize("expression", ["RATE(a)", "a + 1", "b", "'text'", "a if a else a"])
def test_a_sum_that_is_not_known_is_refused(expression: str) -> None:
    with pytest.raises(UnknownExpression):
        evaluate(expression, {"a": 1.0})


@pytest.mark.parametrize(
    ("name", "result"), [("Sum", 10.0), ("Maximum", 4.0), ("p50", 2.0), ("p90", 4.0), ("p99", 4.0)]
)
def test_a_periods_values_become_one(name: str, result: float) -> None:
    assert statistic(name, [4.0, 1.0, 3.0, 2.0]) == result
    assert statistic(name, []) is None


def test_counts_are_read_from_lines_in_the_embedded_format_alone() -> None:
    lines = [
        Line(at=NOON, fields={"_aws": {}, "GiosgLatency": [1.0, 2.0]}),
        Line(at=NOON, fields={"_aws": {}, "MessagesSent": [1.0]}),
        Line(at=NOON, fields={"message": "request", "GiosgLatency": 9}),
    ]

    assert list(counted(lines, "GiosgLatency")) == [1.0, 2.0]


def test_what_waits_has_an_age() -> None:
    sent = {"Attributes": {"SentTimestamp": str(int((datetime.now(UTC) - timedelta(hours=1)).timestamp() * 1000))}}

    (age,) = ages([sent])

    assert age == pytest.approx(3600, abs=5)


@dataclass
class Says:
    """An observer that says what it is told to."""

    lines: list[str] = field(default_factory=list)

    def look(self) -> Iterator[str]:
        yield from self.lines


def test_what_is_usual_is_no_notice_whatever_its_numbers() -> None:
    notices = Notices(Says(["3 chats wait since 12:30"]))
    notices.learn()
    notices.observer = Says(["17 chats wait since 12:31", "Giosg is silent"])

    notices.look(lambda: 4.0)
    notices.look(lambda: 9.0)

    assert (notices.words, notices.first_after) == (["Giosg is silent"], 4.0)
    assert shape("17 chats wait since 12:31") == shape("3 chats wait since 12:30")


def noticed_by(*names: str) -> Report:
    notices = {
        name: Notices(Says(["trouble"] if name in names else [])) for name in ("page", "alarms", "status", "doctor")
    }
    for each in notices.values():
        each.look(lambda: 2.0)
    return Report(words="Giosg is down", notices=notices)


@pytest.mark.parametrize("name", ["status", "doctor", "alarms"])
def test_a_trouble_is_noticed_by_whatever_calls_somebody(name: str) -> None:
    assert noticed_by(name).is_noticed


def test_a_page_calls_nobody() -> None:
    assert not noticed_by("page").is_noticed


def test_a_row_says_who_has_said_what_after_how_long() -> None:
    assert gameday.row(noticed_by("doctor", "page")) == (
        "| Giosg is down | trouble (2 s) | nothing | nothing | trouble (2 s) |"
    )


def test_a_revoked_token_is_beyond_its_alarms_threshold_on_a_deployed_stack(
    deployed: DeployedStack, stack: Stack
) -> None:
    alarm, measured = ALARMS["GiosgTokenRefusedAlarm"], Measured(deployed, now())
    assert alarm.rings_in(measured.values) is None

    stack.giosg.troubles.begin("bad_token")
    body = {"visitor_name": "Aino", "message": "Hello?"}
    call("POST", f"{deployed.api_url}/chats", json=body)

    assert wait_for(lambda: alarm.rings_in(measured.values)) == timedelta(minutes=2)
