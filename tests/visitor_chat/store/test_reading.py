"""Following cursors misses nothing, although an item of a transaction may be readable before the others."""

from collections.abc import Callable

import pytest
from tests.toolkit.clock import Clock
from tests.toolkit.visitors import Chatting
from tests.visitor_chat.in_flight import InFlight, hiding
from tests.visitor_chat.scene import Scene

from visitor_chat import wiring
from visitor_chat.domain.records import StoredMessage


class Reader:
    """Reads a chat from its cursor on, as list_messages does."""

    def __init__(self, scene: Scene, waiting: Chatting) -> None:
        self._scene = scene
        self._visit = waiting
        self.place = 0
        self.seen: dict[str, StoredMessage] = {}
        self.has_more = True

    def read(self, limit: int = 50) -> None:
        chat = self._scene.chat(self._visit)
        changes = wiring.store().messages.changes(chat, after=self.place, limit=limit)
        self.seen |= {message.id: message for message in changes.messages}
        self.place, self.has_more = changes.seq, changes.has_more

    def read_on(self) -> list[str | None]:
        """Read to the end, and give the texts seen so far."""
        self.has_more = True
        while self.has_more:
            self.read()
        return [message.content["message"] for message in self.seen.values()]


def settled_after(
    clock: Clock, in_flight: InFlight, *, naps: int, during: Callable[[], None]
) -> Callable[[float], None]:
    """Return a `sleep` during which somebody reads, and after some of which the transaction is over."""
    left = [naps]

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        during()
        left[0] -= 1
        if left[0] == 0:
            in_flight.settle()

    return sleep


def test_a_reader_waits_for_a_message_that_is_just_being_committed(scene: Scene, waiting: Chatting) -> None:
    reader = Reader(scene, waiting)
    reader.read_on()
    scene.giosg.agent.rule_says(waiting.chat_id, "one")

    with hiding("message#") as in_flight:
        scene.deliver()
        assert in_flight.is_hiding
        reader.read()
        assert (len(reader.seen), reader.has_more) == (1, True)

    assert reader.read_on() == ["Hello?", "one"]


def test_a_page_never_goes_beyond_a_message_that_is_just_being_committed(scene: Scene, waiting: Chatting) -> None:
    for text in ("one", "two", "three"):
        scene.giosg.agent.rule_says(waiting.chat_id, text)
    *letters, last = scene.webhooks("added")
    scene.deliver(*letters)
    reader = Reader(scene, waiting)

    with hiding("message#"):
        scene.deliver(last)
        for _page in range(8):
            reader.read(limit=2)

    assert sorted(filter(None, reader.read_on())) == ["Hello?", "one", "three", "two"]


def test_the_next_message_waits_until_the_one_before_it_can_be_read(
    scene: Scene, waiting: Chatting, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Reader(scene, waiting)
    scene.giosg.agent.rule_says(waiting.chat_id, "one")
    scene.giosg.agent.rule_says(waiting.chat_id, "two")
    first, second = scene.webhooks("added")

    with hiding("message#") as in_flight:
        scene.deliver(first)
        monkeypatch.setattr(
            wiring.committer(), "_sleep", settled_after(scene.clock, in_flight, naps=3, during=reader.read)
        )
        scene.deliver(second)
        reader.read()

    assert in_flight.conflicts
    assert reader.read_on() == ["Hello?", "one", "two"]


def test_a_message_that_is_edited_while_it_is_committed_is_seen_as_it_is(
    scene: Scene, waiting: Chatting, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Reader(scene, waiting)
    message_id = scene.giosg.agent.rule_says(waiting.chat_id, "one")
    scene.giosg.agent.edit(message_id, "two")
    added, changed = scene.giosg.webhooks.take("messages")[-2:]

    with hiding("message#") as in_flight:
        scene.deliver(added)
        monkeypatch.setattr(
            wiring.committer(), "_sleep", settled_after(scene.clock, in_flight, naps=2, during=reader.read)
        )
        scene.deliver(changed)

    assert reader.read_on() == ["Hello?", "two"]


def test_a_message_is_not_sent_again_while_it_is_just_being_noted_as_sent(
    scene: Scene, waiting: Chatting, monkeypatch: pytest.MonkeyPatch
) -> None:
    message_id = "0b8f6b0a-7f55-4a3e-9a06-3d1f4c9a1c11"

    with hiding("sent#") as in_flight:
        assert waiting.send("Once", client_message_id=message_id).status == 201
        assert in_flight.is_hiding
        monkeypatch.setattr(wiring.message_sender(), "_sleep", lambda _seconds: in_flight.settle())
        again = waiting.send("Once", client_message_id=message_id)

    assert (again.status, scene.sent_to_giosg(waiting, "Once")) == (200, 1)


def test_a_message_that_was_sent_is_given_although_it_cannot_be_read_at_once(
    waiting: Chatting, monkeypatch: pytest.MonkeyPatch
) -> None:
    message_id = "0b8f6b0a-7f55-4a3e-9a06-3d1f4c9a1c12"

    with hiding("message#") as in_flight:
        assert waiting.send("Twice", client_message_id=message_id).status == 201
        assert in_flight.is_hiding
        monkeypatch.setattr(wiring.message_sender(), "_sleep", lambda _seconds: in_flight.settle())
        again = waiting.send("Twice", client_message_id=message_id)

    assert (again.status, again.json["message"]) == (200, "Twice")
