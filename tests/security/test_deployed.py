"""Attacks on the deployed stack: foreign origins, made-up headers, hostile paths, a flood, a search for secrets."""

import json
import uuid
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import pytest
import requests
from local.giosg import Fault
from local.stack import LocalStack
from tests.toolkit.deployment import PATIENCE_SECONDS, Stack, Visitor, call, connected, wait_for
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

NAME, TEXT, ANSWER = "Aino Zebra-Unique", "where is it unique-text", "on its way unique-answer"
FOREIGN = "https://evil.example.com"
SECRET_ATTRIBUTES = ("secret_hash", "visitor_secret_id", "access_token")


@pytest.fixture
def deployed(deployed_stack: Stack) -> Iterator[Stack]:
    yield deployed_stack
    deployed_stack.calm()


@pytest.fixture
def visitor(deployed: Stack) -> Visitor:
    return deployed.start(visitor_name=NAME, message=TEXT)


def test_nothing_secret_is_said_anywhere(deployed: Stack, visitor: Visitor) -> None:
    giosg = deployed.giosg
    frames, answers = [], []
    ticket = visitor.call("POST", "/realtime").json()["url"]
    with connected(ticket) as socket:
        socket.send(json.dumps({"action": "ping"}))
        giosg.agent.say(visitor.chat_id, ANSWER)
        while ANSWER not in (frame := str(socket.recv(timeout=PATIENCE_SECONDS))):
            frames.append(frame)
        frames.append(frame)
    for status in (403, 500):
        giosg.faults.add(Fault(kind="answer", method="POST", path="messages", status=status, times=2))
        answers.append(visitor.send(TEXT))
        giosg.faults.clear()
    answers += [
        visitor.call("GET", "/chats"),
        visitor.send("", client_message_id=TEXT),
        visitor.call("GET", "/chats/x"),
    ]
    wrong = deployed.local.webhook_urls.chats.rpartition("=")[0] + "=unique-wrong-secret"
    trace = uuid.uuid4().hex
    last = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    answers.append(call("POST", wrong, json={"action": "added"}, headers=last))

    keys = {giosg.api_token, secret_in(wrong), *spellings(deployed.webhook_secret), *stored(deployed.local)}
    keys |= {visitor.token.rpartition(".")[2], ticket.partition("=")[2], *(agent.record.name for agent in giosg.agents)}
    said = json.dumps(wait_for(lambda: logged if trace in (logged := str(deployed.local.logs())) else ""))
    heard = "\n".join([*frames, *(f"{answer.headers} {answer.text}" for answer in answers)])

    assert [each for each in keys | {NAME, TEXT, ANSWER, "127.0.0.1"} if each in said] == []
    assert [each for each in keys if each in heard] == []


def secret_in(url: str) -> str:
    return url.rpartition("=")[2]


def spellings(secret: str) -> set[str]:
    """Return a secret as it is, in a URL, and in JSON."""
    return {secret, quote(secret, safe=""), json.dumps(secret)[1:-1]}


def stored(local: LocalStack) -> set[str]:
    tables = (local.outputs[name] for name in ("VisitorsTableName", "CredentialsTableName"))
    items = [item for table in tables for item in local.boto3_client("dynamodb").scan(TableName=table)["Items"]]
    return {str(item[name]["S"]) for item in items for name in SECRET_ATTRIBUTES if name in item}


def test_a_page_of_a_foreign_origin_may_read_nothing(deployed: Stack, visitor: Visitor) -> None:
    for method, path in (("POST", "/chats"), ("GET", "/chats"), ("DELETE", "/visitor")):
        headers = {
            "Origin": FOREIGN,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "authorization",
        }
        answer = call("OPTIONS", f"{deployed.local.api_url}{path}", headers=headers)
        assert answer.headers.get("Access-Control-Allow-Origin") not in {"*", FOREIGN}
    read = visitor.call("GET", "/chats", headers={"Origin": FOREIGN})
    assert read.headers.get("Access-Control-Allow-Origin") not in {"*", FOREIGN}
    assert "Access-Control-Allow-Credentials" not in read.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"X-HTTP-Method-Override": "DELETE", "X-Method-Override": "DELETE"},
        {"X-Forwarded-For": "198.51.100.7", "Forwarded": "for=198.51.100.7", "X-Real-IP": "198.51.100.7"},
        {"X-Forwarded-Host": "evil.example.com", "Host": "evil.example.com"},
        {"X-Original-URL": "/visitor", "X-Rewrite-URL": "/visitor"},
        {"Content-Type": "application/x-www-form-urlencoded"},
    ],
    ids=["method", "address", "host", "path", "type"],
)
def test_made_up_headers_change_nothing(visitor: Visitor, headers: dict[str, str]) -> None:
    answer = visitor.call("GET", f"/chats/{visitor.chat_id}", headers=headers)

    assert answer.status_code in {200, 404}, answer.text
    assert "evil" not in answer.text
    assert visitor.call("GET", f"/chats/{visitor.chat_id}").status_code == 200


