"""A ban by address at Giosg hits all visitors at once: it is counted wherever it shows, so that it raises an alarm."""

import importlib
import json
from collections.abc import Callable

import pytest
from local.giosg import Fault, SimulatedGiosg
from tests.aws import Functions, socket_event
from tests.template import resources
from tests.toolkit.visitors import Chatting, ask_to_start, codes, start

from visitor_chat import wiring
from visitor_chat.runtime import telemetry

Act = Callable[[Functions, Chatting], object]


@pytest.fixture
def metrics(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    wiring.reset()
    return lambda: capsys.readouterr().out


def forbid(giosg: SimulatedGiosg, method: str, path: str) -> None:
    giosg.faults.add(Fault(kind="answer", method=method, path=path, status=403))


def test_a_refusal_of_giosgs_is_counted(
    giosg: SimulatedGiosg, functions: Functions, metrics: Callable[[], str]
) -> None:
    chatting = start(functions)
    assert "GiosgForbidden" not in metrics()

    forbid(giosg, "POST", "messages")
    forbid(giosg, "POST", "/chats$")
    replies = [chatting.send("Hello"), ask_to_start(functions)]

    assert [codes(reply) for reply in replies] == [[(502, "giosg_error")]] * 2
    assert metrics().count('"GiosgForbidden":[1.0]') == 2


def compare_with_giosg(_functions: Functions, chatting: Chatting) -> None:
    records = [{"messageId": "1", "body": json.dumps({"chat_id": chatting.chat_id})}]
    importlib.import_module("functions.sync_chats.app").handler({"Records": records}, Functions().context)


def ping(_functions: Functions, chatting: Chatting) -> None:
    wiring.store().connections.open(chatting.visitor_id, "a-connection")
    event = socket_event("$default", "a-connection", body='{"action": "ping"}')
    importlib.import_module("functions.socket_message.app").handler(event, None)


def start_with_a_name(functions: Functions, chatting: Chatting) -> None:
    start(functions, token=chatting.token, visitor_name="Aino")


@pytest.mark.parametrize(
    ("refused", "act"),
    [
        (("GET", "owned_chats"), compare_with_giosg),
        (("PATCH", "visitors"), ping),
        (("POST", "variables"), start_with_a_name),
    ],
    ids=["comparison", "presence", "name"],
)
def test_a_refusal_that_no_visitor_sees_is_counted_too(
    giosg: SimulatedGiosg, functions: Functions, metrics: Callable[[], str], refused: tuple[str, str], act: Act
) -> None:
    chatting = start(functions)
    forbid(giosg, *refused)

    act(functions, chatting)

    assert metrics().count('"GiosgForbidden":[1.0]') == 1


def test_what_is_counted_is_what_the_alarm_watches() -> None:
    alarm = resources("AWS::CloudWatch::Alarm")["GiosgForbiddenAlarm"]["Properties"]

    assert (alarm["Namespace"], alarm["MetricName"]) == (telemetry.metrics.namespace, "GiosgForbidden")
