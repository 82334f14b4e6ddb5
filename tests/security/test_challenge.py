"""A stack that asks new visitors for a challenge, as Turnstile's."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs

import boto3
import pytest
from local.giosg import SimulatedGiosg
from tests.aws import REGION, Functions
from tests.functions.conftest import stored_items
from tests.toolkit.visitors import ask_to_start, codes, start

from visitor_chat import wiring

SECRET = "secret-of-the-challenge"
PASSED = "token-that-passed"


@dataclass(frozen=True, slots=True)
class Service:
    """The challenge's service, which knows one good token."""

    asked: list[dict[str, list[str]]] = field(default_factory=list)
    answers: dict[str, bytes] = field(default_factory=lambda: {PASSED: json.dumps({"success": True}).encode()})

    def answer(self, form: dict[str, list[str]]) -> bytes:
        self.asked.append(form)
        return self.answers.get(form["response"][0], json.dumps({"success": False}).encode())


@pytest.fixture
def service(functions: Functions, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:  # noqa: ARG001 - it is what asks
    made = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = made.answer(parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        key = boto3.client("secretsmanager", REGION).create_secret(
            Name=f"challenge-{uuid.uuid4()}", SecretString=SECRET
        )
        monkeypatch.setenv("CHALLENGE_URL", f"http://127.0.0.1:{server.server_port}/siteverify")
        monkeypatch.setenv("CHALLENGE_SECRET_ARN", key["ARN"])
        wiring.reset()
        yield made
        server.shutdown()


def test_a_new_visitor_who_passed_starts_a_chat(functions: Functions, service: Service) -> None:
    chatting = start(functions, challenge_token=PASSED)

    assert service.asked == [{"secret": [SECRET], "response": [PASSED]}]
    start(functions, token=chatting.token)
    assert len(service.asked) == 1


@pytest.mark.parametrize("fields", [{}, {"challenge_token": "another"}], ids=["none", "wrong"])
@pytest.mark.usefixtures("service")
def test_without_a_passed_challenge_nobody_reaches_giosg(
    functions: Functions, giosg: SimulatedGiosg, fields: dict[str, str]
) -> None:
    reply = functions.call("start_chat", "POST", "/chats", body=fields)

    assert codes(reply) == [(403, "challenge_failed")]
    assert giosg.requests.matching(method="POST") == []
    assert stored_items("VisitorsTable", "CredentialsTable") == []


@pytest.mark.usefixtures("service")
def test_a_start_that_was_refused_goes_on_with_the_same_key_once_the_challenge_is_passed(functions: Functions) -> None:
    refused = ask_to_start(functions, key="one-key-for-both")
    assert codes(refused) == [(403, "challenge_failed")]

    assert start(functions, key="one-key-for-both", challenge_token=PASSED).started.status == 201


def test_a_repeat_of_a_start_needs_no_second_challenge(functions: Functions, service: Service) -> None:
    first = start(functions, key="one-key-for-both", challenge_token=PASSED)
    service.answers.clear()

    assert start(functions, key="one-key-for-both", challenge_token=PASSED).chat_id == first.chat_id


@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b'{"success": "yes"}', b""], ids=["html", "list", "text", "nothing"]
)
def test_a_nonsensical_answer_lets_nobody_in(functions: Functions, service: Service, body: bytes) -> None:
    service.answers[PASSED] = body

    reply = ask_to_start(functions, challenge_token=PASSED)

    assert reply.status in {403, 503}
