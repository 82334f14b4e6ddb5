"""What the agent console shows: one snapshot of the platform."""

from itertools import islice

from local.giosg.console.parts import Parts
from local.giosg.console.troubles import Troubles
from local.giosg.faults.misbehaviour import Order
from local.giosg.state.memberships import composing_status, names
from local.giosg.state.records import JSON, Chat, Message, Room
from local.giosg.state.representations import organization_message, user
from local.giosg.state.world import World

CHATS = 100
DELIVERIES = 50
UNNAMED_VISITOR = "Visitor"


def snapshot(parts: Parts, chat_id: str | None) -> JSON:
    """Show the newest chats that agents can see, and one of them with all it has."""
    world = parts.world
    with world.lock:
        chosen = world.chats.get(chat_id or "")
        return {
            "version": world.version,
            "room": {"id": parts.room_id, "is_online": world.is_online(world.rooms[parts.room_id])},
            "rooms": [_room(parts, room) for room in world.rooms.values()],
            "agents": [
                user(world, agent) | {"name": agent.name, "is_online": agent.is_online}
                for agent in world.agents.values()
            ],
            "chats": [summary(world, chat) for chat in _visible_chats(world)],
            "conversation": conversation(world, chosen) if chosen else None,
            "webhooks": webhooks(parts),
            "troubles": Troubles(parts).show(),
            "faults": [{"name": fault.name, "kind": fault.kind, "times": fault.times} for fault in parts.faults.all()],
        }


def _room(parts: Parts, room: Room) -> JSON:
    return {
        "id": room.id,
        "name": room.name,
        "is_integrated": room.id in {parts.room_id, *parts.rooms.values()},
        "is_online": parts.world.is_online(room),
        "is_open": room.is_open,
        "has_router": room.has_router,
        "estimated_waiting_time": room.estimated_waiting_time,
        "agent_ids": [agent.id for agent in parts.world.agents_of(room)],
    }


def _visible_chats(world: World) -> list[Chat]:
    """Return the newest chats of visitors: agents see a chat from the visitor's first message on."""
    newest = (chat for chat in reversed(world.chats.values()) if chat.visitor_id and chat.message_count)
    return list(islice(newest, CHATS))


def summary(world: World, chat: Chat) -> JSON:
    visitor_id = chat.visitor_id or ""
    agents = [member.id for member in chat.members.values() if member.type == "user" and member.is_participating]
    entries = (world.messages[message_id] for message_id in reversed(chat.message_ids))
    last = next((message for message in entries if message.type == "msg"), None)
    return {
        "id": chat.id,
        "visitor_name": names(world, chat, visitor_id)[0] or UNNAMED_VISITOR,
        "visitor_is_present": not chat.is_ended and world.is_present(visitor_id, chat.room_id),
        "status": status(chat, agents),
        "room_id": chat.room_id,
        "room_name": world.rooms[chat.room_id].name,
        "agent_ids": agents,
        "last_text": _preview(last) if last else None,
        "last_at": last.created_at if last else chat.created_at,
        "message_count": chat.message_count,
    }


def _preview(message: Message) -> str | None:
    """Show a text, or the title of what is attached."""
    return message.message or next((attachment["title"] for attachment in message.attachments or []), None)


def status(chat: Chat, agent_ids: list[str]) -> str:
    if chat.is_ended:
        return "ended"
    return "waiting" if chat.is_waiting and not agent_ids else "active"


def conversation(world: World, chat: Chat) -> JSON:
    composing = [
        names(world, chat, member.id)[0] or UNNAMED_VISITOR
        for member in chat.members.values()
        if member.type == "visitor" and composing_status(world, member) == "typing"
    ]
    messages = [organization_message(message) for message in world.messages_of(chat)]
    known = world.visitors[chat.visitor_id].rooms[chat.room_id].variables if chat.visitor_id in world.visitors else {}
    variables = {key: variable.value for key, variable in known.items()}
    return summary(world, chat) | {"messages": messages, "composing": composing, "variables": variables}


def webhooks(parts: Parts) -> JSON:
    """Show where webhooks go, without the secrets in the URLs, and how the latest fared."""
    target = parts.webhooks.target
    return {
        "chats_url": (target.chats_url or "").partition("?")[0] if target else None,
        "messages_url": (target.messages_url or "").partition("?")[0] if target else None,
        "pending": len(parts.webhooks.pending),
        "mishaps": [mishap(order) for order in parts.webhooks.misbehaviour.orders()],
        "deliveries": parts.webhooks.log.newest(DELIVERIES),
    }


def mishap(order: Order) -> JSON:
    return {"mishap": order.mishap, "times": order.times, "endpoint_kind": order.endpoint_kind}
