"""GET /held_messages and DELETE /held_messages/{held_message_id}: what a visitor has left, and taking one back.

Called by visitors' pages and apps. Answers 200 with the held messages, newest first, or 204 once a message is taken
back; 409 when it has begun a chat.
"""

from visitor_chat import warm_up, wiring
from visitor_chat.api import http
from visitor_chat.domain.validation import is_uuid
from visitor_chat.domain.views import held_view
from visitor_chat.runtime import initialization, telemetry


def list_held_messages(request: http.Request) -> http.Answer:
    caller = wiring.callers().identify(http.token(request))
    held = wiring.store().held_messages.of_visitor(caller.visitor.id)
    return http.answer(200, {"held_messages": [held_view(each, wiring.rooms()) for each in held]})


def withdraw_held_message(request: http.Request) -> http.Answer:
    held_id = request.path_id("held_message_id")
    caller = wiring.callers().identify(http.token(request))
    telemetry.note(resource_id=held_id if is_uuid(held_id) else None)
    wiring.message_withdrawer().withdraw(caller.visitor.id, held_id)
    return http.no_content()


ROUTES = {
    "GET /held_messages": list_held_messages,
    "DELETE /held_messages/{held_message_id}": withdraw_held_message,
}
handler = http.handler(ROUTES)
initialization.warm_up(wiring.message_withdrawer, warm_up.read_visitors)
