"""A visitor's message gets to Giosg once, whatever becomes of the request that sends it."""

import uuid
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError
from local.giosg.faults.faults import Fault, Kind
from tests.template import properties
from tests.toolkit.visitors import Chatting
from tests.visitor_chat.scene import Scene

from visitor_chat import wiring
from visitor_chat.chats import send
from visitor_chat.domain.claim_matching import text_hash
from visitor_chat.domain.records import Claim

POST_MESSAGE = "/messages$"


def new_id() -> str:
    return str(uuid.uuid4())


def test_the_same_id_sends_once(scene: Scene, waiting: Chatting) -> None:
    message_id = new_id()

    first, again = (waiting.send("Once", client_message_id=message_id) for _ in range(2))

    assert (first.status, again.status, first.json) == (201, 200, again.json)
    assert scene.sent_to_giosg(waiting, "Once") == 1


@pytest.mark.parametrize("kind", ["commit_then_answer", "commit_then_drop", "garbage"])
def test_what_giosg_did_without_saying_so_is_found(scene: Scene, waiting: Chatting, kind: Kind) -> None:
    scene.giosg.faults.add(Fault(kind=kind, method="POST", path=POST_MESSAGE))

    reply = waiting.send("Once", client_message_id=new_id())

    assert reply.status == 201
    assert scene.sent_to_giosg(waiting, "Once") == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_repeat_finds_what_was_done_although_giosg_asked_to_come_back_later(
    scene: Scene, waiting: Chatting, status: int
) -> None:
    message_id = new_id()
    come_back = Fault(kind="commit_then_answer", status=status, method="POST", path=POST_MESSAGE)
    come_back.headers = {"Retry-After": "9"}
    scene.giosg.faults.add(come_back)

    first, again = (waiting.send("Once", client_message_id=message_id) for _ in range(2))

    assert (first.status, first.headers["Retry-After"], again.status) == (503, "9", 200)
    assert scene.sent_to_giosg(waiting, "Once") == 1


def test_a_repeat_sends_what_was_certainly_not_sent(scene: Scene, waiting: Chatting) -> None:
    message_id = new_id()
    scene.giosg.faults.answer(500, method="POST", path=POST_MESSAGE)

    first, again = (waiting.send("Once", client_message_id=message_id) for _ in range(2))

    assert (first.status, again.status) == (502, 201)
    assert scene.sent_to_giosg(waiting, "Once") == 1


def test_a_message_that_could_not_be_stored_is_found_by_a_repeat(scene: Scene, waiting: Chatting) -> None:
    message_id = new_id()
    throttled = ClientError({"Error": {"Code": "ThrottlingException"}}, "TransactWriteItems")
    with scene.breaking("TransactWriteItems", throttled, about="known_seq"):
        assert waiting.send("Once", client_message_id=message_id).status == 503

    assert waiting.send("Once", client_message_id=message_id).status == 200
    assert scene.sent_to_giosg(waiting, "Once") == 1


def test_a_function_killed_before_it_stored_the_message_leaves_it_to_a_repeat(scene: Scene, waiting: Chatting) -> None:
    message_id = new_id()
    with scene.breaking("TransactWriteItems", SystemExit(), about="known_seq"), pytest.raises(SystemExit):
        waiting.send("Once", client_message_id=message_id)

    assert waiting.send("Once", client_message_id=message_id).status == 504
    scene.clock.instant += send.LEASE
    assert waiting.send("Once", client_message_id=message_id).status == 200

    assert scene.sent_to_giosg(waiting, "Once") == 1


@pytest.mark.parametrize("function", ["StartChatFunction", "SendMessageFunction", "DeliverHeldMessagesFunction"])
def test_a_lease_outlives_the_function(function: str) -> None:
    assert timedelta(seconds=properties(function)["Timeout"]) < send.LEASE


def test_a_message_that_was_removed_before_its_sender_heard_of_it_is_not_sent_again(
    scene: Scene, waiting: Chatting
) -> None:
    message_id = new_id()
    with scene.breaking("TransactWriteItems", SystemExit(), about="known_seq"), pytest.raises(SystemExit):
        waiting.send("Once", client_message_id=message_id)
    scene.giosg.agent.remove(scene.giosg.messages(waiting.chat_id)[-1]["id"])
    added, removed = (each for each in scene.giosg.webhooks.take("messages"))
    scene.deliver(removed, added)

    again = waiting.send("Once", client_message_id=message_id)

    assert (again.status, again.json["is_removed"], again.json["message"]) == (200, True, None)
    assert scene.sent_to_giosg(waiting, "Once") == 0


