"""What has expired is gone, whether or not DynamoDB has deleted it: for reads, for conditions, and for good."""

import json
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.aws import Context
from tests.toolkit import notifications
from tests.toolkit.visitors import Chatting
from tests.visitor_chat.scene import Scene

from visitor_chat import wiring
from visitor_chat.domain import merging
from visitor_chat.domain.records import Chat, Claim, Credentials, Session, StoredMessage
from visitor_chat.realtime import event_bus
from visitor_chat.store.coordination import start_key
from visitor_chat.store.dynamodb_values import to_item
from visitor_chat.store.known_people import KnownVisitor
from visitor_chat.store.tables import ConditionFailed

SAID = "Good morning!"
LONG = timedelta(days=100)
KEY = start_key("0" * 64)
CONTENT = {"type": "msg", "sender_type": "user", "created_at": "2030-01-01T10:00:00.000Z", "message": SAID}


def age(scene: Scene, waiting: Chatting, *, days: int = 31) -> None:
    """Let a chat rest so long, while its visitor comes back again and again."""
    scene.giosg.webhooks.take()
    for day in range(0, days, 6):
        scene.clock.instant += timedelta(days=min(6, days - day))
        assert waiting.chats().status == 200
    scene.giosg.agent.go_online()


def delete(table: str, **begins: str) -> None:
    """Let DynamoDB delete the items whose keys begin so."""
    client = wiring.aws("dynamodb")
    name = getattr(wiring.settings(), table)
    keys = {"chats_table": ("pk", "sk"), "messages_table": ("chat_id", "record")}[table]
    for item in client.scan(TableName=name)["Items"]:
        if all(item[key]["S"].startswith(value) for key, value in begins.items()):
            client.delete_item(TableName=name, Key={key: item[key] for key in keys})


def anything_said(scene: Scene, waiting: Chatting) -> bool:
    """Tell whether a text of the chat is in any table."""
    tables = (wiring.settings().chats_table, wiring.settings().messages_table)
    return any(
        "swordfish" in str(record)
        for table in tables
        for record in scene.records(table)
        if waiting.chat_id in str(record)
    )


def test_what_has_expired_is_not_in_the_way_of_the_same_again(scene: Scene) -> None:
    entries, key = wiring.store().coordination, start_key("1" * 64)

    made = [entries.begin(key, until=scene.clock(), lifetime=LONG, facts={}) is not None for _time in range(2)]
    scene.clock.instant += 2 * LONG
    made.append(entries.begin(key, until=scene.clock(), lifetime=LONG, facts={}) is not None)

    assert made == [True, False, True]


