"""A simulated Giosg on 127.0.0.1: the platform's API over real HTTP, its webhooks, its agents."""

import random
import ssl
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Self

from local.giosg.agents.agent import AgentActs
from local.giosg.agents.bot import Bot
from local.giosg.agents.team import Team
from local.giosg.agents.website import WebsiteVisitor
from local.giosg.api.api import Api
from local.giosg.api.pagination import PAGE_SIZE
from local.giosg.api.platform import Platform
from local.giosg.console.control import Control
from local.giosg.console.parts import Parts
from local.giosg.console.troubles import Troubles
from local.giosg.faults.faults import Faults
from local.giosg.server.request_log import RequestLog
from local.giosg.server.server import HOST, Server
from local.giosg.server.service import Service
from local.giosg.state.credentials import Credentials
from local.giosg.state.organization import add_rooms, furnish
from local.giosg.state.persistence import load, save
from local.giosg.state.records import JSON
from local.giosg.state.representations import organization_chat, organization_message
from local.giosg.state.world import Clock, World
from local.giosg.webhooks.webhooks import Webhooks


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(eq=False)
class SimulatedGiosg:
    """The simulation; as a context manager it serves from entry to exit.

    Attributes:
        port: where to listen on 127.0.0.1; 0 is any free port.
        is_online: whether the agents start online.
        tls: serve https with this; it is plain http without.
        rooms: further rooms of the integration, ids by name, each with agents of its own.
        state_file: where the records are kept from one run to the next.
        distinct_instants: whether entries of one chat never share a millisecond.
        agent: the acts of the first agent; `agents` has all.
        website_visitor: people who chat elsewhere in the organisation.
        webhooks: the notifications; they wait for `webhooks.take()` until `webhooks.deliver_to(...)`.
        faults: misbehaviour of the API on request.
        troubles: what is set up wrong, by name, until it is made right.
        bot: asks with buttons where it is asked to.
        requests: the log of the API's calls.
        credentials: the tokens: their lifetime, their revocation, what an unknown secret leads to.
        platform: what Giosg's documentation leaves open: page size, the refusal while offline, the order of lists.
    """

    _: KW_ONLY
    organization_id: str = "4b1e0c52-7d3a-4f6e-9a41-2c88d0f7e513"
    room_id: str = "c2a7f9e4-0b56-4d18-8f6a-91d3e5b7a042"
    api_token: str = "simulated-api-token"  # noqa: S105 - it opens nothing but this simulation
    rooms: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    is_online: bool = True
    token_lifetime_seconds: int = 1800
    page_size: int = PAGE_SIZE
    distinct_instants: bool = True
    clock: Clock = utc_now
    randomness: random.Random = field(default_factory=random.SystemRandom)
    tls: ssl.SSLContext | None = None
    state_file: Path | None = None

    def __post_init__(self) -> None:
        self.world = World(organization_id=self.organization_id, clock=self.clock, randomness=self.randomness)
        self.world.has_distinct_instants = self.distinct_instants
        self.credentials = Credentials(self.world, token_lifetime_seconds=self.token_lifetime_seconds)
        self.platform = Platform(world=self.world, credentials=self.credentials, page_size=self.page_size)
        self.webhooks = Webhooks(self.credentials, self.randomness)
        self.world.listeners.append(self.webhooks.receive)
        furnish(self.world, room_id=self.room_id, is_online=self.is_online)
        if self.state_file:
            load(self.world, self.credentials, self.state_file)
        add_rooms(self.world, self.rooms, is_online=self.is_online)
        integrated = {self.room_id, *self.rooms.values()}
        self.other_room_ids = [room_id for room_id in self.world.rooms if room_id not in integrated]
        self.team = Team(self.world)
        self.bot = Bot(self.team)
        self.world.listeners.append(self.bot.hear)
        self.credentials.add_api_token(self.api_token, user_id=self.agent.id)
        self.website_visitor = WebsiteVisitor(self.world, self.credentials, self.other_room_ids[0])
        self.stopping = Event()
        self.requests = RequestLog()
        self.faults = Faults(self.randomness, self._close_idle_connections)
        parts = self._parts()
        self.troubles = Troubles(parts)
        self._service = Service(
            answer_api=Api(self.platform).answer,
            answer_page=Control(parts).answer,
            faults=self.faults,
            log=self.requests,
        )
        self._thread: Thread | None = None

    def _parts(self) -> Parts:
        return Parts(
            world=self.world,
            room_id=self.room_id,
            rooms=self.rooms,
            team=self.team,
            bot=self.bot,
            platform=self.platform,
            credentials=self.credentials,
            website_visitor=self.website_visitor,
            webhooks=self.webhooks,
            faults=self.faults,
            requests=self.requests,
            stopping=self.stopping,
        )

    def __enter__(self) -> Self:
        self._server = Server(self.port, self._service, self.tls)
        self.port = self._server.server_port
        scheme = "https" if self.tls else "http"
        self.base_url = self.world.base_url = f"{scheme}://{HOST}:{self.port}"
        self._thread = self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop serving and delivering; nothing is left running. Stopping again does nothing."""
        if self._thread:
            self.stopping.set()
            self.world.touch()
            self._server.stop(self._thread)
            self._thread = None
            if self.state_file:
                save(self.world, self.state_file)
        self.bot.stop()
        self.webhooks.stop()

    def _close_idle_connections(self) -> int:
        return self._server.close_idle_connections()

    @property
    def agent(self) -> AgentActs:
        return self.team.first

    @property
    def agents(self) -> list[AgentActs]:
        return self.team.all()

    def agents_of(self, room_id: str) -> list[AgentActs]:
        """Return those to whom a room's router leads."""
        return self.team.of_room(room_id)

    def add_agent(
        self, name: str, *, alias: str | None = None, avatar_url: str | None = None, is_bot: bool = False
    ) -> AgentActs:
        """Hire an agent: `name` is internal, visitors see `alias`."""
        return self.team.hire(name, alias=alias, avatar_url=avatar_url, is_bot=is_bot)

    def chats(self, *, room_id: str | None = None, visitor_id: str | None = None) -> list[JSON]:
        """Return the chats as the organisation sees them, oldest first."""
        with self.world.lock:
            return [
                organization_chat(self.world, chat)
                for chat in self.world.chats.values()
                if room_id in (None, chat.room_id) and visitor_id in (None, chat.visitor_id)
            ]

    def messages(self, chat_id: str) -> list[JSON]:
        """Return a chat's entries as the organisation sees them, in order; a removed chat has none."""
        with self.world.lock:
            chat = self.world.chats.get(chat_id)
            return [organization_message(message) for message in self.world.messages_of(chat)] if chat else []

    def variables(self, visitor_id: str, *, room_id: str | None = None) -> dict[str, str]:
        """Return what a room (ours by default) knows of a visitor."""
        with self.world.lock:
            room_visitor = self.world.visitors[visitor_id].rooms[room_id or self.room_id]
            return {key: variable.value for key, variable in room_visitor.variables.items()}

    def forget_visitor(self, visitor_id: str) -> None:
        """Make a visitor unknown: their tokens and their secret lead nowhere from now on."""
        with self.world.lock:
            self.world.visitors.pop(visitor_id)
            self.credentials.revoke_visitor_tokens(visitor_id)
