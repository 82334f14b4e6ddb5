"""The story of a chat over HTTP: the visitor's calls, Giosg's webhooks, the agent's acts."""

import gzip
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from local.giosg import Fault
from tests.toolkit.deployment import Stack, call, wait_for

ASK_FOR_AGENTS = ("GetAvailabilityFunction", "StartChatFunction")
TAPS = 4
"""At once: each is a process of the emulator. What orders there can be, tests/proof goes through."""


def test_every_route_of_the_template_answers(stack: Stack) -> None:
    stack.local.check_routes()


def test_a_visitor_and_an_agent_talk_until_the_agent_ends_the_chat(stack: Stack) -> None:
    visitor = stack.start(visitor_name="Aino", message="Is the red one in stock?")
    assert stack.giosg.variables(visitor.id) == {"username": "Aino"}

    stack.giosg.agent.say(visitor.chat_id, "Yes, three left.")
    wait_for(lambda: "Yes, three left." in visitor.texts())
    assert visitor.read()["chat"]["status"] == "active"

    stack.giosg.agent.end(visitor.chat_id)
    wait_for(lambda: visitor.read()["chat"]["status"] == "ended")
    refused = visitor.send("Thank you")
    assert (refused.status_code, refused.json()["code"]) == (409, "chat_ended")


def test_an_end_that_no_webhook_told_of_is_learned_at_the_next_message(stack: Stack) -> None:
    visitor = stack.start(message="Hello")
    stack.giosg.webhooks.misbehaviour.next("drop", times=20)
    stack.giosg.agent.end(visitor.chat_id)

    refused = visitor.send("Still there?")

    assert (refused.status_code, refused.json()["code"]) == (409, "chat_ended")
    assert visitor.read()["chat"]["status"] == "ended"


def test_no_chat_starts_while_no_agent_is_online(stack: Stack) -> None:
    def is_online() -> bool:
        return bool(call("GET", f"{stack.local.api_url}/availability").json()["is_online"])

    stack.set_doors(stack.giosg.room_id, are_open=False, seen_by=ASK_FOR_AGENTS)
    assert not is_online()

    answer = stack.ask_to_start(message="Hello?")

    assert (answer.status_code, answer.json()["code"]) == (409, "no_agents_online")
    stack.set_doors(stack.giosg.room_id, are_open=True, seen_by=ASK_FOR_AGENTS)
    assert is_online()


def test_edits_and_removals_reach_the_reader(stack: Stack) -> None:
    visitor = stack.start(message="Hello")
    edited = stack.giosg.agent.say(visitor.chat_id, "Godo morning")
    removed = stack.giosg.agent.say(visitor.chat_id, "for another chat")
    cursor = wait_for(lambda: visitor.read() if len(visitor.texts()) == 3 else None)["next"]

    stack.giosg.agent.edit(edited, "Good morning")
    stack.giosg.agent.remove(removed)

    def changed() -> dict[str, dict[str, Any]]:
        """Return both, once they are there: that the agent came in may be told last."""
        new = {each["id"]: each for each in visitor.read(cursor)["messages"]}
        return new if {edited, removed} <= new.keys() else {}

    by_id = wait_for(changed)
    assert by_id[edited]["message"] == "Good morning"
    assert by_id[removed]["is_removed"] is True
    assert by_id[removed]["message"] is None


def test_parallel_taps_send_one_message(stack: Stack) -> None:
    visitor = stack.start()
    client_message_id = str(uuid.uuid4())

    with ThreadPoolExecutor(TAPS) as taps:
        answers = list(taps.map(lambda _: visitor.send("once", client_message_id=client_message_id), range(TAPS)))

    assert sorted(answer.status_code for answer in answers) == [200] * (TAPS - 1) + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert visitor.texts() == ["once"]
    assert len(stack.giosg.messages(visitor.chat_id)) == 1


def test_parallel_starts_with_one_key_make_one_chat(stack: Stack) -> None:
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    before = len(stack.giosg.chats())

    def start(_tap: int) -> requests.Response:
        return call("POST", f"{stack.local.api_url}/chats", json={"message": "Hi"}, headers=headers)

    with ThreadPoolExecutor(TAPS) as taps:
        answers = list(taps.map(start, range(TAPS)))

    assert sorted(answer.status_code for answer in answers) == [200] * (TAPS - 1) + [201]
    assert len({answer.json()["chat"]["id"] for answer in answers}) == 1
    assert len(stack.giosg.chats()) == before + 1
    for answer in answers:
        token = {"Authorization": f"Bearer {answer.json()['visitor_token']}"}
        assert call("GET", f"{stack.local.api_url}/chats", headers=token).status_code == 200


def test_a_message_that_giosg_took_without_an_answer_is_found(stack: Stack) -> None:
    visitor = stack.start()
    stack.giosg.faults.add(Fault(kind="commit_then_hang", method="POST", path="/messages$", seconds=4))
    client_message_id = str(uuid.uuid4())

    first = visitor.send("perhaps", client_message_id=client_message_id)
    again = visitor.send("perhaps", client_message_id=client_message_id)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert len(stack.giosg.messages(visitor.chat_id)) == 1


