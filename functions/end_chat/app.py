"""POST /chats/{chat_id}/end: a visitor ends a chat.

Called by visitors' pages and apps. Answers 200 with the chat, also when it had ended before. Ends the chat at Giosg.
"""

from visitor_chat import endpoint, initialization, warming, wiring
from visitor_chat.views import chat_view

app = endpoint.api()


@app.post("/chats/<chat_id>/end")
def end_chat(chat_id: str) -> endpoint.Answer:
    caller, chat = wiring.callers().identify_in_chat(endpoint.token(app), chat_id, with_credentials=True)
    ended = chat if chat.is_ended else wiring.ending().end(chat, caller.credentials)
    return endpoint.answer(200, chat_view(ended))


handler = endpoint.handler(app)
initialization.warm_up(wiring.ending, warming.read_visitors, warming.connect_to_giosg)
