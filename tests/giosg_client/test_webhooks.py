"""Webhooks' bodies: what is understood, what is refused, what is left behind."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.giosg_client import samples
from tests.giosg_client.properties import ANY_TEXT, JSON, brief

from giosg_client.errors import InvalidDocument
from giosg_client.webhooks import Notification, parse_notification

CHATS = f"/api/v5/orgs/{samples.ORGANIZATION_ID}/owned_chats"


def parse(**changes: Any) -> Notification:
    return parse_notification(json.dumps(samples.notification(**changes)))


class TestUnderstood:
    def test_a_message_is_about_its_chat(self) -> None:
        notification = parse()

        assert notification.kind == "message"
        assert notification.action == "added"
        assert notification.organization_id == samples.ORGANIZATION_ID
        assert notification.chat_id == samples.CHAT_ID
        assert notification.resource_id == samples.MESSAGE_ID
        assert notification.room_id == samples.ROOM_ID

    def test_a_chat_is_about_itself(self) -> None:
        notification = parse(channel=CHATS, resource_id=samples.CHAT_ID, resource={"id": samples.CHAT_ID})

        assert notification.kind == "chat"
        assert notification.chat_id == samples.CHAT_ID
        assert notification.room_id is None

    @pytest.mark.parametrize("member_id", [samples.VISITOR_ID, samples.USER_ID])
    def test_a_membership_is_known_by_its_member(self, member_id: str) -> None:
        notification = parse(channel=f"{CHATS}/{samples.CHAT_ID}/memberships", resource_id=member_id)

        assert notification.kind == "membership"
        assert notification.chat_id == samples.CHAT_ID

    def test_ids_in_capitals_are_the_same_ids(self) -> None:
        capitals = samples.notification()["channel"].replace(samples.CHAT_ID, samples.CHAT_ID.upper())
        resource = {"room_id": samples.ROOM_ID.upper()}

        notification = parse(channel=capitals, resource_id=samples.MESSAGE_ID.upper(), resource=resource)

        assert notification.kind == "message"
        assert notification.chat_id == samples.CHAT_ID
        assert notification.resource_id == samples.MESSAGE_ID
        assert notification.room_id == samples.ROOM_ID

    @pytest.mark.parametrize("channel", [CHATS, f"{CHATS}/{samples.CHAT_ID}/messages"])
    def test_a_slash_at_the_end_of_a_channel_makes_no_difference(self, channel: str) -> None:
        there, without = (parse(channel=each, resource_id=samples.CHAT_ID) for each in (f"{channel}/", channel))

        assert (there.kind, there.chat_id) == (without.kind, without.chat_id)

    def test_a_removal_has_no_resource(self) -> None:
        document = samples.notification(action="removed")
        del document["resource"]

        assert parse_notification(json.dumps(document)).resource is None

    def test_bytes_with_a_byte_order_mark_are_read(self) -> None:
        body = b"\xef\xbb\xbf" + json.dumps(samples.notification()).encode()

        assert parse_notification(body).kind == "message"

    def test_the_resource_does_not_change(self) -> None:
        resource: Any = parse().resource

        with pytest.raises(TypeError):
            resource["id"] = "another"


class TestLeftBehind:
    def test_the_token_of_the_apps_user_is_nowhere(self) -> None:
        notification = parse(app_user_auth={"access_token": samples.ACCESS_TOKEN})

        assert samples.ACCESS_TOKEN not in repr(notification) + str(notification.resource)

    def test_what_was_said_is_not_in_the_repr(self) -> None:
        assert samples.TEXT not in repr(parse())


class TestUnknown:
    @pytest.mark.parametrize(
        ("channel", "resource_id"),
        [
            pytest.param(f"/api/v5/orgs/{samples.ORGANIZATION_ID}/rooms", samples.ROOM_ID, id="rooms"),
            pytest.param(f"/api/v5/users/{samples.USER_ID}/routed_chats", samples.CHAT_ID, id="a bot's chats"),
            pytest.param(f"{CHATS}\n", samples.CHAT_ID, id="a line's end"),
            pytest.param(f"{CHATS}/../messages", samples.MESSAGE_ID, id="no chat"),
            pytest.param(f"x{CHATS}", samples.CHAT_ID, id="something before"),
            pytest.param(CHATS, "../users/me", id="a hostile id"),
            pytest.param(CHATS, samples.VISITOR_ID, id="a visitor as a chat"),
            pytest.param(f"{CHATS}/{samples.CHAT_ID}/memberships", "someone", id="no member"),
        ],
    )
    def test_it_has_no_kind_and_no_chat(self, channel: str, resource_id: str) -> None:
        notification = parse(channel=channel, resource_id=resource_id)

        assert notification.kind is None
        assert notification.chat_id is None

    def test_the_organisation_is_known_all_the_same(self) -> None:
        notification = parse(channel=f"/api/v5/orgs/{samples.ORGANIZATION_ID}/rooms")

        assert notification.organization_id == samples.ORGANIZATION_ID

    def test_an_action_that_is_not_documented_is_passed_on(self) -> None:
        assert parse(action="archived").action == "archived"

    @pytest.mark.parametrize("room_id", [None, 7, "", "../..", samples.ROOM_ID + " ", [samples.ROOM_ID]])
    def test_a_room_that_is_none_is_none(self, room_id: object) -> None:
        assert parse(resource={"room_id": room_id}).room_id is None


class TestRefused:
    @pytest.mark.parametrize("key", ["action", "channel", "resource_id"])
    @pytest.mark.parametrize("value", [None, 7, "", [], {}, True, "a\x00b", "a\ud800b"])
    def test_a_field_that_is_not_usable_is_named(self, key: str, value: object) -> None:
        with pytest.raises(InvalidDocument) as caught:
            parse(**{key: value})

        assert caught.value.field == key

    @pytest.mark.parametrize("key", ["action", "channel", "resource_id"])
    def test_a_field_that_is_missing_is_named(self, key: str) -> None:
        document = samples.notification()
        del document[key]

        with pytest.raises(InvalidDocument) as caught:
            parse_notification(json.dumps(document))

        assert caught.value.field == key

    @pytest.mark.parametrize(
        "body",
        [b"", b"null", b"[]", b'"text"', b"{", b"\xff", b"[" * 100_000, b'{"a":' * 100_000, b"9" * 5000, b'{"a": NaN}'],
    )
    def test_a_body_that_is_no_object_is_refused(self, body: bytes) -> None:
        with pytest.raises(InvalidDocument):
            parse_notification(body)

    @brief
    @given(st.binary() | ANY_TEXT | JSON.map(json.dumps))
    @example(b"\x00")
    @example(b"\xfe\xff\x00{")
    def test_any_body_is_read_or_refused(self, body: bytes | str) -> None:
        try:
            parse_notification(body)
        except InvalidDocument:
            return

    @brief
    @given(
        st.fixed_dictionaries({"action": JSON, "channel": JSON | st.just(CHATS), "resource_id": JSON, "resource": JSON})
    )
    def test_any_document_is_understood_or_refused(self, document: dict[str, Any]) -> None:
        try:
            notification = parse_notification(json.dumps(document))
        except InvalidDocument:
            return

        assert notification.kind in {None, "chat", "message", "membership"}
        assert (notification.kind is None) == (notification.chat_id is None)
        assert repr(notification)
