"""GET /chats/{chat_id}/messages: what is new in a chat since a cursor.

Called by visitors' pages and apps. Answers 200 with the chat, its messages in the order of their last change, and the
cursor to go on from. Changes nothing.
"""

from visitor_chat import warm_up, wiring
from visitor_chat.api import http
from visitor_chat.domain import cursors
from visitor_chat.domain.errors import FieldError, InvalidRequest
from visitor_chat.domain.records import Chat
from visitor_chat.domain.validation import Fields
from visitor_chat.domain.views import chat_view, message_view
from visitor_chat.runtime import initialization

DEFAULT_LIMIT = 50
HIGHEST_LIMIT = 200


def list_messages(request: http.Request) -> http.Answer:
    token = http.token(request)
    query = request.query
    fields = Fields(query)
    limit = fields.limit("limit", default=DEFAULT_LIMIT, highest=HIGHEST_LIMIT)
    fields.check()
    _caller, chat = wiring.callers().identify_in_chat(token, request.path_id("chat_id"))
    changes = wiring.store().messages.changes(chat, after=_after(chat, query.get("after")), limit=limit)
    return http.answer(
        200,
        {
            "chat": chat_view(chat, wiring.rooms()),
            "messages": [message_view(message) for message in changes.messages],
            "next": cursors.of_chat(chat.id, changes.seq),
            "has_more": changes.has_more,
        },
    )


def _after(chat: Chat, cursor: str | None) -> int:
    after = cursors.place_in_chat(chat.id, cursor)
    if after > chat.seq:
        raise InvalidRequest([FieldError("after", "is ahead of this chat; read it from the start")])
    return after


ROUTES = {"GET /chats/{chat_id}/messages": list_messages}
handler = http.handler(ROUTES)
initialization.warm_up(wiring.callers, warm_up.read_visitors)
