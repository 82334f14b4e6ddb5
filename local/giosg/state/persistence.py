"""The platform's records in a file, so that a local stack goes on where it was.

Access tokens are not kept: they expire anyway.
"""

import json
import os
from dataclasses import asdict
from pathlib import Path

from local.giosg.state.credentials import Credentials
from local.giosg.state.records import JSON, Agent, Chat, Member, Message, Room, RoomVisitor, Variable, Visitor
from local.giosg.state.world import World


def save(world: World, path: Path) -> None:
    """Write the records to a file that only its owner can read: visitors' secrets are in it."""
    with world.lock:
        state = {
            "organization_id": world.organization_id,
            "rooms": [asdict(room) for room in world.rooms.values()],
            "agents": [asdict(agent) for agent in world.agents.values()],
            "visitors": [asdict(visitor) for visitor in world.visitors.values()],
            "chats": [asdict(chat) for chat in world.chats.values()],
            "messages": [asdict(message) for message in world.messages.values()],
        }
    draft = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(state, file, ensure_ascii=False)
    draft.replace(path)


def load(world: World, credentials: Credentials, path: Path) -> None:
    """Take the records over from a file, unless there is none or it is another organisation's."""
    state = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if state.get("organization_id") != world.organization_id:
        return
    ours = next(iter(world.rooms.values()))
    world.rooms = {ours.id: ours} | {room["id"]: Room(**room) for room in state["rooms"]}
    world.agents = _agents(world, state["agents"])
    for visitor in state["visitors"]:
        credentials.remember(_visitor(visitor))
    world.chats |= {chat["id"]: _chat(chat) for chat in state["chats"]}
    world.messages |= {message["id"]: Message(**message) for message in state["messages"]}
    world.restore_numbers()


def _agents(world: World, agents: list[JSON]) -> dict[str, Agent]:
    """Take the agents over; whether they are online is for this run to say."""
    is_online = any(agent.is_online for agent in world.agents.values())
    return {agent["id"]: Agent(**agent | {"is_online": is_online}) for agent in agents}


def _visitor(state: JSON) -> Visitor:
    rooms = {room_id: _room_visitor(room) for room_id, room in state["rooms"].items()}
    return Visitor(**state | {"rooms": rooms})


def _room_visitor(state: JSON) -> RoomVisitor:
    return RoomVisitor(**state | {"variables": {key: Variable(**value) for key, value in state["variables"].items()}})


def _chat(state: JSON) -> Chat:
    return Chat(**state | {"members": {member_id: Member(**value) for member_id, value in state["members"].items()}})
