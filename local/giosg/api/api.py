"""The paths of Giosg's API and the way from a call to its handler."""

from local.giosg.api import identity, organization_api, public_chats, public_messages, public_visitors
from local.giosg.api.platform import Call, Platform, Route
from local.giosg.http.exchange import Answer, Refusal, Request
from local.giosg.http.routing import Routes

ORGANIZATION = "/api/v5/orgs/<organization_id>"
PUBLIC_ORGANIZATION = "/api/v5/public/orgs/<organization_id>"
PUBLIC_ROOM = f"{PUBLIC_ORGANIZATION}/rooms/<room_id>"
VISITOR = "/api/v5/public/visitors/<visitor_id>"
OWNED_CHATS = f"{ORGANIZATION}/owned_chats"
ROOM_CHATS = f"{ORGANIZATION}/rooms/<room_id>/chats"

ROUTES: tuple[Route, ...] = (
    ("POST", f"{PUBLIC_ORGANIZATION}/auth", public_visitors.authenticate),
    ("GET", PUBLIC_ROOM, public_visitors.show_room),
    ("GET", f"{PUBLIC_ROOM}/online_users", public_visitors.list_online_users),
    ("GET", f"{PUBLIC_ROOM}/brand", public_visitors.show_brand),
    ("POST", f"{PUBLIC_ROOM}/visitors", public_visitors.create_room_visitor),
    ("PUT", f"{PUBLIC_ROOM}/visitors/<visitor_id>", public_visitors.refresh_presence),
    ("PATCH", f"{PUBLIC_ROOM}/visitors/<visitor_id>", public_visitors.refresh_presence),
    ("POST", f"{PUBLIC_ROOM}/visitors/<visitor_id>/chats", public_chats.create_chat),
    ("GET", f"{PUBLIC_ROOM}/visitors/<visitor_id>/chats", public_chats.list_room_chats),
    ("GET", f"{VISITOR}/chats", public_chats.list_chats),
    ("GET", f"{VISITOR}/chats/<chat_id>", public_chats.show_chat),
    ("PATCH", f"{VISITOR}/chats/<chat_id>", public_chats.change_chat),
    ("GET", f"{VISITOR}/chats/<chat_id>/memberships", public_chats.list_memberships),
    ("GET", f"{VISITOR}/chat_memberships", public_chats.list_own_memberships),
    ("GET", f"{VISITOR}/chat_memberships/<chat_id>", public_chats.show_own_membership),
    ("PUT", f"{VISITOR}/chat_memberships/<chat_id>", public_chats.change_own_membership),
    ("PATCH", f"{VISITOR}/chat_memberships/<chat_id>", public_chats.change_own_membership),
    ("POST", f"{VISITOR}/chats/<chat_id>/messages", public_messages.send_message),
    ("GET", f"{VISITOR}/chats/<chat_id>/messages", public_messages.list_messages),
    ("POST", "/identity/token", identity.exchange_code),
    ("GET", "/api/v5/users/me", organization_api.show_current_user),
    ("GET", f"{ORGANIZATION}/rooms/<room_id>", organization_api.show_room),
    ("POST", f"{ORGANIZATION}/rooms/<room_id>/visitors/<visitor_id>/variables", organization_api.set_variable),
    ("GET", OWNED_CHATS, organization_api.list_chats),
    ("GET", ROOM_CHATS, organization_api.list_room_chats),
    *(
        (method, f"{chats}/<chat_id>{rest}", handler)
        for chats in (OWNED_CHATS, ROOM_CHATS)
        for method, rest, handler in (
            ("GET", "", organization_api.show_chat),
            ("PATCH", "", organization_api.change_chat),
            ("GET", "/memberships", organization_api.list_memberships),
            ("GET", "/messages", organization_api.list_messages),
        )
    ),
)


PATHS = Routes(ROUTES, are_slashes_merged=False)


class Api:
    """Giosg's API over one platform: thread-safe, one call at a time."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform

    def answer(self, request: Request) -> Answer:
        try:
            handler, arguments = PATHS.match(request)
            with self.platform.world.lock:
                answer: Answer = handler(Call(platform=self.platform, request=request, arguments=arguments))
        except Refusal as refused:
            return refused.answer
        return answer