class TestOneRule:
    """Everything that is stored of a visitor, long after."""

    @pytest.fixture
    def everything(self, scene: Scene) -> tuple[Chatting, Chat, StoredMessage]:
        """Return a chat of a known person's, beside whatever else the tables hold, all of it expired."""
        waiting = scene.start(client_message_id="7f1c0a52-0000-4000-8000-000000000001")
        chat = scene.chat(waiting)
        (message,) = scene.stored(waiting)
        store, visitor_id = wiring.store(), chat.visitor_id
        known = KnownVisitor(visitor_id=visitor_id, subject_hash="hash", name="Aino", variables={})
        store.known_people.bind(known, instead_of=None, guards=())
        store.connections.open(visitor_id, "connection")
        store.connections.take_presence_turn(visitor_id, every=timedelta(minutes=1))
        store.coordination.begin(KEY, until=scene.clock(), lifetime=timedelta(days=1), facts={"name": "first"})
        scene.clock.instant += LONG
        return waiting, chat, message

    def test_no_read_finds_it(self, everything: tuple[Chatting, Chat, StoredMessage]) -> None:
        waiting, chat, message = everything
        store, visitor_id = wiring.store(), chat.visitor_id
        session_id = waiting.token.split(".")[1]
        context = store.context(
            visitor_id,
            session_id,
            chat_id=chat.id,
            claim_id=message.claim_id,
            with_credentials=True,
            chat_ids=[chat.id],
        )

        assert (context.visitor, context.session, context.chat, context.sent, context.credentials) == (None,) * 5
        assert list(context.chats) == []
        assert store.visitors.find(visitor_id) is None
        assert not store.visitors.has_session(visitor_id, session_id)
        assert store.credentials.find(visitor_id) is None
        assert store.known_people.find(visitor_id) is None
        assert store.known_people.find_visitor_id("hash") is None
        assert store.chats.find(chat.id) is None
        assert store.chats.of_visitor(visitor_id, before=None, limit=10) == ([], None)
        assert store.chat_and_sent(chat.id, message.claim_id or "") == (None, None)
        assert store.chat_and_message(chat.id, message.id)[:2] == (None, None)
        assert store.messages.find(chat.id, message.id) is None
        assert list(store.messages.all_of(chat.id)) == []
        assert store.messages.changes(chat, after=0, limit=10).messages == []
        assert store.connections.of_visitor(visitor_id) == []
        assert store.connections.owner("connection") is None
        assert store.connections.oldest_of_visitor(visitor_id, beyond=0, but="") == []
        assert store.coordination.read(KEY) is None

    def test_no_condition_holds_of_it(self, scene: Scene, everything: tuple[Chatting, Chat, StoredMessage]) -> None:
        waiting, chat, message = everything
        store, visitor_id = wiring.store(), chat.visitor_id
        later, now = replace(message, version=message.version + 1, content=CONTENT), scene.clock()
        claim = Claim(claim_id="claim", text_hash="hash", started_at=now, leased_until=now, seq=chat.seq)
        stale = Credentials(visitor_id=visitor_id, visitor_secret_id="s", access_token="t", renew_at=now)
        guard = store.visitors.check_not_erased(visitor_id)
        known = KnownVisitor(visitor_id=visitor_id, subject_hash="hash", name=None, variables={})
        refused: list[Callable[[], Any]] = [
            lambda: store.commit(chat, merging.with_message(chat, later), message, later),
            lambda: store.keep_unseen(chat, None, replace(later, id="b85d13fa-92c7-4e60-a1f4-7d09c3be2865")),
            lambda: store.chats.change(chat, replace(chat, is_ended=True)),
            lambda: store.claim(chat, claim),
            lambda: store.claims.take_over(chat, claim, leased_until=now),
            lambda: store.credentials.renew(stale),
            lambda: store.visitors.remember(visitor_id, name="Eino"),
            lambda: store.known_people.bind(known, instead_of=visitor_id, guards=[guard]),
            lambda: store.coordination.record(KEY, more="facts"),
        ]
        for write in refused:
            with pytest.raises(ConditionFailed):
                write()
        session = Session(visitor_id=visitor_id, session_id=waiting.token.split(".")[1], secret_hash="", expires_at=now)
        store.visitors.prolong_session(session, now + LONG)
        store.messages.forget(message)

        assert store.chats.take_as_started(replace(chat, started_by=None), "start") is None
        assert not store.credentials.lease_renewal(stale, now)
        assert store.coordination.take_over(KEY, until=now) is None
        assert store.coordination.consume(KEY) is None
        assert not store.visitors.has_session(visitor_id, session.session_id)

    def test_what_must_not_be_there_may_be_there_expired(
        self, scene: Scene, everything: tuple[Chatting, Chat, StoredMessage]
    ) -> None:
        _visit, chat, _message = everything
        store, visitor_id, now = wiring.store(), chat.visitor_id, scene.clock()
        known = KnownVisitor(visitor_id="0" * 32, subject_hash="hash", name=None, variables={})

        visitor = store.visitors.introduce(visitor_id, room_id=scene.giosg.room_id)
        store.chats.open(chat, sync_due_at=now + LONG, guards=[store.visitors.check_not_erased(visitor_id)])
        store.known_people.bind(known, instead_of=None, guards=())

        assert (visitor.name, visitor.variables) == (None, {})
        assert isinstance(store.chats.find(chat.id), Chat)
        assert store.known_people.find_visitor_id("hash") == "0" * 32
        assert store.coordination.begin(KEY, until=now, lifetime=LONG, facts={}) is not None
        assert store.connections.take_presence_turn(visitor_id, every=timedelta(days=365))

    def test_a_list_goes_on_behind_what_has_expired(self, scene: Scene) -> None:
        chat, later = scene.chat(scene.start()), scene.clock() + LONG
        visitor_id, chats = uuid.uuid4().hex, wiring.store().chats
        ids = [str(uuid.uuid4()) for _number in range(5)]
        for number, chat_id in enumerate(ids):
            made = replace(chat, id=chat_id, visitor_id=visitor_id, created_at=later - timedelta(days=5 - number))
            scene.clock.instant = later if number == 0 else later - LONG
            chats.open(made, sync_due_at=later, guards=())
        scene.clock.instant = later

        page, place = chats.ids_of_visitor(visitor_id, before=None, limit=1)

        assert (page, place) == (ids[:1], None)


