"""The organisation's side: https://docs.giosg.com/api_reference/giosg_live/giosg_http_api/ (chats, rooms, visitors)."""

from local.giosg.api.platform import Call, find_chat, find_room, find_room_visitor, for_organization
from local.giosg.api.public_chats import change_end
from local.giosg.http import validation
from local.giosg.http.exchange import Answer, json_answer
from local.giosg.http.validation import field, json_object
from local.giosg.state import lifecycle
from local.giosg.state.changes import changing_chat
from local.giosg.state.memberships import organization_membership
from local.giosg.state.records import Chat, Variable
from local.giosg.state.representations import organization_chat, organization_message, organization_room, user, variable


def show_current_user(call: Call) -> Answer:
    shown = user(call.world, call.world.agents[for_organization(call)])
    return json_answer(shown | {"organization_id": call.platform.token_organization_id or call.world.organization_id})


def show_room(call: Call) -> Answer:
    for_organization(call)
    return json_answer(organization_room(call.world, find_room(call)))


def set_variable(call: Call) -> Answer:
    """Set a room's variable of a visitor; the same key again replaces its value."""
    for_organization(call)
    room_visitor = find_room_visitor(call)
    body = json_object(call.request)
    key = field(body, "key", validation.is_filled_text, is_required=True)
    value = field(body, "value", validation.is_text, is_required=True)
    now = call.world.now()
    known = room_visitor.variables.get(key)
    record = Variable(value=value, created_at=known.created_at if known else now, updated_at=now)
    room_visitor.variables[key] = record
    call.world.touch()
    visitor_id = call.arguments["visitor_id"]
    return json_answer(variable(key, record, visitor_id=visitor_id, room_id=room_visitor.room_id), status=201)


def list_chats(call: Call) -> Answer:
    for_organization(call)
    chats = list(call.world.chats.values())
    return call.page(chats, lambda chat: organization_chat(call.world, chat), newest_first=True)


def list_room_chats(call: Call) -> Answer:
    for_organization(call)
    room = find_room(call)
    chats = [chat for chat in call.world.chats.values() if chat.room_id == room.id and _is_wanted(call, chat)]
    return call.page(chats, lambda chat: organization_chat(call.world, chat), newest_first=True)


def _is_wanted(call: Call, chat: Chat) -> bool:
    wanted = {name: call.request.query.get(name) for name in ("is_waiting", "is_ended")}
    return all(value in (None, str(getattr(chat, name)).lower()) for name, value in wanted.items())


def show_chat(call: Call) -> Answer:
    for_organization(call)
    return json_answer(organization_chat(call.world, find_chat(call)))


def change_chat(call: Call) -> Answer:
    for_organization(call)
    chat = find_chat(call)
    body = json_object(call.request)
    is_waiting = field(body, "is_waiting", validation.is_boolean)
    change_end(call, chat, body)
    if is_waiting is not None and not chat.is_ended:
        _change_waiting(call, chat, is_waiting=is_waiting)
    return json_answer(organization_chat(call.world, chat))


def _change_waiting(call: Call, chat: Chat, *, is_waiting: bool) -> None:
    with changing_chat(call.world, chat):
        if is_waiting:
            lifecycle.start_waiting(call.world, chat)
        else:
            lifecycle.stop_waiting(call.world, chat)


def list_memberships(call: Call) -> Answer:
    for_organization(call)
    chat = find_chat(call)
    return call.page(list(chat.members.values()), lambda member: organization_membership(call.world, chat, member))


def list_messages(call: Call) -> Answer:
    for_organization(call)
    messages = call.world.messages_of(find_chat(call))
    return call.page(messages, organization_message, newest_first=call.platform.lists_newest_messages_first)
