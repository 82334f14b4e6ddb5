"""What can happen to a chat, and what the platform tells about it.

The order of things is Giosg's: a chat is created, waits from the visitor's first message, is taken by an agent, ends
for good (https://docs.giosg.com/tutorials/messaging/external_visitor_chat/). Callers hold the world's lock.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from local.giosg.state.changes import changing_chat, changing_member, chats_channel, messages_channel
from local.giosg.state.memberships import names, picture
from local.giosg.state.records import JSON, Chat, Member, Message
from local.giosg.state.representations import organization_chat, organization_message
from local.giosg.state.world import Change, World, iso


class ChatIsEnded(Exception):
    """An ended chat accepts no more messages and no more members."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An entry before it is posted; no `sender_id` stands for a rule of the room."""

    type: str = "msg"
    sender_id: str | None = None
    message: str | None = None
    attachments: list[JSON] | None = None
    encrypted_message: str | None = None
    answer: JSON = field(default_factory=dict)


def create_chat(world: World, *, room_id: str, visitor_id: str | None, chat_type: str = "visitor") -> Chat:
    now = world.now()
    chat = Chat(
        id=world.new_id(),
        number=world.next_number(),
        room_id=room_id,
        chat_type=chat_type,
        created_at=now,
        updated_at=now,
    )
    if visitor_id:
        chat.members[visitor_id] = _new_member(world, visitor_id, "visitor")
        world.visitors[visitor_id].chat_ids.append(chat.id)
    world.chats[chat.id] = chat
    resource = organization_chat(world, chat)
    world.tell(Change(channel=chats_channel(world), action="added", resource_id=chat.id, resource=resource))
    return chat


def _new_member(world: World, member_id: str, member_type: str) -> Member:
    now = world.now()
    return Member(id=member_id, number=world.next_number(), type=member_type, created_at=now, updated_at=now)


def add_entry(world: World, chat: Chat, draft: Draft) -> Message:
    """Append an entry whatever the chat's state: system entries come even after the end."""
    sender = chat.members.get(draft.sender_id or "")
    name, public_name = _names(world, chat, draft.sender_id)
    message = Message(
        id=world.new_id(),
        number=world.next_number(),
        type=draft.type,
        chat_id=chat.id,
        room_id=chat.room_id,
        created_at=_instant(world, chat),
        sender_type=_sender_type(world, draft.sender_id),
        sender_id=draft.sender_id or chat.room_id,
        sender_name=name,
        sender_public_name=public_name,
        sender_avatar=picture(world, chat, draft.sender_id) if draft.sender_id else None,
        message=draft.message,
        attachments=[] if draft.attachments is None and draft.type == "msg" else draft.attachments,
        attachment_template="generic" if draft.attachments else None,
        encrypted_message=draft.encrypted_message,
        answer=draft.answer,
    )
    world.messages[message.id] = message
    chat.message_ids.append(message.id)
    resource = organization_message(message)
    world.tell(Change(channel=messages_channel(world, chat), action="added", resource_id=message.id, resource=resource))
    if sender:
        sender.last_seen_at, sender.composing_status = message.created_at, "idle"
    return message


def _names(world: World, chat: Chat, sender_id: str | None) -> tuple[str | None, str | None]:
    return names(world, chat, sender_id) if sender_id else (None, world.rooms[chat.room_id].display_name)


def _sender_type(world: World, sender_id: str | None) -> str:
    if sender_id is None:
        return "rule"
    return "user" if sender_id in world.agents else "visitor"


def _instant(world: World, chat: Chat) -> str:
    """Read the clock; entries of one chat get distinct instants, unless the world is asked to allow ties."""
    now = world.now()
    last = world.messages[chat.message_ids[-1]].created_at if chat.message_ids else ""
    if world.has_distinct_instants and now <= last:
        return iso(datetime.fromisoformat(last) + timedelta(milliseconds=1))
    return now


def post(world: World, chat: Chat, draft: Draft) -> Message:
    """Post what a person says: it counts, and decides whether the chat waits for an agent."""
    if chat.is_ended:
        raise ChatIsEnded(chat.id)
    with changing_chat(world, chat):
        message = add_entry(world, chat, draft)
        if message.type == "msg":
            count(chat, message, by=1)
        if message.sender_type == "visitor":
            start_waiting(world, chat)
        elif message.sender_type == "user":
            stop_waiting(world, chat)
    return message


def count(chat: Chat, message: Message, *, by: int) -> None:
    """Count a `msg` entry in, or out when it is removed."""
    chat.message_count += by
    chat.user_message_count += by if message.sender_type == "user" else 0
    chat.visitor_message_count += by if message.sender_type == "visitor" else 0
    if member := chat.members.get(message.sender_id):
        member.message_count += by


def start_waiting(world: World, chat: Chat) -> None:
    if not chat.is_waiting:
        chat.is_waiting = True
        chat.waiting_started_at = world.now()


def stop_waiting(world: World, chat: Chat) -> None:
    if chat.is_waiting and chat.waiting_started_at and chat.visitor_wait_time is None:
        waited = world.clock() - datetime.fromisoformat(chat.waiting_started_at)
        chat.visitor_wait_time = round(waited.total_seconds(), 3)
    chat.is_waiting = False


def join(world: World, chat: Chat, agent_id: str) -> Message | None:
    """Let an agent take part; joining again does nothing."""
    if chat.is_ended:
        raise ChatIsEnded(chat.id)
    member = chat.members.get(agent_id)
    if member and member.is_participating:
        return None
    with changing_chat(world, chat):
        if member is None:
            member = chat.members[agent_id] = _new_member(world, agent_id, "user")
        with changing_member(world, chat, member):
            member.is_participating = True
        stop_waiting(world, chat)
        return add_entry(world, chat, Draft(type="join", sender_id=agent_id))


def leave(world: World, chat: Chat, agent_id: str) -> Message | None:
    member = chat.members.get(agent_id)
    if not member or not member.is_participating:
        return None
    with changing_chat(world, chat):
        with changing_member(world, chat, member):
            member.is_participating, member.composing_status = False, "idle"
        return add_entry(world, chat, Draft(type="leave", sender_id=agent_id))


def end(world: World, chat: Chat) -> None:
    """End a chat for good; agents leave just after. Ending again does nothing."""
    if chat.is_ended:
        return
    present = [member for member in chat.members.values() if member.is_participating]
    with changing_chat(world, chat):
        chat.ended_at, chat.is_waiting = world.now(), False
        for member in present:
            with changing_member(world, chat, member):
                member.is_participating, member.composing_status = False, "idle"
    for member in present:
        if member.type == "user":
            add_entry(world, chat, Draft(type="leave", sender_id=member.id))
