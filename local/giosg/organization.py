"""The organisation that the simulation begins with: its rooms and its agents."""

from local.giosg.records import Agent, Room
from local.giosg.world import World

ROOMS = (("Web shop", "shop.example.test"), ("Company pages", "www.example.test"))
AGENTS = (("Oona Operator", "Customer care"), ("Pekka Palvelija", "Pekka"))


def furnish(world: World, *, room_id: str, is_online: bool) -> None:
    add_room(world, room_id, name="Visitor chat", domain="chat.example.test")
    for name, domain in ROOMS:
        add_room(world, world.new_id(), name=name, domain=domain)
    for name, alias in AGENTS:
        add_agent(world, name, alias=alias).is_online = is_online


def add_room(world: World, room_id: str, *, name: str, domain: str) -> Room:
    now = world.now()
    room = Room(id=room_id, name=name, display_name=name, domain=domain, created_at=now, updated_at=now)
    world.rooms[room.id] = room
    return room


def add_agent(world: World, name: str, *, alias: str | None, is_bot: bool = False) -> Agent:
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
    )
    world.agents[agent_id] = record
    return record
