"""What the store keeps, as frozen values. The tables' form of each is in `store`."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Any

from giosg_client.frozen import Frozen, frozen
from visitor_chat.domain.rooms import Room

MessageContent = Mapping[str, Any]
"""Fields of a Giosg message under the names of `giosg_client.models.Message`, as JSON values; some may be missing."""

PRESENCE_SECONDS = 120
"""How long a visitor who enters the room is present there, unless a socket says so again."""
USERNAME = "username"
"""The visitor variable that agents see as the visitor's name."""


@frozen
class Visitor(Frozen):
    """A person who chats. `id` is Giosg's public visitor id.

    `variables` are what agents were told of them; `told` says which in which room: hashes of values by their keys, by
    the room's id. A room that is in it was entered.
    """

    id: str
    name: str | None
    variables: Mapping[str, str] = field(default_factory=dict)
    told: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    expires_at: datetime | None = None
    is_erased: bool = False


@frozen
class Session(Frozen):
    """One device's proof of being a visitor; only the hash of its secret is kept."""

    visitor_id: str
    session_id: str
    secret_hash: str
    expires_at: datetime


@frozen
class Credentials(Frozen):
    """A visitor's secrets at Giosg, never to leave the stack; the access token wants renewing from `renew_at` on."""

    visitor_id: str
    visitor_secret_id: str = field(repr=False)
    access_token: str = field(repr=False)
    renew_at: datetime


@frozen
class Claim(Frozen):
    """A message on its way to Giosg.

    `seq` is the chat's when the claim was made: our message cannot have been stored at or before it. Until
    `leased_until` one invocation is at work on it; after that its outcome is unknown.
    """

    claim_id: str
    text_hash: str
    started_at: datetime
    leased_until: datetime
    seq: int


@frozen
class Chat(Frozen):
    """A chat and the counters that order its changes.

    `seq` counts every change that a visitor can see; `tail_id` and `tail_seq` name the message changed last.
    `answered_at` is when an agent said something last, `unanswered` when the visitor has since, oldest first.
    `room_id` is Giosg's id of the room that it was started in; one that was stored before chats named it has none.
    `started_by` names the start that has made it, None while only a webhook has told of it. `listed_until` is
    how long its place in the visitor's list is sure to last, `sync_due_at` when it is to be compared with Giosg next.
    """

    id: str
    visitor_id: str
    visitor_name: str | None
    created_at: datetime
    updated_at: datetime
    listed_until: datetime | None = None
    sync_due_at: datetime | None = None
    ended_at: datetime | None = None
    last_message_at: datetime | None = None
    is_ended: bool = False
    has_visitor_message: bool = False
    has_agent: bool = False
    answered_at: datetime | None = None
    unanswered: tuple[datetime, ...] = ()
    room_id: str | None = None
    started_by: str | None = None
    seq: int = 0
    tail_id: str | None = None
    tail_seq: int = 0
    claims: Mapping[str, Claim] = field(default_factory=dict)

    def is_due(self, *, by: datetime) -> bool:
        """Tell whether its turn to be compared with Giosg comes until then."""
        return self.sync_due_at is not None and self.sync_due_at <= by

    @property
    def waiting_since(self) -> datetime | None:
        """Since when the visitor waits for an agent; None while nobody has to answer."""
        return self.unanswered[0] if self.unanswered and not self.is_ended else None

    @property
    def status(self) -> str:
        """`new`, `waiting`, `active` or `ended`; it only ever moves forward, whatever order events come in."""
        if self.is_ended:
            return "ended"
        if self.has_agent:
            return "active"
        return "waiting" if self.has_visitor_message else "new"


@frozen
class Press(Frozen):
    """A visitor's press of a button: which of an attachment's actions, its label and its value."""

    message_id: str
    attachment_id: str
    action_id: str
    text: str | None = None
    value: str | None = None


@frozen
class StoredMessage(Frozen):
    """A message as far as it is known.

    `seq` is its place in the order of changes, None while no visitor may see it: a part that came before the rest, or
    the mark of one that was removed before it came. `sequence` is the first place that it had, for good: it orders the
    messages of one instant. `version` counts its writes.
    """

    chat_id: str
    id: str
    content: MessageContent
    seq: int | None = None
    sequence: int | None = None
    version: int = 0
    is_removed: bool = False
    is_changed: bool = False
    claim_id: str | None = None


@frozen
class StartRequest(Frozen):
    """What a visitor asks for. `visitor` is given when they are known already."""

    visitor: Visitor | None
    credentials: Credentials | None
    room: Room
    visitor_name: str | None
    message: str | None
    client_message_id: str | None
    variables: Mapping[str, str]
    idempotency_key: str | None
    challenge_token: str | None = None


class HeldStatus(StrEnum):
    """Where a held message stands. One that is being delivered is shown as held."""

    HELD = "held"
    DELIVERING = "delivering"
    DELIVERED = "delivered"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@frozen
class HeldMessage(Frozen):
    """A message that waits until agents are online in its room, and then begins a chat.

    `id` is the `client_message_id` that it came with. `message` is None once it was taken back; `text_hash` still
    recognises it. From `due_at` on it may be delivered; `attempt` counts the chats that were begun for it and lost
    before it was said.
    """

    id: str
    visitor_id: str
    room_id: str
    message: str | None
    text_hash: str
    variables: Mapping[str, str]
    status: HeldStatus
    created_at: datetime
    expires_at: datetime
    due_at: datetime
    chat_id: str | None = None
    attempt: int = 1
