"""Resources as Giosg documents them, with invented values."""

from typing import Any

ORGANIZATION_ID = "4b1e0c52-7d3a-4f6e-9a41-2c88d0f7e513"
ROOM_ID = "c2a7f9e4-0b56-4d18-8f6a-91d3e5b7a042"
VISITOR_ID = "0f3c9a7be1d24c58a6b0d94e7712cc31"
CHAT_ID = "6e0b7c34-1f29-4a85-b3d7-50c2e8a9f416"
MESSAGE_ID = "b85d13fa-92c7-4e60-a1f4-7d09c3be2865"
USER_ID = "d17f4b90-63ae-4c21-b8d5-0e94f2a7c6b3"
API_TOKEN = "organisation-token-1f2e3d"
ACCESS_TOKEN = "header.visitor-4c5b6a.signature"
VISITOR_SECRET_ID = "9d41c7f0a2be4c6f8e15b3d07a9c2e64f1b8d3057ac92e41bd"
TEXT = "My card number is 4444."

Resource = dict[str, Any]


def credentials(**changes: Any) -> Resource:
    return {
        "visitor_id": VISITOR_ID,
        "visitor_secret_id": VISITOR_SECRET_ID,
        "organization_id": ORGANIZATION_ID,
        "socket_url": "https://messagerouter.example.test/router",
        "access_token": ACCESS_TOKEN,
        "expires_at": "2030-01-01T10:30:00.000Z",
        "expires_in": 1800,
        "minimal_bar_version": 3,
    } | changes


def room_visitor(**changes: Any) -> Resource:
    return {"id": VISITOR_ID, "room_id": ROOM_ID, "presence_expires_in": 120} | changes


def chat(**changes: Any) -> Resource:
    return {
        "id": CHAT_ID,
        "chat_type": "visitor",
        "created_at": "2030-01-01T10:00:05.120Z",
        "updated_at": "2030-01-01T10:00:05.120Z",
        "ended_at": None,
        "is_ended": False,
        "is_waiting": False,
        "room_id": ROOM_ID,
        "room_organization_id": ORGANIZATION_ID,
        "user_message_count": 0,
        "user_member_count": 0,
        "visitor_message_count": 0,
    } | changes


def message(**changes: Any) -> Resource:
    return {
        "id": MESSAGE_ID,
        "type": "msg",
        "chat_id": CHAT_ID,
        "room_id": ROOM_ID,
        "created_at": "2030-01-01T10:02:11.004Z",
        "sender_type": "user",
        "sender_id": USER_ID,
        "sender_public_name": "Customer care",
        "sender_name": "Oona Operator",
        "sender_avatar": {"id": USER_ID, "url": "https://cdn.example.test/a.jpg"},
        "message": TEXT,
        "is_encrypted": False,
        "sensitive_data_purged_at": None,
        "attachments": [],
        "response_to_message_id": None,
        "response_text": None,
    } | changes


def membership(**changes: Any) -> Resource:
    return {
        "member_id": VISITOR_ID,
        "member_type": "visitor",
        "member_public_name": "Aino",
        "chat_id": CHAT_ID,
        "is_participating": True,
        "is_present": True,
        "composing_status": "idle",
    } | changes


def room(**changes: Any) -> Resource:
    return {
        "id": ROOM_ID,
        "display_name": "Sales",
        "language_code": "fi",
        "is_online": True,
        "estimated_waiting_time": 40,
    } | changes


def online_user(**changes: Any) -> Resource:
    return {"id": USER_ID, "public_name": "Oona", "avatar": None} | changes


def user(**changes: Any) -> Resource:
    return {"id": USER_ID, "organization_id": ORGANIZATION_ID} | changes


def notification(**changes: Any) -> Resource:
    return {
        "channel": f"/api/v5/orgs/{ORGANIZATION_ID}/owned_chats/{CHAT_ID}/messages",
        "action": "added",
        "resource_id": MESSAGE_ID,
        "resource": message(),
    } | changes
