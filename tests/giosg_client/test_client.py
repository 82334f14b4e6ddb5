"""The client and a simulated Giosg: each call does what Giosg documents."""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
from local.giosg import Fault, SimulatedGiosg
from tests.giosg_client import samples
from tests.giosg_client.conftest import NOW, MakeClient

from giosg_client.client import GiosgClient
from giosg_client.errors import (
    GiosgBadResponse,
    GiosgForbidden,
    GiosgNotFound,
    GiosgRefused,
    GiosgTimeout,
    GiosgUnauthorized,
)
from giosg_client.models import Chat, Message, VisitorCredentials, chat_changes, message_changes
from giosg_client.webhooks import Notification, parse_notification


@pytest.fixture
def giosg() -> Iterator[SimulatedGiosg]:
    with SimulatedGiosg(clock=lambda: NOW, page_size=2) as simulated:
        yield simulated


@pytest.fixture
def client(giosg: SimulatedGiosg, make_client: MakeClient) -> GiosgClient:
    return make_client(giosg.base_url, organization_id=giosg.organization_id, api_token=lambda: giosg.api_token)


@pytest.fixture
def visitor(client: GiosgClient) -> VisitorCredentials:
    """Return a visitor who is in the room."""
    credentials = client.authenticate_visitor()
    client.create_room_visitor(samples.ROOM_ID, credentials.visitor_id, access_token=credentials.access_token)
    return credentials


@pytest.fixture
def chat(client: GiosgClient, visitor: VisitorCredentials) -> Chat:
    """Return a chat of the visitor's with nothing in it."""
    return client.create_chat(samples.ROOM_ID, visitor.visitor_id, access_token=visitor.access_token)


class TestVisitor:
    def test_a_new_visitor_gets_a_token_that_lives_as_long_as_giosg_says(self, client: GiosgClient) -> None:
        credentials = client.authenticate_visitor()

        assert credentials.expires_at == NOW + timedelta(minutes=30)

    def test_the_secret_brings_the_same_visitor_back(self, client: GiosgClient, visitor: VisitorCredentials) -> None:
        again = client.authenticate_visitor(visitor.visitor_secret_id)

        assert again.visitor_id == visitor.visitor_id
        assert again.access_token != visitor.access_token

    def test_coming_into_the_room_again_changes_the_presence(
        self, client: GiosgClient, visitor: VisitorCredentials
    ) -> None:
        again = client.create_room_visitor(
            samples.ROOM_ID, visitor.visitor_id, access_token=visitor.access_token, presence_expires_in_seconds=90
        )

        assert again.id == visitor.visitor_id
        assert again.presence_expires_in_seconds == 90

    def test_presence_is_refreshed(self, client: GiosgClient, visitor: VisitorCredentials) -> None:
        present = client.refresh_presence(
            samples.ROOM_ID, visitor.visitor_id, access_token=visitor.access_token, presence_expires_in_seconds=120
        )

        assert present.presence_expires_in_seconds == 120

    def test_agents_see_the_visitors_name(self, client: GiosgClient, visitor: VisitorCredentials, chat: Chat) -> None:
        client.set_visitor_variable(samples.ROOM_ID, visitor.visitor_id, key="username", value="Aino \u00c4")

        (member,) = client.list_owned_memberships(chat.id)
        assert member.member_public_name == "Aino \u00c4"

    def test_a_token_that_is_not_the_visitors_is_unauthorized(
        self, client: GiosgClient, visitor: VisitorCredentials
    ) -> None:
        with pytest.raises(GiosgUnauthorized):
            client.create_chat(samples.ROOM_ID, visitor.visitor_id, access_token="somebody-elses")


