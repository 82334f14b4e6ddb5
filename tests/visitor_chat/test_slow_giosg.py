"""A Giosg that is slower than we wait, in real time: it may do what it was asked long after nobody listens."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from local.giosg import SimulatedGiosg
from local.giosg.faults import Fault
from tests.aws import Functions

from visitor_chat import sending, starting, wiring

TIMEOUT_SECONDS = 0.4
REST = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def impatient(functions: Functions, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:  # noqa: ARG001 - comes first
    """Wait for an answer of Giosg's for less than a second, and rest for a second after that."""
    monkeypatch.setenv("GIOSG_TIMEOUT_SECONDS", str(TIMEOUT_SECONDS))
    monkeypatch.setattr(sending, "REST", REST)
    monkeypatch.setattr(starting, "REST", REST)
    wiring.reset()
    yield
    wiring.reset()


@pytest.mark.parametrize(
    "fault",
    [Fault(kind="commit_then_hang", seconds=0.8), Fault(kind="delay", seconds=0.8)],
    ids=["done at once", "done late"],
)
def test_a_message_that_giosg_was_silent_about_is_sent_once(
    giosg: SimulatedGiosg, functions: Functions, fault: Fault
) -> None:
    started = functions.call("start_chat", "POST", "/chats", body={"message": "Hello?"}).json
    chat_id, token = started["chat"]["id"], started["visitor_token"]
    body = {"message": "Once", "client_message_id": "0b8f6b0a-7f55-4a3e-9a06-3d1f4c9a1c10"}
    fault.method, fault.path = "POST", f"{chat_id}/messages"
    giosg.faults.add(fault)
    path = f"/chats/{chat_id}/messages"

    first = functions.call("send_message", "POST", path, token=token, body=body)
    again = functions.call("send_message", "POST", path, token=token, body=body)

    assert (first.status, again.status) in {(201, 200), (504, 200)}
    assert [each["message"] for each in giosg.messages(chat_id)].count("Once") == 1


@pytest.mark.parametrize(
    "fault",
    [Fault(kind="commit_then_hang", seconds=0.8), Fault(kind="delay", seconds=0.8)],
    ids=["done at once", "done late"],
)
def test_a_chat_that_giosg_was_silent_about_is_started_once(
    giosg: SimulatedGiosg, functions: Functions, fault: Fault
) -> None:
    fault.method, fault.path = "POST", "/chats$"
    giosg.faults.add(fault)
    headers = {"idempotency-key": "slow-giosg-slow-giosg"}

    replies = [functions.call("start_chat", "POST", "/chats", body={}, headers=headers) for _ in range(2)]

    assert replies[-1].status in {200, 201}
    assert len(giosg.chats()) == 1
