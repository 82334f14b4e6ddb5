"""How the platform shows its records in JSON, to visitors and to the organisation.

Fields and types: https://docs.giosg.com/api_reference/giosg_live/giosg_public_http_api/chats,
https://docs.giosg.com/api_reference/giosg_live/giosg_http_api/chats and the npm package @giosg/types.
"""

from copy import deepcopy
from datetime import datetime

from local.giosg.state.records import JSON, Agent, Chat, Member, Message, Room, RoomVisitor, Variable
from local.giosg.state.world import World

COMPOSING_SECONDS = 60
COMPOSING_STATUSES = ("idle", "typing", "typed")
ANSWER_FIELDS = (
    "response_to_message_id",
    "response_to_attachment_id",
    "response_to_attachment",
    "response_to_action_id",
    "response_to_action",
    "response_text",
    "response_value",
)


def avatar(world: World, owner_id: str, url: str | None) -> JSON | None:
    return {"id": owner_id, "url": world.url(url)} if url else None


def public_room(world: World, room: Room) -> JSON:
    return {
        "id": room.id,
        "display_name": room.display_name,
        "chat_dialog_title": room.chat_dialog_title,
        "language_code": room.language_code,
        "is_online": world.is_online(room),
        "brand": None,
        "estimated_waiting_time": room.estimated_waiting_time,
        "legacy_id": room.id[:8],
    }


def organization_room(world: World, room: Room) -> JSON:
    return public_room(world, room) | {
        "name": room.name,
        "domain": room.domain,
        "organization_id": world.organization_id,
        "is_shared": False,
        "is_deleted": False,
        "is_service_hours_enabled": not room.is_open,
        "is_open": room.is_open,
        "is_humans_online": _is_humans_online(world, room),
        "is_chat_encryption_enabled": False,
        "public_key_id": None,
        "sensitive_data_purge_ttl": None,
        "created_at": room.created_at,
        "updated_at": room.updated_at,
    }


def _is_humans_online(world: World, room: Room) -> bool:
    """Tell of the room's own people; without a router, which Giosg's pages say nothing about, of all."""
    agents = world.agents_of(room) if room.has_router else world.agents.values()
    return any(agent.is_online and not agent.is_bot for agent in agents)


def online_user(world: World, agent: Agent) -> JSON:
    picture = avatar(world, agent.id, agent.avatar_url)
    return {"id": agent.id, "public_name": agent.alias, "avatar": picture, "legacy_id": agent.id[:8]}


def user(world: World, agent: Agent) -> JSON:
    first_name, _, last_name = agent.name.partition(" ")
    return {
        "id": agent.id,
        "organization_id": world.organization_id,
        "first_name": first_name,
        "last_name": last_name,
        "alias": agent.alias,
        "avatar": avatar(world, agent.id, agent.avatar_url),
    }


def variable(key: str, record: Variable, *, visitor_id: str, room_id: str) -> JSON:
    return {
        "visitor_id": visitor_id,
        "room_id": room_id,
        "key": key,
        "value": record.value,
        "session_id": None,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        "is_signed": False,
        "is_encrypted": False,
        "encrypted_value": None,
        "encrypted_symmetric_key": None,
    }


def room_visitor(visitor_id: str, record: RoomVisitor) -> JSON:
    return {"id": visitor_id, "room_id": record.room_id, "presence_expires_in": record.presence_expires_in}


def _chat(world: World, chat: Chat) -> JSON:
    users = [member for member in chat.members.values() if member.type == "user"]
    visitors = [member for member in chat.members.values() if member.type == "visitor"]
    present_users = sum(is_present(world, chat, member) for member in users)
    present_visitors = sum(is_present(world, chat, member) for member in visitors)
    return {
        "id": chat.id,
        "chat_type": chat.chat_type,
        "created_at": chat.created_at,
        "updated_at": chat.updated_at,
        "ended_at": chat.ended_at,
        "is_ended": chat.is_ended,
        "is_waiting": chat.is_waiting,
        "waiting_started_at": chat.waiting_started_at,
        "room_id": chat.room_id,
        "room_organization_id": world.organization_id,
        "message_count": chat.message_count,
        "user_message_count": chat.user_message_count,
        "visitor_message_count": chat.visitor_message_count,
        "member_count": len(chat.members),
        "user_member_count": len(users),
        "visitor_member_count": len(visitors),
        "present_participant_count": present_users + present_visitors,
        "present_user_participant_count": present_users,
        "present_visitor_participant_count": present_visitors,
        "is_autosuggested": chat.is_autosuggested,
        "is_encrypted": False,
        "visitor_wait_time": chat.visitor_wait_time,
        "token": chat.id[:8],
        "legacy_id": chat.id[:8],
        "legacy_room_id": chat.room_id[:8],
    }


def public_chat(world: World, chat: Chat) -> JSON:
    members = [member.id for member in chat.members.values() if member.type == "user"]
    return _chat(world, chat) | {"user_member_ids": members}


def organization_chat(world: World, chat: Chat) -> JSON:
    shown = _chat(world, chat)
    return shown | {
        "room_name": world.rooms[chat.room_id].name,
        "tag_count": chat.tag_count,
        "has_messages": chat.message_count > 0,
        "has_user_messages": chat.user_message_count > 0,
        "has_visitor_messages": chat.visitor_message_count > 0,
        "is_private": False,
        "is_real_conversation": chat.user_message_count > 0 and chat.visitor_message_count > 0,
        "is_pending": chat.is_waiting and shown["present_user_participant_count"] == 0,
        "encrypted_symmetric_key": None,
        "autosuggest_url": None,
        "autosuggest_url_title": None,
        "first_visitor_message_url": None,
        "first_visitor_message_url_title": None,
        "duration": _seconds(chat.created_at, chat.ended_at),
        "active_duration": _seconds(chat.waiting_started_at or chat.created_at, chat.ended_at),
        "legacy_conversation_state": None,
    }


def _seconds(start: str, end: str | None) -> int | None:
    return int((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()) if end else None


def is_present(world: World, chat: Chat, member: Member) -> bool:
    return member.is_participating and (member.type == "user" or world.is_present(member.id, chat.room_id))


def public_message(message: Message) -> JSON:
    return {
        "id": message.id,
        "type": message.type,
        "chat_id": message.chat_id,
        "room_id": message.room_id,
        "created_at": message.created_at,
        "sender_type": message.sender_type,
        "sender_id": message.sender_id,
        "sender_public_name": message.sender_public_name,
        "sender_avatar": message.sender_avatar,
        "message": message.message,
        "is_encrypted": message.encrypted_message is not None,
        "attachments": deepcopy(message.attachments),
        "attachment_template": message.attachment_template,
    } | {name: message.answer.get(name) for name in ANSWER_FIELDS}


def organization_message(message: Message) -> JSON:
    shown = public_message(message) | {
        "sender_name": message.sender_name,
        "sensitive_data_purged_at": message.sensitive_data_purged_at,
        "selected_reply_suggestion_id": None,
        "selected_reply_suggestion": None,
    }
    if message.encrypted_message is not None:
        shown["encrypted_message"] = message.encrypted_message
    return shown