class TestChats:
    def test_a_new_chat_is_open_and_of_the_room(self, giosg: SimulatedGiosg, chat: Chat) -> None:
        assert not chat.is_ended
        assert not chat.is_waiting
        assert chat.room_id == giosg.room_id
        assert chat.room_organization_id == giosg.organization_id
        assert chat.chat_type == "visitor"

    def test_a_chat_from_another_system_says_so(self, client: GiosgClient, visitor: VisitorCredentials) -> None:
        chat = client.create_chat(
            samples.ROOM_ID, visitor.visitor_id, access_token=visitor.access_token, chat_type="external"
        )

        assert chat.chat_type == "external"

    def test_both_sides_see_the_same_chat(self, client: GiosgClient, visitor: VisitorCredentials, chat: Chat) -> None:
        seen = client.get_visitor_chat(visitor.visitor_id, chat.id, access_token=visitor.access_token)

        assert seen.id == client.get_owned_chat(chat.id).id == chat.id

    def test_lists_go_over_all_pages(self, client: GiosgClient, visitor: VisitorCredentials) -> None:
        made = {
            client.create_chat(samples.ROOM_ID, visitor.visitor_id, access_token=visitor.access_token).id
            for _ in range(5)
        }

        listed = client.list_visitor_chats(samples.ROOM_ID, visitor.visitor_id, access_token=visitor.access_token)
        owned = client.list_owned_chats()

        assert {chat.id for chat in listed} == made
        assert {chat.id for chat in owned} >= made

    def test_the_visitor_ends_a_chat(self, client: GiosgClient, visitor: VisitorCredentials, chat: Chat) -> None:
        ended = client.end_visitor_chat(visitor.visitor_id, chat.id, access_token=visitor.access_token)

        assert ended.is_ended
        assert ended.ended_at is not None

    def test_the_organisation_ends_a_chat(self, client: GiosgClient, chat: Chat) -> None:
        assert client.end_owned_chat(chat.id).is_ended

    def test_an_ended_chat_takes_no_message(self, client: GiosgClient, visitor: VisitorCredentials, chat: Chat) -> None:
        client.end_owned_chat(chat.id)

        with pytest.raises(GiosgRefused):
            client.send_message(visitor.visitor_id, chat.id, access_token=visitor.access_token, text="Hello?")

    def test_no_chat_starts_while_nobody_is_online(
        self, giosg: SimulatedGiosg, client: GiosgClient, visitor: VisitorCredentials
    ) -> None:
        set_online(giosg, is_online=False)

        with pytest.raises(GiosgForbidden):
            client.create_chat(samples.ROOM_ID, visitor.visitor_id, access_token=visitor.access_token)

    def test_a_chat_that_does_not_exist_is_not_found(self, client: GiosgClient, giosg: SimulatedGiosg) -> None:
        with pytest.raises(GiosgNotFound):
            client.get_owned_chat(giosg.room_id)


class TestMessages:
    @pytest.mark.parametrize("text", ["Hello", "\u00c5ngstr\u00f6m \U0001f600\n</script>", "x" * 2000])
    def test_what_is_sent_is_what_is_read(
        self, client: GiosgClient, visitor: VisitorCredentials, chat: Chat, text: str
    ) -> None:
        sent = client.send_message(visitor.visitor_id, chat.id, access_token=visitor.access_token, text=text)

        (read,) = client.list_visitor_messages(visitor.visitor_id, chat.id, access_token=visitor.access_token)
        assert sent.message == text
        assert read == sent
        assert [message.id for message in client.list_owned_messages(chat.id)] == [sent.id]

    def test_an_agents_answer_has_their_public_name(
        self, giosg: SimulatedGiosg, client: GiosgClient, visitor: VisitorCredentials, chat: Chat
    ) -> None:
        said = giosg.agent.say(chat.id, "Yes.", attachments=[{"title": "Red", "image_url": "https://a.test/r.jpg"}])

        messages = {
            message.id: message
            for message in client.list_visitor_messages(visitor.visitor_id, chat.id, access_token=visitor.access_token)
        }

        assert messages[said].sender_type == "user"
        assert messages[said].sender_public_name
        assert messages[said].attachments[0].image_url == "https://a.test/r.jpg"

    def test_members_are_the_visitor_and_the_agent(
        self, giosg: SimulatedGiosg, client: GiosgClient, visitor: VisitorCredentials, chat: Chat
    ) -> None:
        giosg.agent.join(chat.id)

        members = list(client.list_visitor_memberships(visitor.visitor_id, chat.id, access_token=visitor.access_token))

        assert {member.member_type for member in members} == {"visitor", "user"}
        assert {member.chat_id for member in members} == {chat.id}

    def test_a_message_that_was_done_without_an_answer_is_done_once(
        self, giosg: SimulatedGiosg, client: GiosgClient, visitor: VisitorCredentials, chat: Chat
    ) -> None:
        giosg.faults.add(Fault(kind="commit_then_drop", method="POST", path="/messages$"))

        with pytest.raises(GiosgTimeout):
            client.send_message(visitor.visitor_id, chat.id, access_token=visitor.access_token, text="Once")

        assert [message.message for message in client.list_owned_messages(chat.id)] == ["Once"]

    @pytest.mark.parametrize("garbage", ["html", "empty", "truncated", "wrong_type"])
    def test_a_spoiled_answer_to_a_message_leaves_it_open_whether_it_was_done(
        self, giosg: SimulatedGiosg, client: GiosgClient, visitor: VisitorCredentials, chat: Chat, garbage: str
    ) -> None:
        giosg.faults.add(Fault(kind="garbage", garbage=garbage, method="POST"))  # type: ignore[arg-type]

        with pytest.raises(GiosgBadResponse) as caught:
            client.send_message(visitor.visitor_id, chat.id, access_token=visitor.access_token, text="Once")

        assert caught.value.is_ambiguous


