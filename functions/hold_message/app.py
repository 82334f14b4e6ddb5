"""POST /held_messages: a visitor leaves a message while nobody is there.

Called by visitors' pages and apps. Answers 202, or 200 when the same `client_message_id` had left it, with the held
message, its visitor, and for a visitor without a token a new token. Makes a visitor at Giosg, if need be, and stores.
"""

from visitor_chat import warm_up, wiring
from visitor_chat.api import http
from visitor_chat.auth.quotas import Act
from visitor_chat.chats.hold import Held
from visitor_chat.chats.start_request import read_start
from visitor_chat.domain.errors import InvalidVisitorToken
from visitor_chat.domain.views import held_view, visitor_view
from visitor_chat.runtime import initialization, telemetry


def hold_message(request: http.Request) -> http.Answer:
    caller = wiring.callers().identify_if_any(http.token_if_any(request))
    wanted = read_start(http.body(request), caller, wiring.rooms(), is_to_be_held=True)
    wanted = wiring.known_details().protect(wanted)
    visitor_id = caller.visitor.id if caller else None
    permit = wiring.quotas().ask(Act.START_CHAT, address=request.source_ip, visitor_id=visitor_id)
    held, is_repeat = wiring.message_holder().hold(wanted, permit)
    telemetry.note(visitor_id=held.visitor.id, resource_id=held.message.id)
    if caller is None and is_repeat and wiring.known_details().is_known(held.visitor.id):
        raise InvalidVisitorToken("the visitor is a known person by now")
    return http.answer(200 if is_repeat else 202, _view(held))


def _view(held: Held) -> dict[str, object]:
    return {
        "held_message": held_view(held.message, wiring.rooms()),
        "visitor": visitor_view(held.visitor),
        **({"visitor_token": held.visitor_token} if held.visitor_token else {}),
    }


ROUTES = {"POST /held_messages": hold_message}
handler = http.handler(ROUTES)
initialization.warm_up(wiring.message_holder, warm_up.read_visitors, warm_up.read_giosg_token, warm_up.connect_to_giosg)
