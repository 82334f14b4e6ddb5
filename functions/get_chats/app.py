"""GET /chats and GET /chats/{chat_id}: a visitor's chats, and one of them.

Called by visitors' pages and apps. Answers 200 with the newest chats first and the cursor to go on from, or with one
chat. Changes nothing.
"""

from visitor_chat import cursors, endpoint, initialization, warming, wiring
from visitor_chat.inputs import Fields
from visitor_chat.views import chat_view

DEFAULT_LIMIT = 20
HIGHEST_LIMIT = 100

app = endpoint.api()


@app.get("/chats")
def list_chats() -> endpoint.Answer:
    token = endpoint.token(app)
    query = app.request.query
    fields = Fields(query)
    limit = fields.limit("limit", default=DEFAULT_LIMIT, highest=HIGHEST_LIMIT)
    fields.check()
    before = cursors.place_in_chats(token.visitor_id, query.get("after"))
    _caller, chats, place = wiring.callers().identify_with_chats(token, before=before, limit=limit)
    following = cursors.encode(token.visitor_id, place) if place else None
    return endpoint.answer(200, {"chats": [chat_view(chat) for chat in chats], "next": following})


@app.get("/chats/<chat_id>")
def get_chat(chat_id: str) -> endpoint.Answer:
    _caller, chat = wiring.callers().identify_in_chat(endpoint.token(app), chat_id)
    return endpoint.answer(200, chat_view(chat))


handler = endpoint.handler(app)
initialization.warm_up(wiring.callers, warming.read_visitors)
