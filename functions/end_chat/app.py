"""POST /chats/{chat_id}/end: a visitor ends a chat.

Called by visitors' pages and apps. Answers 200 with the chat, also when it had ended before. Ends the chat at Giosg.
"""

from visitor_chat import warm_up, wiring
from visitor_chat.api import http
from visitor_chat.domain.views import chat_view
from visitor_chat.runtime import initialization


def end_chat(request: http.Request) -> http.Answer:
    caller, chat = wiring.callers().identify_in_chat(
        http.token(request), request.path_id("chat_id"), with_credentials=True
    )
    ended = chat if chat.is_ended else wiring.chat_ender().end(chat, caller.credentials)
    return http.answer(200, chat_view(ended, wiring.rooms()))


ROUTES = {"POST /chats/{chat_id}/end": end_chat}
handler = http.handler(ROUTES)
initialization.warm_up(wiring.chat_ender, warm_up.read_visitors, warm_up.connect_to_giosg)