class TestRevival:
    """An agent says something in a chat that has expired."""

    @pytest.mark.parametrize("is_deleted", [False, True], ids=["not deleted yet", "deleted"])
    def test_the_message_revives_the_chat(self, scene: Scene, waiting: Chatting, *, is_deleted: bool) -> None:
        age(scene, waiting)
        if is_deleted:
            delete("chats_table", pk=f"chat#{waiting.chat_id}")
        scene.giosg.agent.rule_says(waiting.chat_id, SAID)

        assert scene.deliver() == [204]

        assert waiting.read().json["messages"][-1]["message"] == SAID
        listed = waiting.chats().json["chats"]
        assert [chat["id"] for chat in listed] == [waiting.chat_id]

    def test_it_need_not_name_the_room_of_a_chat_that_is_not_deleted_yet(self, scene: Scene, waiting: Chatting) -> None:
        age(scene, waiting)
        scene.giosg.agent.rule_says(waiting.chat_id, SAID)
        (letter,) = scene.webhooks("added")
        del letter.body["resource"]["room_id"]

        assert scene.functions.webhook("messages", letter.body).status == 204

        assert waiting.read().json["messages"][-1]["message"] == SAID

    def test_what_could_not_be_looked_up_is_revived_from_the_queue(self, scene: Scene, waiting: Chatting) -> None:
        age(scene, waiting)
        scene.giosg.agent.rule_says(waiting.chat_id, SAID)
        for _attempt in range(2):
            scene.giosg.faults.answer(500, path="memberships")
        assert scene.deliver() == [204]

        wiring.repairs().take([{"messageId": "1", "body": json.dumps({"chat_id": waiting.chat_id})}], Context())

        assert waiting.read().json["messages"][-1]["message"] == SAID

    @pytest.mark.parametrize("is_deleted", [False, True], ids=["not deleted yet", "deleted"])
    def test_a_reader_with_an_old_cursor_misses_nothing(
        self, scene: Scene, waiting: Chatting, *, is_deleted: bool
    ) -> None:
        for text in ("one", "two", "three"):
            scene.giosg.agent.rule_says(waiting.chat_id, text)
        scene.deliver()
        cursor = waiting.read().json["next"]
        age(scene, waiting)
        if is_deleted:
            delete("chats_table", pk=f"chat#{waiting.chat_id}")
        for text in ("four", "five", "six", "seven", "eight"):
            scene.giosg.agent.rule_says(waiting.chat_id, text)
            scene.deliver()

        news = [message["message"] for message in waiting.read(after=cursor).json["messages"]]

        assert news == ["four", "five", "six", "seven", "eight"]

    def test_messages_that_outlive_their_chat_keep_their_places(self, scene: Scene, waiting: Chatting) -> None:
        scene.giosg.agent.rule_says(waiting.chat_id, "before")
        scene.deliver()
        scene.clock.instant += timedelta(days=29)
        waiting.chats()
        scene.clock.instant += timedelta(days=2)
        scene.giosg.agent.rule_says(waiting.chat_id, SAID)

        scene.deliver()
        wiring.reconciler().sync(waiting.chat_id)

        page = waiting.read(limit="200").json["messages"]
        assert [message["message"] for message in page] == ["Hello?", "before", SAID]
        assert len({message["sequence"] for message in page}) == 3

    def test_the_chat_stays_gone_when_its_visitor_is(self, scene: Scene, waiting: Chatting) -> None:
        scene.clock.instant += LONG
        scene.giosg.agent.rule_says(waiting.chat_id, SAID)

        assert scene.deliver() == [204]

        assert scene.texts(waiting) == []

    @pytest.mark.parametrize("deed", ["end", "purge", "edit"])
    def test_other_news_revive_nothing(self, scene: Scene, waiting: Chatting, deed: str) -> None:
        message_id = scene.giosg.agent.rule_says(waiting.chat_id, "before")
        scene.deliver()
        age(scene, waiting, days=40)
        deeds: dict[str, Callable[[], Any]] = {
            "end": lambda: scene.giosg.agent.end(waiting.chat_id),
            "purge": lambda: scene.giosg.agent.purge(waiting.chat_id),
            "edit": lambda: scene.giosg.agent.edit(message_id, "after"),
        }
        deeds[deed]()

        assert set(scene.deliver()) == {204}

        assert wiring.store().chats.find(waiting.chat_id) is None
        assert scene.texts(waiting) == []

    def test_an_event_for_integrations_says_that_the_chat_has_started(self, scene: Scene, waiting: Chatting) -> None:
        (before,) = (each for each in scene.records("ChatsTable") if each["pk"] == f"chat#{waiting.chat_id}")
        images = {"OldImage": to_item(before), "NewImage": to_item(before | {"expires_at": before["expires_at"] + 99})}
        at_last = {"ApproximateCreationDateTime": before["expires_at"]}
        record = {"eventName": "MODIFY", "eventID": "1", "dynamodb": images}

        in_time, late = (event_bus.of_record(record | {"dynamodb": images | at}) for at in ({}, at_last))

        assert in_time is None
        assert late is not None
        assert late.kind == "chat.started"


