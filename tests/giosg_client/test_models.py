"""Resources: what is read, what is refused, what never fails in another way."""

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.giosg_client import samples
from tests.giosg_client.properties import JSON, brief

from giosg_client import models
from giosg_client.errors import InvalidWebhook
from giosg_client.models import (
    Attachment,
    AttachmentAction,
    Chat,
    Membership,
    Message,
    OnlineUser,
    Room,
    RoomVisitor,
    User,
    VisitorCredentials,
    chat_changes,
    message_changes,
)

NOW = datetime(2030, 1, 1, 10, tzinfo=UTC)

READERS: dict[str, tuple[Callable[[Any], object], samples.Resource]] = {
    "credentials": (lambda document: VisitorCredentials.from_json(document, now=NOW), samples.credentials()),
    "room visitor": (RoomVisitor.from_json, samples.room_visitor()),
    "chat": (Chat.from_json, samples.chat()),
    "message": (Message.from_json, samples.message()),
    "attachment": (Attachment.from_json, {"id": "1", "actions": [{"text": "Yes"}]}),
    "action": (AttachmentAction.from_json, {"id": "1", "is_disabled_on_selection": True}),
    "membership": (Membership.from_json, samples.membership()),
    "room": (Room.from_json, samples.room()),
    "online user": (OnlineUser.from_json, samples.online_user()),
    "user": (User.from_json, samples.user()),
    "changes of a message": (message_changes, samples.message()),
    "changes of a chat": (chat_changes, samples.chat()),
}


def refused_field(read: Callable[[Any], object], document: object) -> str | None:
    """Return the field for which a document is refused, None when it is read; let any other error through."""
    try:
        read(document)
    except InvalidWebhook as error:
        return error.field or ""
    return None


@pytest.mark.parametrize("name", READERS)
class TestEveryResource:
    @brief
    @given(document=JSON)
    def test_any_json_is_read_or_refused(self, name: str, document: object) -> None:
        read, _ = READERS[name]

        assert refused_field(read, document) != ""

    @brief
    @given(data=st.data())
    def test_a_resource_with_anything_in_one_field_is_read_or_refused_by_that_field(
        self, name: str, data: st.DataObject
    ) -> None:
        read, sample = READERS[name]
        key = data.draw(st.sampled_from(sorted(sample)))

        assert refused_field(read, sample | {key: data.draw(JSON)}) in {None, key}

    def test_fields_that_are_not_known_are_ignored(self, name: str) -> None:
        read, sample = READERS[name]

        assert read(sample | {"tomorrows_field": [1, 2]}) == read(sample)


class TestTimes:
    @pytest.mark.parametrize(
        ("text", "moment"),
        [
            ("2030-01-01T10:00:05.120Z", datetime(2030, 1, 1, 10, 0, 5, 120_000, tzinfo=UTC)),
            ("2030-01-01T10:00:05.120", datetime(2030, 1, 1, 10, 0, 5, 120_000, tzinfo=UTC)),
            ("2030-01-01T12:00:05+02:00", datetime(2030, 1, 1, 10, 0, 5, tzinfo=UTC)),
            ("2030-01-01T10:00:05.1234567Z", datetime(2030, 1, 1, 10, 0, 5, 123_456, tzinfo=UTC)),
        ],
    )
    def test_they_are_aware_and_utc(self, text: str, moment: datetime) -> None:
        created_at = Chat.from_json(samples.chat(created_at=text)).created_at

        assert created_at == moment
        assert created_at.tzinfo is UTC

    @pytest.mark.parametrize(
        "text", ["", "today", "2030-13-01T00:00:00Z", "0001-01-01T00:00:00+10:00", 1893492005, None]
    )
    def test_all_else_is_refused(self, text: object) -> None:
        with pytest.raises(InvalidWebhook, match="created_at"):
            Chat.from_json(samples.chat(created_at=text))


