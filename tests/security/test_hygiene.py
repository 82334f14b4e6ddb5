"""Nothing that must stay inside gets out: a whole journey, faults included, and a search through all that was said."""

import ast
import io
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from local.giosg import Fault, SimulatedGiosg
from tests.aws import WEBHOOK_SECRET, Functions
from tests.functions.conftest import stored_secrets
from tests.template import ROOT, environment, properties, references, resources
from tests.toolkit.visitors import Chatting, ask_to_start, start

from visitor_chat import wiring
from visitor_chat.runtime import telemetry

NAME = "Aino Zebra-Unique"
TEXT = "My parcel never came unique-text"
ANSWER = "Which parcel unique-answer"
VALUE = "unique-variable-value"
KEY = "unique-variable-key"
AUTH = "unique-app-user-token"
WRONG = "unique-wrong-secret"
OF_THE_INVOCATION = {"trace_id", "cold_start", "giosg"}
"""What telemetry itself puts into a line."""
TRACERS = ("aws_lambda_powertools.tracing", "aws_xray_sdk", "opentelemetry", "ddtrace", "sentry_sdk", "newrelic")

Journey = Callable[[], Chatting]


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """Return everything that the functions have logged and counted."""
    lines = io.StringIO()
    for handler in telemetry.logger.registered_handler, *telemetry.logger.handlers:
        monkeypatch.setattr(handler, "stream", lines)
    wiring.reset()
    return lambda: lines.getvalue() + capsys.readouterr().out


def deliver_with_secrets(giosg: SimulatedGiosg, functions: Functions) -> None:
    """Deliver each webhook with a token in it, and with a wrong secret as well; what is answered does not matter."""
    for notification in giosg.webhooks.take():
        body = notification.body | {"app_user_auth": {"access_token": AUTH, "token_type": "Bearer"}}
        functions.webhook(notification.endpoint_kind, body)
        functions.webhook(notification.endpoint_kind, body, secret=WRONG)


def chat_through_it_all(giosg: SimulatedGiosg, functions: Functions) -> Chatting:
    chatting = start(functions, visitor_name=NAME, message=TEXT, variables={KEY: VALUE}, key=f"key-{uuid.uuid4()}")
    message_id = giosg.agent.say(chatting.chat_id, ANSWER)
    deliver_with_secrets(giosg, functions)
    giosg.agent.edit(message_id, f"{ANSWER} again")
    deliver_with_secrets(giosg, functions)
    giosg.agent.remove(message_id)
    for fault in faults():
        giosg.faults.add(fault)
        chatting.send(TEXT)
        ask_to_start(functions, visitor_name=NAME, message=TEXT)
        giosg.faults.clear()
    for body in ({"message": [TEXT]}, {"variables": {KEY: [VALUE]}}, TEXT.encode(), {"visitor_name": {"x": NAME}}):
        functions.call("start_chat", "POST", "/chats", body=body)
        functions.call("send_message", "POST", chatting.messages_path, token=chatting.token, body=body)
    for kind in ("chats", "messages"):
        functions.webhook(kind, {"action": TEXT, "channel": NAME, "resource_id": TEXT, "resource": {"message": TEXT}})
        functions.webhook(kind, TEXT.encode())
    deliver_with_secrets(giosg, functions)
    functions.call("open_realtime", "POST", "/realtime", token=chatting.token)
    functions.call("list_messages", "GET", chatting.messages_path, token=chatting.token, query={"after": TEXT})
    functions.call("get_chats", "GET", f"/chats/{TEXT}", token=chatting.token)
    functions.call("held_messages", "DELETE", f"/held_messages/{TEXT}", token=chatting.token)
    chatting.read()
    chatting.end()
    return chatting


def faults() -> list[Fault]:
    answers = [Fault(kind="answer", method="POST", path="messages|chats", status=status) for status in (401, 403, 500)]
    return [
        *answers,
        Fault(kind="answer", method="POST", path="auth", status=503),
        Fault(kind="garbage", method="POST", path="messages|auth", garbage="html"),
        Fault(kind="drop", method="POST", path="messages|chats"),
        Fault(kind="commit_then_drop", method="POST", path="messages|chats"),
    ]


def test_no_log_line_metric_or_answer_holds_a_secret(
    giosg: SimulatedGiosg, functions: Functions, said: Callable[[], str]
) -> None:
    chatting = chat_through_it_all(giosg, functions)
    keys = {giosg.api_token, WEBHOOK_SECRET, WRONG, AUTH, *stored_secrets()}
    inside = {agent.record.name for agent in giosg.agents}
    personal = {NAME, TEXT, ANSWER, VALUE, KEY, "192.0.2.1", chatting.token.rpartition(".")[2]}
    chatting.erase()

    logged = said()
    answered = "\n".join(f"{reply.headers} {reply.text}" for reply in functions.replies)

    assert "WebhookStored" in logged
    assert '"status":502' in logged.replace(" ", "")
    assert [each for each in keys | inside | personal if each.lower() in logged.lower()] == []
    assert [each for each in keys | inside if each in answered] == []


def test_a_line_holds_only_what_is_on_the_list(said: Callable[[], str]) -> None:
    with telemetry.work():
        telemetry.note(visitor_name=NAME, chat_id="a-chat")
        telemetry.outcome("request", text=TEXT)

    logged = said()

    assert "a-chat" in logged
    assert NAME not in logged
    assert TEXT not in logged


def test_every_field_that_is_logged_is_on_the_list() -> None:
    used = {name for file in sources() for name in logged_fields(ast.parse(file.read_text()))}

    assert used | OF_THE_INVOCATION == telemetry.FIELDS


def sources() -> list[Path]:
    return [*ROOT.glob("functions/*/app.py"), *ROOT.glob("layers/giosg_client/*/**/*.py")]


def logged_fields(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and is_telling(node.func):
            yield from (each.arg for each in node.keywords if each.arg not in {None, "level"} and each.arg)


def is_telling(function: Any) -> bool:
    return isinstance(function, ast.Attribute) and ast.unparse(function) in {"telemetry.note", "telemetry.outcome"}


def test_nothing_puts_a_request_into_a_trace() -> None:
    """Lambda traces that a function ran, and for how long: what was asked gets there only through a library."""
    requirements = (ROOT / "layers/giosg_client/requirements.txt").read_text().splitlines()
    brought = {line.partition("==")[0].replace("-", "_") for line in requirements if "==" in line}
    imported = {name for file in sources() for name in imports(ast.parse(file.read_text()))}

    assert "requests" in brought & imported
    assert [name for name in brought | imported if name.startswith(TRACERS)] == []


def imports(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            yield f"{node.module}"


@pytest.mark.parametrize("name", list(resources("AWS::Serverless::Function")))
def test_no_function_has_a_layer_or_a_wrapper_that_traces(name: str) -> None:
    assert set(references(properties(name)["Layers"])) <= set(resources("AWS::Serverless::LayerVersion"))
    assert "AWS_LAMBDA_EXEC_WRAPPER" not in environment(name)