class TestRoom:
    @pytest.mark.parametrize("is_online", [True, False])
    def test_it_tells_whether_agents_are_there(
        self,
        giosg: SimulatedGiosg,
        client: GiosgClient,
        visitor: VisitorCredentials,
        is_online: bool,  # noqa: FBT001
    ) -> None:
        set_online(giosg, is_online=is_online)

        assert client.get_room(samples.ROOM_ID).is_online is is_online
        assert client.get_public_room(samples.ROOM_ID, access_token=visitor.access_token).is_online is is_online
        assert bool(client.list_online_users(samples.ROOM_ID, access_token=visitor.access_token)) is is_online


class TestOrganisation:
    def test_the_token_belongs_to_the_organisation(self, giosg: SimulatedGiosg, client: GiosgClient) -> None:
        assert client.get_current_user().organization_id == giosg.organization_id

    def test_a_wrong_token_is_unauthorized(self, giosg: SimulatedGiosg, make_client: MakeClient) -> None:
        with pytest.raises(GiosgUnauthorized):
            make_client(giosg.base_url, api_token=lambda: "wrong").get_current_user()

    def test_the_token_is_asked_for_each_time(self, giosg: SimulatedGiosg, make_client: MakeClient) -> None:
        tokens = ["outdated", giosg.api_token]
        client = make_client(giosg.base_url, api_token=lambda: tokens.pop(0))

        with pytest.raises(GiosgUnauthorized):
            client.get_current_user()

        assert client.get_current_user().organization_id == giosg.organization_id


class TestConnections:
    def test_one_connection_serves_a_whole_conversation(
        self, giosg: SimulatedGiosg, client: GiosgClient, visitor: VisitorCredentials, chat: Chat
    ) -> None:
        client.connect()
        client.send_message(visitor.visitor_id, chat.id, access_token=visitor.access_token, text="Hello")
        list(client.list_visitor_messages(visitor.visitor_id, chat.id, access_token=visitor.access_token))

        assert len(giosg.requests.connections()) == 1

    def test_connections_that_giosg_has_closed_cost_no_message(
        self, giosg: SimulatedGiosg, client: GiosgClient, visitor: VisitorCredentials, chat: Chat
    ) -> None:
        giosg.faults.close_idle_connections()

        sent = client.send_message(visitor.visitor_id, chat.id, access_token=visitor.access_token, text="Hello")

        assert sent.message == "Hello"


class TestWebhooks:
    def test_every_notification_of_a_conversation_is_understood(
        self, giosg: SimulatedGiosg, client: GiosgClient, visitor: VisitorCredentials, chat: Chat
    ) -> None:
        giosg.webhooks.includes_memberships = True
        client.send_message(visitor.visitor_id, chat.id, access_token=visitor.access_token, text="Hello")
        said = giosg.agent.say(chat.id, "Hi")
        giosg.agent.edit(said, "Hi!")
        giosg.agent.remove(said)
        giosg.agent.purge(chat.id)
        giosg.agent.end(chat.id)

        parsed = [parse_notification(json.dumps(notification.body)) for notification in giosg.webhooks.take()]

        assert {notification.kind for notification in parsed} == {"chat", "message", "membership"}
        assert {notification.chat_id for notification in parsed} == {chat.id}
        for notification in parsed:
            read_resource(notification)


def set_online(giosg: SimulatedGiosg, *, is_online: bool) -> None:
    for agent in giosg.agents:
        (agent.go_online if is_online else agent.go_offline)()


def read_resource(notification: Notification) -> object:
    """Read what a notification carries, as whoever stores it would."""
    if notification.resource is None or notification.kind == "membership":
        return None
    if notification.action == "changed":
        changes = chat_changes if notification.kind == "chat" else message_changes
        return changes(notification.resource)
    model = Chat if notification.kind == "chat" else Message
    return model.from_json(notification.resource)


def test_each_call_waits_for_its_turn_and_a_repeat_belongs_to_its_call(
    giosg: SimulatedGiosg, make_client: MakeClient
) -> None:
    turns: list[int] = []
    client = make_client(
        giosg.base_url,
        organization_id=giosg.organization_id,
        api_token=lambda: giosg.api_token,
        before_call=lambda: turns.append(len(giosg.requests.all())),
    )
    giosg.faults.answer(503, path="owned_chats")

    for _call in range(2):
        with suppress(GiosgNotFound):
            client.get_owned_chat(samples.CHAT_ID)

    assert turns == [0, 2]
