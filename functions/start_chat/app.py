"""POST /chats: a visitor starts a chat.

Called by visitors' pages and apps; without a token a new visitor is made, with one the same visitor starts another
chat. Answers 201, or 200 when the same Idempotency-Key had started it, with the chat, the visitor, the first message if
one was sent, and for a visitor without a token a new token. Makes visitor, chat and message at Giosg and stores them.
"""

from visitor_chat import warm_up, wiring
from visitor_chat.api import http
from visitor_chat.auth.quotas import Act
from visitor_chat.chats.start import Started
from visitor_chat.chats.start_request import read_start
from visitor_chat.domain.errors import InvalidVisitorToken
from visitor_chat.domain.views import chat_view, message_view, visitor_view
from visitor_chat.runtime import initialization, telemetry


def start_chat(request: http.Request) -> http.Answer:
    caller = wiring.callers().identify_if_any(http.token_if_any(request))
    key = request.headers.get("idempotency-key")
    wanted = read_start(http.body(request), caller, wiring.rooms(), idempotency_key=key)
    wanted = wiring.known_details().protect(wanted)
    visitor_id = caller.visitor.id if caller else None
    permit = wiring.quotas().ask(Act.START_CHAT, address=request.source_ip, visitor_id=visitor_id)
    started = wiring.chat_starter().start(wanted, permit)
    telemetry.note(chat_id=started.chat.id, visitor_id=started.visitor.id)
    if caller is None and started.is_repeat:
        _refuse_known(started.visitor.id)
    token = {} if caller else {"visitor_token": started.visitor_token or wiring.sessions().open(started.visitor.id)}
    return http.answer(200 if started.is_repeat else 201, _view(started) | token)


def _refuse_known(visitor_id: str) -> None:
    """Refuse who began a chat before its visitor became a known person: it need not be the same person."""
    if wiring.known_details().is_known(visitor_id):
        raise InvalidVisitorToken("the visitor is a known person by now")


def _view(started: Started) -> dict[str, object]:
    return {
        "chat": chat_view(started.chat, wiring.rooms()),
        "visitor": visitor_view(started.visitor),
        "message": started.message and message_view(started.message),
    }


ROUTES = {"POST /chats": start_chat}
handler = http.handler(ROUTES)
initialization.warm_up(wiring.chat_starter, warm_up.read_visitors, warm_up.read_giosg_token, warm_up.connect_to_giosg)
