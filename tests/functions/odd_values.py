"""What a platform may send in the place of a field: nothing, another type, too much."""

from typing import Any

HUGE = "\U0001f642" * 20_000
ODD: dict[str, Any] = {
    "null": None,
    "empty": "",
    "words": "no such thing",
    "number": 5,
    "negative": -1,
    "enormous": 10**400,
    "fraction": 0.5,
    "true": True,
    "false": False,
    "list": [],
    "object": {},
    "list in list": [[[]]],
    "object in object": {"id": {"id": {}}},
    "list of odd ones": [None, 5, "x", {"id": 5, "actions": "x", "title": {}}],
    "huge": HUGE,
    "huge list": [HUGE] * 3,
    "half a character": "\ud800",
    "nul": "\0",
}
"""Values that are odd for nearly every field; some are what a field may be."""

MESSAGE_FIELDS = (
    "id",
    "chat_id",
    "room_id",
    "type",
    "created_at",
    "updated_at",
    "sender_type",
    "sender_id",
    "sender_name",
    "sender_public_name",
    "sender_avatar",
    "message",
    "is_encrypted",
    "encrypted_message",
    "sensitive_data_purged_at",
    "attachments",
    "attachment_template",
    "response_to_message_id",
    "response_to_attachment_id",
    "response_to_attachment",
    "response_to_action_id",
    "response_to_action",
    "response_text",
    "response_value",
    "selected_reply_suggestion_id",
    "selected_reply_suggestion",
    "legacy_id",
)
CHAT_FIELDS = (
    "id",
    "chat_type",
    "created_at",
    "updated_at",
    "is_ended",
    "ended_at",
    "is_waiting",
    "waiting_started_at",
    "is_pending",
    "room_id",
    "room_name",
    "room_organization_id",
    "message_count",
    "user_message_count",
    "visitor_message_count",
    "member_count",
    "user_member_count",
    "visitor_member_count",
    "present_participant_count",
    "is_autosuggested",
    "is_encrypted",
    "visitor_wait_time",
    "user_member_ids",
    "tag_count",
    "is_private",
    "is_real_conversation",
    "encrypted_symmetric_key",
    "duration",
)
"""The fields that https://docs.giosg.com describes for each."""


def is_another_kind(field: str, value: Any) -> bool:
    """Tell whether a message says with this value that it is of a kind which is not for visitors."""
    return field == "type" and isinstance(value, str) and value != ""
