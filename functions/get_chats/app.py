"""GET /chats and GET /chats/{chat_id}: a visitor's chats, and one of them.

Called by visitors' pages and apps. Answers 200 with the newest chats first and the cursor to go on from, or with one
chat. Changes nothing.
"""

from visitor_chat import warm_up, wiring
from visitor_chat.api import http
from visitor_chat.domain import cursors
from visitor_chat.domain.validation import Fields
from visitor_chat.domain.views import chat_view
from visitor_chat.runtime import initialization

DEFAULT_LIMIT = 20
HIGHEST_LIMIT = 100


def list_chats(request: http.Request) -> http.Answer:
    token = http.token(request)
    query = request.query
    fields = Fields(query)
    limit = fields.limit("limit", default=DEFAULT_LIMIT, highest=HIGHEST_LIMIT)
    fields.check()
    before = cursors.place_in_chats(token.visitor_id, query.get("after"))
    _caller, chats, place = wiring.callers().identify_with_chats(token, before=before, limit=limit)
    following = cursors.encode(token.visitor_id, place) if place else None
    rooms = wiring.rooms()
    return http.answer(200, {"chats": [chat_view(chat, rooms) for chat in chats], "next": following})


def get_chat(request: http.Request) -> http.Answer:
    _caller, chat = wiring.callers().identify_in_chat(http.token(request), request.path_id("chat_id"))
    return http.answer(200, chat_view(chat, wiring.rooms()))


ROUTES = {"GET /chats": list_chats, "GET /chats/{chat_id}": get_chat}
handler = http.handler(ROUTES)
initialization.warm_up(wiring.callers, warm_up.read_visitors)