class TestSweep:
    def test_an_expired_chat_fails_no_sweep_and_is_due_no_longer(self, scene: Scene, waiting: Chatting) -> None:
        age(scene, waiting)
        assert scene.is_due(waiting)

        scene.sweep()

        assert not scene.is_due(waiting, hours=2)
        assert wiring.store().chats.find(waiting.chat_id) is None

    def test_one_in_which_something_was_said_that_no_webhook_told_is_revived(
        self, scene: Scene, waiting: Chatting
    ) -> None:
        age(scene, waiting, days=40)
        scene.giosg.agent.rule_says(waiting.chat_id, SAID)
        scene.giosg.webhooks.take()
        scene.clock.instant += timedelta(minutes=1)

        scene.sweep()

        assert scene.texts(waiting) == [SAID]

    def test_old_messages_of_a_long_chat_are_not_brought_back(self, scene: Scene, waiting: Chatting) -> None:
        for _fortnight in range(3):
            age(scene, waiting, days=14)
            scene.giosg.agent.rule_says(waiting.chat_id, SAID)
            scene.deliver()

        assert wiring.reconciler().sync(waiting.chat_id).missed == 0

        assert scene.texts(waiting) == [SAID] * 3


GONE = ["lives", "has expired", "has expired with its messages", "is deleted"]


def let_go(scene: Scene, waiting: Chatting, state: str) -> None:
    """Let a chat live on, expire, or be deleted by DynamoDB, while its messages are there."""
    if state != "lives":
        age(scene, waiting, days=40 if "messages" in state else 31)
    if state == "is deleted":
        delete("chats_table", pk=f"chat#{waiting.chat_id}")
    assert anything_said(scene, waiting)


class TestErasing:
    @pytest.fixture
    def waiting(self, scene: Scene) -> Chatting:
        waiting = scene.start("swordfish")
        scene.giosg.agent.say(waiting.chat_id, "swordfish too")
        scene.deliver()
        return waiting

    @pytest.mark.parametrize("state", GONE)
    def test_an_erasure_finds_every_text(self, scene: Scene, waiting: Chatting, state: str) -> None:
        let_go(scene, waiting, state)

        assert waiting.erase().status == 204

        assert not anything_said(scene, waiting)

    @pytest.mark.parametrize("state", GONE)
    def test_the_removal_of_a_chat_finds_every_text(self, scene: Scene, waiting: Chatting, state: str) -> None:
        let_go(scene, waiting, state)
        scene.giosg.agent.remove_chat(waiting.chat_id)

        assert set(scene.deliver()) == {204}

        assert not anything_said(scene, waiting)
        assert waiting.chats().json["chats"] == []

    @pytest.mark.parametrize("state", GONE)
    def test_the_removal_of_a_message_finds_it(self, scene: Scene, waiting: Chatting, state: str) -> None:
        let_go(scene, waiting, state)
        for message in scene.giosg.messages(waiting.chat_id):
            scene.giosg.agent.remove(message["id"])

        assert set(scene.deliver()) == {204}

        assert not anything_said(scene, waiting)

    @pytest.mark.parametrize("state", GONE)
    def test_a_purge_finds_every_text(self, scene: Scene, waiting: Chatting, state: str) -> None:
        let_go(scene, waiting, state)
        scene.giosg.agent.purge(waiting.chat_id)

        assert set(scene.deliver()) == {204}

        assert not anything_said(scene, waiting)

    def test_an_erasure_finds_a_known_person_who_has_expired(self, scene: Scene, waiting: Chatting) -> None:
        visitor_id = scene.chat(waiting).visitor_id
        known = KnownVisitor(visitor_id=visitor_id, subject_hash="of swordfish", name="Swordfish", variables={})
        wiring.store().known_people.bind(known, instead_of=None, guards=())
        age(scene, waiting)

        waiting.erase()

        assert "swordfish" not in str(scene.records(wiring.settings().visitors_table)).lower()

    def test_a_chat_that_nobody_here_has_had_costs_no_write(self, scene: Scene) -> None:
        before = [scene.records(table) for table in ("ChatsTable", "MessagesTable")]

        scene.functions.webhook("chats", notifications.of_chat(scene.giosg, "removed", notifications.SOME_CHAT))
        scene.functions.webhook(
            "messages",
            notifications.of_message(scene.giosg, "removed", notifications.SOME_CHAT, notifications.SOME_MESSAGE),
        )

        assert [scene.records(table) for table in ("ChatsTable", "MessagesTable")] == before
        assert not scene.giosg.requests.all()
