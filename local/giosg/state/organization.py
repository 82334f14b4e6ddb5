"""The organisation that the simulation begins with: its rooms and its agents."""

from collections.abc import Mapping
from itertools import cycle

from local.giosg.state.records import Agent, Room
from local.giosg.state.world import World

WEBSITES = (("Web shop", "shop.example.test"), ("Company pages", "www.example.test"))
AGENTS = (("Oona Operator", "Customer care"), ("Pekka Palvelija", "Pekka"))
COLLEAGUES = (
    ("Sanna Salonen", "Sanna"),
    ("Timo Tuominen", "Timo"),
    ("Maija Meriläinen", "Maija"),
    ("Eero Elo", "Eero"),
)
AGENTS_PER_ROOM = 2


def furnish(world: World, *, room_id: str, is_online: bool) -> None:
    """Set up the integration's room and those of the websites, with agents who serve them all."""
    add_room(world, room_id, name="Visitor chat", domain="chat.example.test")
    for name, domain in WEBSITES:
        add_room(world, world.new_id(), name=name, domain=domain)
    for name, alias in AGENTS:
        add_agent(world, name, alias=alias, room_ids=list(world.rooms)).is_online = is_online


def add_rooms(world: World, rooms: Mapping[str, str], *, is_online: bool) -> None:
    """Set up further rooms, ids by name, each with agents of its own; what is there already stays."""
    people = cycle(COLLEAGUES)
    for name, room_id in rooms.items():
        room = world.rooms.get(room_id) or add_room(world, room_id, name=name.capitalize(), domain=None)
        colleagues = [next(people) for _ in range(AGENTS_PER_ROOM)]
        if not any(agent.room_ids == [room_id] for agent in world.agents.values()):
            for agent_name, alias in colleagues:
                add_agent(world, agent_name, alias=f"{alias}, {room.name}", room_ids=[room_id]).is_online = is_online


def add_room(world: World, room_id: str, *, name: str, domain: str | None) -> Room:
    now = world.now()
    room = Room(id=room_id, name=name, display_name=name, domain=domain, created_at=now, updated_at=now)
    world.rooms[room.id] = room
    return room


def add_agent(
    world: World, name: str, *, alias: str | None, is_bot: bool = False, room_ids: list[str] | None = None
) -> Agent:
    """Add an agent who is offline and has a picture that the simulation itself serves."""
    agent_id = world.new_id()
    record = Agent(
        id=agent_id,
        number=world.next_number(),
        name=name,
        alias=alias,
        avatar_url=f"/console/avatars/{agent_id}.svg",
        is_online=False,
        is_bot=is_bot,
        room_ids=room_ids,
    )
    world.agents[agent_id] = record
    return record