def test_two_messages_with_one_text_are_two(scene: Scene, waiting: Chatting) -> None:
    first, second = new_id(), new_id()
    come_back = Fault(kind="commit_then_answer", status=503, method="POST", path=POST_MESSAGE, times=2)
    scene.giosg.faults.add(come_back)

    for message_id in (first, second, second, first):
        waiting.send("Twice", client_message_id=message_id)

    stored = {message.claim_id for message in scene.stored(waiting) if message.content["message"] == "Twice"}
    assert (stored, scene.sent_to_giosg(waiting, "Twice")) == ({first, second}, 2)


def test_a_message_that_may_be_another_attempts_is_neither_taken_nor_sent_again(
    scene: Scene, waiting: Chatting
) -> None:
    first, second = new_id(), new_id()
    scene.giosg.faults.add(Fault(kind="commit_then_answer", status=503, method="POST", path=POST_MESSAGE))
    waiting.send("Twice", client_message_id=first)
    wiring.store().claim(scene.chat(waiting), claim_at_work(scene, waiting, second, "Twice"))

    assert waiting.send("Twice", client_message_id=first).status == 504
    scene.clock.instant += send.LEASE
    assert waiting.send("Twice", client_message_id=first).status == 200
    assert waiting.send("Twice", client_message_id=second).status == 201

    assert scene.sent_to_giosg(waiting, "Twice") == 2


def claim_at_work(scene: Scene, waiting: Chatting, message_id: str, text: str) -> Claim:
    """Return the claim of somebody who has not come to the sending yet."""
    now = scene.clock()
    return Claim(
        claim_id=message_id,
        text_hash=text_hash(text),
        started_at=now,
        leased_until=now + send.LEASE,
        seq=scene.chat(waiting).seq,
    )


@pytest.mark.parametrize("is_resumed", [False, True])
def test_a_chat_that_giosg_has_removed_is_not_found(scene: Scene, waiting: Chatting, is_resumed: bool) -> None:  # noqa: FBT001
    message_id = new_id()
    if is_resumed:
        scene.giosg.faults.answer(500, method="POST", path=POST_MESSAGE)
        waiting.send("Once", client_message_id=message_id)
    scene.giosg.agent.remove_chat(waiting.chat_id)

    assert waiting.send("Once", client_message_id=message_id).json["code"] == "chat_not_found"


def test_an_echo_that_comes_first_is_joined_with_its_sender(scene: Scene, waiting: Chatting) -> None:
    message_id = new_id()
    with scene.breaking("TransactWriteItems", SystemExit(), about="known_seq"), pytest.raises(SystemExit):
        waiting.send("Once", client_message_id=message_id)

    scene.deliver()

    assert waiting.send("Once", client_message_id=message_id).status == 200
    assert [message.claim_id for message in scene.stored(waiting)][-1] == message_id


def test_another_text_under_the_same_id_is_refused(waiting: Chatting) -> None:
    message_id = new_id()
    waiting.send("Once", client_message_id=message_id)

    assert waiting.send("Other", client_message_id=message_id).json["code"] == "client_message_id_reused"


def test_a_refused_message_can_be_sent_again(scene: Scene, waiting: Chatting) -> None:
    message_id = new_id()
    scene.giosg.faults.answer(400, method="POST", path=POST_MESSAGE)

    first, again = (waiting.send("Once", client_message_id=message_id) for _ in range(2))

    assert (first.status, again.status) == (502, 201)


def test_a_message_to_a_chat_that_giosg_has_ended_is_refused_as_such(scene: Scene, waiting: Chatting) -> None:
    scene.giosg.agent.end(waiting.chat_id)

    assert waiting.send("Late", client_message_id=new_id()).json["code"] == "chat_ended"
    assert scene.chat(waiting).status == "ended"


def test_a_write_that_meets_a_transaction_is_done_when_that_is_over(scene: Scene, waiting: Chatting) -> None:
    conflict = ClientError({"Error": {"Code": "TransactionConflictException"}}, "UpdateItem")
    message_id = new_id()
    scene.giosg.faults.answer(400, method="POST", path=POST_MESSAGE)

    with scene.breaking("UpdateItem", conflict, about="claims", times=2):
        waiting.send("Once", client_message_id=message_id)

    assert scene.chat(waiting).claims == {}