def test_two_tokens_in_one_request_are_none(visitor: Visitor) -> None:
    token = visitor.token
    answer = visitor.call("GET", "/chats", headers={"Authorization": f"Bearer {token}, Bearer {token}"})

    assert answer.status_code == 401


@pytest.mark.parametrize("part", ["../../users/me", "..%2f..%2fme", "%00", "%ff", "a" * 3000, "\u202e", "%0d%0aX-A: 1"])
def test_a_hostile_path_reaches_neither_giosg_nor_a_failure(deployed: Stack, visitor: Visitor, part: str) -> None:
    before = len(deployed.giosg.requests)
    for method, tail in (("GET", ""), ("GET", "/messages"), ("POST", "/messages"), ("POST", "/end")):
        url = f"{deployed.local.api_url}/chats/{quote(part, safe='%/.: ')}{tail}"
        request = requests.Request(method, url, headers={"Authorization": f"Bearer {visitor.token}"}, json={})
        prepared = request.prepare()
        prepared.url = url.replace(" ", "%20")
        answer = requests.Session().send(prepared, timeout=PATIENCE_SECONDS)
        assert answer.status_code in {400, 404, 405, 414}, answer.text
    steered = [call for call in deployed.giosg.requests.all()[before:] if "users" in call.path or part[:8] in call.path]
    assert steered == []


def test_a_known_person_gets_a_session(deployed: Stack) -> None:
    body = {"identity_token": deployed.identity_token("customer-7", name="Aino")}

    answers = [call("POST", f"{deployed.local.api_url}/sessions", json=body) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201], answers[0].text
    assert len({answer.json()["visitor"]["id"] for answer in answers}) == 1


def wait_for_frame(socket: ClientConnection, event: str) -> None:
    """Leave all frames that come before it."""
    while json.loads(socket.recv(timeout=PATIENCE_SECONDS))["event"] != event:
        pass


def test_a_ticket_of_before_opens_nothing_once_its_session_has_ended(deployed: Stack) -> None:
    planted = deployed.start(message="Hello")
    tickets = [planted.call("POST", "/realtime").json()["url"] for _ in range(2)]
    body = {"identity_token": deployed.identity_token("the-victim")}
    headers = {"Authorization": f"Bearer {planted.token}"}
    with connected(planted.call("POST", "/realtime").json()["url"]) as socket:
        socket.send(json.dumps({"action": "ping"}))
        wait_for_frame(socket, "pong")

        joined = call("POST", f"{deployed.local.api_url}/sessions", json=body, headers=headers)

        assert joined.json()["visitor"]["id"] == planted.id
        with pytest.raises(ConnectionClosed):
            wait_for_frame(socket, "none that there is")
    for ticket in tickets:
        with pytest.raises(InvalidStatus):
            connected(ticket)


def test_a_flood_of_messages_is_stopped(deployed: Stack, visitor: Visitor) -> None:
    assert visitor.send("the first of many").ok

    def refused() -> list[requests.Response]:
        """Send what is beyond the quota; after the turn of a minute that is too little, and counted anew."""
        deployed.let_quotas_have_counted(58)
        answers = [visitor.send(text) for text in ("the 59th", "the 60th", "one too many")]
        return [answer for answer in answers if answer.status_code == requests.codes.too_many_requests]

    answer = wait_for(refused)[-1]

    assert answer.json()["code"] == "too_many_requests"
    assert 1 <= int(answer.headers["Retry-After"]) <= 60


def test_the_url_of_a_webhook_is_the_only_place_of_its_secret(deployed: Stack) -> None:
    cloudformation = deployed.local.boto3_client("cloudformation")

    known = json.dumps([cloudformation.describe_stacks(), dict(deployed.local.outputs)], default=str)

    assert [each for each in spellings(deployed.webhook_secret) if each in known] == []
    assert deployed.giosg.api_token not in known
    assert urlsplit(deployed.local.api_url).query == ""
