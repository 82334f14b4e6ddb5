"""What the simulated platform remembers.

Instants are strings in Giosg's own format (ISO 8601, UTC, milliseconds, `Z`), so that a record can be shown and stored
as it is; `*_epoch` are seconds since the epoch.
"""

from dataclasses import dataclass, field
from typing import Any

JSON = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Room:
    """A room: the place on a website, or of an integration, in which visitors find agents, if a router leads there."""

    id: str
    name: str
    display_name: str
    domain: str | None
    created_at: str
    updated_at: str
    is_open: bool = True
    has_router: bool = True
    estimated_waiting_time: int | None = None
    chat_dialog_title: str | None = None
    language_code: str = "en"


@dataclass(slots=True, kw_only=True)
class Agent:
    """A user of the organisation: `name` is internal, visitors see `alias`; no `room_ids` is every room's router."""

    id: str
    number: int
    name: str
    alias: str | None
    avatar_url: str | None
    is_online: bool
    is_bot: bool = False
    room_ids: list[str] | None = None


@dataclass(slots=True, kw_only=True)
class Variable:
    """A fact about a visitor, shown to the agents of one room."""

    value: str
    created_at: str
    updated_at: str


@dataclass(slots=True, kw_only=True)
class RoomVisitor:
    """A visitor in one room; present until `presence_expires_epoch`."""

    room_id: str
    presence_expires_in: int
    presence_expires_epoch: float
    variables: dict[str, Variable] = field(default_factory=dict)
    is_banned: bool = False


@dataclass(slots=True, kw_only=True)
class Visitor:
    """A visitor of the organisation, known by a secret that only the visitor's client holds."""

    id: str
    secret_id: str
    rooms: dict[str, RoomVisitor] = field(default_factory=dict)
    chat_ids: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Member:
    """An agent's or the visitor's part in one chat."""

    id: str
    number: int
    type: str
    created_at: str
    updated_at: str
    is_participating: bool = True
    composing_status: str = "idle"
    composing_epoch: float = 0.0
    message_count: int = 0
    last_seen_at: str | None = None


@dataclass(slots=True, kw_only=True)
class Chat:
    """A chat with its members by id and its messages' ids in order; `number` orders the chats."""

    id: str
    number: int
    room_id: str
    chat_type: str
    created_at: str
    updated_at: str
    ended_at: str | None = None
    is_waiting: bool = False
    waiting_started_at: str | None = None
    visitor_wait_time: float | None = None
    is_autosuggested: bool = False
    message_count: int = 0
    user_message_count: int = 0
    visitor_message_count: int = 0
    tag_count: int = 0
    members: dict[str, Member] = field(default_factory=dict)
    message_ids: list[str] = field(default_factory=list)

    @property
    def is_ended(self) -> bool:
        return self.ended_at is not None

    @property
    def visitor_id(self) -> str | None:
        return next((member.id for member in self.members.values() if member.type == "visitor"), None)


@dataclass(slots=True, kw_only=True)
class Message:
    """An entry of a chat; `answer` holds the `response_*` fields of a pressed button, `number` orders the entries."""

    id: str
    number: int
    type: str
    chat_id: str
    room_id: str
    created_at: str
    sender_type: str
    sender_id: str
    sender_name: str | None
    sender_public_name: str | None
    sender_avatar: JSON | None
    message: str | None
    attachments: list[JSON] | None
    attachment_template: str | None = None
    encrypted_message: str | None = None
    sensitive_data_purged_at: str | None = None
    answer: JSON = field(default_factory=dict)
