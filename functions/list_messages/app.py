"""GET /chats/{chat_id}/messages: what is new in a chat since a cursor.

Called by visitors' pages and apps. Answers 200 with the chat, its messages in the order of their last change, and the
cursor to go on from. Changes nothing.
"""

from visitor_chat import cursors, endpoint, initialization, warming, wiring
from visitor_chat.errors import FieldError, InvalidRequest
from visitor_chat.inputs import Fields
from visitor_chat.records import Chat
from visitor_chat.views import chat_view, message_view

DEFAULT_LIMIT = 50
HIGHEST_LIMIT = 200

app = endpoint.api()


@app.get("/chats/<chat_id>/messages")
def list_messages(chat_id: str) -> endpoint.Answer:
    token = endpoint.token(app)
    query = app.request.query
    fields = Fields(query)
    limit = fields.limit("limit", default=DEFAULT_LIMIT, highest=HIGHEST_LIMIT)
    fields.check()
    _caller, chat = wiring.callers().identify_in_chat(token, chat_id)
    changes = wiring.store().messages.changes(chat, after=_after(chat, query.get("after")), limit=limit)
    return endpoint.answer(
        200,
        {
            "chat": chat_view(chat),
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


handler = endpoint.handler(app)
initialization.warm_up(wiring.callers, warming.read_visitors)
