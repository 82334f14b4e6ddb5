"""What the console operates: the parts of a running simulation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Event

from local.giosg.agents.bot import Bot
from local.giosg.agents.team import Team
from local.giosg.agents.website import WebsiteVisitor
from local.giosg.api.platform import Platform
from local.giosg.faults.faults import Faults
from local.giosg.server.request_log import RequestLog
from local.giosg.state.credentials import Credentials
from local.giosg.state.world import World
from local.giosg.webhooks.webhooks import Webhooks

Undo = Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of a simulation; `stopping` is set when it stops.

    Attributes:
        room_id: the integration's default room.
        rooms: its further rooms, ids by name.
        undo: what ends each trouble that is on, by its name.
    """

    world: World
    room_id: str
    rooms: Mapping[str, str]
    team: Team
    bot: Bot
    platform: Platform
    credentials: Credentials
    website_visitor: WebsiteVisitor
    webhooks: Webhooks
    faults: Faults
    requests: RequestLog
    stopping: Event
    undo: dict[str, Undo] = field(default_factory=dict)
