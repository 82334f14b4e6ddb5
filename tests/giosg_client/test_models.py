"""Resources: what is read, what is refused, what never fails in another way."""

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.giosg_client import samples
from tests.giosg_client.properties import JSON, brief

from giosg_client import models
from giosg_client.errors import InvalidDocument
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
    except InvalidDocument as error:
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


class TestOddFields:
    """An odd field is as good as absent, unless nothing can be done without it."""

    INDISPENSABLE: ClassVar = {
        "credentials": {"visitor_id", "visitor_secret_id", "access_token"},
        "chat": {"id"},
        "message": {"id"},
        "membership": {"member_id"},
        "room": {"is_online"},
        "online user": {"id"},
        "user": {"id", "organization_id"},
    }
    ODD: ClassVar[list[object]] = [
        None,
        5,
        -1,
        True,
        "",
        "words",
        [],
        {},
        [[5]],
        {"id": {}},
        10**400,
        "\ud800",
        "\U0001f642" * 20_000,
    ]

    @pytest.mark.parametrize("name", READERS)
    def test_it_costs_nothing_but_itself(self, name: str) -> None:
        read, sample = READERS[name]
        for key in sample.keys() - self.INDISPENSABLE.get(name, set()):
            for odd in self.ODD:
                assert refused_field(read, sample | {key: odd}) is None, (key, odd)

    @pytest.mark.parametrize("name", INDISPENSABLE)
    def test_what_cannot_be_done_without_is_named(self, name: str) -> None:
        read, sample = READERS[name]
        for key in self.INDISPENSABLE[name]:
            assert refused_field(read, {each: value for each, value in sample.items() if each != key}) == key
            assert refused_field(read, sample | {key: None}) == key

    def test_an_odd_field_of_a_partial_resource_is_not_told(self) -> None:
        changes = message_changes({"message": 5, "is_encrypted": None, "sender_public_name": None})

        assert changes == ({"sender_public_name": None}, {"message", "is_encrypted"})

    def test_a_message_says_what_was_told_and_what_was_odd(self) -> None:
        message = Message.from_json(samples.message(message=5, sender_public_name=None))

        assert message.odd == {"message"}
        assert "sender_public_name" in message.told
        assert "message" not in message.told

    def test_ids_have_one_form(self) -> None:
        assert Message.from_json(samples.message(id=samples.MESSAGE_ID.upper())).id == samples.MESSAGE_ID


MOMENT = datetime(2030, 1, 1, 10, 0, 5, 120_000, tzinfo=UTC)


class TestTimes:
    @pytest.mark.parametrize(
        "text",
        [
            "2030-01-01T10:00:05.120Z",
            "2030-01-01t10:00:05.120z",
            "2030-01-01T10:00:05.120",
            "2030-01-01 10:00:05.120",
            "2030-01-01T12:00:05.120+02:00",
            "2030-01-01T12:00:05.120+0200",
            "2030-01-01T12:00:05.120+02",
            "2030-01-01 12:00:05.120 +0200",
            "2030-01-01 10:00:05.120 UTC",
            "2030-01-01T10:00:05.120Z[UTC]",
            "2030-01-01T12:00:05.120+02:00[Europe/Helsinki]",
            "2030-01-01T10:00:05,120Z",
            "2030-01-01T10:00:05.1200000000Z",
            "20300101T100005.120Z",
            "2030-W01-2T10:00:05.120Z",
            " 2030-01-01T10:00:05.120Z\n",
            1893492005.12,
            1893492005120,
            1893492005120000,
            1893492005120000000,
            "1893492005.12",
            "1893492005120",
        ],
    )
    def test_every_form_that_leaves_no_doubt_is_read(self, text: object) -> None:
        created_at = Chat.from_json(samples.chat(created_at=text)).created_at

        assert created_at == MOMENT
        assert created_at.tzinfo is UTC

    @pytest.mark.parametrize(
        "text",
        [
            "Tue, 01 Jan 2030 10:00:05 GMT",
            "1 Jan 2030 12:00:05 +0200",
            "Tue Jan  1 10:00:05 2030",
            "2030-01-01T10:00:05Z",
            1893492005,
            "1893492005",
        ],
    )
    def test_forms_without_parts_of_a_second_are_read(self, text: object) -> None:
        assert Chat.from_json(samples.chat(created_at=text)).created_at == MOMENT.replace(microsecond=0)

    def test_a_leap_second_is_read(self) -> None:
        read = Chat.from_json(samples.chat(created_at="2016-12-31T23:59:60Z")).created_at

        assert read == datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)

    @pytest.mark.parametrize(
        "text",
        ["", "today", "2030", "5", "12/31/2030 10:00", "01/02/2030", "10:00:05", "2030-13-01T00:00:00Z",
         "2030-01-01T10:00:05 Europe/Helsinki", "1 Jan 2030 10:00:05 EET", "1" * 30, "0001-01-01T00:00:00+10:00",
         "9999-12-31T23:59:59-10:00", "\u0662\u0660\u0663\u0660-01-01T10:00:00Z", 5, -1893492005, 10**400, 1e308,
         True, None, [], {}],
    )  # fmt: skip
    def test_what_is_none_or_could_be_several_is_as_good_as_absent(self, text: object) -> None:
        assert Chat.from_json(samples.chat(created_at=text)).created_at is None

    @brief
    @given(st.text() | st.floats(allow_nan=True, allow_infinity=True) | st.integers())
    def test_anything_is_read_or_as_good_as_absent(self, text: object) -> None:
        assert refused_field(Chat.from_json, samples.chat(created_at=text)) is None


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
        with pytest.raises(InvalidDocument, match="expires_in"):
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

        assert changes.values == {
            "id": samples.CHAT_ID,
            "is_ended": True,
            "ended_at": datetime(2030, 1, 1, 10, 20, tzinfo=UTC),
        }

    def test_a_null_is_a_change_too(self) -> None:
        changes = message_changes({"message": None, "attachments": None, "sender_avatar": None})

        assert changes == ({"message": None, "attachments": (), "sender_avatar_url": None}, set())

    def test_nothing_at_all_is_no_change(self) -> None:
        assert message_changes({}) == ({}, set())

    @pytest.mark.parametrize("document", [None, [], "text", 7])
    def test_what_is_no_object_is_refused(self, document: object) -> None:
        with pytest.raises(InvalidDocument) as caught:
            message_changes(document)

        assert caught.value.field == "resource"

    @brief
    @given(st.sets(st.sampled_from(sorted(samples.message()))))
    def test_a_whole_resource_and_its_parts_are_read_alike(self, keys: set[str]) -> None:
        part = {key: value for key, value in samples.message().items() if key in keys}
        whole = Message.from_json(samples.message())

        assert all(getattr(whole, name) == value for name, value in message_changes(part).values.items())


class TestNumbers:
    @pytest.mark.parametrize(("value", "read"), [(0, 0), (40, 40), (12.6, 13), (None, None), (True, None), (-1, None)])
    def test_a_waiting_time_is_whole_seconds(self, value: object, read: int | None) -> None:
        assert Room.from_json(samples.room(estimated_waiting_time=value)).estimated_waiting_time_seconds == read

    @pytest.mark.parametrize("value", [True, "3", -1, 2**40, float("inf"), float("nan"), [1]])
    def test_a_count_that_is_none_is_as_good_as_absent(self, value: object) -> None:
        assert Chat.from_json(samples.chat(user_message_count=value)).user_message_count is None


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
