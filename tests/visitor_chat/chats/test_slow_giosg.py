"""A Giosg that is slower than we wait: it may do what it was asked long after nobody listens."""

import pytest
from local.giosg import SimulatedGiosg
from tests.aws import Functions
from tests.toolkit.clock import Clock
from tests.toolkit.silence import TIMEOUT_SECONDS, silence
from tests.toolkit.visitors import ask_to_start, start

ID = "0b8f6b0a-7f55-4a3e-9a06-3d1f4c9a1c10"
LATE_SECONDS = TIMEOUT_SECONDS + 3
"""While a repeat waits for what may still be done."""


@pytest.mark.parametrize(("seconds", "status"), [(0, 201), (LATE_SECONDS, 504)], ids=["done at once", "done late"])
def test_a_message_that_giosg_was_silent_about_is_sent_once(
    clock: Clock, giosg: SimulatedGiosg, functions: Functions, seconds: float, status: int
) -> None:
    chatting = start(functions, message="Hello?")

    with silence(clock, "POST", f"{chatting.chat_id}/messages$", done_after_seconds=seconds):
        replies = [chatting.send("Once", client_message_id=ID) for _ in range(2)]

    assert [reply.status for reply in replies] == [status, 200]
    assert [each["message"] for each in giosg.messages(chatting.chat_id)].count("Once") == 1


@pytest.mark.parametrize(
    ("seconds", "statuses"), [(0, [201, 200]), (LATE_SECONDS, [504, 201])], ids=["done at once", "done late"]
)
def test_a_chat_that_giosg_was_silent_about_is_started_once(
    clock: Clock, giosg: SimulatedGiosg, functions: Functions, seconds: float, statuses: list[int]
) -> None:
    with silence(clock, "POST", "/chats$", done_after_seconds=seconds):
        replies = [ask_to_start(functions, key="slow-giosg-slow-giosg") for _ in range(2)]

    assert [reply.status for reply in replies] == statuses
    assert len(giosg.chats()) == 1
