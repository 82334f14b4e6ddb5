"""The state of the simulated platform: its tables, clock, identities, and the lock around them."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Condition, RLock
from urllib.parse import urljoin
from uuid import UUID

from local.giosg.state.records import JSON, Agent, Chat, Message, Room, Visitor

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something that happened to a resource; `resource` is None when it was removed."""

    channel: str
    action: str
    resource_id: str
    resource: JSON | None


def iso(instant: datetime) -> str:
    """Write an instant as Giosg does: https://docs.giosg.com/api_reference/common_api_guidelines/."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"


class World:
    """Everything that the platform knows. Whoever reads or changes it holds `lock`."""

    def __init__(self, *, organization_id: str, clock: Clock, randomness: random.Random) -> None:
        self.organization_id = organization_id
        self.clock = clock
        self.randomness = randomness
        self.has_distinct_instants = True
        self.base_url = ""
        self.lock = RLock()
        self.rooms: dict[str, Room] = {}
        self.agents: dict[str, Agent] = {}
        self.visitors: dict[str, Visitor] = {}
        self.chats: dict[str, Chat] = {}
        self.messages: dict[str, Message] = {}
        self.listeners: list[Callable[[Change], None]] = []
        self.version = 0
        self._changed = Condition()
        self._last_number = 0

    def now(self) -> str:
        return iso(self.clock())

    def epoch(self) -> float:
        return self.clock().timestamp()

    def next_number(self) -> int:
        self._last_number += 1
        return self._last_number

    def new_id(self) -> str:
        return str(UUID(int=self.randomness.getrandbits(128), version=4))

    def new_hex(self, digits: int) -> str:
        return f"{self.randomness.getrandbits(digits * 4):0{digits}x}"

    def url(self, address: str) -> str:
        """Make an address of the platform's own pages absolute; leave others alone."""
        return urljoin(self.base_url, address)

    def is_online(self, room: Room) -> bool:
        """Tell whether visitors can start chats: somebody of the room's router is online and the room is open."""
        return room.is_open and any(agent.is_online for agent in self.agents_of(room))

    def agents_of(self, room: Room) -> list[Agent]:
        """Return the agents to whom the room's router leads: https://support.giosg.com/knowledge/routers."""
        agents = self.agents.values() if room.has_router else ()
        return [agent for agent in agents if agent.room_ids is None or room.id in agent.room_ids]

    def is_present(self, visitor_id: str, room_id: str) -> bool:
        visitor = self.visitors.get(visitor_id)
        room_visitor = visitor and visitor.rooms.get(room_id)
        return bool(room_visitor and room_visitor.presence_expires_epoch > self.epoch())

    def chats_of(self, visitor_id: str) -> list[Chat]:
        visitor = self.visitors.get(visitor_id)
        return [self.chats[chat_id] for chat_id in visitor.chat_ids] if visitor else []

    def messages_of(self, chat: Chat) -> list[Message]:
        return [self.messages[message_id] for message_id in chat.message_ids]

    def tell(self, change: Change) -> None:
        """Pass a change on to the webhooks and wake those who watch."""
        for listener in self.listeners:
            listener(change)
        self.touch()

    def touch(self) -> None:
        """Wake those who watch for a newer version of the state."""
        with self._changed:
            self.version += 1
            self._changed.notify_all()

    def wait_for_change(self, seen_version: int, *, timeout_seconds: float) -> int:
        """Wait, without the lock, until the state is newer than `seen_version`; return its version."""
        with self._changed:
            self._changed.wait_for(lambda: self.version != seen_version, timeout_seconds)
            return self.version

    def restore_numbers(self) -> None:
        """Continue the numbering after records were loaded."""
        members = [member for chat in self.chats.values() for member in chat.members.values()]
        tables = (self.agents.values(), self.chats.values(), self.messages.values(), members)
        self._last_number = max((record.number for table in tables for record in table), default=0)

    @contextmanager
    def telling_changes(self, channel: str, resource_id: str, show: Callable[[], JSON]) -> Iterator[None]:
        """Tell which fields of a resource the block changed, if any."""
        before = show()
        yield
        after = show()
        changed = {key: value for key, value in after.items() if before.get(key) != value}
        if changed:
            self.tell(
                Change(
                    channel=channel, action="changed", resource_id=resource_id, resource={"id": resource_id, **changed}
                )
            )
