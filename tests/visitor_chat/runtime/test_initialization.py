"""What a function does before its first request, and what it leaves out of a snapshot."""

import gc
import json
import os
import sys
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from tests.environments import plain_environment
from tests.template import ROOT, functions_by_folder
from tests.toolkit.interpreters import OF_AWS, Interpreter
from tests.toolkit.refusal import refusing_url

from visitor_chat.runtime import initialization

ANSWER = {"Responses": {}, "UnprocessedKeys": {}, "Items": [], "SecretString": "{}"}
CREDENTIALS = {"AccessKeyId": "id", "SecretAccessKey": "key", "Token": "token", "Expiration": "2999-01-01T00:00:00Z"}
FUNCTIONS = functions_by_folder()
CONNECTED = sorted(FUNCTIONS.keys() - {"get_health", "web_page", "publish_events", "open_session"})
"""Those that use a table whenever they are called, or a secret alone."""
TABLE = {"DynamoDB_20120810"}
SECRET_ALONE = {"get_push_key"}
GIOSG, SECRET = "HEAD /", "secretsmanager.GetSecretValue"
ALSO = {
    "start_chat": {GIOSG, SECRET},
    "send_message": {GIOSG},
    "end_chat": {GIOSG},
    "get_availability": {GIOSG, SECRET},
    "sync_chats": {GIOSG, SECRET},
    "webhook_chats": {SECRET},
    "webhook_messages": {SECRET},
    "get_push_key": {SECRET},
}
OF_A_ROLE = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
IMPORT = "import app, gc; print('started', gc.isenabled(), gc.get_freeze_count() > 0)"
PLACES = [
    ROOT / "layers/giosg_client",
    ROOT / "layers/web_push",
    Path(*[path for path in sys.path if path.endswith("site-packages")][:1]),
]


class Everything(ThreadingHTTPServer):
    """AWS and Giosg, and where a snapshot's credentials come from: all of it notes who asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.asked: list[str] = []
        self.agents: set[str] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answering(BaseHTTPRequestHandler):
    server: Everything
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer({**ANSWER, **CREDENTIALS})

    def do_HEAD(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        self.server.agents.add(self.headers["User-Agent"])
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(ANSWER)

    def _answer(self, document: Mapping[str, object]) -> None:
        self.server.asked.append(self.headers.get("X-Amz-Target", f"{self.command} {self.path}"))
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None: ...


@pytest.fixture
def everything() -> Iterator[Everything]:
    with Everything() as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def interpreter() -> Iterator[Interpreter]:
    with Interpreter(PLACES, imports=[*OF_AWS, "requests"]) as interpreter:
        yield interpreter


def start(interpreter: Interpreter, function: str, url: str, **variables: str) -> str:
    """Import a function as Lambda does, in a process of its own; give what it wrote."""
    own = plain_environment(GIOSG_BASE_URL=url, SOCKET_ENDPOINT=url, KNOWN_USERS="on", WEB_PUSH="on")
    runtime = {
        "PATH": os.environ["PATH"],
        "AWS_LAMBDA_FUNCTION_NAME": function,
        "AWS_REGION": "eu-north-1",
        "AWS_DEFAULT_REGION": "eu-north-1",
        "AWS_ENDPOINT_URL": url,
    }
    ran = interpreter.run(IMPORT, ROOT / "functions" / function, **{**own, **runtime, **variables})
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.endswith("started True True\n")
    return ran.stdout


@pytest.mark.parametrize("function", CONNECTED)
def test_a_function_uses_what_it_needs_before_its_first_request(
    everything: Everything, interpreter: Interpreter, function: str
) -> None:
    said = start(interpreter, function, everything.url, AWS_LAMBDA_INITIALIZATION_TYPE="on-demand", **OF_A_ROLE)

    assert "warm-up failed" not in said
    assert {target.split(".")[0] for target in everything.asked} >= (set() if function in SECRET_ALONE else TABLE)
    assert ALSO.get(function, set()) <= set(everything.asked)


def test_aws_sees_the_sdk_and_this_product(everything: Everything, interpreter: Interpreter) -> None:
    start(interpreter, "list_messages", everything.url, AWS_LAMBDA_INITIALIZATION_TYPE="on-demand", **OF_A_ROLE)

    (agent,) = everything.agents
    assert agent.startswith("Botocore/")
    assert "visitor-chat" in agent.split()


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_nothing_connected_and_no_secret_goes_into_a_snapshot(
    everything: Everything, interpreter: Interpreter, function: str
) -> None:
    credentials = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{everything.url}/credentials"}

    start(interpreter, function, everything.url, AWS_LAMBDA_INITIALIZATION_TYPE="snap-start", **credentials)

    assert everything.asked == []


def test_a_function_starts_although_nobody_can_be_reached(interpreter: Interpreter) -> None:
    with refusing_url() as nowhere:
        said = start(interpreter, "list_messages", nowhere, AWS_MAX_ATTEMPTS="1", **OF_A_ROLE)

    assert said.count("warm-up failed") == 1


@pytest.fixture
def in_lambda(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "function")
    yield
    gc.unfreeze()
    gc.enable()


@pytest.mark.usefixtures("in_lambda")
def test_steps_after_one_that_fails_are_left_to_the_first_request(capsys: pytest.CaptureFixture[str]) -> None:
    taken: list[str] = []

    def fail() -> None:
        raise RuntimeError("a-message-that-may-hold-anything")

    initialization.warm_up(lambda: taken.append("first"), fail, lambda: taken.append("last"))

    assert taken == ["first"]
    assert "a-message-that-may-hold-anything" not in capsys.readouterr().out


def test_outside_of_lambda_no_step_is_taken() -> None:
    taken: list[str] = []

    initialization.warm_up(lambda: taken.append("step"))

    assert taken == []
    assert gc.isenabled()
