"""What the store keeps, as frozen values. The tables' form of each is in `store`."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Any

from giosg_client.frozen import Frozen, frozen

MessageContent = Mapping[str, Any]
"""Fields of a Giosg message under the names of `giosg_client.models.Message`, as JSON values; some may be missing."""


@frozen
class Visitor(Frozen):
    """A person who chats. `id` is Giosg's public visitor id; `told_name` is the name that agents were told."""

    id: str
    name: str | None
    told_name: str | None = None
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
    `started_by` names the start that has made it, None while only a webhook has told of it. `listed_until` is
    how long its place in the visitor's list is sure to last.
    """

    id: str
    visitor_id: str
    visitor_name: str | None
    created_at: datetime
    updated_at: datetime
    listed_until: datetime | None = None
    ended_at: datetime | None = None
    last_message_at: datetime | None = None
    is_ended: bool = False
    has_visitor_message: bool = False
    has_agent: bool = False
    started_by: str | None = None
    seq: int = 0
    tail_id: str | None = None
    tail_seq: int = 0
    claims: Mapping[str, Claim] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """`new`, `waiting`, `active` or `ended`; it only ever moves forward, whatever order events come in."""
        if self.is_ended:
            return "ended"
        if self.has_agent:
            return "active"
        return "waiting" if self.has_visitor_message else "new"


@frozen
class StoredMessage(Frozen):
    """A message as far as it is known.

    `seq` is its place in the order of changes, None while no visitor may see it: a part that came before the rest, or
    the mark of one that was removed before it came. `version` counts its writes.
    """

    chat_id: str
    id: str
    content: MessageContent
    seq: int | None = None
    version: int = 0
    is_removed: bool = False
    is_changed: bool = False
    claim_id: str | None = None
