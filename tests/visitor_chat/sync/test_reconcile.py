"""A chat is made equal to what Giosg holds, beside everything else that happens to it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.toolkit.visitors import Chatting
from tests.visitor_chat.scene import Scene

from giosg_client.models import Message
from visitor_chat import wiring
from visitor_chat.domain.records import Chat
from visitor_chat.store.chats import Marker
from visitor_chat.store.messages import Messages
from visitor_chat.sync.reconcile import Synced


class Told(list[Message]):
    """Messages as Giosg lists them."""

    left_out = 0


def sync(waiting: Chatting) -> Synced:
    return wiring.reconciler().sync(waiting.chat_id)


def test_what_no_webhook_brought_is_found_and_counted(scene: Scene, waiting: Chatting) -> None:
    scene.giosg.agent.say(waiting.chat_id, "Good morning!")
    scene.clock.instant += timedelta(minutes=1)

    assert sync(waiting).missed == 2

    assert scene.texts(waiting) == ["Hello?", None, "Good morning!"]


def test_what_may_still_be_under_way_is_not_counted_as_missed(scene: Scene, waiting: Chatting) -> None:
    scene.giosg.agent.say(waiting.chat_id, "Good morning!")

    assert sync(waiting).missed == 0


@pytest.mark.parametrize("is_newest_first", [False, True])
def test_messages_of_one_instant_are_stored_in_giosgs_order(
    scene: Scene, waiting: Chatting, monkeypatch: pytest.MonkeyPatch, *, is_newest_first: bool
) -> None:
    scene.clock.instant += timedelta(minutes=1)
    for text in "abcdef":
        scene.giosg.agent.rule_says(waiting.chat_id, text)
    giosg = wiring.giosg()
    listed = sorted(giosg.list_owned_messages(waiting.chat_id), key=lambda each: (each.created_at, each.message))
    told = Told(listed[::-1] if is_newest_first else listed)
    monkeypatch.setattr(giosg, "list_owned_messages", lambda _chat_id: told)

    sync(waiting)

    assert scene.texts(waiting)[1:] == list("abcdef")


def test_a_second_look_changes_nothing(scene: Scene, waiting: Chatting) -> None:
    scene.giosg.agent.say(waiting.chat_id, "Good morning!")
    sync(waiting)
    before = scene.chat(waiting).seq

    assert (sync(waiting).missed, sync(waiting).corrected) == (0, 0)
    assert scene.chat(waiting).seq == before


def test_a_message_that_was_removed_unseen_by_us_is_removed(scene: Scene, waiting: Chatting) -> None:
    message_id = scene.giosg.agent.say(waiting.chat_id, "swordfish")
    scene.deliver()
    scene.giosg.agent.remove(message_id)
    scene.clock.instant += timedelta(minutes=1)

    assert sync(waiting).corrected == 1

    assert "swordfish" not in str(scene.records("MessagesTable"))


def test_a_message_too_new_to_be_judged_keeps_an_ended_chat_due(scene: Scene, waiting: Chatting) -> None:
    message_id = scene.giosg.agent.say(waiting.chat_id, "swordfish")
    scene.deliver()
    scene.giosg.agent.remove(message_id)
    scene.giosg.agent.end(waiting.chat_id)

    sync(waiting)
    assert "swordfish" in scene.texts(waiting)

    scene.clock.instant += timedelta(minutes=5)
    sync(waiting)
    assert "swordfish" not in scene.texts(waiting)


def test_a_part_of_a_message_that_giosg_no_longer_has_is_forgotten(scene: Scene, waiting: Chatting) -> None:
    message_id = scene.giosg.agent.say(waiting.chat_id, "A")
    scene.giosg.agent.edit(message_id, "swordfish")
    scene.deliver(*scene.webhooks("changed"))
    scene.giosg.agent.remove(message_id)
    scene.clock.instant += timedelta(minutes=1)

    sync(waiting)

    assert "swordfish" not in str(scene.records("MessagesTable"))


def test_a_chat_that_has_ended_is_left_alone_once_a_look_finds_nothing_to_do(scene: Scene, waiting: Chatting) -> None:
    scene.giosg.agent.end(waiting.chat_id)
    scene.clock.instant += timedelta(minutes=1)

    sync(waiting)
    assert scene.is_due(waiting, days=1)

    sync(waiting)
    assert not scene.is_due(waiting, days=1)


def test_a_chat_that_has_just_ended_is_looked_at_again(scene: Scene, waiting: Chatting) -> None:
    scene.giosg.agent.end(waiting.chat_id)
    scene.deliver()

    sync(waiting)

    assert scene.is_due(waiting, minutes=5)


def test_what_comes_late_for_a_chat_at_rest_has_it_looked_at_again(scene: Scene, waiting: Chatting) -> None:
    message_id = scene.giosg.agent.say(waiting.chat_id, "A")
    scene.giosg.agent.edit(message_id, "B")
    (overtaken,) = scene.webhooks("changed")
    scene.giosg.agent.edit(message_id, "A")
    scene.giosg.agent.end(waiting.chat_id)
    scene.clock.instant += timedelta(minutes=1)
    sync(waiting)
    sync(waiting)

    scene.deliver(overtaken)

    assert scene.is_due(waiting, minutes=2)


def during_the_look(monkeypatch: pytest.MonkeyPatch, happen: Callable[[], Any]) -> None:
    """Let something happen just after Giosg has told its messages."""
    giosg = wiring.giosg()
    asked = giosg.list_owned_messages

    def told(chat_id: str) -> Told:
        messages = Told(asked(chat_id))
        monkeypatch.undo()
        happen()
        return messages

    monkeypatch.setattr(giosg, "list_owned_messages", told)


def test_what_is_committed_during_a_look_is_not_replaced_by_what_it_saw(
    scene: Scene, waiting: Chatting, monkeypatch: pytest.MonkeyPatch
) -> None:
    message_id = scene.giosg.agent.say(waiting.chat_id, "old")
    letters = scene.webhooks("added")

    def happen() -> None:
        scene.giosg.agent.edit(message_id, "new")
        scene.deliver(*letters)
        scene.deliver()

    during_the_look(monkeypatch, happen)

    sync(waiting)

    assert scene.texts(waiting)[-1] == "new"


def test_a_chat_that_changes_during_a_look_is_not_taken_to_be_at_rest(
    scene: Scene, waiting: Chatting, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.giosg.agent.end(waiting.chat_id)
    scene.deliver()
    scene.clock.instant += timedelta(minutes=10)
    during_the_look(monkeypatch, lambda: (scene.giosg.agent.rule_says(waiting.chat_id, "Bye"), scene.deliver()))

    sync(waiting)

    assert scene.is_due(waiting, minutes=5)


def test_a_removal_that_broke_off_is_finished(scene: Scene, waiting: Chatting, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(_messages: Messages, _chat_id: str, **_options: Any) -> bool:
        raise SystemExit

    scene.giosg.agent.say(waiting.chat_id, "swordfish")
    scene.deliver()
    scene.giosg.agent.remove_chat(waiting.chat_id)
    monkeypatch.setattr(Messages, "erase", killed)
    with pytest.raises(SystemExit):
        scene.deliver()
    monkeypatch.undo()
    assert scene.is_due(waiting, minutes=5)

    assert sync(waiting).chat is Marker.REMOVED

    assert "swordfish" not in str(scene.records("MessagesTable"))
    assert not scene.is_due(waiting, days=1)


def test_a_chat_of_ours_that_only_giosg_knows_is_adopted(scene: Scene, waiting: Chatting) -> None:
    token = wiring.store().credentials.find(scene.chat(waiting).visitor_id)
    assert token is not None
    made = wiring.giosg().create_chat(scene.giosg.room_id, token.visitor_id, access_token=token.access_token)

    adopted = wiring.reconciler().sync(made.id).chat

    assert isinstance(adopted, Chat)
    assert adopted.visitor_id == token.visitor_id


def test_a_chat_of_somebody_elses_is_not_adopted(scene: Scene) -> None:
    foreign = scene.giosg.website_visitor.start_chat(room_id=scene.giosg.room_id)

    assert wiring.reconciler().sync(foreign).chat is Marker.FOREIGN


@pytest.mark.parametrize(
    ("silence", "soon", "late"),
    [
        (timedelta(minutes=10), {"minutes": 3}, {"minutes": 4}),
        (timedelta(hours=5), {"minutes": 6}, {"minutes": 9}),
        (timedelta(days=2), {"minutes": 50}, {"minutes": 59}),
    ],
    ids=["an hour", "a day", "longer"],
)
def test_a_chat_is_compared_the_more_seldom_the_longer_it_is_silent(
    scene: Scene, waiting: Chatting, silence: timedelta, soon: dict[str, float], late: dict[str, float]
) -> None:
    scene.clock.instant += silence

    wiring.reconciler().sync(waiting.chat_id)

    assert not scene.is_due(waiting, **soon)
    assert scene.is_due(waiting, **late)


def test_a_silent_chat_is_compared_soon_once_something_is_said(scene: Scene, waiting: Chatting) -> None:
    scene.clock.instant += timedelta(days=2)
    wiring.reconciler().sync(waiting.chat_id)

    scene.giosg.agent.say(waiting.chat_id, "Sorry for the wait")
    scene.deliver()

    assert scene.is_due(waiting, minutes=5)
