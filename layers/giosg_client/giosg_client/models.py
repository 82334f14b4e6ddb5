"""What Giosg's API answers, as frozen dataclasses.

Times are aware and UTC, fields that are not described here are ignored, and what visitors and agents say stays out of
every repr. `from_json` reads a whole resource, `message_changes` and `chat_changes` the partial one of a `changed`
webhook, by the same description. A field that is not of the documented type is as good as absent, and only what cannot
be done without must be there: else InvalidDocument names it.
"""

from dataclasses import field
from datetime import datetime, timedelta
from typing import Self

from giosg_client import readers as read
from giosg_client.errors import InvalidDocument
from giosg_client.fields import Present, Resource, nullable, read_present, required, resource, whole
from giosg_client.frozen import Frozen
from giosg_client.identifiers import is_visitor_id
from giosg_client.times import instant


@resource
class _Lifetime(Resource):
    """How long an access token lives, as it is told twice."""

    expires_in: int | None = nullable(read.whole_number)
    expires_at: datetime | None = nullable(instant)

    def ends_at(self, now: datetime) -> datetime:
        """Count from our own clock when Giosg allows it: its clock may differ."""
        if self.expires_in is not None:
            return now + timedelta(seconds=self.expires_in)
        if self.expires_at is None:
            raise InvalidDocument("missing", field="expires_in")
        return self.expires_at


@resource
class VisitorCredentials(Frozen):
    """Who a visitor is to Giosg; whoever has the secret id can impersonate the visitor for good.

    https://docs.giosg.com/api_reference/giosg_live/giosg_public_http_api/general
    """

    visitor_id: str = required(read.visitor_id)
    visitor_secret_id: str = required(read.filled_text, shown=False)
    access_token: str = required(read.token, shown=False)
    expires_at: datetime
    """When the access token ends."""

    @classmethod
    def from_json(cls, document: object, *, now: datetime) -> Self:
        """Read the answer that came at `now`; raise InvalidDocument naming a field that is missing or odd."""
        return cls(**whole(cls, read_present(cls, document)), expires_at=_Lifetime.from_json(document).ends_at(now))


@resource
class RoomVisitor(Resource):
    """A visitor's place in a room (https://docs.giosg.com/api_reference/giosg_live/giosg_public_http_api/visitors/)."""

    id: str | None = nullable(read.visitor_id)
    room_id: str | None = nullable(read.uuid)
    presence_expires_in_seconds: int | None = nullable(read.whole_number, key="presence_expires_in")


@resource
class Chat(Resource):
    """A conversation (https://docs.giosg.com/api_reference/giosg_live/giosg_public_http_api/chats).

    `is_ended` never goes back to false; None where Giosg does not say. `is_waiting` tells that an agent should answer.
    Counts are of `msg` entries.
    """

    id: str = required(read.uuid)
    created_at: datetime | None = nullable(instant)
    updated_at: datetime | None = nullable(instant)
    is_ended: bool | None = nullable(read.flag)
    ended_at: datetime | None = nullable(instant)
    is_waiting: bool = required(read.flag, absent=False)
    room_id: str | None = nullable(read.uuid)
    room_organization_id: str | None = nullable(read.uuid)
    user_message_count: int | None = nullable(read.whole_number)
    user_member_count: int | None = nullable(read.whole_number)
    visitor_message_count: int | None = nullable(read.whole_number)
    chat_type: str | None = nullable(read.text)


@resource
class AttachmentAction(Resource):
    """A button of an attachment (https://docs.giosg.com/tutorials/rich_text_messages/)."""

    id: str | None = nullable(read.text)
    text: str | None = nullable(read.text)
    type: str | None = nullable(read.text)
    link_target: str | None = nullable(read.text)
    value: str | None = nullable(read.text)
    style: str | None = nullable(read.text)
    is_disabled_on_selection: bool | None = nullable(read.flag)
    is_disabled_on_visitor_message: bool | None = nullable(read.flag)


@resource
class Attachment(Resource):
    """Rich content of a message (https://docs.giosg.com/tutorials/rich_text_messages/).

    `text` may be Markdown. URLs are http(s) or None. `attachment_url` is a page meant for a frame, written by others.
    """

    id: str | None = nullable(read.text)
    title: str | None = nullable(read.text)
    title_link_url: str | None = nullable(read.http_url)
    text: str | None = nullable(read.text)
    image_url: str | None = nullable(read.http_url)
    image_link_url: str | None = nullable(read.http_url)
    link_target: str | None = nullable(read.text)
    attachment_url: str | None = nullable(read.http_url)
    interaction_id: str | None = nullable(read.text)
    actions: tuple[AttachmentAction, ...] = required(read.tuple_of(AttachmentAction.from_json), absent=())


