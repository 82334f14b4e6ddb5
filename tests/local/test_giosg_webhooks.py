"""What the simulated Giosg's webhooks say, and how they go wrong, in the hands of a test."""

import random
from collections.abc import Iterator

import pytest
from local.giosg import SimulatedGiosg
from tests.local.giosg_caller import Caller


@pytest.fixture
def giosg() -> Iterator[SimulatedGiosg]:
    with SimulatedGiosg(randomness=random.Random(7)) as running:  # noqa: S311 - repeatable, not secret
        yield running


class TestBodies:
    def test_a_new_chat_is_told_in_full(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        chat_id = caller.start_chat()

        ((kind, body),) = giosg.webhooks.take()

        assert kind == "chats"
        assert body == {
            "channel": f"/api/v5/orgs/{giosg.organization_id}/owned_chats",
            "action": "added",
            "resource_id": chat_id,
            "resource": giosg.chats()[0],
        }

    def test_a_new_message_is_told_as_the_organization_sees_it(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        chat_id = caller.start_chat("Hi")

        (added,) = giosg.webhooks.take("messages")

        assert added.body["channel"] == f"/api/v5/orgs/{giosg.organization_id}/owned_chats/{chat_id}/messages"
        assert added.body["resource"] == giosg.messages(chat_id)[0]

    def test_a_change_has_the_id_and_the_changed_fields_only(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        chat_id = caller.start_chat("Hi")
        message_id = giosg.agent.say(chat_id, "Helo")
        giosg.webhooks.take()

        giosg.agent.edit(message_id, "Hello")
        giosg.agent.end(chat_id)

        edited, ended, *_ = [notification.body for notification in giosg.webhooks.take()]
        assert (edited["action"], edited["resource"]) == ("changed", {"id": message_id, "message": "Hello"})
        assert ended["resource"].items() >= {"id": chat_id, "is_ended": True}.items()
        assert "room_id" not in ended["resource"]

    def test_a_removal_has_no_resource(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        chat_id = caller.start_chat("Hi")
        message_id = giosg.agent.say(chat_id, "Oops")
        giosg.webhooks.take()

        giosg.agent.remove(message_id)
        giosg.agent.remove_chat(chat_id)

        removed = [body for _, body in giosg.webhooks.take() if body["action"] == "removed"]
        channel = f"/api/v5/orgs/{giosg.organization_id}/owned_chats"
        assert removed == [
            {"channel": f"{channel}/{chat_id}/messages", "action": "removed", "resource_id": message_id},
            {"channel": channel, "action": "removed", "resource_id": chat_id},
        ]

    def test_a_purge_changes_every_message(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        chat_id = caller.start_chat("Hi", "I am here")
        giosg.webhooks.take()

        giosg.agent.purge(chat_id)

        resources = [body["resource"] for _, body in giosg.webhooks.take("messages")]
        assert [resource["message"] for resource in resources] == [None, None]
        assert all(resource["sensitive_data_purged_at"] for resource in resources)

    def test_chats_of_other_rooms_are_told_too(self, giosg: SimulatedGiosg) -> None:
        giosg.website_visitor.start_chat("Hi")

        (added, _) = giosg.webhooks.take("chats")
        assert added.body["resource"]["room_id"] != giosg.room_id

    def test_memberships_are_told_on_request(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        chat_id = caller.start_chat("Hi")
        giosg.webhooks.includes_memberships = True
        giosg.agent.join(chat_id)
        giosg.webhooks.take()

        giosg.agent.typing(chat_id)

        ((_, body),) = giosg.webhooks.take()
        assert body["channel"].endswith("/memberships")
        assert body["resource"]["composing_status"] == "typing"

    def test_a_bot_user_puts_a_credential_into_every_body(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        giosg.webhooks.app_user_id = giosg.agent.id

        caller.start_chat()

        auth = giosg.webhooks.take()[0].body["app_user_auth"]
        assert (auth["token_type"], auth["expires_in"]) == ("Bearer", 300)

    def test_what_is_taken_is_not_pending_any_more(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        caller.start_chat("Hi")

        assert {kind for kind, _ in giosg.webhooks.take("messages")} == {"messages"}
        assert {kind for kind, _ in giosg.webhooks.pending} == {"chats"}


class TestMishaps:
    def test_the_next_can_be_lost(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        giosg.webhooks.misbehaviour.next("drop", endpoint_kind="messages")

        caller.start_chat("lost", "kept")

        assert [body["resource"]["message"] for _, body in giosg.webhooks.take("messages")] == ["kept"]
        assert [entry["reason"] for entry in giosg.webhooks.log.entries()] == ["Lost on request"]

    def test_the_next_can_come_twice(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        giosg.webhooks.misbehaviour.next("duplicate")

        caller.start_chat()

        first, second = giosg.webhooks.take()
        assert first == second

    def test_they_can_come_in_any_order(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        giosg.webhooks.misbehaviour.by_chance("shuffle", 1.0)

        caller.start_chat(*"abcdefgh")

        told = [body["resource"]["message"] for _, body in giosg.webhooks.take("messages")]
        assert sorted(told) == list("abcdefgh")
        assert told != list("abcdefgh")

    def test_chance_loses_some(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        giosg.webhooks.misbehaviour.by_chance("drop", 0.5)

        caller.start_chat(*"abcdefghijklmnopqrst")

        assert 0 < len(giosg.webhooks.take("messages")) < 20
