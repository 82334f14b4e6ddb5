"""A visitor's own chats: https://docs.giosg.com/api_reference/giosg_live/giosg_public_http_api/chats."""

from local.giosg.api.platform import Call, find_chat, find_room_visitor, for_visitor
from local.giosg.http import validation
from local.giosg.http.exchange import Answer, Refusal, json_answer, not_found, refusal
from local.giosg.http.validation import field, json_object
from local.giosg.state import changes, lifecycle
from local.giosg.state.memberships import public_membership
from local.giosg.state.records import JSON, Chat
from local.giosg.state.representations import COMPOSING_STATUSES, public_chat

CHAT_TYPES = ("visitor", "task", "external")


def create_chat(call: Call) -> Answer:
    visitor_id = for_visitor(call)
    room_visitor = find_room_visitor(call)
    chat_type, agent_ids, is_ended = _read_new_chat(call)
    if room_visitor.is_banned:
        raise refusal(403, "You are banned from this room.")
    if not call.world.is_online(call.world.rooms[room_visitor.room_id]):
        raise refusal(call.platform.offline_status, "The room is offline.")
    if call.request.query.get("auto_resume") == "true" and (chat := _open_chat(call, visitor_id, room_visitor.room_id)):
        return json_answer(public_chat(call.world, chat))
    chat = lifecycle.create_chat(call.world, room_id=room_visitor.room_id, visitor_id=visitor_id, chat_type=chat_type)
    for agent_id in agent_ids:
        lifecycle.join(call.world, chat, agent_id)
    if is_ended:
        lifecycle.end(call.world, chat)
    return json_answer(public_chat(call.world, chat), status=201)


def _read_new_chat(call: Call) -> tuple[str, list[str], bool]:
    body = json_object(call.request)
    chat_type = field(body, "chat_type", validation.one_of(*CHAT_TYPES))
    agent_ids = field(body, "user_member_ids", validation.is_uuid_list) or []
    if unknown := [agent_id for agent_id in agent_ids if agent_id not in call.world.agents]:
        raise Refusal(400, {"user_member_ids": [f'Invalid pk "{unknown[0]}" - object does not exist.']})
    return chat_type or "visitor", agent_ids, bool(field(body, "is_ended", validation.is_boolean))


def _open_chat(call: Call, visitor_id: str, room_id: str) -> Chat | None:
    chats = [chat for chat in call.world.chats_of(visitor_id) if chat.room_id == room_id and not chat.is_ended]
    return chats[-1] if chats else None


def list_room_chats(call: Call) -> Answer:
    visitor_id = for_visitor(call)
    room_id = find_room_visitor(call).room_id
    chats = [chat for chat in call.world.chats_of(visitor_id) if chat.room_id == room_id]
    return call.page(chats, lambda chat: public_chat(call.world, chat))


def list_chats(call: Call) -> Answer:
    return call.page(call.world.chats_of(for_visitor(call)), lambda chat: public_chat(call.world, chat))


def show_chat(call: Call) -> Answer:
    for_visitor(call)
    return json_answer(public_chat(call.world, find_chat(call)))


def change_chat(call: Call) -> Answer:
    for_visitor(call)
    chat = find_chat(call)
    change_end(call, chat, json_object(call.request))
    return json_answer(public_chat(call.world, chat))


def change_end(call: Call, chat: Chat, body: JSON) -> None:
    """End the chat if the body says so: the end is permanent."""
    is_ended = field(body, "is_ended", validation.is_boolean)
    if is_ended is False and chat.is_ended:
        raise Refusal(400, {"is_ended": ["An ended chat cannot be opened again."]})
    if is_ended:
        lifecycle.end(call.world, chat)


def list_memberships(call: Call) -> Answer:
    for_visitor(call)
    chat = find_chat(call)
    return call.page(list(chat.members.values()), lambda member: public_membership(call.world, chat, member))


def list_own_memberships(call: Call) -> Answer:
    visitor_id = for_visitor(call)
    shown = {chat.members[visitor_id].number: chat for chat in call.world.chats_of(visitor_id)}
    members = [chat.members[visitor_id] for chat in shown.values()]
    return call.page(members, lambda member: public_membership(call.world, shown[member.number], member))


def show_own_membership(call: Call) -> Answer:
    visitor_id = for_visitor(call)
    chat = find_chat(call)
    if visitor_id not in chat.members:
        raise not_found()
    return json_answer(public_membership(call.world, chat, chat.members[visitor_id]))


def change_own_membership(call: Call) -> Answer:
    visitor_id = for_visitor(call)
    chat = find_chat(call)
    body = json_object(call.request)
    status = field(body, "composing_status", validation.one_of(*COMPOSING_STATUSES))
    is_participating = field(body, "is_participating", validation.is_boolean)
    member = chat.members[visitor_id]
    with changes.changing_member(call.world, chat, member):
        if is_participating is not None and not chat.is_ended:
            member.is_participating = is_participating
        if status and not chat.is_ended:
            member.composing_status, member.composing_epoch = status, call.world.epoch()
    return json_answer(public_membership(call.world, chat, member))
