"""Sends whose outcome nobody knows: there are only so many of them in a chat, and those of long ago are forgotten."""

import uuid
from datetime import timedelta

import pytest
from local.giosg.faults.faults import Fault
from tests.toolkit.visitors import Chatting
from tests.visitor_chat.scene import Scene

from visitor_chat import wiring
from visitor_chat.chats import send
from visitor_chat.domain.claim_matching import text_hash
from visitor_chat.domain.records import Claim
from visitor_chat.store import claims
from visitor_chat.store.tables import ConditionFailed
from visitor_chat.sync.reconcile import LONGEST_DOUBT

POST_MESSAGE = "/messages$"
LATER = LONGEST_DOUBT + timedelta(minutes=1)


def new_id() -> str:
    return str(uuid.uuid4())


def send_in_vain(scene: Scene, waiting: Chatting, text: str, message_id: str) -> None:
    """Send a message that Giosg may have taken, or not."""
    scene.giosg.faults.answer(500, method="POST", path=POST_MESSAGE)
    assert waiting.send(text, client_message_id=message_id).status == 502


def compare(scene: Scene, waiting: Chatting, *, after: timedelta = LATER) -> None:
    scene.clock.instant += after
    wiring.reconciler().sync(waiting.chat_id)


def test_a_send_of_long_ago_that_giosg_knows_nothing_of_is_forgotten_and_a_repeat_sends_it(
    scene: Scene, waiting: Chatting
) -> None:
    message_id = new_id()
    send_in_vain(scene, waiting, "Once", message_id)

    compare(scene, waiting)

    assert scene.chat(waiting).claims == {}
    assert waiting.send("Once", client_message_id=message_id).status == 201
    assert scene.sent_to_giosg(waiting, "Once") == 1


def test_a_send_of_just_now_is_kept(scene: Scene, waiting: Chatting) -> None:
    send_in_vain(scene, waiting, "Once", new_id())

    compare(scene, waiting, after=LONGEST_DOUBT / 2)

    assert len(scene.chat(waiting).claims) == 1


def test_a_send_that_may_be_a_message_of_giosgs_is_kept_for_its_sender(scene: Scene, waiting: Chatting) -> None:
    ids = new_id(), new_id()
    for message_id in ids:
        scene.giosg.faults.add(Fault(kind="commit_then_answer", status=503, method="POST", path=POST_MESSAGE))
        waiting.send("Twice", client_message_id=message_id)

    compare(scene, waiting)

    assert scene.chat(waiting).claims.keys() == set(ids)
    assert [waiting.send("Twice", client_message_id=message_id).status for message_id in ids] == [200, 200]
    assert scene.sent_to_giosg(waiting, "Twice") == 2


def test_sends_that_nobody_can_repeat_are_forgotten_even_so(scene: Scene, waiting: Chatting) -> None:
    for _ in range(2):
        scene.giosg.faults.add(Fault(kind="commit_then_answer", status=503, method="POST", path=POST_MESSAGE))
        waiting.send("Twice")

    compare(scene, waiting)

    assert scene.chat(waiting).claims == {}
    assert scene.texts(waiting).count("Twice") == 2


def test_a_send_that_is_taken_up_again_meanwhile_is_kept(scene: Scene, waiting: Chatting) -> None:
    send_in_vain(scene, waiting, "Once", new_id())
    (claim,) = scene.chat(waiting).claims.values()
    wiring.store().claims.take_over(scene.chat(waiting), claim, leased_until=scene.clock() + timedelta(seconds=30))

    wiring.store().claims.forget(scene.chat(waiting), claim)

    assert claim.claim_id in scene.chat(waiting).claims


def test_a_chat_with_many_sends_of_unknown_outcome_takes_no_more_until_one_is_settled(
    scene: Scene, waiting: Chatting, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (claims, send):
        monkeypatch.setattr(module, "MOST_CLAIMS", 2)
    first = new_id()
    send_in_vain(scene, waiting, "First", first)
    send_in_vain(scene, waiting, "Second", new_id())

    refused = waiting.send("Third", client_message_id=new_id())

    assert (refused.status, refused.json["code"], refused.headers["Retry-After"]) == (429, "too_many_requests", "60")
    assert waiting.send("First", client_message_id=first).status == 201
    assert waiting.send("Third", client_message_id=new_id()).status == 201


def test_the_limit_holds_for_sends_at_the_same_time(scene: Scene, waiting: Chatting) -> None:
    chat = scene.chat(waiting)
    for number in range(claims.MOST_CLAIMS):
        wiring.store().claim(chat, claim_of(scene, f"claim-{number}"))

    with pytest.raises(ConditionFailed):
        wiring.store().claim(chat, claim_of(scene, "one-too-many"))


def claim_of(scene: Scene, claim_id: str) -> Claim:
    now = scene.clock()
    return Claim(claim_id=claim_id, text_hash=text_hash(claim_id), started_at=now, leased_until=now, seq=0)