@resource
class Message(Resource):
    """An entry of a chat: what somebody said, or that something happened (`type`, an open list).

    https://docs.giosg.com/api_reference/giosg_live/giosg_public_http_api/chats

    The agent's internal name, Giosg's `sender_name`, is not a field here: it is not for visitors. `message` is None for
    entries without text, and after Giosg has encrypted or erased it. `told` names the fields that could be read, and
    `odd` those that were there and could not: null is told where Giosg documents it.
    """

    id: str = required(read.uuid)
    chat_id: str | None = nullable(read.uuid)
    room_id: str | None = nullable(read.uuid)
    type: str | None = required(read.filled_text, absent=None)
    created_at: datetime | None = required(instant, absent=None)
    updated_at: datetime | None = nullable(instant)
    sender_type: str | None = required(read.filled_text, absent=None)
    sender_id: str | None = nullable(read.text)
    sender_public_name: str | None = nullable(read.text, shown=False)
    sender_avatar_url: str | None = nullable(read.avatar_url, key="sender_avatar", shown=False)
    message: str | None = nullable(read.text, shown=False)
    is_encrypted: bool = required(read.flag, absent=False)
    sensitive_data_purged_at: datetime | None = nullable(instant)
    attachments: tuple[Attachment, ...] = required(read.tuple_of(Attachment.from_json), absent=(), shown=False)
    response_text: str | None = nullable(read.text, shown=False)
    response_value: str | None = nullable(read.text, shown=False)
    response_to_message_id: str | None = nullable(read.text)
    response_to_attachment_id: str | None = nullable(read.text)
    response_to_action_id: str | None = nullable(read.text)
    told: frozenset[str] = field(default=frozenset(), repr=False)
    odd: frozenset[str] = field(default=frozenset(), repr=False)

    @classmethod
    def from_json(cls, document: object) -> Self:
        """Read a whole message; raise InvalidDocument when it is no JSON object, or has no id."""
        present = read_present(cls, document)
        return cls(**whole(cls, present), told=frozenset(present.values), odd=frozenset(present.odd))


@resource
class Membership(Resource):
    """Somebody's part in a chat; `member_type` is "user" (an agent) or "visitor".

    https://docs.giosg.com/api_reference/giosg_live/giosg_http_api/chats
    """

    member_id: str = required(read.member_id)
    member_type: str | None = nullable(read.filled_text)
    member_public_name: str | None = nullable(read.text, shown=False)
    chat_id: str | None = nullable(read.uuid)
    is_participating: bool = required(read.flag, absent=False)
    is_present: bool = required(read.flag, absent=False)
    composing_status: str | None = nullable(read.text)
    is_bot: bool | None = nullable(read.flag)

    @property
    def is_visitor(self) -> bool:
        """Tell whether it is the visitor; where Giosg does not say, their id does."""
        return is_visitor_id(self.member_id) if self.member_type is None else self.member_type == "visitor"


@resource
class Room(Resource):
    """Where chats take place; `is_online` tells that agents are there, by a router, and the room is open.

    The organisation also sees `is_open` (service hours) and `is_humans_online`.

    https://docs.giosg.com/api_reference/giosg_live/giosg_public_http_api/rooms
    https://docs.giosg.com/api_reference/giosg_live/giosg_http_api/rooms
    """

    id: str | None = nullable(read.uuid)
    is_online: bool = required(read.flag)
    is_open: bool | None = nullable(read.flag)
    is_humans_online: bool | None = nullable(read.flag)
    estimated_waiting_time_seconds: int | None = nullable(read.whole_number, key="estimated_waiting_time")
    display_name: str | None = nullable(read.text)
    language_code: str | None = nullable(read.text)


@resource
class OnlineUser(Resource):
    """An agent who is online (https://docs.giosg.com/api_reference/giosg_live/giosg_public_http_api/rooms)."""

    id: str = required(read.uuid)
    public_name: str | None = nullable(read.text, shown=False)
    avatar_url: str | None = nullable(read.avatar_url, key="avatar", shown=False)


@resource
class User(Resource):
    """The user whom a token belongs to (https://docs.giosg.com/getting_started/get_api_token/)."""

    id: str = required(read.uuid)
    organization_id: str = required(read.uuid)


def message_changes(document: object) -> Present:
    """Return the fields of Message that a partial resource has, by Message's names and types, and those that are odd.

    Raise InvalidDocument when it is no JSON object.
    """
    return read_present(Message, document)


def chat_changes(document: object) -> Present:
    """Return the fields of Chat that a partial resource has, by Chat's names and types, and those that are odd.

    Raise InvalidDocument when it is no JSON object.
    """
    return read_present(Chat, document)
