"""One start makes one chat, however often it is tried, and whatever else its visitor does."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.aws import Reply
from tests.template import properties
from tests.toolkit.visitors import Chatting, ask_to_start
from tests.visitor_chat.scene import Scene

from giosg_client.models import Chat as GiosgChat
from visitor_chat import wiring
from visitor_chat.chats import start_journal
from visitor_chat.chats.open_chat import Attempt
from visitor_chat.domain.records import Visitor


def new_key() -> str:
    return str(uuid.uuid4())


def chats_of(scene: Scene, reply: Reply) -> list[str]:
    return [chat["id"] for chat in scene.giosg.chats(visitor_id=reply.json["visitor"]["id"])]


@pytest.mark.parametrize(
    ("operation", "about"),
    [
        pytest.param("TransactWriteItems", "#claims.#claim = :claim", id="before the first message"),
        pytest.param("UpdateItem", "#chat_id", id="once its chat is stored"),
        pytest.param("TransactWriteItems", "open_shard", id="once its chat is made"),
        pytest.param("UpdateItem", "#visitor_id", id="once its visitor is stored"),
    ],
)
def test_a_start_that_was_killed_goes_on_where_it_stopped(scene: Scene, operation: str, about: str) -> None:
    key = new_key()
    with scene.breaking(operation, SystemExit(), about=about), pytest.raises(SystemExit):
        ask_to_start(scene.functions, key=key, message="Hello?")
    scene.clock.instant += start_journal.LEASE

    reply = ask_to_start(scene.functions, key=key, message="Hello?")

    assert reply.status in {200, 201}
    assert chats_of(scene, reply) == [reply.json["chat"]["id"]]


def test_a_webhook_that_is_faster_than_the_start_does_not_make_it_another_chat(scene: Scene) -> None:
    key = new_key()
    with scene.breaking("TransactWriteItems", SystemExit(), about="open_shard"), pytest.raises(SystemExit):
        ask_to_start(scene.functions, key=key)
    scene.deliver()
    scene.clock.instant += start_journal.LEASE

    reply = ask_to_start(scene.functions, key=key)

    assert chats_of(scene, reply) == [reply.json["chat"]["id"]]


def test_a_chat_that_cannot_be_stored_beside_something_else_is_stored_a_moment_later(scene: Scene) -> None:
    reasons: Any = {"CancellationReasons": [{"Code": "TransactionConflict"}]}
    conflict = ClientError({"Error": {"Code": "TransactionCanceledException"}} | reasons, "TransactWriteItems")

    with scene.breaking("TransactWriteItems", conflict, about="open_shard"):
        reply = ask_to_start(scene.functions, key=new_key())

    assert reply.status == 201
    assert chats_of(scene, reply) == [reply.json["chat"]["id"]]


def test_a_start_of_a_known_visitor_whose_first_note_was_lost_is_repeated(scene: Scene) -> None:
    key, token = new_key(), scene.start().token
    throttled = ClientError({"Error": {"Code": "ThrottlingException"}}, "UpdateItem")
    with scene.breaking("UpdateItem", throttled, about="SET #visitor_id = :visitor_id"):
        assert ask_to_start(scene.functions, key=key, token=token).status == 503

    reply = ask_to_start(scene.functions, key=key, token=token)

    assert (reply.status, len(chats_of(scene, reply))) == (200, 2)


@pytest.mark.parametrize("function", ["StartChatFunction", "DeliverHeldMessagesFunction"])
def test_a_lease_outlives_the_function(function: str) -> None:
    assert timedelta(seconds=properties(function)["Timeout"]) < start_journal.LEASE


class TestTwoStartsOfOneVisitor:
    """Both are under way at once, and Giosg has an empty chat that either could have made."""

    @staticmethod
    def attempt(scene: Scene, waiting: Chatting, name: str) -> Attempt:
        visitor_id = scene.chat(waiting).visitor_id
        credentials = wiring.store().credentials.find(visitor_id)
        assert credentials is not None
        visitor = Visitor(id=visitor_id, name=None)
        return Attempt(
            name=name, room=wiring.rooms().default, visitor=visitor, credentials=credentials, began_at=scene.clock()
        )

    @staticmethod
    def make_chat(attempt: Attempt) -> GiosgChat:
        return wiring.giosg().create_chat(
            attempt.room.id, attempt.visitor.id, access_token=attempt.credentials.access_token
        )

    def test_the_second_to_store_the_chat_makes_another(self, scene: Scene, waiting: Chatting) -> None:
        first, second = (self.attempt(scene, waiting, f"{waiting.chat_id} {name}") for name in ("first", "second"))
        made = self.make_chat(first)

        chats = [wiring.chat_opener().open(attempt, made).id for attempt in (first, second)]

        assert chats[0] == made.id != chats[1]

    def test_each_finds_its_own_again(self, scene: Scene, waiting: Chatting) -> None:
        first, second = (self.attempt(scene, waiting, f"{waiting.chat_id} {name}") for name in ("first", "second"))
        made = wiring.chat_opener().open(second, self.make_chat(second))
        self.make_chat(first)

        found = wiring.chat_opener().find_begun(second)

        assert found is not None
        assert found.id == made.id