class TestCredentials:
    def test_the_lifetime_counts_from_our_clock(self) -> None:
        credentials = VisitorCredentials.from_json(samples.credentials(expires_in=90), now=NOW)

        assert credentials.expires_at == NOW + timedelta(seconds=90)

    def test_giosgs_clock_is_second_best(self) -> None:
        document = samples.credentials()
        del document["expires_in"]

        credentials = VisitorCredentials.from_json(document, now=NOW)

        assert credentials.expires_at == datetime(2030, 1, 1, 10, 30, tzinfo=UTC)

    def test_a_token_without_an_end_is_refused(self) -> None:
        with pytest.raises(InvalidWebhook, match="expires_in"):
            VisitorCredentials.from_json(samples.credentials(expires_in=None, expires_at=None), now=NOW)

    def test_secrets_are_not_in_the_repr(self) -> None:
        shown = repr(VisitorCredentials.from_json(samples.credentials(), now=NOW))

        assert samples.VISITOR_ID in shown
        assert samples.VISITOR_SECRET_ID not in shown
        assert samples.ACCESS_TOKEN not in shown


class TestMessage:
    def test_every_documented_field_is_read(self) -> None:
        message = Message.from_json(samples.message())

        assert message.sender_public_name == "Customer care"
        assert message.sender_avatar_url == "https://cdn.example.test/a.jpg"
        assert message.message == samples.TEXT
        assert message.attachments == ()

    def test_the_agents_internal_name_is_nowhere(self) -> None:
        message = Message.from_json(samples.message())

        assert "Oona Operator" not in str(dataclasses.asdict(message))

    def test_what_was_said_is_not_in_the_repr(self) -> None:
        shown = repr(Message.from_json(samples.message(response_text="yes please")))

        assert samples.MESSAGE_ID in shown
        assert samples.TEXT not in shown
        assert "Customer care" not in shown
        assert "yes please" not in shown

    def test_an_entry_without_text_and_name_is_read(self) -> None:
        message = Message.from_json(
            samples.message(type="join", message=None, sender_public_name=None, sender_avatar=None, attachments=None)
        )

        assert message.message is None
        assert message.attachments == ()

    def test_half_a_character_becomes_a_replacement_that_utf_8_can_carry(self) -> None:
        message = Message.from_json(samples.message(message="a\ud800b"))

        assert message.message == "a\ufffdb"

    def test_a_decoration_of_a_wrong_type_does_not_cost_the_message(self) -> None:
        message = Message.from_json(samples.message(sender_avatar="x", response_value={"a": 1}))

        assert message.sender_avatar_url is None
        assert message.response_value is None

    @pytest.mark.parametrize("field", ["id", "chat_id", "type", "created_at", "sender_type"])
    def test_a_required_field_that_is_missing_is_named(self, field: str) -> None:
        document = samples.message()
        del document[field]

        with pytest.raises(InvalidWebhook) as caught:
            Message.from_json(document)

        assert caught.value.field == field


class TestAttachments:
    @pytest.mark.parametrize("field", ["title_link_url", "image_url", "image_link_url", "attachment_url"])
    @pytest.mark.parametrize(
        "url",
        [
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            " javascript:alert(1)",
            "java\nscript:alert(1)",
            "data:text/html,<script>",
            "vbscript:x",
            "file:///etc/passwd",
            "//elsewhere.test/x",
            "/relative",
            "https:elsewhere.test",
            "https://",
            "https:///x",
            "https://a b/",
            "https://a/\nb",
            "https://a\\@b/",
            "https://a/" + "b" * 3000,
            "",
            7,
            None,
        ],
    )
    def test_a_url_that_a_page_must_not_link_to_is_none(self, field: str, url: object) -> None:
        attachment = Attachment.from_json({field: url})

        assert getattr(attachment, field) is None

    @pytest.mark.parametrize("url", ["https://cdn.example.test/a.jpg?b=c#d", "http://a:8080", "HTTPS://A/"])
    def test_a_link_to_the_web_is_kept(self, url: str) -> None:
        assert Attachment.from_json({"image_url": url}).image_url == url

    def test_buttons_are_read(self) -> None:
        button = {"id": "1", "text": "Yes", "type": "button", "value": "yes", "is_disabled_on_selection": True}
        message = Message.from_json(samples.message(attachments=[{"title": "Happy?", "actions": [button]}]))

        (attachment,) = message.attachments
        (action,) = attachment.actions
        assert attachment.title == "Happy?"
        assert (action.text, action.value, action.is_disabled_on_selection) == ("Yes", "yes", True)

    def test_items_that_make_no_sense_are_left_out(self) -> None:
        message = Message.from_json(samples.message(attachments=[None, 7, {"title": "kept"}, []]))

        assert [attachment.title for attachment in message.attachments] == ["kept"]


