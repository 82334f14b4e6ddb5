"""The agents of the organisation, each with what they can do."""

from dataclasses import dataclass

from local.giosg.agents.agent import AgentActs
from local.giosg.state.organization import add_agent
from local.giosg.state.world import World


@dataclass(frozen=True, slots=True)
class Team:
    """All agents, those that are hired meanwhile included."""

    world: World

    @property
    def first(self) -> AgentActs:
        return self.all()[0]

    def all(self) -> list[AgentActs]:
        return [AgentActs(self.world, agent_id) for agent_id in self.world.agents]

    def of_room(self, room_id: str) -> list[AgentActs]:
        """Return those to whom the room's router leads; an unknown room is a KeyError."""
        return [AgentActs(self.world, agent.id) for agent in self.world.agents_of(self.world.rooms[room_id])]

    def hire(
        self, name: str, *, alias: str | None = None, avatar_url: str | None = None, is_bot: bool = False
    ) -> AgentActs:
        """Hire an agent for all rooms: `name` is internal, visitors see `alias`."""
        with self.world.lock:
            record = add_agent(self.world, name, alias=alias, is_bot=is_bot)
            record.avatar_url = avatar_url
        return AgentActs(self.world, record.id)
