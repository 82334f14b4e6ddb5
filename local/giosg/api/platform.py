"""What every handler of the API gets: the platform, the call, and who makes it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.giosg.api.pagination import PAGE_SIZE, Numbered, page
from local.giosg.http.exchange import Answer, Request, json_answer, not_found, refusal, unauthenticated
from local.giosg.state.credentials import Credentials
from local.giosg.state.records import JSON, Chat, Room, RoomVisitor
from local.giosg.state.world import World


@dataclass(slots=True, kw_only=True)
class Platform:
    """The platform and the choices that Giosg's documentation leaves open.

    Attributes:
        page_size: entries on one page of a list.
        offline_status: the refusal of a chat while nobody is online.
        lists_newest_messages_first: the order of message lists.
        token_organization_id: whose the organisation's tokens are, if they are another's.
    """

    world: World
    credentials: Credentials
    page_size: int = PAGE_SIZE
    offline_status: int = 403
    lists_newest_messages_first: bool = False
    token_organization_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call with the parts of its path."""

    platform: Platform
    request: Request
    arguments: Mapping[str, str]

    @property
    def world(self) -> World:
        return self.platform.world

    def page(self, records: Sequence[Numbered], show: Callable[[Any], JSON], *, newest_first: bool = False) -> Answer:
        """Answer one page of a list; `ordering` may turn it: https://docs.giosg.com/api_reference/common_api_guidelines/."""
        ordering = self.request.query.get("ordering", "")
        if ordering in ("created_at", "-created_at"):
            newest_first = ordering.startswith("-")
        size = self.platform.page_size
        return json_answer(page(self.request, records, show, newest_first=newest_first, size=size))


Handler = Callable[[Call], Answer]
Route = tuple[str, str, Handler]


def require_json(call: Call) -> None:
    """Refuse a client that does not ask for JSON: Giosg's guidelines ask for it on every call."""
    accepted = call.request.headers.get("accept", "")
    if "application/json" not in accepted.lower() and call.request.query.get("format") != "json":
        raise refusal(406, "Could not satisfy the request Accept header.")


def for_visitor(call: Call) -> str:
    """Return the id of the visitor who calls; a path of another visitor does not exist for them."""
    scheme, token = _credential(call)
    visitor_id = call.platform.credentials.visitor_of(scheme, token)
    if visitor_id is None:
        raise unauthenticated("Invalid or expired token.")
    if visitor_id not in call.world.visitors or call.arguments.get("visitor_id", visitor_id) != visitor_id:
        raise not_found()
    _require_organization(call)
    return visitor_id


def for_organization(call: Call) -> str:
    """Return the id of the user whose organisation token the call carries."""
    scheme, token = _credential(call)
    user_id = call.platform.credentials.user_of(scheme, token)
    if user_id is None:
        raise unauthenticated("Invalid token.")
    _require_organization(call, call.platform.token_organization_id)
    return user_id


def _credential(call: Call) -> tuple[str, str]:
    require_json(call)
    scheme, credential = call.request.authorization
    if not scheme:
        raise unauthenticated()
    return scheme, credential


def _require_organization(call: Call, organization_id: str | None = None) -> None:
    """Refuse a caller of another organisation than the path's, or than this one."""
    allowed = organization_id or call.world.organization_id
    if call.arguments.get("organization_id", allowed) != allowed:
        raise refusal(403, "You do not have permission to perform this action.")


def find_room(call: Call) -> Room:
    room = call.world.rooms.get(call.arguments["room_id"])
    if room is None:
        raise not_found()
    return room


def find_room_visitor(call: Call) -> RoomVisitor:
    room = find_room(call)
    visitor = call.world.visitors.get(call.arguments["visitor_id"])
    if visitor is None or room.id not in visitor.rooms:
        raise not_found()
    return visitor.rooms[room.id]


def find_chat(call: Call) -> Chat:
    """Find the path's chat, which has to be in the path's room and of the path's visitor, where it names them."""
    chat = call.world.chats.get(call.arguments["chat_id"])
    if chat is None or call.arguments.get("room_id", chat.room_id) != chat.room_id:
        raise not_found()
    if call.arguments.get("visitor_id", chat.visitor_id) != chat.visitor_id:
        raise not_found()
    return chat
