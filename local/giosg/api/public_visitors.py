"""Visitors and rooms as a visitor's client sees them.

https://docs.giosg.com/api_reference/giosg_live/giosg_public_http_api/ (general, visitors, rooms)
"""

from contextlib import ExitStack

from local.giosg.api.platform import Call, find_room, find_room_visitor, for_visitor, require_json
from local.giosg.http import validation
from local.giosg.http.exchange import Answer, Refusal, json_answer, not_found, refusal
from local.giosg.http.validation import field, json_object
from local.giosg.state import representations
from local.giosg.state.changes import changing_chat
from local.giosg.state.credentials import UnknownSecret
from local.giosg.state.records import RoomVisitor

DEFAULT_PRESENCE_SECONDS = 60


def authenticate(call: Call) -> Answer:
    require_json(call)
    if call.arguments["organization_id"] != call.world.organization_id:
        raise not_found()
    body = json_object(call.request)
    secret_id = field(body, "visitor_secret_id", validation.or_null(validation.is_filled_text))
    try:
        return json_answer(call.platform.credentials.authenticate(secret_id))
    except UnknownSecret as error:
        raise Refusal(400, {"visitor_secret_id": ["Invalid visitor secret ID."]}) from error


def create_room_visitor(call: Call) -> Answer:
    visitor_id = for_visitor(call)
    room = find_room(call)
    body = json_object(call.request)
    if field(body, "id", validation.is_visitor_id, is_required=True) != visitor_id:
        raise refusal(403, "You do not have permission to perform this action.")
    seconds = field(body, "presence_expires_in", validation.or_null(validation.is_presence_seconds))
    rooms = call.world.visitors[visitor_id].rooms
    status = 200 if room.id in rooms else 201
    record = rooms.setdefault(room.id, RoomVisitor(room_id=room.id, presence_expires_in=0, presence_expires_epoch=0.0))
    _set_presence(call, visitor_id, record, DEFAULT_PRESENCE_SECONDS if seconds is None else seconds)
    return json_answer(representations.room_visitor(visitor_id, record), status=status)


def refresh_presence(call: Call) -> Answer:
    visitor_id = for_visitor(call)
    record = find_room_visitor(call)
    seconds = field(json_object(call.request), "presence_expires_in", validation.is_presence_seconds, is_required=True)
    _set_presence(call, visitor_id, record, seconds)
    return json_answer(representations.room_visitor(visitor_id, record))


def _set_presence(call: Call, visitor_id: str, record: RoomVisitor, seconds: int) -> None:
    """Keep the visitor present; open chats in which this changes who is present tell so."""
    is_same = call.world.is_present(visitor_id, record.room_id) == (seconds > 0)
    chats = [] if is_same else call.world.chats_of(visitor_id)
    with ExitStack() as stack:
        for chat in chats:
            if chat.room_id == record.room_id and not chat.is_ended:
                stack.enter_context(changing_chat(call.world, chat))
        record.presence_expires_in = seconds
        record.presence_expires_epoch = call.world.epoch() + seconds


def show_room(call: Call) -> Answer:
    for_visitor(call)
    return json_answer(representations.public_room(call.world, find_room(call)))


def list_online_users(call: Call) -> Answer:
    for_visitor(call)
    room = find_room(call)
    online = [agent for agent in call.world.agents_of(room) if agent.is_online and room.is_open]
    return call.page(online, lambda agent: representations.online_user(call.world, agent))


def show_brand(call: Call) -> Answer:
    for_visitor(call)
    find_room(call)
    raise not_found()