class TestChanges:
    def test_only_what_is_present_is_returned(self) -> None:
        changes = chat_changes({"id": samples.CHAT_ID, "is_ended": True, "ended_at": "2030-01-01T10:20:00.000Z"})

        assert changes == {
            "id": samples.CHAT_ID,
            "is_ended": True,
            "ended_at": datetime(2030, 1, 1, 10, 20, tzinfo=UTC),
        }

    def test_a_null_is_a_change_too(self) -> None:
        changes = message_changes({"message": None, "attachments": None, "sender_avatar": None})

        assert changes == {"message": None, "attachments": (), "sender_avatar_url": None}

    @pytest.mark.parametrize("key", ["is_ended", "created_at", "is_waiting"])
    def test_a_null_where_there_is_always_a_value_is_refused(self, key: str) -> None:
        with pytest.raises(InvalidWebhook, match=key):
            chat_changes({key: None})

    def test_nothing_at_all_is_no_change(self) -> None:
        assert message_changes({}) == {}

    @pytest.mark.parametrize("document", [None, [], "text", 7])
    def test_what_is_no_object_is_refused(self, document: object) -> None:
        with pytest.raises(InvalidWebhook) as caught:
            message_changes(document)

        assert caught.value.field == "resource"

    @brief
    @given(st.sets(st.sampled_from(sorted(samples.message()))))
    def test_a_whole_resource_and_its_parts_are_read_alike(self, keys: set[str]) -> None:
        part = {key: value for key, value in samples.message().items() if key in keys}
        whole = Message.from_json(samples.message())

        assert all(getattr(whole, name) == value for name, value in message_changes(part).items())


class TestNumbers:
    @pytest.mark.parametrize(("value", "read"), [(0, 0), (40, 40), (12.6, 13), (None, None), (True, None), (-1, None)])
    def test_a_waiting_time_is_whole_seconds(self, value: object, read: int | None) -> None:
        assert Room.from_json(samples.room(estimated_waiting_time=value)).estimated_waiting_time_seconds == read

    @pytest.mark.parametrize("value", [True, "3", -1, 2**40, float("inf"), float("nan"), [1]])
    def test_a_count_that_is_none_is_refused(self, value: object) -> None:
        with pytest.raises(InvalidWebhook, match="user_message_count"):
            Chat.from_json(samples.chat(user_message_count=value))


class TestFrozen:
    def test_a_result_does_not_change(self) -> None:
        chat = Chat.from_json(samples.chat())

        with pytest.raises(dataclasses.FrozenInstanceError):
            chat.is_ended = True  # type: ignore[misc]
        with pytest.raises(dataclasses.FrozenInstanceError):
            del chat.is_ended

    def test_a_changed_copy_can_be_made(self) -> None:
        chat = Chat.from_json(samples.chat())

        ended = dataclasses.replace(chat, is_ended=True)

        assert ended.is_ended
        assert ended != chat
        assert dataclasses.replace(ended, is_ended=False) == chat

    def test_equal_results_are_one_in_a_set(self) -> None:
        assert len({Chat.from_json(samples.chat()), Chat.from_json(samples.chat())}) == 1

    @pytest.mark.parametrize("values", [{}, {"id": "1", "organisation": "2"}])
    def test_a_result_is_not_made_with_other_fields_than_its_own(self, values: dict[str, Any]) -> None:
        with pytest.raises(TypeError, match="User"):
            models.User(**values)