def test_webhooks_in_parallel_doubled_and_shuffled_leave_one_of_each(stack: Stack) -> None:
    visitor = stack.start(message="Hello")
    urls = stack.local.webhook_urls
    stack.giosg.webhooks.misbehaviour.next("drop", times=60)
    texts = [f"message {number}" for number in range(12)]
    for text in texts:
        stack.giosg.agent.say(visitor.chat_id, text)
    bodies = [
        {
            "channel": f"/api/v5/orgs/{stack.giosg.organization_id}/owned_chats/{visitor.chat_id}/messages",
            "action": "added",
            "resource_id": message["id"],
            "resource": message,
        }
        for message in stack.giosg.messages(visitor.chat_id)
    ]

    with ThreadPoolExecutor(TAPS) as senders:
        answers = list(senders.map(lambda body: call("POST", urls.messages, json=body), bodies[::-1] * 2))

    assert {answer.status_code for answer in answers} <= {204, 503}
    for body in bodies:
        assert call("POST", urls.messages, json=body).status_code == 204
    assert visitor.texts() == ["Hello", *texts]


def test_a_webhook_without_its_secret_is_refused(stack: Stack) -> None:
    for path in ("chats", "messages"):
        url = f"{stack.local.api_url}/giosg_webhooks/{path}"
        assert call("POST", url, json={}).status_code == 403
        assert call("POST", url, params={"secret": "guess"}, json={}).status_code == 403


def test_bytes_that_are_no_text_are_refused_on_every_path(stack: Stack) -> None:
    visitor, urls = stack.start(message="Hello"), stack.local.webhook_urls
    api_url, content = stack.local.api_url, b'{"message": "\xff\xfe", "resource_id": "\xff"}'
    addresses = [f"{api_url}/chats", f"{api_url}/chats/{visitor.chat_id}/messages", urls.chats, urls.messages]
    headers = {"Authorization": f"Bearer {visitor.token}", "Content-Type": "application/json"}

    answers = [call("POST", url, data=content, headers=headers) for url in addresses]

    assert [answer.status_code for answer in answers] == [400] * len(addresses)


@pytest.mark.parametrize("content_type", ["application/json", "application/octet-stream"])
def test_a_packed_message_is_unpacked(stack: Stack, content_type: str) -> None:
    visitor = stack.start()
    headers = {"Content-Encoding": "gzip", "Content-Type": content_type}
    packed = gzip.compress(b'{"message": "in a parcel"}')

    answer = visitor.call("POST", f"/chats/{visitor.chat_id.upper()}/messages", data=packed, headers=headers)

    assert (answer.status_code, answer.json()["message"]) == (201, "in a parcel")
    assert visitor.texts() == ["in a parcel"]


def test_the_addresses_can_be_probed(stack: Stack) -> None:
    assert call("HEAD", f"{stack.local.api_url}/health").status_code == 200
    for url in (stack.local.webhook_urls.chats, stack.local.webhook_urls.messages):
        for address in (url, url.replace("?", "/?")):
            wrong = address.replace("secret=", "secret=wrong")
            answers = [call(method, each) for each in (address, wrong) for method in ("GET", "HEAD")]
            assert [answer.status_code for answer in answers] == [204, 204, 403, 403]
        assert call("GET", url.replace("?", "/more?")).json() == {"message": "Not Found"}


def test_a_webhook_comes_to_its_address_with_a_slash(stack: Stack) -> None:
    visitor, url = stack.start(message="Hello"), stack.local.webhook_urls.messages.replace("?", "/?")
    stack.giosg.webhooks.misbehaviour.next("drop", times=60)
    message_id = stack.giosg.agent.say(visitor.chat_id, "through the back door")
    (resource,) = [each for each in stack.giosg.messages(visitor.chat_id) if each["id"] == message_id]
    channel = f"/api/v5/orgs/{stack.giosg.organization_id}/owned_chats/{visitor.chat_id}/messages"
    body = {"channel": channel, "action": "added", "resource_id": message_id, "resource": resource}

    assert call("POST", url, json=body).status_code == 204
    assert "through the back door" in visitor.texts()


def test_an_erased_visitor_is_gone(stack: Stack) -> None:
    visitor = stack.start(visitor_name="Gone Soon", message="forget this sentence")

    assert visitor.call("DELETE", "/visitor").status_code == 204

    assert visitor.call("GET", "/chats").status_code == 401
    dynamodb = stack.local.boto3_client("dynamodb")
    for table in dynamodb.list_tables()["TableNames"]:
        contents = str(dynamodb.scan(TableName=table)["Items"])
        assert "forget this sentence" not in contents
        assert "Gone Soon" not in contents


def test_a_chat_of_another_visitor_is_not_found(stack: Stack) -> None:
    mine, theirs = stack.start(message="mine"), stack.start(message="theirs")

    for method, path in (("GET", ""), ("GET", "/messages"), ("POST", "/end")):
        answer = mine.call(method, f"/chats/{theirs.chat_id}{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "chat_not_found")
    assert mine.call("POST", f"/chats/{theirs.chat_id}/messages", json={"message": "x"}).status_code == 404
