"""A ban by address at Giosg hits all visitors at once: it is counted, so that it raises an alarm."""

from collections.abc import Callable

import pytest
from local.giosg import Fault, SimulatedGiosg
from tests.aws import Functions
from tests.functions.acts import codes, start
from tests.template import resources

from visitor_chat import telemetry, wiring


@pytest.fixture
def metrics(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    wiring.reset()
    telemetry.begin()
    return lambda: capsys.readouterr().out


def test_a_refusal_of_giosgs_is_counted(
    giosg: SimulatedGiosg, functions: Functions, metrics: Callable[[], str]
) -> None:
    chatting = start(functions)
    assert "GiosgForbidden" not in metrics()

    for method, path in (("POST", "messages"), ("POST", "/chats$")):
        giosg.faults.add(Fault(kind="answer", method=method, path=path, status=403))
    replies = [chatting.send("Hello"), functions.call("start_chat", "POST", "/chats", body={})]

    assert [codes(reply) for reply in replies] == [[(502, "giosg_error")]] * 2
    assert metrics().count('"GiosgForbidden":[1.0]') == 2


def test_what_is_counted_is_what_the_alarm_watches() -> None:
    alarm = resources("AWS::CloudWatch::Alarm")["GiosgForbiddenAlarm"]["Properties"]

    assert (alarm["Namespace"], alarm["MetricName"]) == (telemetry.metrics.namespace, "GiosgForbidden")
